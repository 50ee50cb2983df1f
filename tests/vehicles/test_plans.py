"""Plans are told to consumers as they are, and the monthly instalments in the stock are theirs."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.kit import clock
from app.vehicles import queries, service
from app.vehicles.errors import PlanInvalid
from app.vehicles.finance import cheapest_monthly_fen
from app.vehicles.models import FinancePlan, MonthlyRefresh, Vehicle
from tests.factories import dealers, vehicles

Get = Callable[..., Any]
LOAN = {"name": "36 期", "term_months": 36, "annual_rate_bp": 399, "min_down_payment_percent": 20}


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


def installed(session: Session, brand: Brand, *plans: dict[str, Any]) -> int:
    return service.install_plans(session, brand.id, [LOAN | plan for plan in plans])


def drained(session: Session) -> None:
    while service.refresh_due(session):
        pass


def monthly(session: Session, car: Vehicle) -> int | None:
    return session.execute(select(Vehicle.monthly_fen).filter_by(id=car.id)).scalar_one()


def some_plans(dice: random.Random) -> list[dict[str, Any]]:
    """Plans of every kind with odd figures and narrow circles."""
    made = []
    for number in range(40):
        kind = ("annuity", "balloon", "zero_rate", "lease")[number % 4]
        plan: dict[str, Any] = {"name": f"方案 {number}", "kind": kind, "term_months": dice.randint(6, 84)}
        plan["annual_rate_bp"] = 0 if kind == "zero_rate" else dice.choice([0, dice.randint(1, 2400)])
        plan["min_down_payment_percent"] = dice.randint(0, 60)
        plan["max_down_payment_percent"] = dice.randint(plan["min_down_payment_percent"], 100)
        if kind in ("balloon", "lease"):
            plan["final_percent"] = dice.randint(1, 70)
        plan["final_separately"] = kind == "balloon" and dice.random() < 0.5
        plan["in_advance"] = kind == "lease" and dice.random() < 0.5
        plan["conditions"] = dice.choice([[], ["used"], ["approved", "new"]])
        plan["series"] = dice.choice([[], ["j5"], ["j7", "j9"]])
        plan["model_year_min"] = dice.choice([None, 2021])
        plan["price_max_fen"] = dice.choice([None, 400_000_00])
        made.append(plan)
    return made


def test_the_stock_has_the_same_instalments_to_the_fen_as_the_calculator(session: Session, brand: Brand, store: Store) -> None:
    dice = random.Random(20261122)
    service.install_plans(session, brand.id, some_plans(dice))
    series = [vehicles.series(session, brand, key=key) for key in ("j5", "j7", "j1")]
    cars = [
        vehicles.vehicle(
            session,
            store,
            dice.choice(series),
            price_fen=dice.choice([dice.randint(100, 10_000), dice.randint(10_000, 10**9)]),
            condition=dice.choice(["used", "approved"]),
            model_year=dice.randint(2018, 2024),
        )
        for _ in range(120)
    ]
    service.refresh_monthly(session, brand.id)
    session.expire_all()
    plans = queries.running_plans(session, brand.id)
    for car in cars:
        by_hand = cheapest_monthly_fen(
            plans, price_fen=car.price_fen, condition=car.condition, series=car.series.key, model_year=car.model_year
        )
        assert car.monthly_fen == by_hand, car
        example = queries.finance_example(session, car)
        assert (example and example["monthly_fen"]) == by_hand
    assert len({car.monthly_fen for car in cars}) > 20
    assert service.refresh_monthly(session, brand.id) == 0


def test_one_car_is_reckoned_anew_by_itself_and_a_car_in_hand_knows(session: Session, brand: Brand, store: Store) -> None:
    installed(session, brand, {})
    car, other = vehicles.vehicle(session, store), vehicles.vehicle(session, store)
    assert service.refresh_monthly(session, brand.id, [car.id]) == 1
    assert car.monthly_fen == cheapest_monthly_fen(
        queries.running_plans(session, brand.id), price_fen=258_000_00, condition="approved", series="", model_year=2023
    )
    assert monthly(session, other) is None


def test_a_changed_plan_reaches_the_whole_stock_in_parts_and_a_sold_car_is_left_as_it_was(
    session: Session, brand: Brand, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.vehicles.service.plans.BATCH", 2)
    cars = [vehicles.vehicle(session, store) for _ in range(5)]
    sold = vehicles.vehicle(session, store, status="sold")
    assert installed(session, brand, {}) == 1
    assert service.refresh_due(session)
    assert [monthly(session, car) is None for car in cars] == [False, False, True, True, True]
    # A plan that changes half-way is reckoned with for all.
    assert installed(session, brand, {"annual_rate_bp": 299}) == 1
    drained(session)
    (plan,) = queries.running_plans(session, brand.id)
    right = cheapest_monthly_fen([plan], price_fen=258_000_00, condition="approved", series="", model_year=2023)
    assert {monthly(session, car) for car in cars} == {right}
    assert monthly(session, sold) is None
    assert installed(session, brand, {"annual_rate_bp": 299}) == 0
    assert not service.refresh_due(session)


def test_a_campaign_begins_and_ends_by_itself_at_midnight_in_china(session: Session, brand: Brand, store: Store) -> None:
    car = vehicles.vehicle(session, store)
    day = queries.today(session)
    campaign = {"name": "免息季", "kind": "zero_rate", "annual_rate_bp": 0, "term_months": 60}
    campaign |= {"valid_from": (day + timedelta(1)).isoformat(), "valid_until": (day + timedelta(2)).isoformat()}
    installed(session, brand, {}, campaign)
    drained(session)
    usual = monthly(session, car)
    refresh = session.get_one(MonthlyRefresh, brand.id)
    seen = []
    for _ in range(2):
        assert refresh.due_at is not None
        assert refresh.due_at.astimezone(queries.CHINA).strftime("%H:%M:%S") == "00:00:00"
        clock.advance(session, refresh.due_at - clock.now(session) - timedelta(seconds=1))
        assert not service.refresh_due(session)
        clock.advance(session, timedelta(seconds=1))
        drained(session)
        seen.append(monthly(session, car))
    assert seen == [(258_000_00 - 51_600_00) // 60, usual]
    assert refresh.due_at is None


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"term_months": 0}, "term_months"),
        ({"annual_rate_bp": 3.99}, "annual_rate_bp"),
        ({"kind": "balloon"}, "final_percent"),
        ({"kind": "lease", "final_percent": 40, "term_months": 3}, "term_months"),
        ({"kind": "zero_rate"}, "annual_rate_bp"),
        ({"in_advance": True}, "in_advance"),
        ({"conditions": ["shiny"]}, "conditions"),
        ({"valid_from": "2026-12-01", "valid_until": "2026-11-30"}, "valid_until"),
        ({"rate": 3}, "rate"),
    ],
)
def test_a_plan_that_does_not_hold_names_its_field_and_none_is_made(
    session: Session, brand: Brand, plan: dict[str, Any], field: str
) -> None:
    with pytest.raises(PlanInvalid) as refused:
        service.install_plans(session, brand.id, [LOAN | {"name": "好方案"}, LOAN | plan])
    assert (refused.value.details["plan"], list(refused.value.details["fields"])) == ("36 期", [field])
    assert queries.running_plans(session, brand.id) == []


def test_a_consumer_sees_every_plan_that_is_for_her_car_the_least_instalment_first(
    session: Session, brand: Brand, store: Store, get: Get
) -> None:
    installed(
        session,
        brand,
        {"name": "标准"},
        {"name": "气球", "kind": "balloon", "final_percent": 40, "final_separately": True},
        {"name": "只给新车", "conditions": ["new"]},
        {"name": "昨天结束", "valid_until": (queries.today(session) - timedelta(1)).isoformat()},
        {"name": "租赁", "kind": "lease", "final_percent": 30, "in_advance": True, "term_months": 24},
    )
    car = vehicles.vehicle(session, store, price_fen=300_000_00)
    shown = get(f"/vehicles/{car.id}/finance").json
    assert [plan["name"] for plan in shown["plans"]] == ["气球", "租赁", "标准"]
    assert (shown["plan"]["name"], shown["plan"]["kind"]["label"]) == ("气球", "气球贷")
    assert shown["plans"][0]["monthly_fen"] == shown["monthly_fen"]
    assert shown["final_fen"] == shown["schedule"][-1]["payment_fen"] == 120_000_00
    assert len(shown["schedule"]) == 37
    assert "¥120,000" in shown["note"]
    assert shown["total_fen"] == shown["down_payment_fen"] + sum(row["payment_fen"] for row in shown["schedule"])
    assert shown["effective_apr_percent"] > shown["apr_percent"] == pytest.approx(3.99, abs=0.01)
    assert (shown["down_payment_min_fen"], shown["down_payment_max_fen"]) == (60_000_00, 179_999_00)

    lease = get(f"/vehicles/{car.id}/finance", plan_id=shown["plans"][1]["id"], down_payment_fen=100_000_00).json
    assert lease["schedule"][0]["after_months"] == 0
    assert "¥90,000" in lease["note"]
    assert lease["total_fen"] == 100_000_00 + sum(row["payment_fen"] for row in lease["schedule"]) + 90_000_00


def test_what_cannot_be_is_refused_with_the_field_and_in_chinese(session: Session, brand: Brand, store: Store, get: Get) -> None:
    installed(session, brand, {"name": "只给新车", "conditions": ["new"]}, {"name": "气球", "kind": "balloon", "final_percent": 40})
    plan = session.execute(select(FinancePlan).filter_by(name="只给新车")).scalar_one()
    car = vehicles.vehicle(session, store, price_fen=300_000_00)
    unfit = get(f"/vehicles/{car.id}/finance", plan_id=str(plan.id))
    assert (unfit.status_code, unfit.json["error"], unfit.json["details"]["field"]) == (422, "vehicles.plan_unfit", "plan_id")
    assert "不适用于这辆车" in unfit.json["message"]
    too_much = get(f"/vehicles/{car.id}/finance", down_payment_fen=200_000_00)
    assert (too_much.status_code, too_much.json["details"]["field"]) == (422, "down_payment_fen")
    assert "¥60,000 至 ¥179,999" in too_much.json["message"]
    session.delete(session.execute(select(FinancePlan).filter_by(name="气球")).scalar_one())
    none = get(f"/vehicles/{car.id}/finance")
    assert (none.status_code, none.json["error"]) == (404, "vehicles.no_plan")
    assert get(f"/vehicles/{car.id}").json["finance"] is None


def test_the_example_of_the_documentation_is_taken_by_hand_and_a_broken_file_is_named(session: Session, app: Any, tmp_path: Path) -> None:
    brand = dealers.brand(session)
    session.commit()
    example = (Path(__file__).parents[2] / "docs" / "finance.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    file = tmp_path / "plans.toml"

    def run(text: str) -> Any:
        file.write_text(text, encoding="utf-8")
        return app.test_cli_runner().invoke(args=["vehicles", "plans", str(file), "--brand", brand.key])

    first = run(example).output
    assert "1 plans, 1 new or changed" in first
    assert "No car is of these series yet: j5" in first
    assert "1 plans, 0 new or changed" in run(example).output
    plan = session.execute(select(FinancePlan).filter_by(brand_id=brand.id)).scalar_one()
    assert (plan.kind, plan.final_percent, plan.series, plan.valid_from) == ("balloon", 40, ["j5"], date(2026, 11, 1))
    assert session.get_one(MonthlyRefresh, brand.id).due_at is not None
    broken = run(example.replace("final_percent = 40", "final_percent = 400"))
    assert broken.exit_code == 1
    assert "final_percent" in broken.output
    assert run("plans").exit_code == 2
