"""Notifications of WeChat Pay: only what is signed, fresh and opens with our key is money."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.wechat import pay_keys, queries
from app.wechat.models import AccountKind, WechatAccount, WechatInbox
from tests.factories import dealers as make
from tests.factories import tencent
from tests.factories import wechat as accounts

PAID = {
    "appid": "wx-mini",
    "mchid": "1900000109",
    "out_trade_no": "PAY0000001",
    "transaction_id": "4200001",
    "trade_state": "SUCCESS",
    "success_time": "2026-11-21T10:00:00+08:00",
    "payer": {"openid": "open-1"},
    "amount": {"total": 100_000, "payer_total": 100_000, "currency": "CNY", "payer_currency": "CNY"},
}
# All that anybody hears who is refused.
FAILED = {"code": "FAIL", "message": "失败"}
REFUNDED = {
    "mchid": "1900000109",
    "transaction_id": "4200001",
    "out_trade_no": "PAY0000001",
    "refund_id": "5030001",
    "out_refund_no": "REFUND0001",
    "refund_status": "SUCCESS",
    "success_time": "2026-11-21T11:00:00+08:00",
    "amount": {"total": 100_000, "refund": 100_000, "payer_total": 100_000, "payer_refund": 100_000},
}


@pytest.fixture
def merchant(session: Session) -> WechatAccount:
    made = accounts.account(session, make.brand(session), AccountKind.merchant, appid=PAID["mchid"])
    session.commit()
    return made


def told(session: Session) -> list[tuple[str, dict[str, Any]]]:
    return [(event.name, event.data) for event in session.execute(select(Event).order_by(Event.id)).scalars()]


def test_a_payment_is_kept_and_told_whether_we_know_the_order_or_not(session: Session, client: Any, merchant: WechatAccount) -> None:
    answer = tencent.notify(client, merchant, tencent.notification(merchant, PAID))
    assert (answer.status_code, answer.data) == (204, b"")
    ((name, data),) = told(session)
    assert (name, data["out_trade_no"]) == ("wechat.payment_notified", "PAY0000001")
    trade = queries.trade(session, data["inbox_id"])
    assert (trade.state, trade.amount_fen, trade.currency, trade.openid) == ("SUCCESS", 100_000, "CNY", "open-1")
    assert (trade.mchid, trade.appid, trade.transaction_id) == ("1900000109", "wx-mini", "4200001")


def test_the_same_notification_again_is_received_and_told_once(session: Session, client: Any, merchant: WechatAccount) -> None:
    body = tencent.notification(merchant, PAID, event_id="EV-1")
    for _ in range(3):
        assert tencent.notify(client, merchant, body).status_code == 204
    assert len(told(session)) == 1


def test_a_refund_is_told_with_its_own_words(session: Session, client: Any, merchant: WechatAccount) -> None:
    body = tencent.notification(merchant, REFUNDED, event_type="REFUND.SUCCESS")
    assert tencent.notify(client, merchant, body, kind="refunds").status_code == 204
    ((name, data),) = told(session)
    assert (name, data["out_refund_no"]) == ("wechat.refund_notified", "REFUND0001")
    refund = queries.refund_state(session, data["inbox_id"])
    assert (refund.status, refund.amount_fen, refund.total_fen, refund.mchid) == ("SUCCESS", 100_000, 100_000, "1900000109")


def test_a_refund_that_failed_first_and_then_settled_is_told_twice(session: Session, client: Any, merchant: WechatAccount) -> None:
    for event_type in ("REFUND.ABNORMAL", "REFUND.SUCCESS"):
        tencent.notify(client, merchant, tencent.notification(merchant, REFUNDED, event_type=event_type), kind="refunds")
    assert len(told(session)) == 2


def _spoilt(merchant: WechatAccount, other: WechatAccount) -> dict[str, tuple[bytes, dict[str, str]]]:
    body = tencent.notification(merchant, PAID)
    good = tencent.pay_headers(body)
    stranger = accounts.key_pair("stranger")[0]
    other_key = tencent.notification(other, PAID)
    garbled = json.loads(body)
    garbled["resource"]["associated_data"] = "refund"
    swapped = json.dumps(garbled).encode()
    garbled["resource"]["algorithm"] = "NONE"
    unknown_cipher = json.dumps(garbled).encode()
    probe = pay_keys.PROBE + good["Wechatpay-Signature"][len(pay_keys.PROBE) :]
    short = {"nonce": "1", "ciphertext": base64.b64encode(b"x" * 32).decode(), "algorithm": "AEAD_AES_256_GCM"}
    of_another = tencent.notification(merchant, PAID | {"mchid": other.appid})
    of_nobody = tencent.notification(merchant, {key: value for key, value in PAID.items() if key != "mchid"})
    of_another_partner = tencent.notification(merchant, {key: value for key, value in PAID.items() if key != "mchid"} | {"sp_mchid": "1"})
    cases = {
        "about another merchant": (of_another, tencent.pay_headers(of_another)),
        "about no merchant": (of_nobody, tencent.pay_headers(of_nobody)),
        "about another service provider": (of_another_partner, tencent.pay_headers(of_another_partner)),
        "no headers": (body, {}),
        "no signature": (body, {**good, "Wechatpay-Signature": ""}),
        "a probe": (body, {**good, "Wechatpay-Signature": probe}),
        "signed by a stranger": (body, tencent.pay_headers(body, key=stranger)),
        "an unknown serial": (body, tencent.pay_headers(body, serial="5157F09EFDC096DE15EBE81A47057A7232F1B8E1")),
        "another public key id": (body, tencent.pay_headers(body, serial="PUB_KEY_ID_0000000000000000000000000000")),
        "no serial": (body, tencent.pay_headers(body, serial="")),
        "another signature type": (body, {**good, "Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}),
        "thirty days old": (body, tencent.pay_headers(body, age=30 * 86400)),
        "five minutes old": (body, tencent.pay_headers(body, age=310)),
        "from the future": (body, tencent.pay_headers(body, age=-310)),
        "one byte more": (body + b" ", good),
        "another nonce": (body, {**good, "Wechatpay-Nonce": "0"}),
        "a signature that is no base64": (body, {**good, "Wechatpay-Signature": "签名".encode().decode("latin-1")}),
        "another merchant's key": (other_key, tencent.pay_headers(other_key)),
        "associated data swapped": (swapped, tencent.pay_headers(swapped)),
        "another cipher": (unknown_cipher, tencent.pay_headers(unknown_cipher)),
    }
    for name, content in {
        "no JSON": b"paid!",
        "JSON without a resource": b'{"id": "EV-1"}',
        "a resource of another shape": b'{"resource": []}',
        "a list": b"[]",
        "bytes that are no text": b"\xff\xfe",
        "a short nonce": json.dumps({"resource": short}).encode(),
    }.items():
        cases[name] = (content, tencent.pay_headers(content))
    return cases


def test_everything_doubtful_is_refused_alike_and_leaves_nothing(session: Session, client: Any, merchant: WechatAccount) -> None:
    other = accounts.account(session, make.brand(session), AccountKind.merchant)
    session.commit()
    for name, (body, headers) in _spoilt(merchant, other).items():
        answer = tencent.notify(client, merchant, body, headers)
        assert answer.status_code == 401, f"{name}: {answer.status_code}"
        assert answer.json == FAILED, name
    assert session.execute(select(WechatInbox)).first() is None
    assert told(session) == []


def test_a_probe_is_refused_without_alarm_and_a_forgery_with(
    client: Any, merchant: WechatAccount, caplog: pytest.LogCaptureFixture
) -> None:
    body = tencent.notification(merchant, PAID)
    good = tencent.pay_headers(body)
    probe = {**good, "Wechatpay-Signature": pay_keys.PROBE + good["Wechatpay-Signature"][20:]}
    assert tencent.notify(client, merchant, body, probe).status_code == 401
    assert "refused" not in caplog.text
    assert tencent.notify(client, merchant, body, {**good, "Wechatpay-Nonce": "0"}).status_code == 401
    assert "callback refused" in caplog.text


def test_a_signed_notification_about_something_else_is_not_taken_for_money(session: Session, client: Any, merchant: WechatAccount) -> None:
    body = tencent.notification(merchant, {"mchid": "1900000109"})
    answer = tencent.notify(client, merchant, body)
    assert (answer.status_code, answer.json) == (400, FAILED)
    assert told(session) == []


def test_a_merchant_nobody_has_is_refused_like_a_bad_signature(session: Session, client: Any, merchant: WechatAccount) -> None:
    body = tencent.notification(merchant, PAID)
    answer = client.post("/api/platform/wechat/pay/1900009999/payments", data=body, headers=tencent.pay_headers(body))
    assert (answer.status_code, answer.json) == (401, FAILED)


def test_an_unknown_serial_makes_no_call_of_ours(client: Any, merchant: WechatAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """wechatpayv3 by itself would fetch certificates for every stranger who names a serial."""
    import requests

    monkeypatch.setattr(requests, "get", lambda *_args, **_kwargs: pytest.fail("a stranger made us call somebody"))
    body = tencent.notification(merchant, PAID)
    assert tencent.notify(client, merchant, body, tencent.pay_headers(body, serial="5157F09E")).status_code == 401
