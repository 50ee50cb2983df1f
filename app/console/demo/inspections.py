"""Reports of inspections for the demo's cars that were on the road: most points in order, here and there a defect."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.kit import clock
from app.kit.db import new_id
from app.vehicles.models import Condition, Finding, Inspection, Vehicle

# Every approved car was inspected, and so many of the other used ones.
INSPECTED = 0.4
DEFECTS = {Condition.approved: 0.04, Condition.used: 0.1}
MAJOR = 0.08
POINTS_OF_DEFECT = {Finding.ok: 0, Finding.minor: 2, Finding.major: 8}


def inspect(session: Session, brand: Brand, dice: random.Random) -> None:
    """Write the reports down."""
    told = tomllib.loads((Path(__file__).parent / "inspection.toml").read_text(encoding="utf-8"))
    moment = clock.now(session)
    cars = select(Vehicle.id, Vehicle.condition).filter_by(brand_id=brand.id).where(Vehicle.condition.in_(DEFECTS))
    rows = [
        {"id": new_id(), "brand_id": brand.id, "vehicle_id": car.id} | _report(car.condition, told, dice, moment)
        for car in session.execute(cars.order_by(Vehicle.stock_number))
        if car.condition == Condition.approved or dice.random() < INSPECTED
    ]
    session.execute(insert(Inspection), rows)


def _report(condition: str, told: dict[str, Any], dice: random.Random, moment: datetime) -> dict[str, Any]:
    groups = [
        {"name": group["name"], "points": list(_points(group, DEFECTS[Condition(condition)] if group["remarks"] else 0, dice))}
        for group in told["groups"]
    ]
    lost = sum(POINTS_OF_DEFECT[point["finding"]] for group in groups for point in group["points"])
    return {
        "inspected_on": (moment - timedelta(days=dice.randrange(5, 90))).date(),
        "inspector": dice.choice(told["inspectors"]),
        "score": max(60, 100 - lost),
        "summary": "",
        "groups": groups,
    }


def _points(group: dict[str, Any], share: float, dice: random.Random) -> Iterator[dict[str, Any]]:
    for name in group["points"]:
        if dice.random() >= share:
            yield {"name": name, "finding": Finding.ok.value, "remark": ""}
        else:
            finding = Finding.major if dice.random() < MAJOR else Finding.minor
            yield {"name": name, "finding": finding.value, "remark": dice.choice(group["remarks"])}
