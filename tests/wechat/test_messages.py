"""Message pushes: kept and told once when they are Tencent's, refused without a word when there is any doubt."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events.models import Event
from app.wechat import queries
from app.wechat.models import AccountKind, WechatAccount, WechatInbox
from dev.testing import wait_until
from tests.factories import dealers as make
from tests.factories import tencent
from tests.factories import wechat as accounts


@pytest.fixture
def account(session: Session) -> WechatAccount:
    """A brand's service account."""
    made = accounts.account(session, make.brand(session), AccountKind.service_account)
    session.commit()
    return made


@pytest.fixture
def corp(session: Session, account: WechatAccount) -> WechatAccount:
    made = accounts.account(session, make.brand(session), AccountKind.corp)
    session.commit()
    return made


def kept(session: Session) -> list[WechatInbox]:
    return list(session.execute(select(WechatInbox).order_by(WechatInbox.id)).scalars())


def told(session: Session) -> list[tuple[str, dict[str, Any]]]:
    return [(event.name, event.data) for event in session.execute(select(Event).order_by(Event.id)).scalars()]


FOLLOW = {"FromUserName": "open-1", "CreateTime": 1700000000, "MsgType": "event", "Event": "subscribe", "EventKey": ""}


def test_a_verified_message_is_kept_answered_and_told_once(session: Session, client: Any, account: WechatAccount) -> None:
    for _ in range(3):
        answer = tencent.push(client, account, tencent.xml(**FOLLOW))
        assert (answer.status_code, answer.text) == (200, "success")
    (row,) = kept(session)
    assert row.payload["FromUserName"] == "open-1"
    assert told(session) == [("wechat.followed", {"account_id": str(account.id), "inbox_id": str(row.id)})]


def test_what_was_kept_is_ciphertext_at_rest(session: Session, client: Any, account: WechatAccount) -> None:
    tencent.push(client, account, tencent.xml(**FOLLOW))
    stored = session.execute(text("SELECT payload, dedupe_key FROM wechat_inbox")).one()
    assert b"open-1" not in bytes(stored.payload)
    assert "open-1" not in stored.dedupe_key


def test_json_is_as_good_as_xml(session: Session, client: Any, account: WechatAccount) -> None:
    assert tencent.push(client, account, json.dumps(FOLLOW), form="json").text == "success"
    assert tencent.push(client, account, tencent.xml(**FOLLOW)).text == "success"
    assert [name for name, _ in told(session)] == ["wechat.followed"]


@pytest.mark.parametrize(
    ("message", "name", "data"),
    [
        ({**FOLLOW, "Event": "unsubscribe"}, "wechat.unfollowed", {}),
        (
            {**FOLLOW, "Event": "TEMPLATESENDJOBFINISH", "MsgID": 2305843009213693952, "Status": "failed:user block"},
            "wechat.template_delivered",
            {"msgid": "2305843009213693952", "status": "failed:user block"},
        ),
        ({**FOLLOW, "MsgType": "text", "Event": "", "MsgId": 7, "Content": "在吗？<!DOCTYPE"}, "wechat.message_received", {}),
        ({**FOLLOW, "Event": "something_new"}, "wechat.message_received", {"event": "something_new"}),
    ],
    ids=["unfollowed", "template delivered", "a text", "an event nobody knew"],
)
def test_each_event_is_told_by_its_name(
    session: Session, client: Any, account: WechatAccount, message: dict[str, Any], name: str, data: dict[str, Any]
) -> None:
    tencent.push(client, account, tencent.xml(**message))
    ((heard, what),) = told(session)
    assert heard == name
    assert data.items() <= what.items()
    assert queries.inbox(session, what["inbox_id"]).payload["FromUserName"] == "open-1"


def test_two_buttons_pressed_within_one_second_are_two_events(session: Session, client: Any, corp: WechatAccount) -> None:
    press = {**FOLLOW, "FromUserName": "adv001", "Event": "template_card_event", "EventKey": "accept", "ResponseCode": "r", "AgentID": 1}
    tencent.push(client, corp, tencent.xml(**press, TaskId="card-1"))
    tencent.push(client, corp, tencent.xml(**press, TaskId="card-2"))
    events = told(session)
    assert [name for name, _ in events] == ["wechat.card_pressed"] * 2
    assert [data["task_id"] for _, data in events] == ["card-1", "card-2"]
    assert events[0][1]["userid"] == "adv001"
    assert "ResponseCode" not in events[0][1]


