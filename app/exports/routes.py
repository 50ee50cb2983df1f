"""Doors: staff ask for lists as files, see how far these are, and fetch their own."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Response
from sqlalchemy.orm import Session

from app.exports import queries, schemas, service
from app.exports.errors import ExportNotThere, ExportOver, ExportUnknown, TooManyExports
from app.exports.lists import offered
from app.exports.models import Export, ExportStatus
from app.kit import db, paging
from app.kit.errors import Forbidden, Invalid
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.texts import t
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional

staff = blueprint("exports", audience="staff")


@staff.post("/")
@idempotent
@raises(Forbidden, Invalid, TooManyExports)
@staff.input(schemas.ExportIn)
@staff.output(schemas.ExportOut, status_code=202)
@transactional
def ask(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Ask for a list as a file; a worker writes it. Besides these, the list's own doors say what may be refused."""
    return _out(service.ask(session, who.staff, json_data["list"], json_data["asked"]))


@staff.get("/")
@raises(CursorInvalid)
@staff.input(schemas.PageIn, location="query")
@staff.output(schemas.ExportsOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """What the caller has asked for, the newest first."""
    limit, cursor = query_data["limit"], query_data["cursor"]
    found = queries.hers(session, who.staff, before=paging.row_id(cursor) if cursor else None, limit=limit + 1)
    more = len(found) > limit
    return {"items": [_out(one) for one in found[:limit]], "next_cursor": paging.encode(found[limit - 1].id) if more else None}


@staff.get("/<uuid:export_id>")
@raises(ExportUnknown)
@staff.output(schemas.ExportOut)
@transactional
def show(session: Session, who: Caller, export_id: uuid.UUID) -> Any:
    """How far a file is."""
    return _out(queries.one_of_hers(session, who.staff, export_id))


@staff.post("/<uuid:export_id>/cancel")
@idempotent
@raises(ExportUnknown, ExportOver)
@staff.output(schemas.ExportOut)
@transactional
def cancel(session: Session, who: Caller, export_id: uuid.UUID) -> Any:
    """Stop writing a file."""
    export = queries.one_of_hers(session, who.staff, export_id, for_update=True)
    service.cancel(session, export)
    return _out(export)


@staff.get("/<uuid:export_id>/file")
@raises(ExportUnknown, ExportNotThere)
@answers(200, "CSV for Excel: UTF-8 with BOM, times of China")
@stepwise
def file(who: Caller, export_id: uuid.UUID) -> Response:
    """The file, for whoever asked for it alone."""
    with db.transaction() as session:
        export = queries.one_of_hers(session, who.staff, export_id)
        service.fetch(session, export)
    named = quote(f"{export.name}-{export.finished_at:%Y%m%d}.csv", safe="")
    headers = {"Content-Disposition": f"attachment; filename=\"export.csv\"; filename*=UTF-8''{named}", "Content-Length": str(export.bytes)}
    return Response(service.parts(export), mimetype="text/csv", headers=headers)


def _out(export: Export) -> dict[str, Any]:
    names = ("id", "name", "status", "rows", "bytes", "error", "created_at", "finished_at", "expires_at")
    if export.status == ExportStatus.done:
        progress: int | None = 100
    else:
        # How many there will be was counted once, and more may have come.
        progress = None if export.of_rows is None else min(99, 100 * export.rows // max(export.of_rows, 1))
    return {name: getattr(export, name) for name in names} | {
        "list": export.list_key,
        "list_label": offered(export.list_key).label,
        "status_label": t(f"exports.status.{export.status}"),
        "error_label": t(f"errors.{export.error}") if export.error else None,
        "progress": progress,
    }
