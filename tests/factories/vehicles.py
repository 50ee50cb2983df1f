"""Series, vehicles and finance plans for tests."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.kit import clock
from app.vehicles.labels import search_text
from app.vehicles.models import FinancePlan, ModelSeries, Vehicle

_count = itertools.count(1)
TERMS = {"term_months": 36, "annual_rate_bp": 399, "min_down_payment_percent": 20}
# What the laws of doors and of repeating ask of the doors of plans.
PLAN = "/api/staff/finance-plans/<uuid:plan_id>"
NEEDED = {"POST /api/staff/finance-plans/", *(f"POST {PLAN}/{act}" for act in ("discard", "publish", "end"))}
HONOURED = {"POST /api/staff/finance-plans/preview", f"PUT {PLAN}"}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/staff/finance-plans/": TERMS | {"name": "新方案"},
    "POST /api/staff/finance-plans/preview": TERMS | {"name": "新方案", "price_fen": 30_000_000},
    f"PUT {PLAN}": TERMS | {"name": "另一个", "revision": 1},
    f"{PLAN}/discard": {"revision": 1},
    f"{PLAN}/publish": {"revision": 1, "replaces_id": None},
}


def series(session: Session, of: Brand, **fields: Any) -> ModelSeries:
    number = next(_count)
    made = ModelSeries(**{"brand_id": of.id, "key": f"s{number}", "name": f"车系{number}"} | fields)
    session.add(made)
    session.flush()
    return made


def vehicle(session: Session, at: Store, of: ModelSeries | None = None, **fields: Any) -> Vehicle:
    """A listed, approved car at a store; of a new series when none is given."""
    number = next(_count)
    if of is None:
        of = series(session, session.get_one(Brand, at.brand_id))
    values: dict[str, Any] = {
        "brand_id": at.brand_id,
        "dealer_id": at.dealer_id,
        "store_id": at.id,
        "series_id": of.id,
        "stock_number": f"S{number:06d}",
        "title": f"{of.name} 2023款 长续航版",
        "trim": "长续航版",
        "condition": "approved",
        "status": "listed",
        "model_year": 2023,
        "first_registration_date": date(2023, 3, 1),
        "odometer_km": 21_000,
        "previous_owners": 1,
        "accident_free": True,
        "exterior_color": "white",
        "interior_color": "black",
        "body": "suv",
        "drivetrain": "awd",
        "energy": "electric",
        "gearbox": "automatic",
        "price_fen": 258_000_00,
        "guide_price_fen": 328_000_00,
        "options": ["panoramic_roof"],
        "photos": [{"url": "/media/vehicles/suv/white/side.svg", "alt": "侧面"}],
        "listed_at": datetime(2026, 1, 1, tzinfo=UTC),
    } | fields
    made = Vehicle(**{"search_text": search_text(of.name, values)} | values)
    session.add(made)
    session.flush()
    return made


def plan(session: Session, of: Brand, **fields: Any) -> FinancePlan:
    """A plan that is in force; a draft with `version=None`."""
    told = {"brand_id": of.id, "name": f"方案{next(_count)}", **TERMS, "version": 1} | fields
    made = FinancePlan(**told, published_at=clock.now(session) if told["version"] else None)
    session.add(made)
    session.flush()
    return made


def plan_doors(session: Session, of: Brand) -> dict[str, dict[str, Any]]:
    """For each door of plans one with which it can do what it is for, by the door's end."""
    changed, discarded, published = (plan(session, of, version=None).id for _ in range(3))
    return {
        f"PUT {PLAN}": {"plan_id": changed},
        f"{PLAN}/discard": {"plan_id": discarded},
        f"{PLAN}/publish": {"plan_id": published},
        f"{PLAN}/end": {"plan_id": plan(session, of).id},
    }
