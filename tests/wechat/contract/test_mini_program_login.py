"""Who she is, over HTTP: codes, session keys, numbers, what the front end brings."""

from __future__ import annotations

from typing import Any

import pytest

from app.wechat.client import Outcome
from app.wechat.errors import SignatureRefused
from app.wechat.session_data import check_signed, open_sealed
from tests.wechat.contract.support import Person, Shop, advance, limited, refused, switched

PERSON = Outcome.permanent_person


def another(visitor: Person, nickname: str = "路人", **more: Any) -> Person:
    """Somebody else who has logged in."""
    made = Person(visitor.door, visitor.simulator, visitor.simulator.ask("users", nickname=nickname, **more), visitor.appid)
    made.login()
    return made


def test_a_login_code_works_once_for_five_minutes_for_this_account(visitor: Person) -> None:
    code = visitor.does("login-code")["code"]
    session = visitor.door.code_to_session(code)
    assert (session.openid, session.unionid) == (visitor.openid, visitor.user["unionid"])
    for refusal, spoilt in (("40163", code), ("40029", "never given out"), ("40029", visitor.does("phone-code")["code"])):
        with refused(refusal, PERSON):
            visitor.door.code_to_session(spoilt)
    late = visitor.does("login-code")["code"]
    advance(visitor.simulator, minutes=6)
    with refused("40029", PERSON):
        visitor.door.code_to_session(late)


def test_without_an_open_platform_account_there_is_no_unionid(visitor: Person, shop: Shop) -> None:
    transaction_id = shop.paid().transaction_id
    assert visitor.door.paid_unionid(visitor.openid, transaction_id) == visitor.user["unionid"]
    with switched(visitor.simulator, visitor.appid, "mini_program.open_platform", False):
        assert visitor.login().unionid is None
        assert visitor.door.paid_unionid(visitor.openid, transaction_id) is None


def test_a_payment_tells_the_unionid_for_five_minutes_and_of_whoever_paid(visitor: Person, shop: Shop) -> None:
    transaction_id = shop.paid().transaction_id
    with refused("89300", PERSON):
        visitor.door.paid_unionid(another(visitor).openid, transaction_id)
    with refused("40003", PERSON):
        visitor.door.paid_unionid("nobody", transaction_id)
    advance(visitor.simulator, minutes=6)
    with refused("89300", PERSON):
        visitor.door.paid_unionid(visitor.openid, transaction_id)


def test_who_logs_in_too_often_waits_and_nobody_else_does(visitor: Person) -> None:
    with limited(visitor.simulator, "mini_program.logins_per_minute", 0), refused("45011", Outcome.retry_later):
        visitor.login()
    assert another(visitor).openid
    assert visitor.login().openid == visitor.openid


def test_who_is_blocked_for_a_risk_does_not_get_in(visitor: Person) -> None:
    blocked = another(visitor)
    blocked.does("risk", high_risk=True)
    with refused("40226", PERSON):
        blocked.login()


def test_a_session_key_holds_until_she_logs_in_again(visitor: Person) -> None:
    first, second = visitor.login(), visitor.login()
    assert visitor.door.check_session(visitor.openid, second.session_key)
    assert not visitor.door.check_session(visitor.openid, first.session_key)
    with refused("40003", PERSON):
        visitor.door.check_session("nobody", second.session_key)


def test_a_session_key_is_replaced_by_who_holds_it(visitor: Person) -> None:
    first = visitor.login().session_key
    second = visitor.door.reset_session(visitor.openid, first)
    assert second != first
    assert visitor.door.check_session(visitor.openid, second)
    with refused("87009", PERSON):
        visitor.door.reset_session(visitor.openid, first)
    with refused("40003", PERSON):
        visitor.door.reset_session("nobody", second)


def test_a_number_is_told_once_and_only_for_her(visitor: Person) -> None:
    code = visitor.does("phone-code")["code"]
    with refused("40003", PERSON):
        visitor.door.phone_number(code, openid=another(visitor).openid)
    assert visitor.door.phone_number(code, openid=visitor.openid) == "+8613812345678"
    with refused("40029", PERSON):
        visitor.door.phone_number(code)
    abroad = another(visitor, "海外", phone="+852-91234567")
    assert visitor.door.phone_number(abroad.does("phone-code")["code"]) == "+85291234567"
    with limited(visitor.simulator, "mini_program.phone_numbers_per_minute", 0), refused("45011", Outcome.retry_later):
        visitor.door.phone_number(visitor.does("phone-code")["code"])


def test_what_the_front_end_brings_opens_with_the_session_of_this_login_only(visitor: Person) -> None:
    key, account = visitor.login().session_key, visitor.door.account
    group = visitor.does("encrypted-data", kind="group", group="车友群")
    opened = open_sealed(account, key, encrypted_data=group["encryptedData"], iv=group["iv"])
    assert opened["openGId"].startswith("tG")
    phone = visitor.does("encrypted-data", kind="phone")
    assert open_sealed(account, key, encrypted_data=phone["encryptedData"], iv=phone["iv"])["purePhoneNumber"] == "13812345678"
    for spoilt, with_key in (
        (visitor.does("encrypted-data", kind="phone", watermark_appid="wx0000000000000000"), key),
        (phone, visitor.login().session_key),
    ):
        with pytest.raises(SignatureRefused):
            open_sealed(account, with_key, encrypted_data=spoilt["encryptedData"], iv=spoilt["iv"])


def test_what_the_front_end_shows_was_signed_by_wechat(visitor: Person) -> None:
    key = visitor.login().session_key
    shown = visitor.does("encrypted-data", kind="userinfo")
    assert check_signed(key, raw_data=shown["rawData"], signature=shown["signature"])["nickName"] == "微信用户"
    with pytest.raises(SignatureRefused):
        check_signed(key, raw_data=shown["rawData"].replace("微信用户", "店长"), signature=shown["signature"])
