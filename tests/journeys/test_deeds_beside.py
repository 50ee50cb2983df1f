"""What journeys do beside sending: they tag, write down, make leads, tell staff, ask and call; each once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag
from app.audience.queries import segments
from app.dealers.models import Brand
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import service
from app.journeys.errors import TaskEnded, TaskNotYours, TaskUnknown
from app.journeys.models import CreditAsk, StaffTask, Walk, WalkStep
from app.journeys.nodes.ask_credit import AskCredit
from app.journeys.service import confirming, describing
from app.kit import clock
from app.leads import service as leads
from app.leads.models import Lead, LeadActivity
from app.messaging import credits
from app.messaging import service as messaging
from app.messaging.models import Send
from app.wechat.models import AccountKind
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import messaging as make_messaging
from tests.factories import segments as make_segments
from tests.factories import tags as make_tags
from tests.factories import wechat as make_wechat
from tests.journeys.deeds import Sweep, deed, lead_of, port, sends

# Tags and what is known


def test_tags_are_given_with_value_and_end_and_taken_again(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    tag = make_tags.tag(session, brand, value_type="number")
    nodes = [
        make.node("give", "add_tag", tag=tag.key, value="007", ttl_days=5),
        make.node("pause", "wait", amount=1, unit="day"),
        make.node("take", "remove_tag", tag=tag.key),
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="give>pause pause>take take>end"))
    make.triggered(session, walker)
    sweep()
    carried = session.execute(select(CustomerTag)).scalar_one()
    assert (carried.active, carried.value, carried.source) == (True, "7", "journey")
    assert carried.expires_at == clock.now(session) + timedelta(days=5)
    later(days=1)
    sweep()
    assert session.execute(select(CustomerTag.active)).scalar_one() is False
    assert list(session.execute(select(Event.name).where(Event.name.like("tag.%")).order_by(Event.id)).scalars()) == [
        "tag.added",
        "tag.removed",
    ]


def test_a_tag_that_is_gone_leaves_her_stuck_and_is_said_before(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> None:
    tag = make_tags.tag(session, brand)
    deed(session, brand, "add_tag", tag=tag.key)
    tag.archived_at = clock.now(session)
    make.triggered(session, walker)
    sweep()
    walk = session.execute(select(Walk)).scalar_one()
    assert (walk.status, walk.problem) == ("stuck", "no_tag")


def test_what_is_known_of_her_is_written_where_she_is_now(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> None:
    deed(session, brand, "set_attribute", attribute="city", value="杭州")
    make.triggered(session, walker)
    sweep()
    assert session.get_one(Customer, walker.id).city == "杭州"
    updated = select(func.count()).select_from(Event).where(Event.name == "customer.updated", Event.customer_id == walker.id)
    assert session.execute(updated).scalar_one() == 1


@pytest.mark.parametrize(
    ("kind", "value", "kept", "unfit"),
    [
        ("text", "奶白色", "奶白色", "x" * 101),
        ("number", "12.50", "12.50", "many"),
        ("date", "2027-01-31", "2027-01-31", "2027-02-30"),
        ("choice", "增程", "增程", "蒸汽"),
    ],
)
def test_a_brands_own_attribute_of_each_type_is_written_and_a_segment_can_ask_for_it(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, *, kind: str, value: str, kept: str, unfit: str
) -> None:
    tag = make_tags.tag(session, brand, value_type=kind, choices=["纯电", "增程"] if kind == "choice" else [])
    other = make_identity.customer(session, brand)
    deed(session, brand, "set_attribute", attribute=f"tag:{tag.key}", value=value)
    make.triggered(session, walker)
    sweep()
    told = session.execute(select(CustomerTag.customer_id, CustomerTag.value).where(CustomerTag.tag_id == tag.id)).all()
    assert told == [(walker.id, kept)]
    asks = {"kind": "tag", "config": {"tag": tag.key}}
    segment = make_segments.segment(session, brand, asks)
    assert segments.members(session, segment.id) == [walker.id] != [other.id]
    config = {"attribute": f"tag:{tag.key}", "value": unfit}
    described = describing.describe(session, brand.id, part="nodes", kind="set_attribute", config=config)
    assert [one["field"] for one in described["problems"]] == ["改为"]


@pytest.mark.parametrize("attribute", ["tag:", "nickname", "tag:no such", "phone_hash", "tag:" + "x" * 61])
def test_an_attribute_that_is_not_the_marketers_is_never_written(session: Session, brand: Brand, attribute: str) -> None:
    config = {"attribute": attribute, "value": "杭州"}
    assert describing.describe(session, brand.id, part="nodes", kind="set_attribute", config=config)["problems"]
    missing = {"attribute": "tag:nowhere", "value": "x"}
    told = describing.describe(session, brand.id, part="nodes", kind="set_attribute", config=missing)
    assert [one["field"] for one in told["problems"]] == ["资料"]


# Leads and staff


def test_a_lead_is_made_once_and_an_adviser_of_the_store_is_asked(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> None:
    dealer = make_dealers.dealer(session, brand)
    store, adviser = make_dealers.store(session, dealer), make_dealers.staff(session, dealer)
    deed(session, brand, "create_lead", reason="看车三次", grade="A", store_id=str(store.id))
    make.triggered(session, walker)
    make.triggered(session, make_identity.customer(session, brand), store_id="no id at all")
    sweep()
    found = session.execute(select(Lead).where(Lead.customer_id == walker.id)).scalar_one()
    assert (found.dealer_id, found.grade, found.status) == (dealer.id, "A", "new")
    log = session.execute(select(LeadActivity).where(LeadActivity.lead_id == found.id)).scalar_one()
    assert (log.kind, log.data["reason"]) == ("journey", "看车三次")
    event = session.execute(select(Event).where(Event.name == "lead.created", Event.customer_id == walker.id)).scalar_one()
    for _ in range(2):
        leads.created(session, event)
    session.refresh(found)
    assert (found.owner_id, found.status) == (adviser.id, "assigned")
    make.triggered(session, walker)
    sweep()
    assert session.execute(select(func.count()).select_from(Lead).where(Lead.customer_id == walker.id)).scalar_one() == 1


def test_who_looks_after_her_is_told_or_his_managers_when_he_has_left(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep
) -> None:
    _, adviser, manager = lead_of(session, walker)
    deed(session, brand, "notify_staff", template="hot")
    make.triggered(session, walker)
    sweep()
    (send,) = sends(session)
    assert (send.staff_id, send.channel, send.customer_id) == (adviser.id, "wecom_text", None)
    assert send.context["customer_id"] == str(walker.id)
    adviser.active = False
    make.triggered(session, walker)
    sweep()
    assert sends(session)[1].staff_id == manager.id


def test_about_whom_nobody_looks_after_nobody_is_told_and_she_goes_on(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep
) -> None:
    deed(session, brand, "notify_staff", template="hot")
    make.triggered(session, walker)
    sweep()
    assert (sends(session), port(session)) == ([], "done")
    assert session.execute(select(WalkStep.skipped).where(WalkStep.node_id == "deed")).scalar_one() == "nobody_to_tell"


def task_given(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> StaffTask:
    deed(session, brand, "staff_task", "confirmed", "timed_out", title="回访客户", hours=48)
    make.triggered(session, walker)
    sweep()
    return session.execute(select(StaffTask)).scalar_one()


def test_a_task_is_done_when_somebody_says_so_and_only_he_who_may(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    _, adviser, manager = lead_of(session, walker)
    task = task_given(session, brand, walker, sweep)
    assert (task.status, task.staff_id, port(session)) == ("open", adviser.id, None)
    (card,) = sends(session)
    assert (card.channel, card.template_key, card.staff_id) == ("wecom_card", "journey_task", adviser.id)
    colleague = make_dealers.staff(session, manager.dealer)
    with pytest.raises(TaskNotYours):
        confirming.confirm(session, colleague, task.id)
    with pytest.raises(TaskUnknown):
        confirming.confirm(session, make_dealers.staff(session, make_dealers.dealer(session, brand)), task.id)
    confirming.press(session, adviser, task_id=task.id, key="something else")
    assert task.status == "open"
    for _ in range(2):
        confirming.press(session, adviser, task_id=task.id, key="confirm")
    assert (task.status, task.done_by_id) == ("confirmed", adviser.id)
    later(hours=48)
    sweep()
    assert port(session) == "confirmed"
    told = select(Event.name).where(Event.name.like("task.%")).order_by(Event.id)
    assert list(session.execute(told).scalars()) == ["task.created", "task.confirmed"]


def test_a_task_is_said_again_three_times_at_most_and_ends_by_itself(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    _, adviser, _ = lead_of(session, walker)
    task = task_given(session, brand, walker, sweep)
    for _ in range(30):
        later(hours=1)
        confirming.look_after(session)
        assert not confirming.look_after(session)
    assert len(sends(session)) == 4
    assert task.reminders == 3
    later(hours=18)
    sweep()
    assert port(session) == "timed_out"
    with pytest.raises(TaskEnded):
        confirming.confirm(session, adviser, task.id)


def test_a_task_of_somebody_who_left_is_given_to_another(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    _, adviser, manager = lead_of(session, walker)
    task = task_given(session, brand, walker, sweep)
    adviser.active = False
    session.flush()
    later(hours=1)
    confirming.look_after(session)
    assert task.staff_id == manager.id
    assert [one.staff_id for one in sends(session)] == [adviser.id, manager.id]


def test_a_task_of_a_walk_that_is_over_is_withdrawn(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> None:
    lead_of(session, walker)
    task = task_given(session, brand, walker, sweep)
    service.leave(session, [walker.id], reason="customer.erased")
    sweep()
    session.refresh(task)
    assert task.status == "cancelled"
    assert [one.status for one in sends(session)] == ["cancelled"]


# Asking her


def test_she_is_asked_for_a_message_until_she_has_answered(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    account = make_wechat.account(session, brand, AccountKind.mini_program)
    hers = make_identity.identity(session, walker, account)
    template = make_messaging.brand_template(
        session, brand.id, channel="subscribe_message", state="active", template_ids={account.appid: "T-1"}
    )
    deed(session, brand, "ask_credit", "granted", "timed_out", template=template.key, hours=10)
    make.triggered(session, walker)
    sweep()
    ask = session.execute(select(CreditAsk)).scalar_one()
    assert (ask.status, port(session)) == ("open", None)
    credits.grant(session, account, hers.openid, "T-1", key="1", said_at=clock.now(session))
    later(hours=10)
    sweep()
    session.refresh(ask)
    assert (ask.status, port(session)) == ("granted", "granted")
    # Who has one already is not asked.
    make.triggered(session, walker)
    sweep()
    assert session.execute(select(func.count()).select_from(CreditAsk)).scalar_one() == 1


@pytest.mark.parametrize(("answer", "status"), [("reject", "refused"), (None, "timed_out")])
def test_a_refusal_or_silence_ends_the_wait(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, answer: str | None, status: str
) -> None:
    account = make_wechat.account(session, brand, AccountKind.mini_program)
    template = make_messaging.brand_template(
        session, brand.id, channel="subscribe_message", state="active", template_ids={account.appid: "T-1"}
    )
    assert AskCredit.missing(session, brand.id, AskCredit.Config().load({"template": template.key})) == []
    deed(session, brand, "ask_credit", "granted", "timed_out", template=template.key, hours=10)
    make.triggered(session, walker)
    sweep()
    if answer:
        make.triggered(session, walker, name="subscription.answered", template_id="T-1", answer=answer)
        session.execute(update(Walk).values(due_at=func.marque_now()))
    else:
        later(hours=10)
    sweep()
    assert session.execute(select(CreditAsk.status)).scalar_one() == status
    assert port(session) == "timed_out"


# Calling others


def called(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> Send:
    asked = {"kind": "answer", "path": "crm.level", "test": "at_least", "value": "3"}
    nodes = [
        make.node("deed", "webhook", template="crm", key="crm"),
        make.node("which", "branch", condition=asked),
        make.node("good", "end"),
        make.node("bad", "end"),
    ]
    ways = "deed.answered>which deed.failed>bad which.yes>good which.no>bad"
    make.journey(session, brand, make.graph(nodes, ways=ways))
    make.triggered(session, walker)
    sweep()
    return sends(session)[0]


@pytest.mark.parametrize(
    ("answer", "place"),
    [({"level": 3}, "good"), ({"level": "12"}, "good"), ({"level": 2}, "bad"), ({"level": "many"}, "bad"), ([], "bad"), (None, "bad")],
)
def test_what_a_system_answered_decides_the_way(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, answer: Any, place: str
) -> None:
    call = called(session, brand, walker, sweep)
    assert (call.channel, call.context["answer_key"]) == ("webhook", "crm")
    call.status, call.answer = "accepted", answer
    session.commit()
    later(hours=1)
    sweep()
    walk = session.execute(select(Walk)).scalar_one()
    assert (walk.node_id, port(session)) == (place, "answered")
    assert walk.context.get("answers") == (None if answer is None else {"crm": answer})
    service.leave(session, [walker.id], reason="customer.erased")
    session.refresh(walk)
    assert "answers" not in walk.context


def test_an_exit_takes_back_what_many_walks_have_planned(session: Session, brand: Brand, sweep: Sweep) -> None:
    deed(session, brand, "send_message", template="deposit_paid")
    people = [make_identity.customer(session, brand) for _ in range(3)]
    for one in people:
        make.triggered(session, one)
    sweep()
    walks = session.execute(select(Walk.id).order_by(Walk.id)).scalars().all()
    assert messaging.cancel_planned(session, walk_ids=walks[:2]) == 2
    assert messaging.cancel_planned(session, walk_ids=walks[:2]) == 0
    assert messaging.cancel_planned(session, walk_ids=[]) == 0
    session.expire_all()
    assert sorted(one.status for one in sends(session)) == ["cancelled", "cancelled", "planned"]
    assert uuid.UUID(str(walks[2])) == next(one.walk_id for one in sends(session) if one.status == "planned")
