"""Channels that no platform stands between, and the card that hangs on a payment: webhooks, the inbox, live notices."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import service as identity_service
from app.kit import clock, db, outside
from app.messaging import service, webhooks
from app.messaging.models import InboxMessage, Send
from app.payments.models import PaymentAttempt, PaymentIntent
from app.wechat.fake import FakeGateway
from tests.factories import identity
from tests.factories import messaging as make
from tests.factories.ears import Ear, listening

SECRET = "a secret of both sides"


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    with listening(monkeypatch) as made:
        yield made


def told_by(session: Session, town: make.Town, url: str) -> Send:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    target = {"url": url, "secret": SECRET}
    key = make.template(session, town, "webhook", {"car": "{{ vehicle_title }}"}, target=target).key
    return make.plan(session, town, buyer, key, channel="webhook", context={"order_id": order.id})


@pytest.mark.parametrize(
    ("says", "kept"),
    [
        (b'{"level": 3, "name": "\xe6\x9d\x8e"}', {"level": 3, "name": "李"}),
        (b"", None),
        (b"null", None),
        (b"<html>", None),
        (b'"\xff"', None),
        (b'{"a": "\\u0000"}', None),
        (b'{"a": 1e999}', None),
        (b"[" * 900 + b"]" * 900, None),
        (b"[" * 4_000 + b"]" * 96, None),
        (b'"' + b"x" * 5_000 + b'"', None),
    ],
)
def test_a_short_answer_in_json_is_kept_and_no_other_does_harm(session: Session, town: make.Town, ear: Ear, says: bytes, kept: Any) -> None:
    send = told_by(session, town, f"{ear.url}/hook")
    ear.says = says
    make.send_due(session)
    assert (send.status, send.answer) == ("accepted", kept)


def test_what_one_walk_was_answered_its_later_messages_may_speak_of(session: Session, town: make.Town, ear: Ear) -> None:
    buyer, walk = make.follower(session, town), db.new_id()
    target = {"url": f"{ear.url}/hook", "secret": SECRET}
    key = make.template(session, town, "webhook", {"say": "hello"}, target=target).key
    ear.says = b'{"level": 3, "gift": {"name": "coffee"}}'
    call = make.plan(session, town, buyer, key, channel="webhook", context={"walk_id": walk, "answer_key": "crm"})
    make.send_due(session)
    assert "answers" not in session.execute(select(Event.data).where(Event.name == "message.accepted")).scalar_one()
    form = {"content": "{{ answers.crm.gift.name }} {{ answers.crm.level }}"}
    later, other = (
        make.plan(session, town, buyer, make.template(session, town, "inbox", form).key, channel="inbox", context={"walk_id": one})
        for one in (walk, db.new_id())
    )
    make.send_due(session)
    assert (later.status, other.status) == ("accepted", "skipped")
    assert other.error_code == "fact_missing"
    service.forget(session, buyer.id)
    session.refresh(call)
    assert call.answer is None


def test_a_webhook_tells_whose_it_is_by_its_signature(session: Session, town: make.Town, ear: Ear) -> None:
    send = told_by(session, town, f"{ear.url}/hook?of=marque")
    make.send_due(session)
    assert send.status == "accepted"
    ((headers, body),) = ear.heard
    told = json.loads(body)
    assert (told["id"], told["key"], told["customer_id"]) == (send.client_msg_id, send.template_key, str(send.customer_id))
    assert told["fields"] == {"car": town.market.vehicle.title}
    at, proof = (part.partition("=")[2] for part in headers["X-Marque-Signature"].split(","))
    assert proof == hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == send.client_msg_id


def test_what_was_maybe_heard_is_said_again_in_the_same_words(session: Session, town: make.Town, ear: Ear, later: Any) -> None:
    send = told_by(session, town, ear.url)
    ear.statuses = [500]
    make.send_due(session)
    assert send.status == "claimed"
    later(seconds=30)
    make.send_due(session)
    assert send.status == "accepted"
    (first, one), (second, other) = ear.heard
    assert one == other
    assert first["X-Marque-Signature"] == second["X-Marque-Signature"]


@pytest.mark.parametrize(("status", "ended"), [(404, "rejected"), (302, "rejected"), (429, "planned")])
def test_an_answer_says_whether_it_is_worth_trying_again(session: Session, town: make.Town, ear: Ear, status: int, ended: str) -> None:
    send = told_by(session, town, ear.url)
    ear.statuses = [status]
    make.send_due(session)
    assert (send.status, send.error_code) == (ended, "webhook_answered")
    # A redirect is not followed: what leads elsewhere could lead inside.
    assert len(ear.heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x",
        "http://localhost/x",
        "http://10.0.0.8/x",
        "http://192.168.1.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://0.0.0.0/x",
        "http://100.64.0.1/x",
        "http://[fec0::1]/x",
        "http://[64:ff9b::10.0.0.8]/x",
        "http://[64:ff9b::5db8:d822]/x",
    ],
)
def test_no_address_of_an_inner_network_is_called(session: Session, town: make.Town, url: str) -> None:
    send = told_by(session, town, url)
    make.send_due(session)
    assert (send.status, send.error_code) == ("rejected", "webhook_private")


def test_a_name_that_leads_inside_is_not_followed(session: Session, town: make.Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when another of its addresses is outside: the next look-up could give either."""
    where = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.8")]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *_args, **_more: where)
    send = told_by(session, town, "http://crm.example.com/hook")
    make.send_due(session)
    assert send.error_code == "webhook_private"


