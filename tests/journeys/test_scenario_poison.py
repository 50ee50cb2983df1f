"""Scenario 11: the data of one in a thousand is broken. Only they stop, each with a reason, and one click lets them go on when the data is
mended; a date that is missing is never now. A pause takes effect at once, a resumed journey loses and repeats nobody, a cancelled one ends.

`make scenarios SCENARIO=poison` has 100,000 people.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audience.models import TagKind, ValueType
from app.events import service as events
from app.journeys import service
from app.journeys.models import Journey
from app.journeys.service import walking
from app.kit import clock
from app.messaging import service as messaging
from dev.testing import wait_until
from tests.factories import crowds
from tests.factories import journeys as make
from tests.factories import messaging as make_town
from tests.factories import tags as make_tags

PEOPLE = crowds.size(1_000, 100_000)
EACH = crowds.size(4, 100)
DUE = "insured_until"
EXPLAINED = ("impossible", "undated", "unzoned", "nameless")
TAGGED = (
    "INSERT INTO customer_tags (customer_id, tag_id, active, source, value) "
    "SELECT id, :tag_id, true, 'staff', :value FROM unnest(CAST(:ids AS uuid[])) AS id"
)
FOLLOW = (
    "INSERT INTO wechat_identities (id, brand_id, customer_id, appid, openid, followed) "
    "SELECT marque_new_id(), brand_id, id, :appid, 'o' || id, true FROM customers WHERE id = ANY(:ids)"
)
WENT = "SELECT w.customer_id, s.port FROM walk_steps s JOIN walks w ON w.id = s.walk_id WHERE s.node_id = :node"


def drawn() -> dict[str, Any]:
    """Ten days before a date that is known of her, at nine of her own day, a message with her name; then the end."""
    nodes = [
        make.node("date", "wait_until", mode="date", date=f"tag:{DUE}", days=-10, from_time="09:00"),
        make.node("hello", "send_message", template="greeting", wait_hours=1),
        *(make.node(name, "end") for name in ("end", "no_date", "not_reached")),
    ]
    return make.graph(nodes, ways="date.done>hello date.no_date>no_date date.passed>end hello.sent>end hello.not_sent>not_reached")


class Town:
    """A thousand with a date to come, of whom some have a date that no calendar has, none at all, no zone on earth, or no name."""

    def __init__(self, session: Session) -> None:
        town = make_town.town(session)
        self.brand = town.market.brand
        greeting = {"thing1": "{{ customer_name }}，您好"}
        make_town.template(session, town, "service_template", greeting, key="greeting", template_ids={town.service_account.appid: "t"})
        self.tag = make_tags.tag(session, self.brand, key=DUE, label="保险到期", kind=TagKind.manual, value_type=ValueType.date)
        self.journey = make.journey(session, self.brand, drawn())
        self.ids = crowds.people(session, self.brand, PEOPLE)
        self.bad = {kind: set(self.ids[at :: PEOPLE // EACH]) for at, kind in enumerate(EXPLAINED)}
        now = clock.now(session)
        self.day = (now + timedelta(days=20)).date()
        self.tell(session, self.bad["impossible"], f"{self.day.year + 1}-02-30")
        self.tell(session, set(self.ids) - self.bad["impossible"] - self.bad["undated"], f"{self.day}")
        session.execute(text("UPDATE customers SET time_zone = 'Mars/Olympus' WHERE id = ANY(:ids)"), {"ids": list(self.bad["unzoned"])})
        session.execute(text("UPDATE customers SET nickname = NULL WHERE id = ANY(:ids)"), {"ids": list(self.bad["nameless"])})
        session.execute(text(FOLLOW), {"ids": self.ids, "appid": town.service_account.appid})
        crowds.stand(session, self.journey, self.ids, "date", arrived=now, due=now)

    def tell(self, session: Session, ids: set[uuid.UUID], value: str) -> None:
        session.execute(text(TAGGED), {"tag_id": self.tag.id, "value": value, "ids": sorted(ids)})


def work() -> None:
    """Two workers, until nobody is due."""
    until = time.monotonic() + 60 + PEOPLE / 50
    while walking.due_journeys():
        assert time.monotonic() < until, "somebody holds others"
        crowds.at_once(*[service.advance_all] * crowds.WORKERS)


def work_and_send() -> None:
    """Steps, the messages that they plan, and what is told of those, until nothing is left to do now."""
    for _ in range(2):
        work()
        while messaging.send_due():
            pass
        events.deliver_all()


def test_only_those_with_broken_data_stop_each_with_a_reason_and_go_on_when_it_is_mended(committed: Callable[[], Any], wechat: Any) -> None:
    with committed() as session:
        town = Town(session)
    began = time.monotonic()
    work()
    took = time.monotonic() - began
    bad = town.bad
    fates = "SELECT customer_id, status FROM walks WHERE status = :status"
    with committed() as session:
        session.execute(text("ANALYZE walks"))
        assert set(crowds.table(session, fates, status="stuck")) == bad["impossible"]
        problems = crowds.table(session, "SELECT customer_id, problem FROM walks WHERE status = 'stuck'")
        assert all(problems.values())
        assert crowds.table(session, WENT, node="date") == dict.fromkeys(bad["undated"], "no_date")
        # A date that is missing is never now: nobody was written to yet, and who has none never is.
        assert session.execute(text("SELECT count(*) FROM sends")).scalar_one() == 0
        assert session.get_one(Journey, town.journey.id).status == "active"
        waiting = crowds.table(session, "SELECT due_at, count(*) FROM walks WHERE status = 'active' GROUP BY 1")
        assert list(waiting.values()) == [PEOPLE - 2 * EACH]
        (opens,) = waiting
        clock.advance(session, opens - clock.now(session) - timedelta(seconds=30))
    work()
    with committed() as session:
        assert session.execute(text("SELECT count(*) FROM sends")).scalar_one() == 0, "somebody was written to early"
        clock.advance(session, timedelta(minutes=1))
    work_and_send()
    went_on_or_not(committed, town)
    mended(committed, town)
    written = [call["openid"] for call in wechat.calls_of("send_template")]
    assert len(written) == len(set(written)) == PEOPLE - 2 * EACH
    print(f"\n{PEOPLE} people, {4 * EACH} with broken data: all others went on in {took:.1f} s")


def went_on_or_not(committed: Callable[[], Any], town: Town) -> None:
    """Each by her own way, and for each who was not written to there is a reason."""
    sound = set(town.ids) - town.bad["impossible"] - town.bad["undated"]
    nameless = town.bad["nameless"]
    with committed() as session:
        assert crowds.table(session, WENT, node="hello") == dict.fromkeys(sound - nameless, "sent") | dict.fromkeys(nameless, "not_sent")
        reasons = crowds.table(session, "SELECT customer_id, error_message FROM sends WHERE status <> 'accepted'")
        assert set(reasons) == nameless
        assert all(reasons.values())
        assert crowds.table(session, "SELECT detail, times FROM journey_counts WHERE what = 'noted'") == {"zone_wrong": EACH}


def mended(committed: Callable[[], Any], town: Town) -> None:
    """Somebody mends the dates, and clicks once."""
    impossible = town.bad["impossible"]
    told = "UPDATE customer_tags SET value = :value WHERE customer_id = ANY(:ids)"
    with committed() as session:
        session.execute(text(told), {"value": f"{town.day + timedelta(days=30)}", "ids": sorted(impossible)})
        journey = session.get_one(Journey, town.journey.id)
        assert [service.retry_all(session, journey) for _ in range(2)] == [EACH, 0]
    work()
    with committed() as session:
        waiting = crowds.table(session, "SELECT customer_id, status FROM walks WHERE status <> 'completed'")
        assert waiting == dict.fromkeys(impossible, "active")
        clock.advance(session, timedelta(days=30))
    work_and_send()
    with committed() as session:
        assert crowds.table(session, "SELECT status, count(*) FROM walks GROUP BY 1") == {"completed": PEOPLE}
        crowds.nobody_twice(session)


def test_a_pause_under_load_is_at_once_a_resume_repeats_nobody_and_who_is_cancelled_is_out(committed: Callable[[], Any]) -> None:
    with committed() as session:
        town = make_town.town(session)
        nodes = [make.node(name, "wait", amount=1, unit="minute") for name in ("one", "two", "three", "four", "five", "six")]
        nodes += [make.node("hello", "send_message", template="deposit_paid"), make.node("end", "end")]
        journey = make.journey(
            session, town.market.brand, make.graph(nodes, ways="one>two two>three three>four four>five five>six six>hello hello>end")
        )
        now = clock.now(session)
        ids = crowds.people(session, town.market.brand, PEOPLE)
        crowds.stand(session, journey, ids, "one", arrived=now - timedelta(minutes=2), due=now - timedelta(minutes=1))
    over = threading.Event()

    def worker() -> None:
        while not over.is_set():
            service.advance_all(seconds=0.2)

    def steps() -> int:
        with committed() as session:
            taken: int = session.execute(text("SELECT count(*) FROM walk_steps")).scalar_one()
            return taken

    workers = [threading.Thread(target=worker) for _ in range(crowds.WORKERS)]
    for one in workers:
        one.start()
    try:
        pauses = list[float]()
        for _ in range(4):
            began = time.monotonic()
            with committed() as session:
                service.pause(session, session.get_one(Journey, journey.id))
            pauses.append(time.monotonic() - began)
            before = steps()
            with committed() as session:
                clock.advance(session, timedelta(minutes=1))
            over.wait(0.1)
            assert steps() == before, "a step was taken while the journey rested"
            with committed() as session:
                service.resume(session, session.get_one(Journey, journey.id))
            wait_until(lambda before=before: steps() > before, 60, "nobody goes on")
        with committed() as session:
            service.cancel(session, session.get_one(Journey, journey.id))
        service.move_all()
    finally:
        over.set()
        for one in workers:
            one.join()
    with committed() as session:
        fates = crowds.table(session, "SELECT status, count(*) FROM walks GROUP BY 1")
        assert set(fates) <= {"completed", "exited"}
        assert sum(fates.values()) == PEOPLE
        assert set(crowds.table(session, "SELECT status, 1 FROM sends")) <= {"cancelled"}
        counted = session.execute(text("SELECT count(*), count(DISTINCT walk_id) FROM sends")).one()
        assert counted[0] == counted[1]
        crowds.nobody_twice(session)
    assert max(pauses) <= 5
    print(f"\n{PEOPLE} people: a pause took {max(pauses):.2f} s at the most")
