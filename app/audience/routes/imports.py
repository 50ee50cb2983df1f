"""Doors: the brand's marketers hand in files of people and of tags, read what became of them, and take tags back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from app.audience import service
from app.audience.errors import MarketersOnly, PeopleFileRefused, PeopleFileTooLong, PeopleRunUnknown, RunNotUndone
from app.audience.models import PeopleRow, PeopleRun, RunKind
from app.audience.queries import runs as queries
from app.audience.routes.callers import marketing
from app.audience.schemas import imports as schemas
from app.kit import db, paging
from app.kit.idempotency import unkept
from app.kit.paging import CursorInvalid
from app.kit.rows import BOM, excel_line
from app.kit.settings import settings
from app.kit.texts import has, t
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional

staff = blueprint("people", audience="staff")

# What a form has around its file.
AROUND = 64 * 1024
PIECE = 1024 * 1024


@staff.before_request
def _takes_files() -> None:
    request.max_content_length = settings().feed_max_bytes + AROUND


@staff.post("/files/")
@unkept("a file that is sent again is the run that waits with it, or changes nothing; and it is too long to be read twice")
@raises(MarketersOnly, PeopleFileTooLong, PeopleFileRefused)
@staff.input(schemas.PeopleFileIn, location="query")
@staff.output(schemas.PeopleRunOut, status_code=202)
@transactional
def hand_in(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """A CSV file of people, or of tags for people who are there: the body itself or a form's `file`. A worker takes it over."""
    marketing(who)
    upload = request.files.get("file")
    source: Any = upload.stream if upload else request.stream
    named = query_data["file_name"] or (upload.filename if upload else None) or ""
    pieces = iter(lambda: source.read(PIECE), b"")
    return _out(session, service.hand_in(session, who.staff, pieces, kind=RunKind(query_data["kind"]), file_name=named[:200]))


@staff.get("/files/")
@raises(MarketersOnly, CursorInvalid)
@staff.input(schemas.PageIn, location="query")
@staff.output(schemas.PeopleRunsOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Files that were handed in, the newest first."""
    limit = query_data["limit"]
    before = paging.row_id(query_data["cursor"]) if "cursor" in query_data else None
    found = queries.runs_of_brand(session, marketing(who), before=before, limit=limit + 1)
    more = len(found) > limit
    return {"items": [_out(session, run) for run in found[:limit]], "next_cursor": paging.encode(found[limit - 1].id) if more else None}


@staff.get("/files/<uuid:file_id>")
@raises(MarketersOnly, PeopleRunUnknown)
@staff.output(schemas.PeopleRunOut)
@transactional
def show(session: Session, who: Caller, file_id: uuid.UUID) -> Any:
    """What became of a file, or how far it is."""
    return _out(session, queries.run_of_brand(session, marketing(who), file_id))


@staff.get("/files/<uuid:file_id>/rows")
@raises(MarketersOnly, PeopleRunUnknown, CursorInvalid)
@staff.input(schemas.PageIn, location="query")
@staff.output(schemas.UnfitRowsOut)
@transactional
def rows(session: Session, who: Caller, file_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What does not hold, by its line."""
    run, limit = queries.run_of_brand(session, marketing(who), file_id), query_data["limit"]
    after = paging.line_and_number(query_data["cursor"]) if "cursor" in query_data else (0, 0)
    found = queries.unfit_rows(session, run.id, after=after, limit=limit + 1)
    more = len(found) > limit
    last = paging.encode(found[limit - 1].line, found[limit - 1].number) if more else None
    return {"items": [_row(row) for row in found[:limit]], "next_cursor": last}


@staff.get("/files/<uuid:file_id>/rows.csv")
@raises(MarketersOnly, PeopleRunUnknown)
@answers(200, "CSV for Excel: UTF-8 with BOM")
@stepwise
def rows_file(who: Caller, file_id: uuid.UUID) -> Response:
    """All that does not hold, however much."""
    with db.transaction() as session:
        run = queries.run_of_brand(session, marketing(who), file_id)

    def written() -> Iterator[str]:
        yield BOM + excel_line(t("audience.people_report.columns").split(","))
        with db.transaction() as session:
            for row in queries.every_unfit_row(session, run.id):
                told = _row(row)
                kept = t(f"audience.people_report.{'left_out' if row.left_out else 'noted'}")
                yield excel_line([told["line"], told["field_label"], told["value"], told["label"], kept])

    name = f"people-{run.id}.csv"
    return Response(written(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@staff.post("/files/<uuid:file_id>/undo")
@raises(MarketersOnly, PeopleRunUnknown, RunNotUndone)
@staff.output(schemas.PeopleRunOut)
@transactional
def undo(session: Session, who: Caller, file_id: uuid.UUID) -> Any:
    """Take back what a file of tags changed, where nobody has changed it since. A worker does it."""
    return _out(session, service.take_back(session, queries.run_of_brand(session, marketing(who), file_id)))


def _out(session: Session, run: PeopleRun) -> dict[str, Any]:
    told = queries.progress(session, [run.id])[run.id]
    names = ("id", "kind", "status", "file_name", "file_sha256", "taken_back", "kept", "error", "created_at", "finished_at")
    ended = run.finished_at is not None or run.status == "undoing"
    return (
        {name: getattr(run, name) for name in names}
        | told
        | {
            "status_label": t(f"audience.people_status.{run.status}"),
            "progress": 100 if ended else 100 * told["read_bytes"] // run.file_bytes,
        }
    )


def _row(row: PeopleRow) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("line", "field", "value", "reason", "left_out")}
    column = f"audience.people_columns.{row.field}"
    return said | {"label": t(f"import_reason.{row.reason}"), "field_label": t(column) if has(column) else row.field}
