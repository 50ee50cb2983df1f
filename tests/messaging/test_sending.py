"""A message leaves once, or somebody can see why it did not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.identity import service as identity
from app.identity.models import Customer, Purpose
from app.kit import db, texts
from app.messaging import service
from app.messaging.channels import CallPerLetter
from app.messaging.models import MessageTemplate, Send, SendStatus
from app.messaging.service import claiming
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import TIMEOUT, FakeGateway
from tests.factories import messaging as make

REFUSED_CONNECTION = WechatError(Outcome.retry_later, "connection", "refused")


def test_a_message_leaves_with_what_its_template_asks_for(session: Session, town: make.Town, tencent: FakeGateway, paid: Send) -> None:
    assert make.send_due(session) == 1
    (call,) = tencent.calls_of("send_template")
    assert call["template_id"] == make.TEMPLATES["deposit_paid"]
    assert set(call["data"]) == {"thing1", "amount2", "character_string3", "time4"}
    assert call["data"]["amount2"] == "¥1000"
    assert len(call["data"]["thing1"]) <= 20
    assert call["client_msg_id"] == paid.id.hex
    assert call["page"] == f"pages/orders/detail?id={paid.context['order_id']}"
    assert (paid.status, paid.lease_until, paid.error_code) == ("accepted", None, None)
    assert make.facts(session, paid) == ["message.accepted"]
    assert make.send_due(session) == 0


def test_a_planned_message_is_rung_for_after_the_commit_and_only_then(
    session: Session, town: make.Town, rings: list[Any], tencent: FakeGateway
) -> None:
    buyer = make.follower(session, town)
    make.plan(session, town, buyer)
    make.plan(session, town, buyer)
    assert ("messaging.send_due", {}) not in rings
    session.commit()
    assert rings.count(("messaging.send_due", {})) == 1
    make.plan(session, town, buyer, purpose="marketing")
    rings.clear()
    session.commit()
    assert rings == [("messaging.send_many", {})], "what is urgent stands in no queue behind it"


def test_a_rolled_back_plan_leaves_nothing_behind(session: Session, town: make.Town, rings: list[Any], tencent: FakeGateway) -> None:
    buyer = make.follower(session, town)
    session.commit()
    rings.clear()

    def fail_late() -> None:
        with db.transaction() as inner:
            make.plan(inner, town, buyer)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    assert make.send_due(session) == 0
    assert rings == []


def test_the_same_dedupe_key_is_one_message(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    buyer = make.follower(session, town)
    first = make.plan(session, town, buyer, dedupe_key="the same")
    assert make.plan(session, town, buyer, dedupe_key="the same").id == first.id


def test_an_unknown_channel_is_refused_when_planning(session: Session, town: make.Town) -> None:
    with pytest.raises(KeyError):
        make.plan(session, town, make.follower(session, town), channel="pigeon")


def test_an_invitation_finds_car_and_store_by_the_latest_order_of_the_customer(
    session: Session, town: make.Town, tencent: FakeGateway
) -> None:
    """A journey that a tag started knows nothing but the customer."""
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    make.plan(session, town, buyer, "test_drive_invitation")
    make.send_due(session)
    (call,) = tencent.calls_of("send_template")
    assert call["data"]["thing2"] == town.market.store.name
    assert call["data"]["time3"].endswith(" 09:00~18:00")
    assert call["data"]["phone_number4"] == town.market.store.phone


def test_a_missing_fact_names_the_field_and_nothing_is_called(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    session.execute(update(Store).values(phone=None))
    send = make.plan(session, town, buyer, "test_drive_invitation")
    assert make.send_due(session) == 0
    assert (send.status, send.error_code) == ("skipped", "fact_missing")
    assert "phone_number4" in (send.error_message or "")
    assert tencent.calls == []
    assert make.facts(session, send) == ["message.skipped"]


def test_a_value_that_wechat_would_refuse_names_the_field_and_nothing_is_called(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send
) -> None:
    fields = {"thing1": "{vehicle_title}", "phrase2": "{order_number}"}
    session.execute(update(MessageTemplate).filter_by(key="deposit_paid").values(fields=fields))
    assert make.send_due(session) == 0
    assert (paid.status, paid.error_code) == ("skipped", "value_form")
    assert "phrase2" in (paid.error_message or "")


def test_who_does_not_follow_any_longer_gets_nothing_and_the_reason_is_there(
    session: Session, town: make.Town, tencent: FakeGateway
) -> None:
    send = make.plan(session, town, make.follower(session, town, followed=False))
    assert make.send_due(session) == 0
    assert (send.status, send.error_code, send.error_message) == ("skipped", "not_following", "客户没有关注服务号")


def test_a_follow_that_we_were_not_told_of_delays_her_message_and_does_not_lose_it(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    """Found by killing: the callback of her follow was lost while we were away, and the list of followers was read after her payment."""
    buyer = make.make.buyer(session, town.market)
    make.paid_order(session, town, buyer)
    untold = make.plan(session, town, buyer)
    never = make.plan(session, town, make.make.buyer(session, town.market))
    assert make.send_due(session) == 0
    assert [(send.status, send.error_code) for send in (untold, never)] == [("planned", "not_following")] * 2
    make.identity.identity(session, buyer, town.service_account, followed=True)
    later(minutes=4)
    assert make.send_due(session) == 1
    assert (untold.status, untold.error_code) == ("accepted", None)
    later(minutes=2)
    assert make.send_due(session) == 0
    assert (never.status, never.error_code) == ("skipped", "not_following")


def test_marketing_needs_her_consent(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    refused = make.plan(session, town, buyer, "test_drive_invitation", purpose="marketing")
    assert make.send_due(session) == 0
    assert refused.error_code == "no_consent"
    identity.give_consent(session, buyer, purpose=Purpose.marketing, text_version="1", ip=None)
    agreed = make.plan(session, town, buyer, "test_drive_invitation", purpose="marketing")
    assert make.send_due(session) == 1
    assert agreed.status == "accepted"


def test_what_is_planned_for_an_erased_customer_never_leaves(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, deliver: Any
) -> None:
    """Also when the sender is quicker than the handler of the erasure."""
    late = make.plan(session, town, _customer(session, paid))
    identity.erase(session, _customer(session, paid))
    session.commit()
    assert make.send_due(session) == 0
    assert (paid.status, late.status) == ("skipped", "skipped")
    assert paid.error_code == "erased"
    deliver()
    assert tencent.calls == []


def test_erasure_cancels_what_is_planned_and_drops_what_was_rendered(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, deliver: Any
) -> None:
    make.send_due(session)
    assert paid.payload is not None
    planned = make.plan(session, town, _customer(session, paid))
    identity.erase(session, _customer(session, paid))
    deliver()
    assert planned.status == "cancelled"
    assert paid.payload is None


def test_a_message_to_a_merged_customer_reaches_the_one_she_became(
    session: Session, town: make.Town, tencent: FakeGateway, deliver: Any
) -> None:
    kept, merged = make.follower(session, town), make.make.buyer(session, town.market)
    order = make.paid_order(session, town, merged)
    send = make.plan(session, town, merged, context={"order_id": order.id})
    identity.merge(session, kept, merged)
    assert make.send_due(session) == 1
    assert send.status == "accepted"
    deliver()
    assert send.customer_id == kept.id


def test_a_lost_answer_is_asked_for_again_with_the_very_same_message(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any
) -> None:
    """A changed title in between must not change the repeated message: the platform knows it by its content."""
    tencent.fail("send_template", TIMEOUT, after_effect=True)
    make.send_due(session)
    assert paid.status == "claimed"
    town.market.vehicle.title = "另一个标题"
    later(seconds=3)
    make.send_due(session)
    first, second = tencent.calls_of("send_template")
    assert first == second
    assert paid.status == "accepted"
    assert make.facts(session, paid) == ["message.accepted"]


def test_when_the_platform_no_longer_knows_the_message_it_is_unknown_and_never_sent_again(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any
) -> None:
    tencent.fail("send_template", TIMEOUT, after_effect=True)
    make.send_due(session)
    later(minutes=10)
    assert make.send_due(session) == 0
    assert paid.status == "unknown"
    assert make.facts(session, paid) == ["message.unknown"]
    later(hours=1)
    assert make.send_due(session) == 0
    assert len(tencent.calls) == 1


def test_an_answer_that_comes_after_we_gave_up_is_still_believed(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    """The call takes longer than the window: meanwhile the sweep says unknown, then the answer is there."""
    sent = CallPerLetter.send

    def slow(self: CallPerLetter, batch: Any) -> Any:
        answer = sent(self, batch)
        later(minutes=20)
        assert service.send_due() == 0
        return answer

    monkeypatch.setattr(CallPerLetter, "send", slow)
    make.send_due(session)
    assert paid.status == "accepted"
    assert make.facts(session, paid) == ["message.unknown", "message.accepted"]


def test_what_certainly_did_not_leave_is_planned_again_and_rendered_anew(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any
) -> None:
    tencent.fail("send_template", REFUSED_CONNECTION, times=2)
    make.send_due(session)
    assert (paid.status, paid.error_code) == ("planned", "wechat.connection")
    assert make.send_due(session) == 0, "not before its pause is over"
    town.market.vehicle.title = "新标题"
    later(minutes=1)
    make.send_due(session)
    later(minutes=1)
    make.send_due(session)
    assert paid.status == "accepted"
    assert tencent.calls_of("send_template")[2]["data"]["thing1"] == "新标题"
    assert paid.error_code is None


def test_a_platform_that_stays_away_is_given_up_some_day(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any
) -> None:
    tencent.fail("send_template", REFUSED_CONNECTION, times=2)
    make.send_due(session)
    later(hours=7)
    make.send_due(session)
    assert (paid.status, paid.error_code) == ("rejected", "wechat.connection")


def test_a_refusal_is_final_and_says_what_wechat_said(session: Session, town: make.Town, tencent: FakeGateway, paid: Send) -> None:
    tencent.fail("send_template", WechatError(Outcome.permanent_person, "43019", "require remove blacklist"))
    make.send_due(session)
    assert (paid.status, paid.error_code, paid.error_message) == ("rejected", "wechat.43019", "require remove blacklist")


def test_trouble_with_the_account_ends_no_message(session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any) -> None:
    """Two minutes of a wrong list of trusted addresses are mended; what should have left meanwhile leaves then."""
    tencent.fail("send_template", WechatError(Outcome.permanent_account, "40164", "not in whitelist"), times=3)
    for _ in range(3):
        make.send_due(session)
        assert (paid.status, paid.error_code) == ("planned", "wechat.40164")
        later(minutes=1)
    make.send_due(session)
    assert paid.status == "accepted"


def test_what_waits_for_its_quota_is_not_given_up_and_asks_no_sooner(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any
) -> None:
    tencent.fail("send_template", WechatError(Outcome.retry_later, "quota", "100000 per day", retry_after=15 * 3600))
    make.send_due(session)
    later(hours=14)
    assert make.send_due(session) == 0
    tencent.fail("send_template", WechatError(Outcome.retry_later, "quota", "100000 per day", retry_after=60))
    later(hours=2)
    make.send_due(session)
    assert paid.status == "planned"
    later(minutes=2)
    make.send_due(session)
    assert paid.status == "accepted"


def test_a_refusal_after_a_lost_answer_proves_nothing(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any
) -> None:
    """She may have got it and then unfollowed: to say `rejected` would be a guess."""
    tencent.fail("send_template", TIMEOUT, after_effect=True)
    tencent.fail("send_template", WechatError(Outcome.permanent_person, "43004", "require subscribe"))
    make.send_due(session)
    later(seconds=5)
    make.send_due(session)
    assert paid.status == "unknown"


class Killed(BaseException):
    """What kill -9 does to a worker, as far as Python can play it."""


@pytest.mark.parametrize("moment", ["before the call", "after the call"])
def test_a_worker_that_dies_around_the_call_sends_once_in_effect(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, monkeypatch: pytest.MonkeyPatch, later: Any, moment: str
) -> None:
    sent = CallPerLetter.send

    def die(self: CallPerLetter, batch: Any) -> Any:
        if moment == "after the call":
            sent(self, batch)
        raise Killed

    session.commit()
    with monkeypatch.context() as dying:
        dying.setattr(CallPerLetter, "send", die)
        with pytest.raises(Killed):
            service.send_due()
    session.expire_all()
    assert paid.status == "claimed"
    assert make.send_due(session) == 0, "the lease still runs"
    later(seconds=claiming.LEASE.total_seconds() + 1)
    assert make.send_due(session) == 1
    assert paid.status == "accepted"
    assert make.facts(session, paid) == ["message.accepted"]
    assert {call["client_msg_id"] for call in tencent.calls_of("send_template")} == {paid.id.hex}


def test_the_lease_ends_within_fifteen_seconds() -> None:
    assert claiming.LEASE.total_seconds() <= 15


def test_one_message_that_cannot_be_rendered_stands_in_nobodys_way(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send
) -> None:
    poison = make.plan(session, town, _customer(session, paid), context={"order_id": "no id at all"})
    session.execute(update(Send).where(Send.id == poison.id).values(due_at=paid.due_at.replace(year=2020)))
    assert make.send_due(session) == 1
    assert paid.status == "accepted"
    assert (poison.status, poison.error_code) == ("planned", "bug")


def test_a_brand_without_the_account_is_told_so(session: Session, town: make.Town, tencent: FakeGateway, paid: Send) -> None:
    town.service_account.kind = "mini_program"
    make.send_due(session)
    assert (paid.status, paid.error_code) == ("skipped", "no_account")


def test_cancelling_takes_back_only_what_nobody_claimed(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    walk, other = db.new_id(), db.new_id()
    gone = make.plan(session, town, buyer, context={"walk_id": walk})
    make.send_due(session)
    mine = make.plan(session, town, buyer, context={"walk_id": walk})
    others = make.plan(session, town, buyer, context={"walk_id": other})
    assert service.cancel_planned(session, walk_id=walk) == 1
    assert service.cancel_planned(session, walk_id=walk) == 0
    make.send_due(session)
    assert [one.status for one in (gone, mine, others)] == ["accepted", "cancelled", "accepted"]


def _customer(session: Session, send: Send) -> Any:
    return session.get_one(Customer, send.customer_id)


def test_every_status_has_a_chinese_name() -> None:
    assert all(texts.has(f"messaging.status.{status}") for status in SendStatus)


def test_a_long_queue_is_sent_in_runs_that_ring_for_the_next(
    session: Session, town: make.Town, tencent: FakeGateway, rings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "URGENT", 2)
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    for _ in range(3):
        make.plan(session, town, buyer)
    session.commit()
    rings.clear()
    assert service.send_due(seconds=0) == 2
    assert ("messaging.send_due", {}) in rings
    assert service.send_due() == 1
