"""What journeys do: they send, tag, write down, make leads, tell staff, ask and call; each once, and not when it is too late."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag
from app.dealers.models import Brand, Role
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import service
from app.journeys.errors import TaskEnded, TaskNotYours, TaskUnknown
from app.journeys.models import CreditAsk, StaffTask, Walk, WalkStep
from app.journeys.nodes.ask_credit import AskCredit
from app.journeys.nodes.send_message import SendMessage
from app.journeys.service import confirming, walking
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
from tests.factories import tags as make_tags
from tests.factories import wechat as make_wechat

Sweep = Callable[[], int]


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def walker(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


@pytest.fixture
def sweep(session: Session, deliver: Callable[[], int]) -> Sweep:
    def run() -> int:
        deliver()
        taken = service.advance_all()
        deliver()
        session.expire_all()
        return taken

    return run


def deed(session: Session, brand: Brand, kind: str, *ports: str, late: dict[str, Any] | None = None, **config: Any) -> Any:
    """A journey of one deed; behind each of its ways out a node of that name ends it."""
    names = ports or ("done",)
    first = make.node("deed", kind, **config) | ({"late": late} if late else {})
    ends = [make.node(f"after_{name}", "end") for name in names]
    return make.journey(session, brand, make.graph([first, *ends], ways=" ".join(f"deed.{name}>after_{name}" for name in names)))


def port(session: Session) -> str | None:
    """By which way the only walk has left the deed; None while it stands there."""
    return session.execute(select(WalkStep.port).where(WalkStep.node_id == "deed")).scalar_one_or_none()


def sends(session: Session) -> list[Send]:
    return list(session.execute(select(Send).order_by(Send.id)).scalars())


def lead_of(session: Session, walker: Customer) -> tuple[Lead, Any, Any]:
    """Her open lead, the adviser who looks after it, and his manager."""
    dealer = make_dealers.dealer(session, session.get_one(Brand, walker.brand_id))
    adviser, manager = make_dealers.staff(session, dealer), make_dealers.staff(session, dealer, Role.dealer_manager)
    lead = Lead(brand_id=walker.brand_id, customer_id=walker.id, dealer_id=dealer.id, owner_id=adviser.id, status="accepted")
    session.add(lead)
    session.flush()
    return lead, adviser, manager


# Sending


def test_every_message_names_its_step_and_version_and_none_of_it_comes_twice(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep
) -> None:
    journey = deed(session, brand, "send_message", template="deposit_paid")
    make.triggered(session, walker, vehicle_id="v")
    sweep()
    walk = session.execute(select(Walk)).scalar_one()
    (send,) = sends(session)
    assert send.dedupe_key == f"walk:{walk.id}:deed:1"
    named = {"version_id": str(walk.version_id), "version": 1, "walk_id": str(walk.id), "node_id": "deed"}
    assert send.context == {"vehicle_id": "v", "journey_id": str(journey.id)} | named
    assert session.execute(select(WalkStep.send_id).where(WalkStep.node_id == "deed")).scalar_one() == send.id
    # The same step taken anew finds its message.
    session.execute(sql("DELETE FROM walk_steps"))
    session.execute(update(Walk).values(status="active", node_id="deed", visit_no=1, due_at=func.marque_now(), ended_at=None))
    sweep()
    assert [one.id for one in sends(session)] == [send.id]
    assert session.execute(select(WalkStep.send_id).where(WalkStep.node_id == "deed")).scalar_one() == send.id


def test_a_ladder_an_end_and_a_priority_reach_the_ledger(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> None:
    ladder = [{"channel": "subscribe_message", "template": "a"}, {"channel": "sms", "template": "b"}]
    graph = make.graph(
        [make.node("deed", "send_message", ladder=ladder, purpose="marketing", expires_hours=6), make.node("end", "end")],
        ways="deed>end",
        priority=9,
    )
    make.journey(session, brand, graph)
    make.triggered(session, walker)
    sweep()
    (send,) = sends(session)
    assert send.ladder == [{"channel": "subscribe_message", "template_key": "a"}, {"channel": "sms", "template_key": "b"}]
    assert (send.channel, send.purpose, send.lane) == ("subscribe_message", "marketing", 9)
    assert send.expires_at == clock.now(session) + timedelta(hours=6)


@pytest.mark.parametrize(("became", "way"), [("accepted", "sent"), ("unknown", "sent"), ("rejected", "not_sent"), ("skipped", "not_sent")])
def test_a_step_that_waits_goes_by_what_became_of_its_message(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, became: str, way: str
) -> None:
    deed(session, brand, "send_message", "sent", "not_sent", template="deposit_paid", wait_hours=4)
    make.triggered(session, walker)
    sweep()
    assert port(session) is None
    (send,) = sends(session)
    send.status = became
    session.commit()
    later(hours=4)
    sweep()
    assert port(session) == way
    assert len(sends(session)) == 1


def test_what_has_not_left_in_time_is_taken_back_and_nothing_else_of_the_walk(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    nodes = [
        make.node("before", "send_message", template="deposit_paid"),
        make.node("deed", "send_message", template="test_drive_invitation", wait_hours=1),
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="before>deed deed.sent>end deed.not_sent>end"))
    make.triggered(session, walker)
    sweep()
    later(hours=1, seconds=1)
    sweep()
    assert {one.template_key: one.status for one in sends(session)} == {"deposit_paid": "planned", "test_drive_invitation": "cancelled"}
    assert port(session) == "not_sent"


def test_what_is_on_its_way_when_time_is_over_is_waited_for(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    deed(session, brand, "send_message", "sent", "not_sent", template="deposit_paid", wait_hours=1)
    make.triggered(session, walker)
    sweep()
    (send,) = sends(session)
    send.status, send.lease_until = "claimed", clock.now(session) + timedelta(hours=3)
    session.commit()
    later(hours=1, seconds=1)
    sweep()
    assert port(session) is None
    send = sends(session)[0]
    send.status, send.lease_until = "accepted", None
    session.commit()
    later(minutes=1)
    sweep()
    assert port(session) == "sent"


def test_what_the_brand_has_not_is_said_before_publishing(session: Session, brand: Brand) -> None:
    def wrong(**config: Any) -> str:
        found = SendMessage.missing(session, brand.id, SendMessage.Config().load(config))
        return found[0][1] if found else ""

    assert "没有模板" in wrong(template="none")
    assert "没有渠道" in wrong(template="none", channel="pigeon")
    assert "收件人" in wrong(template="none", channel="wecom_text")
    key = make_messaging.brand_template(session, brand.id, state="active", purpose="marketing").key
    assert "用途" in wrong(template=key, channel="inbox")
    assert not wrong(template=key, channel="inbox", purpose="marketing")
    draft = make_messaging.brand_template(session, brand.id).key
    assert "没有启用" in wrong(template=draft, channel="inbox")


# Too late


OUTAGE = {"hours": 30}


@pytest.mark.parametrize("then", ["skip", "send", "next_window"])
def test_who_comes_too_late_is_dealt_with_as_the_node_says(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, then: str
) -> None:
    nodes = [
        make.node("pause", "wait", amount=1, unit="hour"),
        make.node("deed", "send_message", template="deposit_paid") | {"late": {"after_minutes": 60, "then": then}},
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="pause>deed deed>end"))
    make.triggered(session, walker)
    sweep()
    due = session.execute(select(Walk.due_at)).scalar_one()
    later(**OUTAGE)
    sweep()
    skipped = session.execute(select(WalkStep.skipped).where(WalkStep.node_id == "deed")).scalars().all()
    if then == "skip":
        assert (sends(session), skipped) == ([], ["late"])
        counted = session.execute(sql("SELECT detail, times FROM journey_counts WHERE what = 'skipped'")).all()
        assert [tuple(one) for one in counted] == [("late", 1)]
    elif then == "send":
        assert (len(sends(session)), skipped) == (1, [None])
    else:
        assert (sends(session), skipped) == ([], [])
        assert session.execute(select(Walk.due_at)).scalar_one() == due + timedelta(days=2)
        later(hours=20)
        sweep()
        assert len(sends(session)) == 1


def test_who_is_a_little_late_or_has_acted_already_is_not_too_late(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    late = {"after_minutes": 60, "then": "skip"}
    deed(session, brand, "send_message", "sent", "not_sent", late=late, template="deposit_paid", wait_hours=1)
    make.triggered(session, walker)
    later(minutes=50)
    sweep()
    (send,) = sends(session)
    send.status = "accepted"
    session.commit()
    # The wait for the outcome is not what the outage made late.
    later(hours=9)
    sweep()
    assert port(session) == "sent"
    assert session.execute(select(WalkStep.skipped).where(WalkStep.node_id == "deed")).scalar_one() is None


def test_lateness_is_not_forgotten_when_a_turn_ends_between_two_nodes(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [
        make.node("pause", "wait", amount=1, unit="hour"),
        make.node("deed", "send_message", template="deposit_paid") | {"late": {"after_minutes": 60, "then": "skip"}},
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="pause>deed deed>end"))
    make.triggered(session, walker)
    sweep()
    later(hours=6)
    ticks = iter(range(1000))
    monkeypatch.setattr(walking, "SECONDS_A_TURN", 0.5)
    monkeypatch.setattr(walking.time, "monotonic", lambda: next(ticks) * 0.4)
    service.advance_all(seconds=300)
    session.expire_all()
    assert session.execute(select(Walk.status)).scalar_one() == "completed"
    assert sends(session) == []


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
    confirming.forget(session, [walker.id])
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
