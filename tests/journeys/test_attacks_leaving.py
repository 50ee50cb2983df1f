"""Somebody is forgotten, merged, or stopped just while something is asked of her, is on its way to her, or is answered about her."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.dealers.models import Brand
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.identity.service import people
from app.journeys import service
from app.journeys.models import CreditAsk, Journey, Walk, WalkStep
from app.journeys.service import running, walking
from app.messaging import service as messaging
from app.wechat.models import AccountKind
from tests.factories import crowds
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import messaging as make_town
from tests.factories import tags as make_tags
from tests.factories import wechat as make_wechat
from tests.factories.ears import Ear, listening
from tests.journeys.deeds import Sweep, deed, port, sends
from tests.journeys.test_meeting import meanwhile

ANSWER = b'{"phone": "13800000000"}'


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    with listening(monkeypatch) as made:
        made.says = ANSWER
        yield made


@pytest.fixture
def town(session: Session) -> make_town.Town:
    return make_town.town(session)


def calling(session: Session, town: make_town.Town, ear: Ear, walker: Customer) -> Journey:
    """She stands where another system is to be called about her."""
    target = {"url": f"{ear.url}/hook", "secret": "a secret of both sides"}
    template = make_town.template(session, town, "webhook", {"say": "hello"}, target=target)
    journey: Journey = deed(session, town.market.brand, "webhook", "answered", "failed", template=template.key, key="crm")
    make.triggered(session, walker)
    return journey


def forgotten(session: Session, walker: Customer) -> None:
    """She asks us to forget her, and each domain does."""
    people.erase(session, walker)
    session.commit()
    events.deliver_all()
    messaging.forget(session, walker.id)
    session.commit()


def walk(session: Session) -> Walk:
    session.expire_all()
    return session.execute(select(Walk)).scalar_one()


def test_who_is_forgotten_while_she_is_asked_for_a_message_is_asked_no_more(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    account = make_wechat.account(session, brand, AccountKind.mini_program)
    make_identity.identity(session, walker, account)
    of_account: dict[str, Any] = {"state": "active", "template_ids": {account.appid: "T-1"}}
    template = make_town.brand_template(session, brand.id, channel="subscribe_message", **of_account)
    deed(session, brand, "ask_credit", "granted", "timed_out", template=template.key, hours=10)
    make.triggered(session, walker)
    sweep()
    forgotten(session, walker)
    # What her mini-program still says of her, and time, wake nobody.
    make.triggered(session, walker, name="subscription.answered", template_id="T-1", answer="accept")
    sweep()
    later(hours=11)
    sweep()
    assert (walk(session).status, walk(session).exit_reason) == ("exited", "customer.erased")
    assert session.execute(select(CreditAsk.status)).scalar_one() == "cancelled"
    assert port(session) is None


def test_who_is_forgotten_while_she_waits_gets_nothing_though_her_step_is_taken_before_journeys_hear_of_it(
    session: Session, town: make_town.Town, later: Any, wechat: Any
) -> None:
    walker = make_town.follower(session, town)
    nodes = [
        make.node("pause", "wait", amount=1, unit="hour"),
        make.node("hello", "send_message", template="deposit_paid"),
        make.node("pause2", "wait", amount=1, unit="hour"),
        make.node("end", "end"),
    ]
    make.journey(session, town.market.brand, make.graph(nodes, ways="pause>hello hello>pause2 pause2>end"))
    service.hear(session, [make.triggered(session, walker)])
    session.commit()
    service.advance_all()
    people.erase(session, walker)
    later(hours=2)
    service.advance_all()
    messaging.send_due()
    events.deliver_all()
    messaging.forget(session, walker.id)
    session.commit()
    messaging.send_due()
    assert (walk(session).status, walk(session).context) == ("exited", {})
    assert wechat.calls_of("send_template") == []
    assert not {one.status for one in sends(session)} - {"cancelled", "skipped"}


def test_what_a_system_answers_about_somebody_who_was_forgotten_meanwhile_is_not_kept(
    session: Session, town: make_town.Town, sweep: Sweep, ear: Ear
) -> None:
    walker = make_town.follower(session, town)
    calling(session, town, ear, walker)
    sweep()
    ear.meanwhile = lambda: forgotten(session, walker)
    make_town.send_due(session)
    sweep()
    (call,) = sends(session)
    assert len(ear.heard) == 1
    assert (call.status, call.answer, call.payload) == ("accepted", None, None)
    assert (walk(session).status, walk(session).context) == ("exited", {})
    assert "13800000000" not in str(session.execute(select(Event.data)).scalars().all())


def test_a_call_that_is_made_while_its_journey_is_paused_is_made_once_and_its_answer_counts_after_resuming(
    session: Session, town: make_town.Town, sweep: Sweep, ear: Ear, later: Any
) -> None:
    walker = make_town.follower(session, town)
    journey = calling(session, town, ear, walker)
    sweep()

    def pause() -> None:
        running.pause(session, journey)
        session.commit()

    ear.meanwhile = pause
    make_town.send_due(session)
    ear.meanwhile = None
    later(hours=3)
    sweep()
    assert (walk(session).node_id, port(session)) == ("deed", None)
    running.resume(session, journey)
    for _ in range(2):
        sweep()
        make_town.send_due(session)
    assert (walk(session).status, port(session), len(ear.heard)) == ("completed", "answered", 1)
    assert walk(session).context["answers"] == {"crm": {"phone": "13800000000"}}
    assert session.execute(select(WalkStep.visit_no)).scalars().all() == [1, 2]


def test_two_who_walk_the_same_journey_for_reasons_of_their_own_and_turn_out_to_be_one_get_one_message(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step that writes to both is not committed when the merge is heard."""
    with committed() as session:
        town = make_town.town(session)
        make.journey(session, town.market.brand)
        kept, twin = (make_identity.customer(session, town.market.brand) for _ in range(2))
        service.hear(session, [make.triggered(session, one) for one in (kept, twin)])

    def merge() -> None:
        with committed() as own:
            own.execute(update(Customer).where(Customer.id == twin.id).values(merged_into_id=kept.id))
        with committed() as own:
            service.merge(own, kept_id=kept.id, merged_id=twin.id)

    threads: list[threading.Thread] = meanwhile(monkeypatch, walking, "_tell", merge)
    service.advance_all(seconds=1)
    threads[0].join(20)
    with committed() as session:
        walks = {(one.status, one.customer_id) for one in session.execute(select(Walk)).scalars()}
        assert walks == {("active", kept.id), ("exited", twin.id)} or walks == {("active", kept.id), ("exited", kept.id)}
        assert crowds.table(session, "SELECT status, count(*) FROM sends GROUP BY 1") == {"planned": 1, "cancelled": 1}
        crowds.nobody_twice(session)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("first", ["hear", "heed"])
def test_a_tag_that_is_given_taken_and_given_again_before_anybody_looks_lets_her_in_for_the_last_time_it_was_given(
    session: Session, brand: Brand, walker: Customer, first: str, *, at_once: bool, later: Any
) -> None:
    tag = make_tags.tag(session, brand)
    where = {"tag": tag.key}
    nodes = [make.node("pause", "wait", amount=1, unit="day"), make.node("end", "end")]
    leaves = [{"event": "tag.removed", "where": where}]
    make.journey(session, brand, make.graph(nodes, ways="pause>end", trigger={"kind": "tag", "config": {"tag": tag.key}}, exit_on=leaves))
    for change in (audience.add, audience.remove, audience.add):
        change(session, walker.id, tag.key)
        if not at_once:
            session.commit()
            later(seconds=1)
    happened = session.execute(select(Event).where(Event.name.like("tag.%")).order_by(Event.id)).scalars().all()
    for name in (first, "heed" if first == "hear" else "hear"):
        getattr(service, name)(session, happened)
    session.expire_all()
    inside = [one for one in session.execute(select(Walk)).scalars() if one.status == "active"]
    assert [one.entry_key for one in inside] == [str(happened[-1].id)]