def test_a_message_that_nobody_can_read_is_kept_all_the_same(session: Session, client: Any, account: WechatAccount) -> None:
    assert tencent.push(client, account, "neither xml nor json").text == "success"
    assert kept(session)[0].payload == {"raw": "neither xml nor json"}
    assert told(session)[0][0] == "wechat.message_received"


def _spoilt(account: WechatAccount, other: WechatAccount) -> dict[str, tuple[dict[str, str], bytes | str]]:
    """Every way in which a callback may be wrong: its query and its body."""
    good = tencent.encrypt(account, tencent.xml(**FOLLOW))
    body = tencent.xml(Encrypt=good)
    right = tencent.query(account, good)
    long_ago = tencent.query(account, good, age=310)
    to_other = tencent.encrypt(account, tencent.xml(**FOLLOW), receiver="wx-of-somebody-else")
    no_receiver = tencent.encrypt(account, tencent.xml(**FOLLOW), receiver="\0")
    raw = base64.b64encode(b"x" * 33).decode()
    short = tencent.cipher(account, b"\x20" * 32)
    over_long = base64.b64encode(base64.b64decode(good)[:-16]).decode()
    bomb = f'<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Encrypt>{good}</Encrypt></xml>'
    external = f'<?xml version="1.0"?><!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><Encrypt>{good}</Encrypt></xml>'
    cases: dict[str, tuple[dict[str, str], bytes | str]] = {
        "no query at all": ({}, body),
        "no signature": ({**right, "msg_signature": ""}, body),
        "a signature of other bytes": (right, tencent.xml(Encrypt=tencent.encrypt(account, "<xml></xml>"))),
        "another account's token": (tencent.query(other, good), body),
        "the plain mode's signature": (tencent.query(account, name="signature"), body),
        "not ASCII": ({**right, "msg_signature": "签名"}, body),
        "another timestamp": ({**right, "timestamp": str(int(right["timestamp"]) + 1)}, body),
        "another nonce": ({**right, "nonce": "0"}, body),
        "five minutes old": (long_ago, body),
        "from the future": (tencent.query(account, good, age=-310), body),
        "a timestamp in words": ({**right, "timestamp": "now"}, body),
        "a huge timestamp": ({**right, "timestamp": "9" * 400}, body),
        "digits of another script": ({**right, "timestamp": "١٧٠٠٠٠٠٠٠٠"}, body),
        "another receiver": (tencent.query(account, to_other), tencent.xml(Encrypt=to_other)),
        "a receiver of one byte": (tencent.query(account, no_receiver), tencent.xml(Encrypt=no_receiver)),
        "not base64": (tencent.query(account, "@@@"), tencent.xml(Encrypt="@@@")),
        "half a block": (tencent.query(account, raw), tencent.xml(Encrypt=raw)),
        "nothing encrypted": (tencent.query(account, ""), tencent.xml(Encrypt="")),
        "shorter than its head": (tencent.query(account, short), tencent.xml(Encrypt=short)),
        "cut short": (tencent.query(account, over_long), tencent.xml(Encrypt=over_long)),
        "an empty body": (right, b""),
        "not XML": (right, b"<xml><Encrypt>"),
        "another root": (right, f"<html><Encrypt>{good}</Encrypt></html>"),
        "no Encrypt": (right, tencent.xml(**FOLLOW)),
        "Encrypt twice": (right, f"<xml><Encrypt>{good}</Encrypt><Encrypt>{good}</Encrypt></xml>"),
        "Encrypt of elements": (right, f"<xml><Encrypt><a>{good}</a></Encrypt></xml>"),
        "a JSON list": (right, json.dumps([good])),
        "JSON with a number": (right, json.dumps({"Encrypt": 7})),
        "broken JSON": (right, '{"Encrypt": '),
        "bytes that are no text": (right, b"\xff\xfe\x00"),
        "an XML bomb": (right, bomb),
        "an external entity": (right, external),
    }
    paddings = {"no padding": b"", "padding 0": b"\0" * 16, "padding 33": b"\x21" * 16, "mixed padding": b"0" * 12 + b"\x10" * 4}
    for name, padding in paddings.items():
        text_of_length = "x" * (32 * 3 - 20 - len(account.appid) - (16 if padding else 0))
        sealed = tencent.encrypt(account, text_of_length, padding=padding)
        cases[name] = (tencent.query(account, sealed), tencent.xml(Encrypt=sealed))
    return cases


