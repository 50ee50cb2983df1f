"""Doors: headquarters look at finance plans; finance, or an administrator, drafts, publishes and ends them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.kit import db
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional
from app.vehicles import schemas_finance as schemas
from app.vehicles.errors import (
    FinanceImpossible,
    PlanChanged,
    PlanDaysOver,
    PlanDraftExists,
    PlanFixed,
    PlanOver,
    PlanSeriesUnknown,
    PlansForFinance,
    PlanUnfit,
    PlanUnknown,
)
from app.vehicles.models import FinancePlan
from app.vehicles.queries import plans as queries
from app.vehicles.queries import previewed
from app.vehicles.service import offering

staff = blueprint("finance-plans", audience="staff")


def _check(who: Caller) -> None:
    if not who.staff.sees_the_brand:
        raise PlansForFinance


@staff.get("/")
@raises(PlansForFinance, CursorInvalid)
@staff.input(schemas.PlansIn, location="query")
@staff.output(schemas.PlansOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Drafts and plans, the latest first; versions that a later one replaced are on the page of each."""
    _check(who)
    return queries.plans(session, who.staff.brand_id, **query_data)


@staff.get("/choices")
@raises(PlansForFinance)
@staff.output(schemas.PlanChoicesOut)
@transactional
def choices(session: Session, who: Caller) -> Any:
    """What the form of a plan offers."""
    _check(who)
    return queries.plan_choices(session, who.staff.brand_id)


@staff.get("/<uuid:plan_id>")
@raises(PlansForFinance, PlanUnknown)
@staff.output(schemas.PlanPageOut)
@transactional
def show(session: Session, who: Caller, plan_id: uuid.UUID) -> Any:
    """One plan with every version of its name, and for how many cars on sale it is."""
    _check(who)
    return queries.plan_page(session, queries.plan(session, who.staff.brand_id, plan_id))


@staff.post("/preview")
@raises(PlansForFinance, PlanUnfit, FinanceImpossible)
@staff.input(schemas.PreviewIn)
@staff.output(schemas.PlanPreviewOut)
@transactional
def preview(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """What a consumer would read of such a plan for a car of this price; nothing is kept."""
    _check(who)
    asked = {name: json_data.pop(name) for name in ("price_fen", "down_payment_fen") if name in json_data}
    return previewed(FinancePlan(id=db.new_id(), **json_data), **asked)


@staff.post("/")
@idempotent
@raises(PlansForFinance, PlanSeriesUnknown, PlanDraftExists)
@staff.input(schemas.PlanIn)
@staff.output(schemas.PlanPageOut, status_code=201)
@transactional
def draft(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Keep a draft; consumers see nothing of it."""
    return queries.plan_page(session, offering.draft(session, who.staff, json_data))


@staff.put("/<uuid:plan_id>")
@raises(PlansForFinance, PlanUnknown, PlanFixed, PlanChanged, PlanSeriesUnknown, PlanDraftExists)
@staff.input(schemas.DraftIn)
@staff.output(schemas.PlanPageOut)
@transactional
def change(session: Session, who: Caller, plan_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Save a draft, if it is still as it was read."""
    revision = json_data.pop("revision")
    return queries.plan_page(session, offering.change(session, who.staff, plan_id, revision=revision, terms=json_data))


@staff.post("/<uuid:plan_id>/discard")
@idempotent
@raises(PlansForFinance, PlanUnknown, PlanFixed, PlanChanged)
@staff.input(schemas.RevisionIn)
@staff.output({}, status_code=204)
@transactional
def discard(session: Session, who: Caller, plan_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Throw a draft away, if it is still as it was read."""
    offering.discard(session, who.staff, plan_id, **json_data)
    return ""


@staff.post("/<uuid:plan_id>/publish")
@idempotent
@raises(PlansForFinance, PlanUnknown, PlanFixed, PlanChanged, PlanDaysOver)
@staff.input(schemas.PublishIn)
@staff.output(schemas.PlanPageOut)
@transactional
def publish(session: Session, who: Caller, plan_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Put a draft in force instead of the version of its name that is, if both are still as they were read."""
    return queries.plan_page(session, offering.publish(session, who.staff, plan_id, **json_data))


@staff.post("/<uuid:plan_id>/end")
@idempotent
@raises(PlansForFinance, PlanUnknown, PlanOver)
@staff.output(schemas.PlanPageOut)
@transactional
def end(session: Session, who: Caller, plan_id: uuid.UUID) -> Any:
    """Nobody is offered this plan any more; what it promised stays."""
    return queries.plan_page(session, offering.end(session, who.staff, plan_id))
