"""A credit is spent once: whoever races for it, whatever fails, and however often Tencent tells of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity import service as identity_service
from app.identity.models import Customer, WechatIdentity
from app.kit import clock, db
from app.messaging import credits, service
from app.messaging.channels import CallPerLetter
from app.messaging.models import Credit, CreditEntry, ReplyWindow, Send
from app.wechat import service as platform
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import identity
from tests.factories import messaging as make

FIELDS = {"thing1": "您的订单有新进展"}
ANSWERED = "subscribe_msg_popup_event"


def allowed(session: Session, town: make.Town, her: Customer, times: int = 1) -> tuple[str, str]:
    """She signed in, and allowed so many messages; gives our key and her openid."""
    mini = town.market.mini
    openid = identity.identity(session, her, mini).openid
    key = make.template(session, town, "subscribe_message", FIELDS, template_ids={mini.appid: "t1"}).key
    for number in range(times):
        credits.grant(session, mini, openid, "t1", key=f"test:{number}", said_at=clock.now(session))
    return key, openid


def balance(session: Session) -> int:
    session.expire_all()
    return session.execute(select(func.coalesce(func.sum(Credit.balance), 0))).scalar_one()


def popup(openid: str, *, second: int = 0, form: str = "xml", event: str = ANSWERED, answer: str = "accept") -> str:
    """What WeChat pushes when she answered, in either of its forms."""
    at = 1_700_000_000 + second
    element = "".join(part.capitalize() for part in event.split("_"))
    if form == "json":
        listed = f'{{"TemplateId": "t1", "SubscribeStatusString": "{answer}", "PopupScene": "0"}}'
        head = f'"ToUserName": "gh_1", "FromUserName": "{openid}", "CreateTime": "{at}", "MsgType": "event", "Event": "{event}"'
        return f'{{{head}, "List": {listed}}}'
    listed = f"<List><TemplateId>t1</TemplateId><SubscribeStatusString>{answer}</SubscribeStatusString><PopupScene>0</PopupScene></List>"
    head = f"<ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{at}</CreateTime><MsgType>event</MsgType>"
    return f"<xml>{head}<Event>{event}</Event><{element}>{listed}</{element}></xml>"


def test_what_wechat_tells_twice_and_in_both_forms_counts_once(session: Session, town: make.Town, deliver: Callable[[], int]) -> None:
    for form in ("xml", "json", "xml"):
        platform.receive_message(session, town.market.mini, popup("open-1", form=form))
    deliver()
    assert balance(session) == 1
    platform.receive_message(session, town.market.mini, popup("open-1", second=9))
    deliver()
    assert balance(session) == 2


def test_a_refusal_in_the_settings_takes_back_what_was_allowed_before_it_and_not_after(
    session: Session, town: make.Town, deliver: Callable[[], int]
) -> None:
    mini = town.market.mini
    platform.receive_message(session, mini, popup("open-1"))
    platform.receive_message(session, mini, popup("open-1", second=20, event="subscribe_msg_change_event", answer="reject"))
    deliver()
    assert balance(session) == 0
    # Told late: she said so before she refused.
    platform.receive_message(session, mini, popup("open-1", second=10))
    deliver()
    assert balance(session) == 0
    platform.receive_message(session, mini, popup("open-1", second=30))
    deliver()
    assert balance(session) == 1


def test_a_refusal_in_the_dialog_takes_nothing_back(session: Session, town: make.Town, deliver: Callable[[], int]) -> None:
    for second, answer in enumerate(("accept", "reject", "filter", "ban")):
        platform.receive_message(session, town.market.mini, popup("open-1", second=second, answer=answer))
    deliver()
    assert balance(session) == 1


def test_one_credit_and_three_messages_are_one_send_and_two_fallbacks(committed: Callable[[], Any], tencent: FakeGateway) -> None:
    tencent.answers["send_subscribe"] = "7"
    with committed() as session:
        town = make.town(session)
        her = make.follower(session, town)
        order = make.paid_order(session, town, her)
        key, _ = allowed(session, town, her)
        ladder = [
            {"channel": "subscribe_message", "template_key": key},
            {"channel": "service_template", "template_key": "deposit_paid"},
        ]
        plans = [
            {"ladder": ladder, "context": {"order_id": order.id}, "channel": "subscribe_message", "template_key": key} for _ in range(3)
        ]
        ids = [make.plan(session, town, her, **plan).id for plan in plans]
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: service.send_due(), range(4)))
    with committed() as session:
        ways = sorted(session.execute(select(Send.channel).where(Send.id.in_(ids), Send.status == "accepted")).scalars())
        assert ways == ["service_template", "service_template", "subscribe_message"]
        assert balance(session) == 0
    assert len(tencent.calls_of("send_subscribe")) == 1


def test_many_hands_never_take_more_than_there_is(committed: Callable[[], Any]) -> None:
    with committed() as session:
        town = make.town(session)
        _, openid = allowed(session, town, make.follower(session, town), times=5)
        appid = town.market.mini.appid
    start = threading.Barrier(8)

    def grab(_: int) -> int:
        start.wait()
        got = 0
        for _ in range(4):
            with committed() as session:
                got += len(credits.take(session, {db.new_id(): (appid, openid, "t1")}))
        return got

    with ThreadPoolExecutor(8) as hands:
        assert sum(hands.map(grab, range(8))) == 5
    with committed() as session:
        assert balance(session) == 0
        assert session.execute(select(func.sum(CreditEntry.delta))).scalar_one() == 0


@pytest.mark.parametrize(
    ("failure", "left"),
    [
        (WechatError(Outcome.retry_later, "connection", "no connection"), 1),
        (WechatError(Outcome.permanent_person, "47003", "argument invalid"), 1),
        (WechatError(Outcome.permanent_person, "43101", "user refuse"), 0),
        (WechatError(Outcome.unknown, "timeout", "no answer"), 0),
        (WechatError(Outcome.retry_now, "-1", "system error"), 0),
    ],
)
def test_what_certainly_did_not_leave_costs_nothing(
    session: Session, town: make.Town, tencent: FakeGateway, failure: WechatError, left: int
) -> None:
    her = make.follower(session, town)
    key, _ = allowed(session, town, her)
    make.plan(session, town, her, key, channel="subscribe_message")
    tencent.fail("send_subscribe", failure)
    make.send_due(session)
    assert balance(session) == left
    service.send_due()
    assert balance(session) == left


@pytest.mark.parametrize("failure", [None, WechatError(Outcome.retry_later, "connection", "no connection")])
@pytest.mark.parametrize(("channel", "call"), [("service_template", "send_template"), ("subscribe_message", "send_subscribe")])
def test_of_whoever_is_erased_while_her_message_is_on_its_way_nothing_is_kept_and_nothing_is_sent_again(
    session: Session,
    town: make.Town,
    tencent: FakeGateway,
    deliver: Callable[[], int],
    later: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    channel: str,
    call: str,
    failure: WechatError | None,
) -> None:
    her = make.follower(session, town)
    key, _ = allowed(session, town, her)
    order = make.paid_order(session, town, her)
    template = key if channel == "subscribe_message" else "deposit_paid"
    send = make.plan(session, town, her, template, channel=channel, context={"order_id": order.id})
    carry_out, calls = CallPerLetter.send, list[int]()

    def erased_meanwhile(self: CallPerLetter, batch: Any) -> Any:
        calls.append(len(batch))
        identity_service.erase(session, her)
        deliver()
        return carry_out(self, batch)

    monkeypatch.setattr(CallPerLetter, "send", erased_meanwhile)
    if failure:
        tencent.fail(call, failure)
    else:
        tencent.answers["send_subscribe"] = "7"
    make.send_due(session)
    for _ in range(3):
        later(hours=1)
        make.send_due(session)
    session.refresh(send)
    assert calls == [1], "it was tried again"
    assert (send.status, send.payload, send.answer) == ("cancelled" if failure else "accepted", None, None)


@pytest.mark.parametrize(("channel", "fates"), [("subscribe_message", ("unknown", 1)), ("service_template", ("accepted", 2))])
def test_a_busy_platform_is_asked_again_only_if_it_knows_the_message_again(
    session: Session, town: make.Town, tencent: FakeGateway, later: Callable[..., None], channel: str, fates: tuple[str, int]
) -> None:
    her = make.follower(session, town)
    key, _ = allowed(session, town, her, times=2)
    template = key if channel == "subscribe_message" else "test_drive_invitation"
    send = make.plan(session, town, her, template, channel=channel, context={"vehicle_id": town.market.vehicle.id})
    call = "send_subscribe" if channel == "subscribe_message" else "send_template"
    tencent.answers["send_subscribe"] = "7"
    tencent.fail(call, WechatError(Outcome.retry_now, "-1", "system error"), after_effect=True)
    for _ in range(3):
        make.send_due(session)
        later(minutes=2)
    assert (send.status, len(tencent.calls_of(call))) == fates


def test_what_is_given_back_twice_is_given_back_once(session: Session, town: make.Town) -> None:
    her = make.follower(session, town)
    _, openid = allowed(session, town, her)
    send_id = db.new_id()
    wanted = {send_id: (town.market.mini.appid, openid, "t1")}
    assert credits.take(session, wanted) == {send_id}
    assert credits.take(session, {db.new_id(): wanted[send_id]}) == set()
    for _ in range(2):
        credits.give_back(session, [send_id])
    assert balance(session) == 1
    assert credits.take(session, wanted) == {send_id}
    assert balance(session) == 0


def test_what_she_took_back_is_not_given_back(session: Session, town: make.Town, later: Callable[..., None]) -> None:
    her = make.follower(session, town)
    _, openid = allowed(session, town, her, times=2)
    send_id = db.new_id()
    credits.take(session, {send_id: (town.market.mini.appid, openid, "t1")})
    session.commit()
    later(minutes=1)
    credits.revoke(session, credits.of_person(session, town.market.mini, openid, "t1"), said_at=clock.now(session))
    credits.give_back(session, [send_id])
    assert balance(session) == 0


def test_what_she_allowed_goes_with_her(session: Session, town: make.Town, deliver: Callable[[], int]) -> None:
    her = make.follower(session, town)
    _, openid = allowed(session, town, her, times=2)
    session.add(
        ReplyWindow(
            identity_id=session.execute(select(WechatIdentity.id).filter_by(openid=openid)).scalar_one(),
            opened_by="wrote",
            opened_at=clock.now(session),
            closes_at=clock.now(session) + timedelta(hours=1),
            balance=5,
        )
    )
    session.commit()
    identity_service.erase(session, her)
    session.commit()
    deliver()
    for table in (Credit, CreditEntry, ReplyWindow):
        assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
