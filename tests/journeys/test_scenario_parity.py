"""Scenario 12: what a look ahead tells of each of very many people is what happens to her then: the same way, at the same time, in the same
words. It writes nothing and calls nobody.

`make scenarios SCENARIO=parity` looks ahead for 10,000 people.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.orm import Session

from app.audience.models import TagKind, ValueType
from app.events import service as events
from app.journeys import service
from app.journeys.models import Walk, WalkStep
from app.journeys.service.simulating import simulate
from app.kit import clock, db
from app.messaging import service as messaging
from tests.factories import crowds
from tests.factories import journeys as make
from tests.factories import messaging as make_town
from tests.factories import tags as make_tags

PEOPLE = crowds.size(36, 10_000)
A_SECOND = timedelta(seconds=1)
DUE = "insured_until"
CITIES = ("上海", "北京", None)
ZONES = ("Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", None, "Mars/Olympus")
NAMES = ("林晓雯", "A very long name that WeChat cuts somewhere", None)
DAYS = (25, 40, -3, None)
FORMS = {"thing1": "{{ customer_name }}，您好", "thing2": "{{ store_name }}", "time3": "{{ visit_time }}"}
# Each a little different: every city with every zone, every name and every date, and every seventh does not follow.
PROFILES = (
    "UPDATE customers SET city = p.city, time_zone = p.zone, nickname = p.name FROM unnest(CAST(:ids AS uuid[]), CAST(:cities AS text[]), "
    "CAST(:zones AS text[]), CAST(:names AS text[])) AS p (id, city, zone, name) WHERE customers.id = p.id"
)
FOLLOW = (
    "INSERT INTO wechat_identities (id, brand_id, customer_id, appid, openid, followed) "
    "SELECT marque_new_id(), c.brand_id, c.id, :appid, 'o' || c.id, p.nth % 7 <> 0 "
    "FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS p (id, nth) JOIN customers c ON c.id = p.id"
)
TAGGED = (
    "INSERT INTO customer_tags (customer_id, tag_id, active, source, value) "
    "SELECT p.id, :tag_id, true, 'staff', p.day FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS text[])) AS p (id, day) "
    "WHERE p.day IS NOT NULL"
)


def drawn() -> dict[str, Any]:
    """A question, chance, the next morning, a message and whether it left, ten days before a date, and another message."""
    asked = {"kind": "audience", "tree": {"kind": "city", "config": {"cities": ["上海"]}}}
    nodes = [
        make.node("ask", "branch", condition=asked),
        make.node("fork", "split", arms=[{"port": one, "label": one, "percent": 50} for one in ("a", "b")]),
        make.node("morning", "wait_until", mode="time", from_time="10:00", after_days=1),
        make.node("hello", "send_message", template="greeting", wait_hours=2),
        make.node("hours", "wait", amount=3, unit="hour"),
        make.node("date", "wait_until", mode="date", date=f"tag:{DUE}", days=-10, from_time="09:00"),
        make.node("renew", "send_message", template="greeting"),
        *(make.node(name, "end") for name in ("end", "no_date", "passed")),
    ]
    ways = "ask.yes>morning ask.no>fork fork.a>morning fork.b>hours hours>morning morning>hello hello.sent>date hello.not_sent>end"
    return make.graph(nodes, ways=f"{ways} date.done>renew date.no_date>no_date date.passed>passed renew>end")


class Stopped:
    """A clock that stands still until it is put forward: how long the work takes is not what is compared."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def show(self, connection: Connection) -> None:
        stand = "SELECT set_config('marque.ahead', (CAST(%s AS timestamptz) - now() - shift)::text, true) FROM clock_shift"
        connection.exec_driver_sql(stand, (self.at,))


@pytest.fixture
def stopped(committed: Callable[[], Any]) -> Iterator[Stopped]:
    with committed() as session:
        made = Stopped(clock.now(session))
    event.listen(db.engine(), "begin", made.show)
    yield made
    event.remove(db.engine(), "begin", made.show)


