"""Message pushes: kept and told once when they are Tencent's, refused without a word when there is any doubt."""

from __future__ import annotations

import base64
import json
import struct
import time
import tracemalloc
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events.models import Event
from app.wechat import queries
from app.wechat.callbacks import elements_of
from app.wechat.callbacks.elements import DEEPEST, MOST_ELEMENTS
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
    """Tencent's own retries are the same message under a new nonce and signature: each is a success, and the first one is told."""
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


def test_two_buttons_pressed_within_one_second_are_two_events(session: Session, client: Any, corp: WechatAccount) -> None:
    press = {**FOLLOW, "FromUserName": "adv001", "Event": "template_card_event", "EventKey": "accept", "ResponseCode": "r", "AgentID": 1}
    tencent.push(client, corp, tencent.xml(**press, TaskId="card-1"))
    tencent.push(client, corp, tencent.xml(**press, TaskId="card-2"))
    events = told(session)
    assert [name for name, _ in events] == ["wechat.card_pressed"] * 2
    assert [data["task_id"] for _, data in events] == ["card-1", "card-2"]
    assert events[0][1]["userid"] == "adv001"
    assert "ResponseCode" not in events[0][1]


def test_two_customers_added_within_one_second_are_two_events(session: Session, client: Any, corp: WechatAccount) -> None:
    """All that Tencent advises to compare (sender, time, event) is the same for both."""
    added = {"FromUserName": "sys", "CreateTime": 1, "MsgType": "event", "Event": "change_external_contact", "UserID": "adv001"}
    for who in ("wm-1", "wm-2", "wm-1"):
        tencent.push(client, corp, tencent.xml(**added, ChangeType="add_external_contact", ExternalUserID=who))
    assert [name for name, _ in told(session)] == ["wechat.contact_added"] * 2


@pytest.mark.parametrize(
    "message", ["neither xml nor json", "", "<xml></xml>", "[]", "{}", "<xml>" + "<a>" * 200 + "</a>" * 200 + "</xml>"]
)
def test_a_message_that_nobody_can_read_is_kept_all_the_same(session: Session, client: Any, account: WechatAccount, message: str) -> None:
    assert tencent.push(client, account, message).text == "success"
    assert kept(session)[0].payload == {"raw": message}
    assert told(session)[0][0] == "wechat.message_received"


def _xml_of(account: WechatAccount, message: str | bytes, **how: Any) -> tuple[str, str]:
    """A signed request with this message: its query and its body. `how` spoils the encryption."""
    sealed = tencent.encrypt(account, message, **how)
    return urlencode(tencent.query(account, sealed)), tencent.xml(Encrypt=sealed)


def _wrong_queries(account: WechatAccount, other: WechatAccount) -> dict[str, tuple[Any, bytes | str]]:
    """Queries of which one thing is wrong, with the body that the right one is for."""
    sealed = tencent.encrypt(account, tencent.xml(**FOLLOW))
    right = tencent.query(account, sealed)
    queries: dict[str, Any] = {
        "no query at all": {},
        "no signature": {**right, "msg_signature": ""},
        "no timestamp": {name: value for name, value in right.items() if name != "timestamp"},
        "no nonce": {name: value for name, value in right.items() if name != "nonce"},
        "another account's token": tencent.query(other, sealed),
        "the plain mode's signature": tencent.query(account, name="signature"),
        "the right signature under the plain mode's name": tencent.query(account, sealed, name="signature"),
        "a signature in capitals": {**right, "msg_signature": right["msg_signature"].upper()},
        "not ASCII": {**right, "msg_signature": "签名"},
        "another timestamp": {**right, "timestamp": str(int(right["timestamp"]) + 1)},
        "another nonce": {**right, "nonce": "0"},
        "five minutes old": tencent.query(account, sealed, age=310),
        "from the future": tencent.query(account, sealed, age=-310),
        "a timestamp in words": {**right, "timestamp": "now"},
        "a huge timestamp": {**right, "timestamp": "9" * 400},
        "digits of another script": {**right, "timestamp": "١٧٠٠٠٠٠٠٠٠"},
        "the timestamp twice": f"{urlencode(right)}&timestamp={right['timestamp']}",
        "another timestamp first": f"timestamp=1&{urlencode(right)}",
        "the signature twice": f"{urlencode(right)}&msg_signature={right['msg_signature']}",
        "the nonce twice": f"{urlencode(right)}&nonce=0",
        "a hundred parameters": urlencode(right) + "".join(f"&p{n}=1" for n in range(100)),
        "a query of many pages": urlencode({**right, "openid": "o" * 5000}),
    }
    return {name: (query, tencent.xml(Encrypt=sealed)) for name, query in queries.items()}


