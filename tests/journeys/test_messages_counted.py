"""What became of a journey's messages is counted as it changes, whoever changes it and however late; a recount finds what went astray."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import behind, messaged, queries, results, service
from app.journeys.models import Journey, JourneyCount, JourneyMessageChange
from app.journeys.service import messages_counted
from app.kit import db
from app.messaging import service as messaging
from app.messaging.models import Delivery, Send, SendStatus
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make

PEOPLE = 12


@pytest.fixture
def crowd(session: Session, brand: Brand) -> list[Customer]:
    return [make_identity.customer(session, brand) for _ in range(PEOPLE)]


@pytest.fixture
def journey(session: Session, brand: Brand, crowd: list[Customer], sweep: Any) -> Journey:
    """Each has a message planned at `hello`."""
    made = make.journey(session, brand)
    for customer in crowd:
        make.triggered(session, customer)
    session.commit()
    sweep()
    return made


def brute(session: Session, node: str = "hello") -> dict[str, Counter[str]]:
    """From every message."""
    told: dict[str, Counter[str]] = {one: Counter() for one in results.MESSAGES}
    for send in session.execute(select(Send).where(Send.context["node_id"].astext == node)).scalars():
        if send.status == SendStatus.accepted:
            told["sent"][""] += 1
        if send.delivery == Delivery.success:
            told["delivered"][""] += 1
        if send.status in (SendStatus.rejected, SendStatus.unknown) or send.delivery == Delivery.failed:
            told["failed"][send.error_code or send.delivery or send.status] += 1
        if send.status in (SendStatus.cancelled, SendStatus.skipped):
            told["not_sent"][send.error_code or send.status] += 1
    return told


def counted(session: Session, journey: Journey, node: str = "hello") -> dict[str, int]:
    found = results.figures(session, [one.id for one in results.versions(session, journey)])[node]
    return {one: found[one] for one in results.MESSAGES}


def same(session: Session, journey: Journey) -> None:
    session.expire_all()
    truth = brute(session)
    assert counted(session, journey) == {one: told.total() for one, told in truth.items()}
    by = results.figures(session, [one.id for one in results.versions(session, journey)])["hello"]["by"]
    assert {one: Counter(by.get(one, {})) for one in ("failed", "not_sent")} == {one: truth[one] for one in ("failed", "not_sent")}


def become(session: Session, which: Any, **fate: Any) -> None:
    fate.setdefault("lease_until", func.marque_now() if fate.get("status") == "claimed" else None)
    session.execute(update(Send).where(which).values(**fate))


def test_whatever_becomes_of_messages_in_whatever_order_the_counts_say_the_same_as_the_messages(session: Session, journey: Journey) -> None:
    chance = random.Random(7)
    ids = session.execute(select(Send.id)).scalars().all()
    assert len(ids) == PEOPLE
    for turn in range(60):
        some = chance.sample(ids, chance.randint(1, PEOPLE))
        fate = {
            "status": chance.choice(list(SendStatus)),
            "delivery": chance.choice([None, *Delivery]),
            "error_code": chance.choice([None, "quiet_hours", "43101"]),
        }
        become(session, Send.id.in_(some), **fate)
        if turn % 7 == 0:
            messages_counted.add_up(session)
        if turn % 5 == 0:
            same(session, journey)
    same(session, journey)
    while messages_counted.add_up(session):
        pass
    assert session.execute(select(func.count()).select_from(JourneyMessageChange)).scalar_one() == 0
    same(session, journey)
    assert messages_counted.recount(session, journey) == {}


def test_a_receipt_that_comes_late_is_counted_once_and_a_repeated_one_changes_nothing(session: Session, journey: Journey) -> None:
    become(session, text("true"), status="accepted")
    messages_counted.add_up(session)
    for _ in range(3):
        become(session, text("true"), delivery="success")
    assert counted(session, journey) == {"sent": PEOPLE, "delivered": PEOPLE, "failed": 0, "not_sent": 0, "clicked": 0}
    shown = queries.described(session, journey)["numbers"]["hello"]
    assert (shown["sent"], shown["delivered"]) == (PEOPLE, PEOPLE)


def test_many_messages_that_leave_at_once_are_one_change_and_a_turn_that_fails_counts_nothing(session: Session, journey: Journey) -> None:
    with session.begin_nested() as turn:
        become(session, text("true"), status="accepted")
        turn.rollback()
    assert session.execute(select(func.count()).select_from(JourneyMessageChange)).scalar_one() == 0
    become(session, text("true"), status="claimed")
    become(session, text("true"), status="accepted")
    assert session.execute(select(JourneyMessageChange.times)).scalars().all() == [PEOPLE]


def test_who_leaves_or_is_merged_or_erased_moves_no_message_twice(session: Session, journey: Journey, crowd: list[Customer]) -> None:
    make.triggered(session, crowd[0], name="order.cancelled")
    messaging.cancel_planned(session, send_ids=session.execute(select(Send.id).filter_by(customer_id=crowd[1].id)).scalars().all())
    service.merge(session, kept_id=crowd[2].id, merged_id=crowd[3].id)
    messaging.move(session, kept_id=crowd[2].id, merged_id=crowd[3].id)
    messaging.forget(session, crowd[4].id)
    same(session, journey)
    assert counted(session, journey)["not_sent"] > 0
    assert messages_counted.recount(session, journey) == {}


def test_a_recount_finds_what_went_astray_says_by_how_much_and_mends_it_once(session: Session, journey: Journey) -> None:
    become(session, text("true"), status="accepted")
    messages_counted.add_up(session)
    version = results.versions(session, journey)[0].id
    session.execute(update(JourneyCount).where(JourneyCount.what == "sent").values(times=JourneyCount.times + 5))
    assert messages_counted.recount(session, journey) == {(version, "hello", "sent", ""): -5}
    same(session, journey)
    session.execute(delete(JourneyCount).where(JourneyCount.what == "sent"))
    session.execute(delete(JourneyMessageChange))
    assert messages_counted.recount(session, journey) == {(version, "hello", "sent", ""): PEOPLE}
    assert messages_counted.recount(session, journey) == {}
    same(session, journey)


def test_a_look_ahead_counts_no_message(session: Session, journey: Journey) -> None:
    with session.begin_nested() as look:
        become(session, text("true"), status="skipped", error_code="no_consent")
        look.rollback()
    assert counted(session, journey) == dict.fromkeys(results.MESSAGES, 0)


def test_those_who_send_at_once_do_not_wait_for_each_other_and_each_change_is_added_once(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = make.journey(session, brand)
        version = results.versions(session, journey)[0].id
        drafts = [
            {
                "brand_id": brand.id,
                "channel": "inbox",
                "recipient": ("customer", make_identity.customer(session, brand).id),
                "template_key": "deposit_paid",
                "dedupe_key": f"walk:{number}",
                "context": {"version_id": str(version), "node_id": "hello", "walk_id": str(db.new_id())},
            }
            for number in range(2)
        ]
        first, second = [one.id for one in messaging.plan_all(session, drafts)]
    with committed() as slow:
        become(slow, Send.id == first, status="accepted")
        with committed() as beside:
            beside.execute(text("SET LOCAL lock_timeout = '3s'"))
            become(beside, Send.id == second, status="accepted")
            assert messages_counted.add_up(beside) == 1
        with committed() as later:
            assert messages_counted.add_up(later) == 0
    with committed() as session:
        assert results.figures(session, [version])["hello"]["sent"] == 2
        assert messages_counted.add_up(session) == 1
        assert results.figures(session, [version])["hello"]["sent"] == 2


def test_behind_each_figure_of_messages_is_each_message_that_it_counts_with_its_reason(session: Session, journey: Journey) -> None:
    """Page by page, of whatever became of them, and of one reason alone."""
    ids = session.execute(select(Send.id).order_by(Send.id)).scalars().all()
    fates: list[dict[str, Any]] = [
        {"status": "accepted"},
        {"status": "accepted", "delivery": "success"},
        {"status": "accepted", "delivery": "failed", "error_code": "wechat.43004"},
        {"status": "rejected", "error_code": "no_credit"},
        {"status": "unknown"},
        {"status": "skipped", "error_code": "no_consent"},
        {"status": "cancelled"},
    ]
    for number, send_id in enumerate(ids[:-1]):
        become(session, Send.id == send_id, **fates[number % len(fates)])
    session.commit()
    found = results.figures(session, [one.id for one in results.versions(session, journey)])["hello"]
    of_first: Any = {"node": "hello", "version": 1, "cursor": None, "q": None}
    assert found["failed"] > found["not_sent"] > 0
    for figure in results.MESSAGES:
        seen: list[dict[str, Any]] = []
        cursor = None
        while True:
            told = behind.people(session, journey, node="hello", figure=figure, detail=None, version=None, q=None, cursor=cursor, limit=2)
            seen += told["items"]
            cursor = told["next_cursor"]
            if cursor is None:
                break
        assert len({one["message"]["id"] for one in seen}) == len(seen) == found[figure], figure
        for reason, times in found["by"].get(figure, {}).items():
            of_reason = behind.people(session, journey, figure=figure, detail=reason, limit=20, **of_first)["items"]
            assert len(of_reason) == times, (figure, reason)
            assert {one["message"]["id"] for one in of_reason} <= {one["message"]["id"] for one in seen}
    made = session.execute(select(Customer).join(Send, Send.customer_id == Customer.id).where(Send.id == ids[0])).scalar_one()
    made.nickname = "独一无二"
    session.commit()
    called_so: Any = of_first | {"detail": None, "limit": 5, "q": "独一"}
    assert [len(behind.people(session, journey, figure=one, **called_so)["items"]) for one in results.MESSAGES] == [1, 0, 0, 0, 0]
    (refused,) = behind.people(session, journey, figure="not_sent", detail="no_consent", limit=1, **of_first)["items"]
    assert refused["why"] == "客户没有同意接收营销消息"


def test_the_people_behind_messages_are_found_by_an_index_in_order(session: Session, journey: Journey) -> None:
    version = results.versions(session, journey)[0]
    found = messaged._ids(version.id, SendStatus.accepted, node="hello", figure="failed", detail=None, after=uuid.UUID(int=0)).limit(20)
    sql = str(found.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(session.execute(text(f"EXPLAIN {sql}".replace(":", r"\:"))).scalars())
    assert "ix_sends_node" in plan, plan
    assert "Sort" not in plan, plan
