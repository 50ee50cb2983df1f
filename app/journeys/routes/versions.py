"""Doors: marketers look at what publishing would change, publish, roll back, pause, resume, cancel and put away journeys."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.journeys import drawn
from app.journeys.errors import (
    DraftChanged,
    GraphInvalid,
    JourneyOver,
    JourneyUnknown,
    MarketersOnly,
    NotArchivable,
    NotPaused,
    NotRunning,
    PlacesMissing,
    PlaceUnknown,
    VersionUnknown,
    WarningsOpen,
)
from app.journeys.models import Journey, JourneyMove, JourneyVersion
from app.journeys.routes.callers import journey_of, marketer
from app.journeys.routes.drafts import reference
from app.journeys.schemas import drafts as schemas
from app.journeys.service import estimating, publishing, running
from app.journeys.service.publishing import Choice
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff", part="versions")

_PUBLISHING = (MarketersOnly, JourneyUnknown, GraphInvalid, WarningsOpen, PlacesMissing, PlaceUnknown, JourneyOver)


def _moves(session: Session, journey: Journey, found: list[JourneyMove]) -> list[dict[str, Any]]:
    session.flush()
    wanted = select(JourneyVersion.id, JourneyVersion.number).where(JourneyVersion.journey_id == journey.id)
    numbers: dict[uuid.UUID, int] = dict(session.execute(wanted).tuples().all())
    return [drawn.move_out(one, numbers) for one in found]


def _published(session: Session, journey: Journey, done: tuple[JourneyVersion, JourneyMove | None]) -> dict[str, Any]:
    version, move = done
    session.refresh(journey)
    return reference(journey) | {"version": version.number, "move": _moves(session, journey, [move])[0] if move else None}


def _choice(given: dict[str, Any]) -> dict[str, Any]:
    choice = Choice(given.pop("inside"), given.pop("places"))
    return given | {"choice": choice}


@staff.get("/<uuid:journey_id>/versions")
@raises(MarketersOnly, JourneyUnknown)
@staff.output(schemas.VersionsOut)
@transactional
def versions(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """Every version with who published it, when, and why; the newest first."""
    return {"items": drawn.versions(session, journey_of(session, who, journey_id))}


@staff.get("/<uuid:journey_id>/versions/<uuid:version_id>")
@raises(MarketersOnly, JourneyUnknown, VersionUnknown)
@staff.output(schemas.VersionGraphOut)
@transactional
def version(session: Session, who: Caller, journey_id: uuid.UUID, version_id: uuid.UUID) -> Any:
    """One version with its graph."""
    journey = journey_of(session, who, journey_id)
    number = drawn.number_of(session, journey, version_id)
    found = drawn.version(session, journey, number)
    told = next(one for one in drawn.versions(session, journey) if one["number"] == number)
    return told | {"graph": found.graph}


@staff.get("/<uuid:journey_id>/versions/<uuid:version_id>/difference")
@raises(MarketersOnly, JourneyUnknown, VersionUnknown)
@staff.input(schemas.AgainstIn, location="query")
@staff.output(schemas.ChangesOut)
@transactional
def difference(session: Session, who: Caller, journey_id: uuid.UUID, *, version_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What a version changed against another one."""
    journey = journey_of(session, who, journey_id)
    after = drawn.version(session, journey, drawn.number_of(session, journey, version_id))
    return {"difference": drawn.difference(drawn.version(session, journey, query_data["against"]).graph, after.graph)}


@staff.post("/<uuid:journey_id>/preview")
@raises(MarketersOnly, JourneyUnknown, VersionUnknown)
@staff.input(schemas.PreviewIn)
@staff.output(schemas.PreviewOut)
@transactional
def preview(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """What publishing would change, how many people stand where, and what is wrong or to be thought of."""
    journey = journey_of(session, who, journey_id)
    draft = drawn.draft(session, journey)
    graph = drawn.version(session, journey, json_data["version"]).graph if "version" in json_data else draft.graph
    seen = publishing.preview(session, journey, graph) | {"revision": draft.revision}
    return seen | {"estimate": None if seen["errors"] else estimating.estimate(session, journey, graph)}


@staff.post("/<uuid:journey_id>/publish")
@idempotent
@raises(*_PUBLISHING, DraftChanged)
@staff.input(schemas.PublishDraftIn)
@staff.output(schemas.PublishedOut, status_code=201)
@transactional
def publish(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Publish the draft; those inside finish the old version, are moved, or leave."""
    journey = journey_of(session, who, journey_id)
    return _published(session, journey, publishing.publish_draft(session, marketer(who), journey, **_choice(json_data)))


@staff.post("/<uuid:journey_id>/versions/<uuid:version_id>/publish")
@idempotent
@raises(*_PUBLISHING, VersionUnknown)
@staff.input(schemas.PublishIn)
@staff.output(schemas.PublishedOut, status_code=201)
@transactional
def roll_back(session: Session, who: Caller, journey_id: uuid.UUID, *, version_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Publish an earlier version once more, as a new one."""
    journey = journey_of(session, who, journey_id)
    number = drawn.number_of(session, journey, version_id)
    done = publishing.publish_again(session, marketer(who), journey, number=number, **_choice(json_data))
    return _published(session, journey, done)


@staff.get("/<uuid:journey_id>/moves")
@raises(MarketersOnly, JourneyUnknown)
@staff.output(schemas.MovesOut)
@transactional
def moves(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """How far the people inside are moved, by the last publications and by the end of the journey."""
    journey = journey_of(session, who, journey_id)
    return {"items": _moves(session, journey, list(drawn.moves(session, journey)))}


@staff.post("/<uuid:journey_id>/pause")
@idempotent
@raises(MarketersOnly, JourneyUnknown, NotRunning)
@staff.output(schemas.JourneyRefOut)
@transactional
def pause(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """No step is taken until it is resumed; people still enter and leave."""
    journey = journey_of(session, who, journey_id)
    running.pause(session, journey)
    return reference(journey)


@staff.post("/<uuid:journey_id>/resume")
@idempotent
@raises(MarketersOnly, JourneyUnknown, NotPaused)
@staff.output(schemas.JourneyRefOut)
@transactional
def resume(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """Steps are taken again; what came due meanwhile is due now."""
    journey = journey_of(session, who, journey_id)
    running.resume(session, journey)
    return reference(journey)


@staff.post("/<uuid:journey_id>/cancel")
@idempotent
@raises(MarketersOnly, JourneyUnknown, JourneyOver)
@staff.input(schemas.CancelIn)
@staff.output(schemas.JourneyRefOut)
@transactional
def cancel(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """End it for good: everybody inside leaves, and what was planned for them is taken back."""
    journey = journey_of(session, who, journey_id)
    running.cancel(session, journey, reason=json_data["reason"])
    return reference(journey)


@staff.post("/<uuid:journey_id>/archive")
@raises(MarketersOnly, JourneyUnknown, NotArchivable)
@staff.output(schemas.JourneyRefOut)
@transactional
def archive(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """Show a journey that never ran or is over no longer among the others."""
    journey = journey_of(session, who, journey_id)
    running.archive(session, journey)
    return reference(journey)


@staff.post("/<uuid:journey_id>/restore")
@raises(MarketersOnly, JourneyUnknown)
@staff.output(schemas.JourneyRefOut)
@transactional
def restore(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """Show a journey that was put away among the others again."""
    journey = journey_of(session, who, journey_id)
    running.restore(session, journey)
    return reference(journey)
