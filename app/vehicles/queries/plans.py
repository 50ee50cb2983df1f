"""The finance plans of a brand as headquarters keep them: drafts, what holds, what is over, and every version of each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, any_, func, literal, or_, select, text
from sqlalchemy.orm import Session, aliased

from app.dealers.models import Staff
from app.kit import paging
from app.vehicles.errors import PlanUnknown
from app.vehicles.labels import labelled
from app.vehicles.models import Condition, FinancePlan, ModelSeries, PlanKind, Status
from app.vehicles.queries.finance import today

# As SQL: whether plan p is for vehicle v of series m; `finance.suits` is the same in words of Python.
SUITS = """
    (p.conditions = '{}' OR v.condition = ANY (p.conditions))
    AND (p.series = '{}' OR m.key = ANY (p.series))
    AND v.model_year BETWEEN coalesce(p.model_year_min, v.model_year) AND coalesce(p.model_year_max, v.model_year)
    AND v.price_fen BETWEEN coalesce(p.price_min_fen, v.price_fen) AND coalesce(p.price_max_fen, v.price_fen)
    AND (v.price_fen * p.min_down_payment_percent + 9999) / 10000 * 100 <= least(
        v.price_fen * p.max_down_payment_percent / 10000 * 100,
        v.price_fen - v.price_fen * p.final_percent / 10000 * 100 - 100
    )
"""
_CARS = f"""
    SELECT count(*) FROM finance_plans p
    JOIN vehicles v ON v.brand_id = p.brand_id AND v.status = '{Status.listed}'
    JOIN model_series m ON m.id = v.series_id
    WHERE p.id = :id AND {SUITS}
"""  # noqa: S608  # no input in the text

# What of a plan is the offer: everything that `PlanIn` writes down.
TERMS = (
    "name",
    "kind",
    "term_months",
    "annual_rate_bp",
    "min_down_payment_percent",
    "max_down_payment_percent",
    "final_percent",
    "final_separately",
    "in_advance",
    "subsidised_rate_bp",
    "fee_bp",
    "conditions",
    "series",
    "model_year_min",
    "model_year_max",
    "price_min_fen",
    "price_max_fen",
    "valid_from",
    "valid_until",
)


class State(StrEnum):
    """What a plan is today: a draft, before, in and after its days, or ended by somebody."""

    draft = "draft"
    upcoming = "upcoming"
    running = "running"
    over = "over"
    ended = "ended"


def state_of(plan: FinancePlan, day: date) -> State:
    if plan.published_at is None:
        return State.draft
    if plan.ended_at is not None:
        return State.ended
    if plan.valid_from and plan.valid_from > day:
        return State.upcoming
    return State.over if plan.valid_until and plan.valid_until < day else State.running


def _is(state: State, day: date) -> list[ColumnElement[bool]]:
    """`state_of` as conditions."""
    if state is State.draft:
        return [FinancePlan.published_at.is_(None)]
    if state is State.ended:
        return [FinancePlan.ended_at.is_not(None)]
    published = [FinancePlan.published_at.is_not(None), FinancePlan.ended_at.is_(None)]
    if state is State.upcoming:
        return [*published, FinancePlan.valid_from > day]
    begun = or_(FinancePlan.valid_from.is_(None), FinancePlan.valid_from <= day)
    if state is State.over:
        return [*published, begun, FinancePlan.valid_until < day]
    return [*published, begun, or_(FinancePlan.valid_until.is_(None), FinancePlan.valid_until >= day)]


def plans(
    session: Session,
    brand_id: uuid.UUID,
    *,
    q: str | None = None,
    state: str | None = None,
    kind: str | None = None,
    series: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> dict[str, Any]:
    """The plans of a brand, the latest first, without versions that a later one replaced. `series`: those that are for it, by its key.

    Raises `CursorInvalid`.
    """
    day, later = today(session), aliased(FinancePlan)
    same = (later.brand_id == FinancePlan.brand_id) & (later.name == FinancePlan.name)
    replaced = select(later.id).where(same, later.version > FinancePlan.version).exists()
    wanted = [FinancePlan.brand_id == brand_id, ~replaced]
    if q:
        wanted.append(FinancePlan.name.icontains(q, autoescape=True))
    if state:
        wanted += _is(State(state), day)
    if kind:
        wanted.append(FinancePlan.kind == kind)
    if series:
        wanted.append(or_(func.cardinality(FinancePlan.series) == 0, literal(series) == any_(FinancePlan.series)))
    total = session.execute(select(func.count()).select_from(FinancePlan).where(*wanted)).scalar_one()
    if cursor:
        wanted.append(FinancePlan.id < paging.row_id(cursor))
    found = session.execute(select(FinancePlan).where(*wanted).order_by(FinancePlan.id.desc()).limit(limit + 1)).scalars().all()
    return {
        "items": _told(session, found[:limit]),
        "next_cursor": paging.encode(found[limit - 1].id) if len(found) > limit else None,
        "total": total,
    }


def plan(session: Session, brand_id: uuid.UUID, plan_id: uuid.UUID, *, lock: bool = False) -> FinancePlan:
    """A plan of the brand, draft or not. Raises `PlanUnknown`."""
    wanted = select(FinancePlan).filter_by(id=plan_id, brand_id=brand_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise PlanUnknown
    return found


def published(session: Session, brand_id: uuid.UUID, name: str) -> FinancePlan | None:
    """The version of this name that is published and not ended."""
    wanted = select(FinancePlan).filter_by(brand_id=brand_id, name=name, ended_at=None).where(FinancePlan.published_at.is_not(None))
    return session.execute(wanted).scalar_one_or_none()


def plan_page(session: Session, one: FinancePlan) -> dict[str, Any]:
    """A plan with all that was ever published under its name, the latest first, what a draft would replace, and for how many cars on sale
    it is.
    """
    same = select(FinancePlan).filter_by(brand_id=one.brand_id, name=one.name).where(FinancePlan.published_at.is_not(None))
    versions = session.execute(same.order_by(FinancePlan.version.desc())).scalars().all()
    told, *rest = _told(session, [one, *versions])
    running = next((row for row, version in zip(rest, versions, strict=True) if version.ended_at is None), None)
    cars = session.execute(text(_CARS), {"id": one.id}).scalar_one()
    return told | {"versions": rest, "replaces": running if one.published_at is None else None, "cars": cars}


def plan_choices(session: Session, brand_id: uuid.UUID) -> dict[str, Any]:
    """What the form of a plan offers: kinds, conditions, and the brand's series, by name."""
    found = select(ModelSeries.key, ModelSeries.name).filter_by(brand_id=brand_id).order_by(ModelSeries.name)
    return {
        "kinds": [labelled("plan_kind", kind.value) for kind in PlanKind],
        "conditions": [labelled("condition", condition.value) for condition in Condition],
        "series": [{"key": key, "label": name} for key, name in session.execute(found)],
    }


def _told(session: Session, found: Sequence[FinancePlan]) -> list[dict[str, Any]]:
    """Plans as `PlanRowOut`."""
    day = today(session)
    people = {one for plan in found for one in (plan.published_by_id, plan.ended_by_id) if one}
    names: dict[uuid.UUID | None, str] = {}
    if people:
        names.update({row[0]: row[1] for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(people)))})
    return [
        {name: getattr(one, name) for name in (*TERMS, "id", "version", "revision", "created_at", "published_at", "ended_at")}
        | {"state": state_of(one, day).value, "kind": labelled("plan_kind", one.kind)}
        | {"published_by": names.get(one.published_by_id), "ended_by": names.get(one.ended_by_id)}
        for one in found
    ]
