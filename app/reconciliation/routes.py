"""Doors: finance sees how each day's bills agree with what we booked, and deals with what does not."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.kit import db, paging
from app.kit.errors import Forbidden
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional
from app.payments.errors import IncidentOver, RefundTooMuch
from app.reconciliation import queries, schemas, service, view
from app.reconciliation.errors import (
    ActionUnfit,
    AlreadyRunning,
    DayUnfit,
    DifferenceOver,
    DifferenceUnknown,
    FinanceOnly,
    NothingHeard,
    RunUnknown,
)
from app.reconciliation.models import Action, Reconciliation

staff = blueprint("payments", audience="staff", part="reconciliation")


def _brand_of(who: Caller) -> uuid.UUID:
    if not who.staff.sees_the_brand or who.brand_id is None:
        raise Forbidden
    return who.brand_id


def _may_act(who: Caller) -> bool:
    return who.staff.role in (Role.admin, Role.finance)


def _acting(who: Caller) -> uuid.UUID:
    """The brand for which the caller deals with money. Raises `FinanceOnly`."""
    if not _may_act(who):
        raise FinanceOnly
    return _brand_of(who)


@staff.get("/reconciliations")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.RunsIn, location="query")
@staff.output(schemas.RunsOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The reconciliations of the brand's merchant accounts, the latest day first."""
    limit = query_data.pop("limit")
    found = queries.runs(session, _brand_of(who), limit=limit + 1, **query_data)
    shown = found[:limit]
    return {
        "items": _shown(session, shown),
        "next_cursor": paging.encode(shown[-1].bill_on, shown[-1].id) if len(found) > limit else None,
    }


def _shown(session: Session, runs: Sequence[Reconciliation]) -> list[dict[str, Any]]:
    counts = queries.counts(session, [run.id for run in runs])
    return [view.run_out(run, counts[run.id]) for run in runs]


@staff.post("/reconciliations/run")
@idempotent
@raises(FinanceOnly, DayUnfit, AlreadyRunning)
@staff.input(schemas.RunAgainIn)
@staff.output(schemas.RunsOut, status_code=202)
@transactional
def run(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Fetch a day's bills again and compare; resolutions stay."""
    found = service.run_again(session, _acting(who), json_data["bill_on"], account_id=json_data.get("account_id"))
    return {"items": _shown(session, found), "next_cursor": None}


@staff.get("/reconciliations/<uuid:reconciliation_id>")
@raises(Forbidden, RunUnknown)
@staff.output(schemas.RunDetailOut)
@transactional
def one(session: Session, who: Caller, reconciliation_id: uuid.UUID) -> Any:
    """How far one day is, its sums, and how many differences of which kind."""
    found = queries.run(session, _brand_of(who), reconciliation_id)
    return view.run_detail_out(found, queries.counts(session, [found.id])[found.id])


@staff.get("/differences")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.DifferencesIn, location="query")
@staff.output(schemas.DifferencesOut)
@transactional
def differences(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Differences of all days or of one, newest first."""
    limit = query_data.pop("limit")
    found = queries.differences(session, _brand_of(who), limit=limit + 1, **query_data)
    shown = found[:limit]
    last = shown[-1][0] if len(found) > limit else None
    return {
        "items": [view.difference_out(row, may_act=_may_act(who)) for row in shown],
        "next_cursor": paging.encode(last.created_at, last.id) if last else None,
    }


@staff.post("/differences/<uuid:difference_id>/resolve")
@idempotent
@raises(FinanceOnly, DifferenceUnknown, DifferenceOver, ActionUnfit, NothingHeard, RefundTooMuch, IncidentOver)
@staff.input(schemas.ResolveIn)
@staff.output(schemas.DifferenceOut)
@stepwise
def resolve(who: Caller, difference_id: uuid.UUID, json_data: dict[str, str]) -> Any:
    """Deal with a difference in one of the ways that it offers (`actions`)."""
    brand_id, action = _acting(who), Action(json_data["action"])
    service.resolve(difference_id, brand_id=brand_id, staff_id=who.staff.id, action=action, note=json_data["note"])
    with db.transaction() as session:
        return view.difference_out(queries.difference(session, brand_id, difference_id), may_act=True)


@staff.get("/reconciliations/<uuid:reconciliation_id>/differences.csv")
@raises(Forbidden, RunUnknown)
@answers(200, "CSV for Excel: UTF-8 with BOM, amounts in yuan")
@stepwise
def differences_file(who: Caller, reconciliation_id: uuid.UUID) -> Response:
    """All differences of a day."""
    return _file(
        who, reconciliation_id, "differences", lambda session: view.differences_file(queries.every_difference(session, reconciliation_id))
    )


@staff.get("/reconciliations/<uuid:reconciliation_id>/lines.csv")
@raises(Forbidden, RunUnknown)
@answers(200, "CSV for Excel: UTF-8 with BOM, amounts in yuan")
@stepwise
def lines_file(who: Caller, reconciliation_id: uuid.UUID) -> Response:
    """Every line of a day's trade bill beside what we booked for it."""
    return _file(who, reconciliation_id, "lines", lambda session: view.lines_file(queries.every_line(session, reconciliation_id)))


def _file(who: Caller, run_id: uuid.UUID, what: str, pieces: Callable[[Session], Iterator[str]]) -> Response:
    """A file that is written while it is sent, however long it is."""
    with db.transaction() as session:
        found = queries.run(session, _brand_of(who), run_id)
        name = f"{what}-{found.account.appid}-{found.bill_on}.csv"

    def written() -> Iterator[str]:
        with db.transaction() as session:
            yield from pieces(session)

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written(), mimetype="text/csv", headers=headers)
