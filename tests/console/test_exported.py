"""A list as a file holds what the list shows to whoever asks, and nothing else."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.analytics.models import NONE, FunnelStep
from app.console.errors import AdministratorsOnly
from app.dealers.errors import TeamRefused
from app.dealers.models import Role, Staff
from app.exports import lists, service
from app.kit.errors import Invalid
from tests.factories import dealers, leads, orders, vehicles

PERIOD = {"since": "2026-01-01", "until": "2026-12-31"}
OF_DEALERS = {"customers": {}, "leads": {}, "orders": {}, "stock": {}, "funnel": PERIOD | {"by": "store"}}


@dataclass
class Town:
    """Two dealers of a brand, each with a customer, her lead, her order, a car and a step of the funnel, all named after the dealer."""

    market: orders.Market
    advisers: dict[str, Staff]
    admin: Staff

    def rows(self, session: Session, staff: Staff, key: str, **asked: Any) -> list[list[str]]:
        offer = lists.offered(f"console.{key}")
        read = service._read(offer, asked)
        offer.may(session, staff, read)
        found, cursor = [], None
        while True:
            page = offer.page(session, staff, read, cursor=cursor, limit=1)
            found += [["" if cell is None else str(cell) for cell in row] for row in page.rows]
            if page.cursor is None:
                return found
            cursor = page.cursor


@pytest.fixture
def town(session: Session, app: Any) -> Town:
    market = orders.market(session)
    advisers = {}
    for name, number in (("甲店", "13800001111"), ("乙店", "13900002222")):
        dealer = dealers.dealer(session, market.brand, name=name)
        store = dealers.store(session, dealer, name=f"{name}展厅")
        adviser = dealers.staff(session, dealer, name=f"{name}顾问")
        car = vehicles.vehicle(session, store, title=f"{name}的车")
        buyer = orders.buyer(session, market, nickname=f"{name}的客户", phone=f"+86{number}")
        leads.lead(session, buyer, adviser)
        orders.order(session, market, buyer, vehicle_id=car.id)
        step = {"brand_id": market.brand.id, "taken_on": date(2026, 6, 1), "step": "lead", "series_id": NONE, "channel": ""}
        session.add(FunnelStep(customer_id=buyer.id, dealer_id=dealer.id, store_id=store.id, **step))
        advisers[name] = adviser
    session.commit()
    return Town(market, advisers, dealers.staff(session, market.brand, Role.admin))


@pytest.mark.parametrize("key", OF_DEALERS)
def test_an_advisers_file_holds_her_dealers_rows_and_none_of_another(session: Session, town: Town, key: str) -> None:
    told = {name: str(town.rows(session, adviser, key, **OF_DEALERS[key])) for name, adviser in town.advisers.items()}
    both = str(town.rows(session, town.admin, key, **OF_DEALERS[key]))

    for own, other in (("甲店", "乙店"), ("乙店", "甲店")):
        assert own in told[own], told[own]
        assert other not in told[own], told[own]
        assert own in both


def test_nobody_reads_a_whole_phone_number_in_a_file_of_the_console(session: Session, town: Town) -> None:
    for key, asked in OF_DEALERS.items():
        told = str(town.rows(session, town.admin, key, **asked))
        assert "13800001111" not in told
    assert "138****1111" in str(town.rows(session, town.admin, "customers"))


def test_a_file_is_narrowed_as_the_list_is_and_refuses_what_the_list_would(session: Session, town: Town) -> None:
    assert len(town.rows(session, town.admin, "orders", status="created")) == 2
    assert town.rows(session, town.admin, "orders", status="closed") == []
    assert len(town.rows(session, town.admin, "customers", q="甲店")) == 1
    for asked in ({"q": ""}, {"limit": 5}, {"cursor": "x"}, {"dealer_id": "x"}):
        with pytest.raises(Invalid) as told:
            town.rows(session, town.admin, "customers", **asked)
        assert list(told.value.details) == [f"asked.{next(iter(asked))}"]


def test_what_only_some_may_look_at_only_they_get_as_a_file(session: Session, town: Town) -> None:
    adviser, marketer = town.advisers["甲店"], dealers.staff(session, town.market.brand, Role.marketer)
    manager = dealers.staff(session, adviser.dealer, Role.dealer_manager)

    for refused in (adviser, marketer):
        with pytest.raises(TeamRefused):
            town.rows(session, refused, "team")
    for refused in (adviser, marketer, manager):
        with pytest.raises(AdministratorsOnly):
            town.rows(session, refused, "audit")
    assert "甲店顾问" in str(town.rows(session, manager, "team"))
    assert "乙店顾问" not in str(town.rows(session, manager, "team"))
    assert {"甲店顾问", "乙店顾问"} <= {row[1] for row in town.rows(session, town.admin, "team")}
    assert town.rows(session, town.admin, "audit") == []


def test_an_adviser_asks_for_her_file_at_the_door_and_fetches_it(session: Session, town: Town, app: Any) -> None:
    client, other = app.test_client(), app.test_client()
    for one, adviser in ((client, town.advisers["甲店"]), (other, town.advisers["乙店"])):
        one.post("/api/public/staff/login", json={"username": adviser.username, "password": dealers.PASSWORD})
    made = client.post("/api/staff/exports/", json={"list": "console.leads", "asked": {"status": "open"}}).json
    service._write_part(service.uuid.UUID(made["id"]))

    (head, row) = csv.reader(io.StringIO(client.get(f"/api/staff/exports/{made['id']}/file").data.decode("utf-8-sig")))
    assert (head[1], row[1], row[6]) == ("昵称", "甲店的客户", "甲店顾问")
    assert other.get(f"/api/staff/exports/{made['id']}/file").status_code == 404
    assert other.get("/api/staff/exports/").json["items"] == []
    assert client.post("/api/staff/exports/", json={"list": "messaging.sends"}).status_code == 403


def test_a_funnel_by_day_keeps_every_day_of_the_longest_period_the_newest_as_well(session: Session, town: Town) -> None:
    buyer = orders.buyer(session, town.market)
    for number in range(366):
        day = date(2027, 6, 1) + timedelta(days=number)
        step = {"brand_id": town.market.brand.id, "taken_on": day, "step": "view", "series_id": NONE, "channel": ""}
        session.add(FunnelStep(customer_id=buyer.id, dealer_id=NONE, store_id=NONE, **step))
    session.flush()

    found = town.rows(session, town.admin, "funnel", since="2027-06-01", until="2028-05-31", by="day")
    assert (len(found), found[0][:2], found[-1][:2]) == (367, ["合计（每人每步计一次）", "1"], ["2028-05-31", "1"])
