"""A day is flagged when it is far from its own weekdays, once, explained, and only to those whose it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.analytics import anomalies, store_days
from app.analytics.models import NONE, StoreDay, StoreDaysRead
from app.dealers.hours import CHINA
from app.dealers.models import Role
from app.events import service as events
from app.events.models import Event
from app.kit import clock
from app.leads.models import LeadAssignment
from tests.console.conftest import Desk
from tests.factories import dealers, leads, orders

LIST = "insight/anomalies"


class Town:
    """Two dealers with a store each, and figures of the last weeks."""

    def __init__(self, session: Session, app: Any) -> None:
        self.session, self.market = session, orders.market(session)
        self.now = clock.now(session)
        self.yesterday = self.now.astimezone(CHINA).date() - timedelta(days=1)
        self.noon = datetime(self.yesterday.year, self.yesterday.month, self.yesterday.day, 12, tzinfo=CHINA)
        theirs = dealers.dealer(session, self.market.brand, name="乙店")
        self.store, self.their_store = self.market.store, dealers.store(session, theirs, name="乙店展厅")
        self.adviser, self.marketer = dealers.staff(session, self.market.dealer), dealers.staff(session, self.market.brand, Role.marketer)
        session.commit()
        self.session.add(StoreDaysRead(until=self.now, judged_until=self.yesterday))
        self.desk, self.dealers_desk = Desk(app, self.marketer), Desk(app, self.adviser)
        self.their_desk = Desk(app, dealers.staff(session, theirs))
        session.commit()

    def usually(self, times: int, store: Any = None, figure: str = "lead", **when: Any) -> None:
        for week in range(1, when.get("weeks", anomalies.WEEKS) + 1):
            day = when.get("day", self.yesterday) - timedelta(weeks=week)
            self.session.add(self._row(store or self.store, figure, day, times + week % 3))
        self.session.commit()

    def counted(self, times: int, store: Any = None, figure: str = "lead", day: Any = None) -> None:
        self.session.merge(self._row(store or self.store, figure, day or self.yesterday, times))
        self.session.commit()

    def _row(self, store: Any, figure: str, day: Any, times: int) -> StoreDay:
        about = {"brand_id": self.market.brand.id, "store_id": store.id, "dealer_id": store.dealer_id}
        return StoreDay(on_day=day, figure=figure, times=times, **about)

    def judge(self) -> None:
        anomalies.judge(self.session)
        self.session.commit()

    def told(self, desk: Desk | None = None, **asked: Any) -> set[tuple[str, str | None, int]]:
        return {(one["figure"], _named(one["store"]), one["times"]) for one in (desk or self.desk).get(LIST, **asked).json["items"]}


def _named(one: dict[str, Any] | None) -> str | None:
    return one["name"] if one else None


@pytest.fixture
def town(session: Session, app: Any) -> Town:
    return Town(session, app)


def test_a_day_far_from_its_weekdays_is_flagged_once_and_what_becomes_ordinary_is_taken_back(town: Town) -> None:
    town.usually(34)
    town.counted(12)
    for _ in range(2):
        town.judge()
    assert town.told() == {("lead", None, 12), ("lead", town.store.name, 12)}
    (row,) = [one for one in town.desk.get(LIST).json["items"] if one["store"]]
    assert (row["on_day"], row["median"], row["seen_at"]) == (str(town.yesterday), 35, None)
    assert row["before"] == [36, 35, 34, 36, 35, 34, 36, 35]
    assert row["bound"] == pytest.approx(17.7, abs=0.1)
    kept = row["id"]
    town.counted(11)
    town.judge()
    assert kept in {one["id"] for one in town.desk.get(LIST).json["items"]}, "a late fact changes what was said"
    assert ("lead", None, 11) in town.told()
    town.counted(33)
    town.judge()
    assert town.told() == set()


def test_of_a_closed_day_nothing_is_said_any_more(town: Town) -> None:
    dealers.anomaly(town.session, town.store, on_day=town.yesterday - timedelta(days=anomalies.OPEN_DAYS))
    town.judge()
    assert town.told() == {("lead", town.store.name, 3)}


def test_after_an_outage_the_days_that_nobody_judged_are_judged_but_none_longer_ago_than_a_month(town: Town) -> None:
    missed, long_ago = (town.yesterday - timedelta(days=days) for days in (9, anomalies.CATCH_UP_DAYS))
    for days in range(120):
        day = town.yesterday - timedelta(days=days)
        town.counted(0 if day in (missed, long_ago) else 34, day=day)
    town.judge()
    assert town.told() == set(), "both are closed"
    town.session.execute(update(StoreDaysRead).values(judged_until=town.yesterday - timedelta(days=60)))
    town.judge()
    assert {one["on_day"] for one in town.desk.get(LIST).json["items"]} == {str(missed)}


def test_what_was_counted_is_read_page_by_page_in_its_order_and_a_stranger_to_the_dealer_has_no_name(town: Town) -> None:
    one = dealers.anomaly(town.session, town.store, on_day=town.yesterday, figure="refund")
    buyer = orders.buyer(town.session, town.market)
    for minutes in (2, 0, 1):
        fact = events.record(
            town.session, "deposit.refunded", brand_id=buyer.brand_id, customer_id=buyer.id, data={"store_id": str(town.store.id)}
        )
        at = town.noon + timedelta(minutes=minutes)
        town.session.execute(update(Event).where(Event.id == fact.id).values(recorded_at=at))
    town.session.commit()
    path, seen, cursor = f"{LIST}/{one.id}/counted", [], None
    for _ in range(2):
        page = town.dealers_desk.get(path, limit=2, **{"cursor": cursor} if cursor else {}).json
        seen, cursor = seen + page["items"], page["next_cursor"]
    assert (cursor, [datetime.fromisoformat(fact["at"]).minute for fact in seen]) == (None, [0, 1, 2])
    assert {fact["person"] and fact["person"]["id"] for fact in seen} == {None}
    assert town.desk.get(path).json["items"][0]["person"]["id"] == str(buyer.id)
    assert town.desk.get(path, cursor="nonsense").json["error"] == "request.cursor"


def test_the_overview_tells_how_many_of_the_last_week_nobody_looked_at(town: Town) -> None:
    def unseen(desk: Desk) -> int:
        return int(desk.get("console/overview").json["anomalies_unseen"])

    ours, _, _ = (dealers.anomaly(town.session, town.store, on_day=town.yesterday - timedelta(days=days)) for days in (0, 6, 7))
    dealers.anomaly(town.session, town.their_store, on_day=town.yesterday)
    town.session.commit()
    assert [unseen(desk) for desk in (town.desk, town.dealers_desk, town.their_desk)] == [3, 2, 1]
    town.dealers_desk.post(f"{LIST}/{ours.id}/seen")
    assert [unseen(desk) for desk in (town.desk, town.dealers_desk, town.their_desk)] == [2, 1, 1]


def test_the_newest_day_comes_first_and_on_a_day_what_is_furthest_from_the_usual(town: Town) -> None:
    for days, times in ((1, 18), (0, 15), (0, 2)):
        day, figure = town.yesterday - timedelta(days=days), "lead" if times != 2 else "late"
        dealers.anomaly(town.session, town.store, on_day=day, figure=figure, times=times, median=35, bound=17)
    town.session.commit()
    assert [one["times"] for one in town.desk.get(LIST).json["items"]] == [2, 15, 18]
    assert [one["times"] for one in town.desk.get(LIST, limit=2, page=2).json["items"]] == [18]


def test_small_numbers_one_wild_week_and_a_store_that_is_new_flag_nothing(town: Town) -> None:
    town.usually(1, figure="refund")
    town.counted(5, figure="refund")
    town.usually(400, town.their_store, weeks=anomalies.WEEKS - 3)
    town.counted(4, town.their_store)
    town.judge()
    assert town.told() == set(), "neither a store nor the brand, which would leap with a store that opens"
    assert [desk.get(LIST).json["stores"] for desk in (town.desk, town.dealers_desk, town.their_desk)] == [1, 1, 0], "compared are"
    assert anomalies.bound_of([34, 35, 33, 34, 900, 34, 35, 33]) == (34, pytest.approx(17.5, abs=0.1)), "one wild week moves neither"


def test_a_dealer_is_told_of_its_own_stores_and_marks_no_others(town: Town) -> None:
    for store in (town.store, town.their_store):
        town.usually(34, store)
        town.counted(0, store)
    town.judge()
    assert town.told(town.dealers_desk) == {("lead", town.store.name, 0)}
    assert town.told(town.their_desk) == {("lead", "乙店展厅", 0)}
    assert town.told(town.dealers_desk, store_id=town.their_store.id) == set()
    every = {_named(one["store"]): one["id"] for one in town.desk.get(LIST).json["items"]}
    for foreign in ("乙店展厅", None):
        assert town.dealers_desk.post(f"{LIST}/{every[foreign]}/seen").status_code == 404
        assert town.dealers_desk.get(f"{LIST}/{every[foreign]}/counted").status_code == 404
    first = town.dealers_desk.post(f"{LIST}/{every[town.store.name]}/seen").json
    again = town.desk.post(f"{LIST}/{every[town.store.name]}/seen").json
    assert first["seen_by"]["name"] == again["seen_by"]["name"] == town.adviser.name
    assert town.told(is_seen="true") == {("lead", town.store.name, 0)}
    town.judge()
    assert town.told(town.dealers_desk, is_seen="false") == set(), "judged again it stays seen"
    assert town.dealers_desk.delete(f"{LIST}/{every[town.store.name]}/seen").json["seen_by"] is None
    assert town.told(is_seen="true") == set()


def test_facts_are_counted_on_their_own_day_at_their_store_however_often_they_are_read(town: Town) -> None:
    buyer = orders.buyer(town.session, town.market)

    def tell(name: str, at: datetime, **data: Any) -> None:
        about = {"customer_id": buyer.id, "subject": ("order", "1"), "data": data}
        fact = events.record(town.session, name, brand_id=town.market.brand.id, **about)
        town.session.execute(update(Event).where(Event.id == fact.id).values(recorded_at=at))

    def read() -> dict[tuple[str, bool], int]:
        town.session.commit()
        while store_days.read_on(town.session):
            pass
        town.session.commit()
        rows = town.session.execute(select(StoreDay).filter_by(on_day=town.yesterday)).scalars()
        return {(one.figure, one.store_id == town.store.id): one.times for one in rows}

    def behind(figure: str, store: Any, *, desk: Desk = town.desk) -> list[tuple[str, str, str]]:
        one = dealers.anomaly(town.session, store, on_day=town.yesterday, figure=figure)
        town.session.commit()
        items = desk.get(f"{LIST}/{one.id}/counted").json["items"]
        return [(fact["label"], fact["store"]["name"], fact["person"]["nickname"]) for fact in items]

    at_store = {"store_id": town.store.id}
    tell("deposit.paid", town.noon, **at_store)
    tell("deposit.paid", town.noon.replace(hour=0, minute=0) - timedelta(seconds=1), **at_store)
    tell("message.rejected", town.noon)
    lead = leads.lead(town.session, buyer, town.adviser, created_at=town.noon - timedelta(hours=10))
    asked = {"cause": "contact", "reference": "1", "rule": "manager", "candidates": [], "created_at": lead.created_at}
    town.session.add(LeadAssignment(lead_id=lead.id, dealer_id=lead.dealer_id, **asked))
    tell("lead.created", lead.created_at, lead_id=lead.id, **at_store)
    expected = {("deposit", True): 1, ("failed_send", False): 1, ("lead", True): 1, ("late", True): 1}
    assert [read(), read()] == [expected, expected]
    assert behind("deposit", town.store) == [("意向金已支付", town.store.name, buyer.nickname)]
    assert behind("late", town.store, desk=town.dealers_desk)[0][2] == buyer.nickname, "her lead's dealer knows her"
    assert behind("late", town.their_store, desk=town.their_desk) == []
    lead.first_response_at = lead.created_at + timedelta(hours=1)
    tell("lead.accepted", clock.now(town.session), lead_id=lead.id)
    assert read() == {key: times for key, times in expected.items() if key[0] != "late"}
    assert not town.session.execute(select(StoreDay).filter_by(store_id=NONE, figure="deposit")).all()