@pytest.mark.parametrize("url", ["ftp://crm.example.com/x", "https://user:word@crm.example.com/", "crm.example.com", "http:///x"])
def test_what_is_no_address_is_none(url: str) -> None:
    with pytest.raises(webhooks.Uncalled, match="webhook_address"):
        webhooks.checked_url(url)


def letter_to(session: Session, town: make.Town, to: Any) -> Send:
    key = make.template(session, town, "inbox", {"title": "到店提醒", "content": "{{ customer_name }}，门店已为您备车"}).key
    return make.plan(session, town, to, key, channel="inbox")


def test_her_inbox_has_each_message_once_and_tells_what_is_new(session: Session, town: make.Town, client: Any) -> None:
    buyer = make.follower(session, town, nickname="小林")
    hers = identity.signed_in(session, buyer, town.market.mini)
    sends = [letter_to(session, town, buyer) for _ in range(3)]
    stranger = letter_to(session, town, make.follower(session, town))
    make.send_due(session)
    assert {send.status for send in (*sends, stranger)} == {"accepted"}
    first = client.get("/api/customer/inbox/", headers=hers, query_string={"limit": 2}).json
    assert (len(first["items"]), first["unread"]) == (2, 3)
    assert first["items"][0]["content"] == "小林，门店已为您备车"
    rest = client.get("/api/customer/inbox/", headers=hers, query_string={"cursor": first["next_cursor"]}).json
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    other = session.execute(select(InboxMessage).filter_by(send_id=stranger.id)).scalar_one()
    one = [first["items"][0]["id"], str(other.id)]
    for _ in range(2):
        assert client.post("/api/customer/inbox/read", headers=hers, json={"ids": one}).json == {"unread": 2}
    session.expire_all()
    assert other.read_at is None
    assert client.post("/api/customer/inbox/read", headers=hers, json={"everything": True}).json == {"unread": 0}
    assert client.get("/api/customer/inbox/unread", headers=hers).json == {"unread": 0}
    assert client.post("/api/customer/inbox/read", headers=hers, json={}).status_code == 422


