"""The funnel counts people: each once per step and period, whatever is told twice, late, or of somebody who turns out to be another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.analytics import service
from app.analytics.models import FunnelStep
from app.dealers.models import Role
from app.events import service as events
from app.events.models import Event
from app.identity import service as identity
from app.identity.models import Customer
from app.kit import clock
from app.sharing.models import ShareTouch
from app.vehicles.models import Vehicle
from tests.console.conftest import Desk
from tests.factories import dealers, orders, sharing, vehicles
from tests.factories import identity as people

FUNNEL = "insight/funnel"


class Town:
    """Two dealers with a car each, and people who look at them."""

    def __init__(self, session: Session, app: Any) -> None:
        self.session = session
        self.shop = orders.market(session)
        self.other = dealers.dealer(session, self.shop.brand)
        self.car, self.other_car = self.shop.vehicle, vehicles.vehicle(session, dealers.store(session, self.other))
        self.adviser = dealers.staff(session, self.shop.dealer)
        self.marketer = dealers.staff(session, self.shop.brand, Role.marketer)
        today = clock.now(session).date()
        self.days = {"since": str(today - timedelta(days=60)), "until": str(today + timedelta(days=1))}
        session.commit()
        self.desk, self.dealers_desk = Desk(app, self.marketer), Desk(app, self.adviser)

    def person(self, **fields: Any) -> Customer:
        made = orders.buyer(self.session, self.shop, **fields)
        self.session.commit()
        return made

    def does(self, name: str, who: Customer | None, car: Vehicle | None = None, *, at: datetime | None = None, **data: Any) -> Event:
        car = car or self.car
        about = {"vehicle_id": car.id, "dealer_id": car.dealer_id, "store_id": car.store_id}
        fact = events.record(
            self.session,
            name,
            brand_id=self.shop.brand.id,
            customer_id=who.id if who else None,
            data=about | data,
            subject=("vehicle", car.id),
        )
        if at:
            self.session.execute(update(Event).where(Event.id == fact.id).values(recorded_at=at))
        self.session.commit()
        return fact

    def read(self) -> None:
        while service.read_on(self.session):
            pass
        self.session.commit()

    def funnel(self, desk: Desk | None = None, **asked: Any) -> dict[str, int]:
        answer = (desk or self.desk).get(FUNNEL, **self.days | asked)
        assert answer.status_code == 200, answer.text
        return {one["step"]: one["people"] for one in answer.json["steps"]}

    def parts(self, desk: Desk | None = None, **asked: Any) -> dict[str, list[int]]:
        return {one["label"]: one["people"] for one in (desk or self.desk).get(FUNNEL, **self.days | asked).json["parts"]}


@pytest.fixture
def town(session: Session, app: Any) -> Town:
    return Town(session, app)


def test_somebody_is_counted_once_per_step_however_often_she_does_it_and_it_is_read(town: Town) -> None:
    eager, calm = town.person(), town.person()
    for _ in range(3):
        town.does("vehicle.viewed", eager)
        town.does("vehicle.viewed", eager, town.other_car)
        town.read()
    town.does("vehicle.viewed", calm)
    town.does("deposit.paid", eager)
    town.read()
    assert town.funnel() == {"view": 2, "favourite": 0, "lead": 0, "deposit": 1, "sale": 0}
    stores = town.parts(by="store")
    assert stores[town.shop.store.name] == [2, 0, 0, 1, 0]
    assert sum(people[0] for people in stores.values()) == 3, "who looked at both stores is counted in each"
    assert town.funnel(store_id=town.other_car.store_id)["view"] == 1
    assert town.funnel(series_id=town.car.series_id) == {"view": 2, "favourite": 0, "lead": 0, "deposit": 1, "sale": 0}
    assert town.parts(by="channel") == {"自然到访": [2, 0, 0, 1, 0]}
    assert town.funnel(channel="share")["view"] == 0


def test_a_fact_whose_transaction_ended_after_its_time_was_read_is_counted(town: Town) -> None:
    first, late = town.person(), town.person()
    town.does("vehicle.viewed", first)
    town.read()
    town.does("vehicle.viewed", late, at=clock.now(town.session) - timedelta(minutes=50))
    town.read()
    assert town.funnel()["view"] == 2


def test_a_day_ends_at_midnight_in_china(town: Town) -> None:
    who = town.person()
    today = clock.now(town.session)
    midnight = today.replace(hour=16, minute=0, second=0, microsecond=0) - timedelta(days=2)
    town.does("vehicle.viewed", who, at=midnight - timedelta(seconds=1))
    town.does("vehicle.viewed", who, at=midnight)
    town.read()
    before, after = f"{midnight:%Y-%m-%d}", f"{midnight + timedelta(days=1):%Y-%m-%d}"
    assert town.parts(by="day", since=before, until=after) == {before: [1, 0, 0, 0, 0], after: [1, 0, 0, 0, 0]}
    assert town.funnel(since=before, until=after)["view"] == 1
    assert town.funnel(since=before, until=before)["view"] == 1
    assert town.funnel(since=f"{today:%Y-%m-%d}", until=f"{today + timedelta(days=1):%Y-%m-%d}")["view"] == 0


def test_what_a_phone_told_before_she_signed_in_on_it_is_hers(town: Town) -> None:
    town.does("vehicle.viewed", None, visitor_id="phone-1", at=clock.now(town.session) - timedelta(hours=3))
    town.read()
    assert town.funnel()["view"] == 0
    who = town.person()
    events.attach(town.session, brand_id=town.shop.brand.id, visitor_id="phone-1", customer_id=who.id)
    events.record(town.session, "customer.logged_in", brand_id=town.shop.brand.id, customer_id=who.id, data={"visitor_id": "phone-1"})
    town.session.commit()
    events.deliver_all()
    assert town.funnel()["view"] == 1


def test_two_who_are_one_are_counted_once_also_when_their_facts_are_read_again(town: Town) -> None:
    kept, merged = town.person(), town.person()
    for who in (kept, merged):
        town.does("vehicle.viewed", who)
    town.does("deposit.paid", merged)
    town.read()
    assert town.funnel()["view"] == 2
    identity.merge(town.session, kept, merged, actor=("staff", town.marketer.id))
    town.session.commit()
    events.deliver_all()
    town.read()
    assert (town.funnel()["view"], town.funnel()["deposit"]) == (1, 1)
    assert set(town.session.execute(select(FunnelStep.customer_id)).scalars()) == {kept.id}


def test_nothing_is_left_of_who_is_forgotten_also_when_her_facts_are_read_again(town: Town) -> None:
    gone = town.person()
    town.does("vehicle.viewed", gone)
    town.read()
    identity.erase(town.session, gone)
    town.session.commit()
    events.deliver_all()
    town.read()
    assert town.session.execute(select(func.count()).select_from(FunnelStep)).scalar_one() == 0


def test_a_dealer_sees_its_own_stores_and_only_people_who_came_to_it(town: Town) -> None:
    ours, theirs, passer_by = town.person(nickname="自家客户"), town.person(nickname="别家客户"), town.person(nickname="路人")
    orders.order(town.session, town.shop, ours)
    town.session.commit()
    town.does("vehicle.viewed", ours)
    town.does("vehicle.viewed", passer_by)
    town.does("vehicle.viewed", theirs, town.other_car)
    town.read()
    assert town.funnel()["view"] == 3
    assert town.funnel(town.dealers_desk)["view"] == 2
    assert town.funnel(town.dealers_desk, store_id=town.other_car.store_id)["view"] == 0
    assert list(town.parts(town.dealers_desk, by="store")) == [town.shop.store.name]
    known = town.dealers_desk.get(f"{FUNNEL}/people", step="view", **town.days).json
    assert ([one["nickname"] for one in known["items"]], known["total"]) == (["自家客户"], 1)
    everybody = town.desk.get(f"{FUNNEL}/people", step="view", **town.days).json
    assert {one["nickname"] for one in everybody["items"]} == {"自家客户", "别家客户", "路人"}
    stores = {one["value"] for one in town.dealers_desk.get(f"{FUNNEL}/choices").json["stores"]}
    assert stores == {str(town.shop.store.id)}


def test_a_step_belongs_to_what_brought_her_last_within_thirty_days(town: Town) -> None:
    sharer, fresh, stale = town.person(), town.person(), town.person()
    share = sharing.vehicle_share(town.session, sharer, town.car.id)
    now = clock.now(town.session)
    for who, days in ((fresh, 2), (stale, 40)):
        at = now - timedelta(days=days)
        town.session.add(ShareTouch(customer_id=who.id, share_id=share.id, first_at=at, last_at=at))
        town.does("vehicle.viewed", who)
    town.read()
    assert town.parts(by="channel") == {"分享": [1, 0, 0, 0, 0], "自然到访": [1, 0, 0, 0, 0]}
    assert town.funnel(channel="share")["view"] == 1
    assert town.funnel(channel="")["view"] == 1
    named = town.desk.get(f"{FUNNEL}/people", step="view", channel="share", **town.days).json["items"]
    assert [one["id"] for one in named] == [str(fresh.id)]


def test_another_brands_people_are_not_in_it(town: Town) -> None:
    stranger = people.customer(town.session, dealers.brand(town.session))
    fact = {"brand_id": stranger.brand_id, "customer_id": stranger.id, "data": {"vehicle_id": town.car.id}}
    events.record(town.session, "vehicle.viewed", **fact)
    town.session.commit()
    town.read()
    assert town.funnel()["view"] == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "2026-02-01", "until": "2026-01-31"}, "until"),
        ({"since": "2025-01-01", "until": "2026-12-31"}, "until"),
        ({"since": "gestern", "until": "2026-12-31"}, "since"),
        ({"by": "colour"}, "by"),
        ({"store_id": "x"}, "store_id"),
    ],
)
def test_what_cannot_be_asked_names_the_field(town: Town, asked: dict[str, str], field: str) -> None:
    answer = town.desk.get(FUNNEL, **town.days | asked)
    assert answer.status_code == 422
    assert field in answer.text


def test_nothing_happened_yet_is_no_error(town: Town, session: Session) -> None:
    session.execute(delete(Event))
    session.commit()
    town.read()
    assert town.desk.get(FUNNEL, **town.days).json["read_until"] is None
