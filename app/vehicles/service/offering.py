"""What headquarters do with finance plans: draft them, publish them, end them."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.events import service as events
from app.kit import acting, clock
from app.vehicles.errors import PlanChanged, PlanDaysOver, PlanDraftExists, PlanFixed, PlanOver, PlanSeriesUnknown, PlansForFinance
from app.vehicles.models import FinancePlan, MonthlyRefresh
from app.vehicles.queries import plans as queries
from app.vehicles.queries.finance import today
from app.vehicles.service.catalogue import series

KEEPERS = (Role.admin, Role.finance)


def draft(session: Session, staff: Staff, terms: dict[str, Any]) -> FinancePlan:
    """Keep a draft, with `terms` as `PlanIn` has them; consumers see nothing of it.

    Raises:
        PlansForFinance. PlanSeriesUnknown: the brand has no such series.
        PlanDraftExists: there is a draft of this name.
    """
    _must_keep(staff)
    made = FinancePlan(brand_id=staff.brand_id)
    _write(session, made, terms)
    return made


def change(session: Session, staff: Staff, plan_id: uuid.UUID, *, revision: int, terms: dict[str, Any]) -> FinancePlan:
    """Other terms for a draft, if it is still as this person read it (`revision`). Raises as `draft` and as `discard`."""
    plan = _draft(session, staff, plan_id, revision)
    plan.revision += 1
    _write(session, plan, terms)
    return plan


def discard(session: Session, staff: Staff, plan_id: uuid.UUID, *, revision: int) -> None:
    """Throw a draft away, if it is still as this person read it.

    Raises:
        PlansForFinance, PlanUnknown. PlanFixed: it was published.
        PlanChanged: somebody else saved it.
    """
    session.delete(_draft(session, staff, plan_id, revision))
    session.flush()


def publish(session: Session, staff: Staff, plan_id: uuid.UUID, *, revision: int, replaces_id: uuid.UUID | None) -> FinancePlan:
    """Put a draft in force instead of the version of its name that is (`replaces_id`, None where there is none), as this person read both.

    What that one promised stays under its id; nobody is offered it any more. The stock's instalments follow by a job.

    Raises:
        PlansForFinance, PlanUnknown, PlanFixed, PlanChanged. PlanDaysOver: its last day has gone.
    """
    _must_keep(staff)
    must_be_alone(session, staff.brand_id)
    plan = _draft(session, staff, plan_id, revision)
    if plan.valid_until and plan.valid_until < today(session):
        raise PlanDaysOver(field="valid_until")
    before = queries.published(session, plan.brand_id, plan.name)
    if (before.id if before else None) != replaces_id:
        raise PlanChanged(field="replaces_id")
    put_in_force(session, plan, instead_of=before, by=staff)
    return plan


def end(session: Session, staff: Staff, plan_id: uuid.UUID) -> FinancePlan:
    """Nobody is offered this plan any more.

    Raises:
        PlansForFinance, PlanUnknown. PlanOver: it is a draft, or has ended.
    """
    _must_keep(staff)
    must_be_alone(session, staff.brand_id)
    plan = queries.plan(session, staff.brand_id, plan_id, lock=True)
    if plan.published_at is None or plan.ended_at is not None:
        raise PlanOver
    plan.ended_at, plan.ended_by_id = clock.now(session), staff.id
    session.flush()
    _record(session, "finance_plan.ended", plan, {})
    _reckon_anew(session, plan.brand_id)
    return plan


def put_in_force(session: Session, plan: FinancePlan, *, instead_of: FinancePlan | None, by: Staff | None) -> None:
    """Publish a plan as the next version of its name; the one before has ended. Nobody else does so meanwhile."""
    now = clock.now(session)
    if instead_of is not None:
        instead_of.ended_at, instead_of.ended_by_id = now, by.id if by else None
        session.flush()
    last = select(func.max(FinancePlan.version)).filter_by(brand_id=plan.brand_id, name=plan.name)
    plan.version = (session.execute(last).scalar_one() or 0) + 1
    plan.published_at, plan.published_by_id = now, by.id if by else None
    session.add(plan)
    session.flush()
    _record(session, "finance_plan.published", plan, _changed(instead_of, plan))
    _reckon_anew(session, plan.brand_id)


def must_be_alone(session: Session, brand_id: uuid.UUID) -> None:
    """Of two who publish or end at once the second sees what the first has done."""
    session.execute(select(Brand.id).filter_by(id=brand_id).with_for_update(key_share=True))


def _must_keep(staff: Staff) -> None:
    if staff.role not in KEEPERS:
        raise PlansForFinance


def _draft(session: Session, staff: Staff, plan_id: uuid.UUID, revision: int) -> FinancePlan:
    _must_keep(staff)
    plan = queries.plan(session, staff.brand_id, plan_id, lock=True)
    if plan.published_at is not None:
        raise PlanFixed
    if plan.revision != revision:
        raise PlanChanged(field="revision", revision=plan.revision)
    return plan


def _write(session: Session, plan: FinancePlan, terms: dict[str, Any]) -> None:
    unknown = set(terms["series"]) - series(session, plan.brand_id, {}).keys()
    if unknown:
        raise PlanSeriesUnknown(field="series", unknown=sorted(unknown))
    try:
        with session.begin_nested():
            for name, value in terms.items():
                setattr(plan, name, value)
            session.add(plan)
            session.flush()
    except IntegrityError as error:
        raise PlanDraftExists(field="name") from error


def _changed(before: FinancePlan | None, after: FinancePlan) -> dict[str, list[Any]]:
    """From what to what, for a fact to keep, of two plans of one name; what says nothing in both is no change."""
    told = {}
    for name in ("version", *(name for name in queries.TERMS if name != "name")):
        values = [getattr(before, name, None), getattr(after, name)]
        if (values[0] or None) != (values[1] or None):
            told[name] = [value.isoformat() if isinstance(value, date) else value for value in values]
    return told


def _record(session: Session, name: str, plan: FinancePlan, changed: dict[str, list[Any]]) -> None:
    events.record(
        session,
        name,
        brand_id=plan.brand_id,
        subject=("finance_plan", plan.id),
        data={"plan_id": plan.id, "name": plan.name, "version": plan.version, "changed": changed},
        actor=acting.now().actor,
    )


def _reckon_anew(session: Session, brand_id: uuid.UUID) -> None:
    """The stock's monthly instalments follow, by a job."""
    now = insert(MonthlyRefresh).values(brand_id=brand_id, due_at=func.marque_now())
    session.execute(now.on_conflict_do_update(index_elements=["brand_id"], set_={"due_at": func.marque_now(), "after_number": 0}))