def test_a_worker_that_dies_over_the_inbox_leaves_one_message(session: Session, town: make.Town, monkeypatch: Any, later: Any) -> None:
    from app.messaging.channels.inbox import Inbox
    from tests.messaging.test_sending import Killed

    send = letter_to(session, town, make.follower(session, town))
    session.commit()
    put = Inbox.send

    def die(self: Inbox, batch: Any) -> Any:
        put(self, batch)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Inbox, "send", die)
        with pytest.raises(Killed):
            service.send_due()
    later(seconds=16)
    make.send_due(session)
    assert send.status == "accepted"
    assert session.execute(select(func.count()).select_from(InboxMessage)).scalar_one() == 1


def test_what_waits_for_an_erased_person_is_gone_and_nothing_new_comes(
    session: Session, town: make.Town, deliver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.messaging.channels.inbox import Inbox

    buyer = make.follower(session, town)
    letter_to(session, town, buyer)
    make.send_due(session)
    late = letter_to(session, town, buyer)
    session.commit()
    put = Inbox.send

    def erased_meanwhile(self: Inbox, batch: Any) -> Any:
        identity_service.erase(session, buyer)
        session.commit()
        deliver()
        return put(self, batch)

    monkeypatch.setattr(Inbox, "send", erased_meanwhile)
    make.send_due(session)
    assert session.execute(select(func.count()).select_from(InboxMessage)).scalar_one() == 0
    assert late.status in ("cancelled", "rejected", "unknown")


def test_two_people_who_are_one_have_one_inbox(session: Session, town: make.Town, deliver: Any) -> None:
    kept, merged = (make.follower(session, town) for _ in range(2))
    for one in (kept, merged):
        letter_to(session, town, one)
    make.send_due(session)
    service.move(session, kept_id=kept.id, merged_id=merged.id)
    assert session.execute(select(func.count()).where(InboxMessage.customer_id == kept.id)).scalar_one() == 2


def test_the_card_of_a_payment_is_written_for_its_order(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    mini = town.market.mini
    openid = identity.identity(session, buyer, mini).openid
    session.flush()
    paid(session, town, order, openid=openid, appid=mini.appid)
    template = make.template(
        session, town, "service_notice", {"status": "2", "text": "{{ order_number }} 已确认"}, template_ids={mini.appid: "2002"}
    )
    tencent.answers["set_live_notice"] = None
    send = make.plan(session, town, buyer, template.key, channel="service_notice", context={"order_id": order.id})
    nobodys = make.plan(session, town, make.follower(session, town), template.key, channel="service_notice", context={"order_id": order.id})
    make.send_due(session)
    assert (send.status, send.error_code) == ("accepted", None)
    (call,) = tencent.calls_of("set_live_notice")
    assert (call["openid"], call["transaction_id"], int(call["kind"])) == (openid, "4200-1", 2002)
    assert call["content"] == {"status": "2", "text": f"{order.number} 已确认"}
    assert call["check"]["pay_amount"] == order.amount_fen
    assert (nobodys.status, nobodys.error_code) == ("skipped", "no_payment")


def paid(session: Session, town: make.Town, order: Any, **where: Any) -> None:
    """The payment behind an order, as it stands once it arrived."""
    intent = session.get(PaymentIntent, order.intent_id) if order.intent_id else None
    if intent is None:
        intent = PaymentIntent(
            brand_id=order.brand_id,
            subject_type="order",
            subject_id=order.id,
            customer_id=order.customer_id,
            amount_fen=order.amount_fen,
            currency="CNY",
            description="订金",
            expires_at=clock.now(session),
            due_at=clock.now(session),
        )
        session.add(intent)
        session.flush()
        order.intent_id = intent.id
    session.add(
        PaymentAttempt(
            brand_id=order.brand_id,
            intent_id=intent.id,
            account_id=town.market.merchant.id,
            out_trade_no="PAY1",
            amount_fen=order.amount_fen,
            currency="CNY",
            mchid=town.market.merchant.appid,
            status="succeeded",
            expires_at=clock.now(session),
            due_at=clock.now(session),
            certain_at=clock.now(session),
            **{"transaction_id": "4200-1", "paid_at": clock.now(session)} | where,
        )
    )
    session.flush()
