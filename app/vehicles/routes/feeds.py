"""Doors: dealers and their systems hand in feeds of vehicles, and read what became of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from app.dealers.errors import DealerUnknown
from app.kit import db, paging, texts
from app.kit.errors import Invalid
from app.kit.idempotency import unkept
from app.kit.paging import CursorInvalid
from app.kit.rows import BOM, excel_line
from app.kit.settings import settings
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional
from app.vehicles import schemas_stock as schemas
from app.vehicles.errors import FeedRefused, FeedTooLong, ManagersOnly, MappingInvalid, RunNotHeld, RunUnknown
from app.vehicles.mapping import columns_of, shipped
from app.vehicles.models import FeedFormat, ImportRow, ImportRun
from app.vehicles.queries import runs as queries
from app.vehicles.service import runs

staff = blueprint("stock", audience="staff", part="feeds")

# What a form has around its file.
AROUND = 64 * 1024
PIECE = 1024 * 1024
FORMATS = {
    "text/csv": FeedFormat.csv,
    "application/json": FeedFormat.json,
    "application/x-ndjson": FeedFormat.json,
    "application/jsonl": FeedFormat.json,
}


@staff.before_request
def _takes_files() -> None:
    request.max_content_length = settings().feed_max_bytes + AROUND


@staff.post("/feeds/")
@unkept("a file that is sent again is the run that waits with it, or changes nothing; and it is too long to be read twice")
@raises(ManagersOnly, DealerUnknown, MappingInvalid, FeedTooLong, FeedRefused)
@staff.input(schemas.FeedIn, location="query")
@staff.output(schemas.FeedRunOut, status_code=202)
@transactional
def hand_in(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """A file to be taken over: the body itself (text/csv, application/json, application/x-ndjson) or a form's `file`. A worker does it."""
    about = query_data | {"feed": query_data["feed"] or query_data["mapping"]}
    if not who.staff.sees_the_brand:
        about["dealer_id"] = who.staff.dealer_id
    upload = request.files.get("file")
    source: Any = upload.stream if upload else request.stream
    named = (upload.filename if upload else None) or ""
    about["file_name"] = (about["file_name"] or named)[: schemas.LONGEST]
    kind = FORMATS.get((upload.mimetype if upload else request.mimetype) or "")
    if kind is None:
        kind = FeedFormat.json if named.endswith((".json", ".jsonl", ".ndjson")) else FeedFormat.csv if named else None
    if kind is None:
        raise Invalid(**{"Content-Type": f"one of {', '.join(FORMATS)}"})
    run = runs.hand_in(session, who.staff, iter(lambda: source.read(PIECE), b""), format=kind, **about)
    return _out(run)


@staff.get("/feeds/")
@raises(CursorInvalid)
@staff.input(schemas.RunsIn, location="query")
@staff.output(schemas.FeedRunsOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Feeds that were handed in, the newest first."""
    limit = query_data["limit"]
    before = paging.row_id(query_data["cursor"]) if "cursor" in query_data else None
    found = queries.runs_of_staff(session, who.staff, before=before, limit=limit + 1)
    more = len(found) > limit
    return {"items": [_out(run) for run in found[:limit]], "next_cursor": paging.encode(found[limit - 1].id) if more else None}


@staff.get("/feeds/mappings")
@staff.output(schemas.MappingsOut)
@transactional
def mappings(_session: Session, _who: Caller) -> Any:
    """How a file may be read, and which columns each way reads."""
    return {"items": [{"key": key, "columns": columns_of(key)} for key in shipped()]}


@staff.get("/feeds/<uuid:run_id>")
@raises(RunUnknown)
@staff.output(schemas.FeedRunOut)
@transactional
def show(session: Session, who: Caller, run_id: uuid.UUID) -> Any:
    """What became of a feed, or how far it is."""
    return _out(queries.run_of_staff(session, who.staff, run_id))


@staff.get("/feeds/<uuid:run_id>/rows")
@raises(RunUnknown, CursorInvalid)
@staff.input(schemas.RunsIn, location="query")
@staff.output(schemas.RefusedRowsOut)
@transactional
def rows(session: Session, who: Caller, run_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """The rows that do not hold, and pictures that could not be fetched, by their line."""
    run, limit = queries.run_of_staff(session, who.staff, run_id), query_data["limit"]
    after = paging.line_and_number(query_data["cursor"], numbers=2**15) if "cursor" in query_data else (0, 0)
    found = queries.refused_rows(session, run.id, after=after, limit=limit + 1)
    more = len(found) > limit
    last = paging.encode(found[limit - 1].line, found[limit - 1].picture) if more else None
    return {"items": [_row(row) for row in found[:limit]], "next_cursor": last}


@staff.get("/feeds/<uuid:run_id>/rows.csv")
@raises(RunUnknown)
@answers(200, "CSV for Excel: UTF-8 with BOM")
@stepwise
def rows_file(who: Caller, run_id: uuid.UUID) -> Response:
    """All rows that do not hold, however many."""
    with db.transaction() as session:
        run = queries.run_of_staff(session, who.staff, run_id)

    def written() -> Iterator[str]:
        yield BOM + excel_line(texts.t("vehicles.feed_columns").split(","))
        with db.transaction() as session:
            for row in queries.every_refused_row(session, run.id):
                told = _row(row)
                yield excel_line([told["line"], told["stock_number"] or "", told["field"], told["value"], told["label"]])

    name = f"feed-{run.id}.csv"
    return Response(written(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@staff.post("/feeds/<uuid:run_id>/confirm")
@raises(ManagersOnly, RunUnknown, RunNotHeld)
@staff.output(schemas.FeedRunOut)
@transactional
def say_yes(session: Session, who: Caller, run_id: uuid.UUID) -> Any:
    """A feed that was held may take as many cars off sale as it does."""
    return _out(runs.say_yes(session, who.staff, run_id))


@staff.post("/feeds/<uuid:run_id>/discard")
@raises(ManagersOnly, RunUnknown, RunNotHeld)
@staff.output(schemas.FeedRunOut)
@transactional
def discard(session: Session, who: Caller, run_id: uuid.UUID) -> Any:
    """A feed that was held is not taken over."""
    return _out(runs.discard(session, who.staff, run_id))


def _out(run: ImportRun) -> dict[str, Any]:
    names = (
        "id",
        "feed",
        "dealer_id",
        "status",
        "mapping",
        "format",
        "file_name",
        "file_sha256",
        "rows",
        "created",
        "updated",
        "unchanged",
    )
    return {name: getattr(run, name) for name in (*names, "withdrawn", "rejected", "error", "created_at", "finished_at")} | {
        "status_label": texts.t(f"vehicles.run_status.{run.status}"),
        "progress": 100 if run.finished_at else 100 * run.read_bytes // run.file_bytes if run.file_bytes else 0,
    }


def _row(row: ImportRow) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("line", "stock_number", "field", "value", "reason")}
    return said | {"label": texts.t(f"import_reason.{row.reason}")}