def prepared(session: Session) -> tuple[Any, Any, list[uuid.UUID]]:
    """A town with a journey, and people of every sort."""
    town = make_town.town(session)
    brand = town.market.brand
    make_town.template(session, town, "service_template", FORMS, key="greeting", template_ids={town.service_account.appid: "t"})
    tag = make_tags.tag(session, brand, key=DUE, label="保险到期", kind=TagKind.manual, value_type=ValueType.date)
    ids = crowds.people(session, brand, PEOPLE)
    today = clock.now(session).date()
    places = range(PEOPLE)
    days = [DAYS[at // 2 % len(DAYS)] for at in places]
    told = {
        "ids": ids,
        "cities": [CITIES[at % len(CITIES)] for at in places],
        "zones": [ZONES[at // 3 % len(ZONES)] for at in places],
        "names": [NAMES[at // 5 % len(NAMES)] for at in places],
    }
    session.execute(text(PROFILES), told)
    session.execute(text(FOLLOW), {"ids": ids, "appid": town.service_account.appid})
    dated = [None if one is None else f"{today + timedelta(days=one)}" for one in days]
    session.execute(text(TAGGED), {"ids": ids, "days": dated, "tag_id": tag.id})
    return town, make.journey(session, brand, drawn()), ids


def all_there_is(session: Session) -> dict[str, Any]:
    tables = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).scalars().all()
    return {name: session.execute(text(f'SELECT count(*), max(xmin::text) FROM "{name}"')).one() for name in tables}


def say(what: str) -> None:
    """At full size this takes many minutes: whoever waits sees how far it is."""
    print(f"\n{time.strftime('%H:%M:%S')} {what}", end="", flush=True)


def live(committed: Callable[[], Any], stopped: Stopped) -> None:
    """Everybody walks, each moment at which somebody is due after the other."""
    while True:
        # What is told of a message wakes whoever waits for it.
        for _ in range(3):
            events.deliver_all()
            service.advance_all()
            while messaging.send_due():
                pass
        with committed() as session:
            due = select(Walk.due_at).where(Walk.status == "active").order_by(Walk.due_at).limit(1)
            following = session.execute(due).scalar_one_or_none()
        if following is None:
            return
        assert following > stopped.at
        stopped.at = following
        say(f"walking at {following:%m-%d %H:%M:%S}")


def test_what_is_foreseen_of_each_happens_by_the_same_way_at_the_same_time_in_the_same_words(
    committed: Callable[[], Any], stopped: Stopped, wechat: Any
) -> None:
    with committed() as session:
        town, journey, ids = prepared(session)
        store = {"store_id": str(town.market.store.id)}
    with committed() as session:
        before = all_there_is(session)
    began = time.monotonic()

    def look(some: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
        ahead = {}
        for nth, one in enumerate(some):
            if nth % 500 == 0:
                say(f"looked ahead for {nth} of {len(some)}")
            ahead[one] = simulate(journey.id, drawn(), one, context=store)
        return ahead

    told = crowds.in_processes(*[partial(look, ids[nth :: crowds.WORKERS]) for nth in range(crowds.WORKERS)])
    foreseen = {one: ahead for some in told for one, ahead in some.items()}
    took = time.monotonic() - began
    with committed() as session:
        assert all_there_is(session) == before, "the look ahead has written something"
        assert wechat.calls == []
        facts = [{"brand_id": town.market.brand.id, "customer_id": one, "data": store} for one in ids]
        list(events.record_all(session, "share.opened", facts))
    live(committed, stopped)
    say("comparing")
    said: dict[str, list[dict[str, str]]] = {}
    for call in wechat.calls_of("send_template"):
        said.setdefault(call["openid"], []).append(call["data"])
    with committed() as session:
        ways = {compare(session, one, foreseen[one], said.get(f"o{one}", [])) for one in ids}
        crowds.nobody_twice(session)
    # The comparison means something: people went many ways.
    assert len(ways) >= 8
    assert {status for status, *_ in ways} == {"completed"}
    print(f"\n{PEOPLE} people by {len(ways)} ways; {1000 * took / PEOPLE:.0f} ms to look ahead for one")


def compare(session: Session, customer_id: uuid.UUID, ahead: dict[str, Any], said: list[dict[str, str]]) -> tuple[Any, ...]:
    """The way that she went, after it was found to be the one that was foreseen."""
    walk = session.execute(select(Walk).filter_by(customer_id=customer_id)).scalar_one()
    steps = session.execute(select(WalkStep).filter_by(walk_id=walk.id).order_by(WalkStep.visit_no)).scalars().all()
    assert (ahead["status"], ahead["is_cut"]) == (walk.status, False)
    way = tuple((step.node_id, step.port) for step in steps)
    assert tuple((step["node_id"], step["port"]) for step in ahead["steps"]) == way
    for one, real in zip(ahead["steps"], steps, strict=True):
        assert abs(one["left_at"] - real.left_at) <= A_SECOND, real.node_id
        assert abs(one["arrived_at"] - real.arrived_at) <= A_SECOND, real.node_id
    foretold = [{field["name"]: field["text"] for field in one["fields"]} for one in ahead["messages"] if one["would_leave"]]
    assert [words(one) for one in said] == foretold
    return walk.status, *way


def words(data: dict[str, Any]) -> dict[str, str]:
    """What a message says, by its fields."""
    return {name: one["value"] if isinstance(one, dict) else one for name, one in data.items()}
