"""Days in stock and days to sell come from the trails of cars, and agree with what came and went."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.kit import clock
from app.vehicles import service
from app.vehicles.models import Vehicle
from app.vehicles.queries.ageing import CHINA
from tests.factories import dealers
from tests.vehicles.test_stock import office


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


def test_days_in_stock_and_days_to_sell_agree_with_the_movements(session: Session, store: Store, app: Any, later: Any) -> None:
    desk = office(app, session, store)
    other = office(app, session, dealers.store(session, dealers.dealer(session, session.get_one(Brand, store.brand_id))))
    today = clock.now(session).astimezone(CHINA).date()
    quick, slow, gone, held = (desk.on_sale(model="J5 长续航") for _ in range(4))
    other.on_sale(model="J5 长续航")
    desk.new(model="J7", status="draft")

    later(days=10)
    desk = office(app, session, store)
    desk.ask("POST", f"vehicles/{quick['id']}/sold")
    desk.ask("POST", f"vehicles/{gone['id']}/withdraw", reason="展车")
    service.reserve(session, uuid.UUID(held["id"]))
    later(days=20)
    desk = office(app, session, store)
    desk.ask("POST", f"vehicles/{slow['id']}/sold")
    desk.ask("POST", f"vehicles/{gone['id']}/relist")
    later(days=70)
    desk = office(app, session, store)

    def aged(since: int, until: int, by: str = "model") -> Any:
        days = [(today + timedelta(days=day)).isoformat() for day in (since, until)]
        return desk.ask("GET", f"ageing?since={days[0]}&until={days[1]}&by={by}")

    whole = aged(0, 100)["items"]
    assert [row["name"] for row in whole] == ["J5 长续航"]
    figures = {name: whole[0][name] for name in ("opening", "arrived", "sold", "withdrawn", "closing", "over_90_days")}
    assert figures == {"opening": 0, "arrived": 5, "sold": 2, "withdrawn": 1, "closing": 2, "over_90_days": 1}
    assert whole[0]["days_to_sell"] == 20.0
    assert whole[0]["days_in_stock"] == 90.0
    parts = [aged(0, 5)["total"], aged(6, 25)["total"], aged(26, 100)["total"]]
    for part in parts:
        assert part["opening"] + part["arrived"] - part["sold"] - part["withdrawn"] == part["closing"]
    assert [part["closing"] for part in parts] == [part["opening"] for part in parts[1:]] + [2]
    assert [(part["sold"], part["days_to_sell"]) for part in parts] == [(0, None), (1, 10.0), (1, 30.0)]
    assert [row["name"] for row in aged(0, 100, "dealer")["items"]] == [store.dealer.name]
    on_sale = session.execute(
        select(func.count()).select_from(Vehicle).filter_by(dealer_id=store.dealer_id).where(Vehicle.status.in_(("listed", "reserved")))
    )
    assert on_sale.scalar_one() == whole[0]["closing"]


def test_ageing_asks_for_days_that_make_sense(store: Store, app: Any, session: Session) -> None:
    desk = office(app, session, store)
    assert desk.ask("GET", "ageing?since=2026-01-01&until=2026-01-31")["items"] == []
    for days in ("since=2026-02-01&until=2026-01-01", "since=2020-01-01&until=2026-01-01"):
        assert desk.ask("GET", f"ageing?{days}", 422)["details"].keys() == {"until"}
