"""The demo is whole, synthetic, the same twice, and never in production."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.console.demo.people import PASSWORD
from app.dealers.models import Brand, Staff, Store
from app.kit import db, queue, texts
from app.kit.settings import Environment, settings
from app.kit.states import Transition
from app.vehicles import studio
from app.vehicles.models import Condition, Vehicle
from app.vehicles.queries import Filters, fairness, inspection, search
from app.vehicles.queries.ageing import ageing
from app.vehicles.queries.finance import today as today_in_china
from tests import tables

OPTIONS = {key.removeprefix("vehicles.options.") for key in texts.catalogue() if key.startswith("vehicles.options.")}


@pytest.fixture(scope="module")
def demo(app: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[uuid.UUID]:
    """The demo brand, put there twice by hand as `make run` does, for all tests of this file; without accounts at WeChat."""
    accounts = tmp_path_factory.mktemp("demo") / "accounts.json"
    accounts.write_text(json.dumps({"accounts": [], "templates": {"deposit_paid": "template-1"}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "ring", lambda _job, _ids: None)
        for _ in range(2):
            done = app.test_cli_runner().invoke(args=["demo", "seed", "--accounts", str(accounts)])
            assert done.exit_code == 0, done.output
            assert "synthetic" in done.output
    with db.transaction() as session:
        (brand,) = session.execute(select(Brand.id).filter_by(key="jiyao")).scalars()
    yield brand
    with db.transaction() as session:
        tables.empty(session)


@pytest.fixture
def seeded(session: Session, demo: uuid.UUID) -> Brand:
    return session.get_one(Brand, demo)


def test_seeding_twice_gives_one_brand_with_its_stores_people_and_cars(session: Session, seeded: Brand) -> None:
    def count(table: type) -> int:
        return session.execute(select(func.count()).select_from(table).filter_by(brand_id=seeded.id)).scalar_one()

    assert count(Store) == 60
    assert count(Vehicle) == 2000
    roles = Counter(session.execute(select(Staff.role).filter_by(brand_id=seeded.id)).scalars())
    assert roles["admin"] == roles["marketer"] == roles["finance"] == 1
    assert roles["dealer_manager"] == 30
    assert 90 <= roles["adviser"] <= 240
    assert session.execute(select(Staff).filter_by(wecom_userid="adv001")).scalar_one().username == "adviser001"


def test_every_store_has_an_adviser_of_its_dealer_and_everybody_can_sign_in(session: Session, seeded: Brand, client: Any, app: Any) -> None:
    of_dealers = set(session.execute(select(Staff.dealer_id).filter_by(role="adviser")).scalars())
    assert set(session.execute(select(Store.dealer_id)).scalars()) == of_dealers
    printed = app.test_cli_runner().invoke(args=["demo", "logins"]).output
    assert PASSWORD in printed
    for username in ("admin", "marketer", "finance", "manager001", "adviser001"):
        assert username in printed
        assert client.post("/api/public/staff/login", json={"username": username, "password": PASSWORD}).status_code == 200


def test_the_stock_has_every_kind_of_car_and_a_price_that_falls_with_age(session: Session, seeded: Brand) -> None:
    cars = session.execute(select(Vehicle)).scalars().all()
    assert {car.condition for car in cars} == set(Condition)
    assert {car.body for car in cars} == set(studio.BODIES)
    assert {car.exterior_color for car in cars} <= set(studio.COLORS)
    assert {photo["url"] for car in cars for photo in car.photos} <= {
        f"/media/vehicles/{body}/{color}/{view}.svg" for body in studio.BODIES for color in studio.COLORS for view in studio.VIEWS
    }

    def kept(years: range) -> float:
        shares = sorted(car.price_fen / (car.guide_price_fen or 1) for car in cars if car.condition != "new" and car.model_year in years)
        return shares[len(shares) // 2]

    newest = max(car.model_year for car in cars)
    assert 0.6 < kept(range(newest - 1, newest + 1)) < 0.95
    assert 0.25 < kept(range(newest - 8, newest - 5)) < 0.55
    assert search(session, seeded.id, Filters(q="极曜 J5 云母白")).total > 20


def test_the_pages_of_used_cars_have_something_to_tell(session: Session, seeded: Brand) -> None:
    approved = select(Vehicle).filter_by(brand_id=seeded.id, condition="approved", status="listed").order_by(Vehicle.number)
    cars = session.execute(approved.limit(40)).scalars().all()
    reports = [inspection(session, car) for car in cars]
    assert all(report and 60 <= report["score"] <= 100 for report in reports)
    assert any(report and report["defects"] for report in reports)
    assert sum(fairness(session, car) is not None for car in cars) >= 20
    reduced = select(func.count()).select_from(Vehicle).where(Vehicle.brand_id == seeded.id, Vehicle.reduced_fen.is_not(None))
    assert session.execute(reduced).scalar_one() > 20


def test_every_filter_finds_something_and_every_trail_ends_where_its_car_stands(session: Session, seeded: Brand) -> None:
    cars = session.execute(select(Vehicle)).scalars().all()
    assert {car.seats for car in cars} >= {4, 5, 7}
    assert {option for car in cars for option in car.options} == set(OPTIONS)
    assert len({car.model for car in cars}) > 8
    assert "" not in {car.model for car in cars}
    assert {bool(car.warranty_until) for car in cars} == {True, False}
    assert all(car.warranty_until for car in cars if car.condition in ("new", "approved"))
    moves = session.execute(select(Transition).filter_by(subject_type="vehicles").order_by(Transition.created_at)).scalars()
    ends = {move.subject_id: move.after for move in moves}
    assert ends == {car.id: car.status for car in cars}
    today = today_in_china(session)
    total = ageing(session, seeded.id, None, since=today - timedelta(days=100), until=today)["total"]
    assert (total["opening"], total["closing"]) == (0, sum(car.status in ("in_preparation", "listed") for car in cars))
    assert total["sold"] == sum(car.status == "sold" for car in cars)


def test_the_demo_is_refused_in_production(seeded: Brand, app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.console import cli

    production = settings().model_copy(update={"environment": Environment.production})
    monkeypatch.setattr(cli, "settings", lambda: production)
    for arguments in (["demo", "logins"], ["demo", "seed", "--accounts", str(tmp_path / "accounts.json")]):
        refused = app.test_cli_runner().invoke(args=arguments)
        assert refused.exit_code != 0
        assert PASSWORD not in refused.output
