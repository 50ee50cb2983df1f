"""Doors: marketers draw journeys, have them checked, copy them, and carry them from brand to brand as files."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.journeys import drawn
from app.journeys.errors import (
    DraftChanged,
    DraftUnfit,
    FileUnfit,
    JourneyOver,
    JourneyUnknown,
    KeyTaken,
    KindUnknown,
    MarketersOnly,
    NotDeletable,
    TemplateUnknown,
)
from app.journeys.models import Journey, JourneyDraft
from app.journeys.routes.callers import journey_of, marketer
from app.journeys.schemas import drafts as schemas
from app.journeys.schemas.estimating import EstimatedOut, EstimateIn
from app.journeys.service import describing, estimating, files, palette, publishing
from app.journeys.service import drafts as service
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff", part="drafts")


def reference(journey: Journey) -> dict[str, Any]:
    """Which journey it is."""
    told = ("key", "name", "status", "archived_at")
    return {"id": str(journey.id)} | {name: getattr(journey, name) for name in told}


def _shown(session: Session, journey: Journey, draft: JourneyDraft | None = None) -> dict[str, Any]:
    session.flush()
    session.refresh(journey)
    draft = draft or drawn.draft(session, journey)
    return reference(journey) | drawn.saved(session, draft) | {"graph": draft.graph}


@staff.get("/palette")
@raises(MarketersOnly)
@staff.output(schemas.PaletteOut)
@transactional
def kinds(_session: Session, who: Caller) -> Any:
    """Every kind of node, trigger and condition, each with the form of its settings."""
    marketer(who)
    return palette.palette()


@staff.post("/palette/describe")
@raises(MarketersOnly, KindUnknown)
@staff.input(schemas.DescribeIn)
@staff.output(schemas.DescribedOut)
@transactional
def describe(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """What parts of a journey do with their settings as they stand, in words, with their ways out and what is wrong."""
    brand_id = marketer(who).brand_id
    return {"parts": [describing.describe(session, brand_id, **one) for one in json_data["parts"]]}


@staff.get("/templates")
@raises(MarketersOnly)
@staff.output(schemas.TemplatesOut)
@transactional
def templates(_session: Session, who: Caller) -> Any:
    """Ready-made journeys to begin with."""
    marketer(who)
    return {"items": [{"key": key} | one for key, one in palette.templates().items()]}


@staff.post("/")
@idempotent
@raises(MarketersOnly, KeyTaken, TemplateUnknown)
@staff.input(schemas.StartIn)
@staff.output(schemas.DraftOut, status_code=201)
@transactional
def start(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Begin to draw a journey, from nothing or from a ready-made one."""
    member, template = marketer(who), json_data.pop("template", None)
    graph = palette.template(template)["graph"] if template else None
    return _shown(session, service.start(session, member, graph=graph, **json_data))


@staff.post("/files")
@idempotent
@raises(MarketersOnly, FileUnfit, DraftUnfit)
@staff.input(schemas.FileIn)
@staff.output(schemas.ReadOut, status_code=201)
@transactional
def read(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Draw a journey from a file, with a report of what it names and the brand has not."""
    journey, needs = files.read(session, marketer(who), json_data["file"], name=json_data.get("name"))
    return {"journey": _shown(session, journey), "needs": needs}


@staff.get("/<uuid:journey_id>/file")
@raises(MarketersOnly, JourneyUnknown)
@staff.output(schemas.FileOut)
@transactional
def write(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """A journey's draft as a file that another brand can read."""
    return files.write(session, journey_of(session, who, journey_id))


@staff.get("/<uuid:journey_id>/draft")
@raises(MarketersOnly, JourneyUnknown)
@staff.output(schemas.DraftOut)
@transactional
def draft(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """What is drawn, with its revision and who saved it."""
    return _shown(session, journey_of(session, who, journey_id))


@staff.put("/<uuid:journey_id>/draft")
@raises(MarketersOnly, JourneyUnknown, DraftChanged, DraftUnfit, JourneyOver)
@staff.input(schemas.SaveIn)
@staff.output(schemas.DraftOut)
@transactional
def save(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Keep what was drawn, sound or not."""
    journey = journey_of(session, who, journey_id)
    return _shown(session, journey, service.save(session, marketer(who), journey, **json_data))


@staff.post("/<uuid:journey_id>/check")
@raises(MarketersOnly, JourneyUnknown, DraftUnfit)
@staff.input(schemas.CheckIn)
@staff.output(schemas.CheckOut)
@transactional
def check(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """All that is wrong with the draft, or with a graph that is given, and all that is to be thought of."""
    journey = journey_of(session, who, journey_id)
    graph = service.fit(json_data["graph"]) if "graph" in json_data else drawn.draft(session, journey).graph
    return vars(publishing.check(session, journey.brand_id, graph))


@staff.post("/<uuid:journey_id>/estimate")
@raises(MarketersOnly, JourneyUnknown)
@staff.input(EstimateIn)
@staff.output(EstimatedOut)
@transactional
def estimate(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """How many people publishing the draft, or a graph that is given, would let in now and on a day, and whom its messages reach."""
    journey = journey_of(session, who, journey_id)
    graph = json_data["graph"] if "graph" in json_data else drawn.draft(session, journey).graph
    return {"estimate": estimating.estimate(session, journey, graph)}


@staff.post("/<uuid:journey_id>/copy")
@idempotent
@raises(MarketersOnly, JourneyUnknown)
@staff.input(schemas.CopyIn)
@staff.output(schemas.DraftOut, status_code=201)
@transactional
def copy(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another journey that is drawn alike."""
    return _shown(session, service.copy(session, marketer(who), journey_of(session, who, journey_id), **json_data))


@staff.delete("/<uuid:journey_id>")
@raises(MarketersOnly, JourneyUnknown, NotDeletable)
@staff.output({}, status_code=204)
@transactional
def remove(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """Delete a journey that was never published."""
    service.remove(session, journey_of(session, who, journey_id))
    return ""