def test_everything_doubtful_is_refused_alike_and_leaves_nothing(
    session: Session, client: Any, account: WechatAccount, corp: WechatAccount
) -> None:
    answers = set()
    cases = _spoilt(account, corp)
    for name, (query, body) in cases.items():
        answer = client.post(f"/api/platform/wechat/{account.appid}", query_string=query, data=body)
        assert answer.status_code == 401, f"{name}: {answer.status_code}"
        answers.add((answer.json["error"], answer.json["message"], str(answer.json["details"])))
    assert len(cases) >= 30
    assert answers == {("wechat.signature", "签名校验未通过", "{}")}
    assert kept(session) == []
    assert told(session) == []


def test_an_oversized_body_is_refused_before_it_is_read(client: Any, account: WechatAccount) -> None:
    sealed = tencent.encrypt(account, "x" * 300_000)
    answer = client.post(
        f"/api/platform/wechat/{account.appid}", query_string=tencent.query(account, sealed), data=tencent.xml(Encrypt=sealed)
    )
    assert answer.status_code == 413


def test_an_account_nobody_has_is_refused_like_a_bad_signature(session: Session, client: Any, account: WechatAccount) -> None:
    merchant = accounts.account(session, make.brand(session), AccountKind.merchant)
    session.commit()
    sealed = tencent.encrypt(account, tencent.xml(**FOLLOW))
    for appid in ("wx-nobody", merchant.appid):
        answer = client.post(f"/api/platform/wechat/{appid}", query_string=tencent.query(account, sealed), data=tencent.xml(Encrypt=sealed))
        assert (answer.status_code, answer.json["error"]) == (401, "wechat.signature")


def test_the_window_is_of_the_real_clock(session: Session, client: Any, account: WechatAccount, later: Any) -> None:
    later(days=1)
    assert tencent.push(client, account, tencent.xml(**FOLLOW)).text == "success"


def test_the_address_is_verified_with_a_plain_echo(client: Any, account: WechatAccount) -> None:
    address = f"/api/platform/wechat/{account.appid}"
    good = tencent.query(account, name="signature") | {"echostr": "<b>echo</b>"}
    answer = client.get(address, query_string=good)
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "<b>echo</b>", "text/plain")
    assert client.get(address, query_string=good | {"signature": "0"}).status_code == 401
    assert client.get(address, query_string=tencent.query(account, name="signature", age=310)).status_code == 401


def test_a_corps_address_is_verified_by_decrypting_the_echo(client: Any, corp: WechatAccount) -> None:
    echo = tencent.encrypt(corp, "1616140317555161061")
    good = tencent.query(corp, echo) | {"echostr": echo}
    assert client.get(f"/api/platform/wechat/{corp.appid}", query_string=good).text == "1616140317555161061"
    assert client.get(f"/api/platform/wechat/{corp.appid}", query_string=good | {"echostr": echo[:-4]}).status_code == 401


def test_a_callback_is_answered_within_a_second(client: Any, account: WechatAccount) -> None:
    tencent.push(client, account, tencent.xml(**FOLLOW))
    started = time.monotonic()
    for n in range(20):
        tencent.push(client, account, tencent.xml(**{**FOLLOW, "CreateTime": 1700000001 + n}))
    assert (time.monotonic() - started) / 20 < 1


def test_the_simulator_agrees_that_it_is_understood(
    committed: Any, callback_server: None, simulator: Any, gateway: Any, buyer: Any
) -> None:
    from app.wechat import service

    with committed() as session:
        service.import_accounts(session, make.brand(session).id, simulator.accounts["accounts"])
    for kind, key in (("mini_program", "appid"), ("service_account", "appid"), ("corp", "corpid")):
        assert simulator.ask("verify-callback", appid=simulator.account(kind)[key])["ok"]
    appid = simulator.account("service_account")["appid"]
    simulator.ask(f"users/{buyer['id']}/unfollow", appid=appid)
    simulator.ask(f"users/{buyer['id']}/follow", appid=appid)

    def taken() -> bool:
        listed = simulator.look("callbacks")["callbacks"]
        return {one["event"]: one["state"] for one in listed if one["recipient"] == buyer["openids"][appid]} == {
            "unsubscribe": "delivered",
            "subscribe": "delivered",
        }

    wait_until(taken)
    with committed() as session:
        names = session.execute(select(Event.name).where(Event.name.in_(["wechat.followed", "wechat.unfollowed"]))).scalars()
        assert sorted(names) == ["wechat.followed", "wechat.unfollowed"]