def _wrong_bodies(account: WechatAccount) -> dict[str, tuple[Any, bytes | str]]:
    """Bodies that are no envelope, with the right query for what should have been in them."""
    sealed = tencent.encrypt(account, tencent.xml(**FOLLOW))
    element = f"<Encrypt>{sealed}</Encrypt>"
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bodies: dict[str, bytes | str] = {
        "another message": tencent.xml(Encrypt=tencent.encrypt(account, "<xml></xml>")),
        "an empty body": b"",
        "not XML": b"<xml><Encrypt>",
        "another root": f"<html>{element}</html>",
        "two roots": f"<xml>{element}</xml><xml>{element}</xml>",
        "the plain mode": tencent.xml(**FOLLOW),
        "Encrypt twice": f"<xml>{element}{element}</xml>",
        "Encrypt within Encrypt": f"<xml><Encrypt>{element}</Encrypt></xml>",
        "Encrypt within something else": f"<xml><a>{element}</a></xml>",
        "encrypt in small letters": f"<xml><encrypt>{sealed}</encrypt></xml>",
        "a JSON list": json.dumps([sealed]),
        "JSON with a number": json.dumps({"Encrypt": 7}),
        "JSON with a list": json.dumps({"Encrypt": [sealed]}),
        "broken JSON": '{"Encrypt": ',
        "a form": urlencode({"Encrypt": sealed}),
        "bytes that are no text": b"\xff\xfe\x00",
        "UTF-16": f"<xml>{element}</xml>".encode("utf-16"),
        "a letter that is no UTF-8": f"<xml>{element}<a>".encode() + b"\xc3\x28</a></xml>",
        "an XML bomb": f'<!DOCTYPE xml [<!ENTITY l0 "lol">{lol}]><xml>{element}<a>&l9;</a></xml>',
        "an entity that is never used": f'<!DOCTYPE xml [<!ENTITY a "a">]><xml>{element}</xml>',
        "an external entity": f'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>{element}<a>&a;</a></xml>',
        "an external document type": f'<?xml version="1.0"?><!DOCTYPE xml SYSTEM "http://127.0.0.1:1/a.dtd"><xml>{element}</xml>',
        "parameter entities": f'<!DOCTYPE xml [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]><xml>{element}</xml>',
        "an entity nobody declared": f"<xml>{element}<a>&a;</a></xml>",
        "a very deep body": f"<xml>{element}{'<a>' * 3000}{'</a>' * 3000}</xml>",
        "very deep JSON": json.dumps({"Encrypt": sealed})[:-1] + ', "a": ' + "[" * 900 + "]" * 900 + "}",
        "very many elements": f"<xml>{element}{'<a/>' * (MOST_ELEMENTS + 1)}</xml>",
    }
    return {name: (tencent.query(account, sealed), body) for name, body in bodies.items()}


def _wrong_ciphers(account: WechatAccount, other: WechatAccount) -> dict[str, tuple[Any, bytes | str]]:
    """What is signed as it should be, but does not open."""
    whole = base64.b64decode(tencent.encrypt(account, tencent.xml(**FOLLOW)))
    encrypted = {
        "not base64": "@@@",
        "half a block": base64.b64encode(b"x" * 33).decode(),
        "nothing encrypted": "",
        "shorter than its head": tencent.cipher(account, b"\x20" * 32),
        "cut short": base64.b64encode(whole[:-16]).decode(),
        "a bit flipped": base64.b64encode(whole[:-17] + bytes([whole[-17] ^ 1]) + whole[-16:]).decode(),
        "a space within the base64": base64.b64encode(whole).decode()[:8] + " " + base64.b64encode(whole).decode()[8:],
        "a length beyond the end": tencent.cipher(account, _plain(account, length=10**6)),
        "a length that leaves something": tencent.cipher(account, _plain(account, length=3)),
    }
    cases: dict[str, tuple[Any, bytes | str]] = {
        name: (tencent.query(account, one), tencent.xml(Encrypt=one)) for name, one in encrypted.items()
    }
    cases["another receiver"] = _xml_of(account, tencent.xml(**FOLLOW), receiver="wx-of-somebody-else")
    cases["a receiver of one byte"] = _xml_of(account, tencent.xml(**FOLLOW), receiver="\0")
    cases["a receiver in capitals"] = _xml_of(account, tencent.xml(**FOLLOW), receiver=account.appid.upper())
    cases["a message that is no UTF-8"] = _xml_of(account, b"<xml>\xff</xml>")
    with_another_key = tencent.encrypt(other, tencent.xml(**FOLLOW), receiver=account.appid)
    cases["another account's key"] = (tencent.query(account, with_another_key), tencent.xml(Encrypt=with_another_key))
    paddings = {"no padding": b"", "padding 0": b"\0" * 16, "padding 33": b"\x21" * 16, "mixed padding": b"0" * 12 + b"\x10" * 4}
    for name, padding in paddings.items():
        cases[name] = _xml_of(account, "x" * (32 * 3 - 20 - len(account.appid) - (16 if padding else 0)), padding=padding)
    return cases


def _plain(account: WechatAccount, *, length: int) -> bytes:
    """What is encrypted, of whole blocks, with a length that is not the message's."""
    body = b"0123456789abcdef" + struct.pack(">I", length) + b"<xml></xml>" + account.appid.encode()
    count = tencent.BLOCK - len(body) % tencent.BLOCK
    return body + bytes([count]) * count


def test_everything_doubtful_is_refused_alike_and_tells_nothing(
    session: Session, client: Any, account: WechatAccount, corp: WechatAccount
) -> None:
    cases = _wrong_queries(account, corp) | _wrong_bodies(account) | _wrong_ciphers(account, corp)
    assert len(cases) >= 60
    answers = set()
    for name, (query, body) in cases.items():
        answer = client.post(f"/api/platform/wechat/{account.appid}", query_string=query, data=body)
        assert answer.status_code == 401, f"{name}: {answer.status_code}"
        answers.add((answer.json["error"], answer.json["message"], str(answer.json["details"])))
    assert answers == {("wechat.signature", "签名校验未通过", "{}")}
    assert kept(session) == []
    assert told(session) == []


def test_with_nothing_wrong_the_same_requests_are_taken(session: Session, client: Any, account: WechatAccount) -> None:
    """Otherwise the refusals above would say nothing."""
    sealed = tencent.encrypt(account, tencent.xml(**FOLLOW))
    right = tencent.query(account, sealed)
    element = f"<Encrypt>{sealed}</Encrypt>"
    spare = " " * 1000
    for query, body in (
        (right, tencent.xml(Encrypt=sealed)),
        (urlencode(right), f"<xml>{element}</xml>"),
        (f"{urlencode(right)}&encrypt_type=aes&openid=open-1", f'<?xml version="1.0" encoding="gbk"?>\n<xml>{element}<a b="1"/></xml>'),
        (tencent.query(account, sealed, age=290), f"<xml>{element}{'<a>' * (DEEPEST - 2)}{'</a>' * (DEEPEST - 2)}</xml>"),
        (right, json.dumps({"ToUserName": "gh_1", "Encrypt": sealed}) + spare),
        _xml_of(account, tencent.xml(**FOLLOW)),
        _xml_of(account, "x" * (32 * 3 - 20 - len(account.appid) - 32), padding=b"\x20" * 32),
    ):
        answer = client.post(f"/api/platform/wechat/{account.appid}", query_string=query, data=body)
        assert (answer.status_code, answer.text) == (200, "success"), body
    assert [name for name, _ in told(session)] == ["wechat.followed", "wechat.message_received"]


def test_no_entity_is_ever_expanded_and_nothing_costs_more_than_its_length() -> None:
    """The memory that reading takes is bounded by the text alone, whatever the text asks for."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    quadratic = f'<!DOCTYPE xml [<!ENTITY a "{"a" * 50_000}">]><xml>{"&a;" * 10_000}</xml>'
    attributes = "<xml><a " + " ".join(f'a{n}="{n}"' for n in range(8_000)) + "/></xml>"
    for attack, form in (
        (f'<!DOCTYPE xml [<!ENTITY l0 "lol">{lol}]><xml><a>&l9;</a></xml>', None),
        (quadratic, None),
        ("<xml>" + "<a>" * 40_000, None),
        ("<xml>" + "<a/>" * 30_000 + "</xml>", None),
        ('{"a":' * 20_000, None),
        ('{"a":' + "[" * 600 + "]" * 600 + "}", None),
        (attributes, {"a": None}),
    ):
        tracemalloc.start()
        try:
            assert elements_of(attack) == form
            assert tracemalloc.get_traced_memory()[1] < 2_000_000 + 60 * len(attack), attack[:60]
        finally:
            tracemalloc.stop()


def test_an_oversized_body_is_refused_before_it_is_read(client: Any, account: WechatAccount) -> None:
    sealed = tencent.encrypt(account, "x" * 200_000)
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
    assert client.get(address, query_string=f"{urlencode(good)}&echostr=2").status_code == 401
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


def test_what_an_event_says_is_read_through_its_query(session: Session, client: Any, account: WechatAccount) -> None:
    tencent.push(client, account, tencent.xml(**FOLLOW))
    ((_, data),) = told(session)
    message = queries.message(session, data["inbox_id"])
    assert (message.sender, message.sent_at and message.sent_at.timestamp()) == ("open-1", 1700000000)


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
