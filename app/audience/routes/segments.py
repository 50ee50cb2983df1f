"""Doors: the brand's marketers and administrators make segments, see whom they find, and who is in them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.audience.errors import (
    MarketersOnly,
    SegmentArchived,
    SegmentChanged,
    SegmentCircle,
    SegmentFixed,
    SegmentKeyTaken,
    SegmentUnknown,
    SegmentUsed,
    SegmentWrong,
    TooSlow,
)
from app.audience.models import Segment, SegmentKind
from app.audience.queries import segments as queries
from app.audience.queries.attributes import choices_of
from app.audience.schemas import segments as schemas
from app.audience.service import segments as service
from app.audience.service.compiling import condition_kinds, words
from app.dealers.models import Role, Staff
from app.kit.forms import drawn
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("segments", audience="staff")


def _marketer(who: Caller) -> Staff:
    member: Staff = who.staff
    if member.role not in (Role.marketer, Role.admin):
        raise MarketersOnly
    return member


def _segment(session: Session, who: Caller, segment_id: uuid.UUID) -> Segment:
    return queries.segment(session, _marketer(who).brand_id, segment_id)


def _shown(session: Session, segment: Segment) -> dict[str, Any]:
    session.flush()
    return queries.row_of(segment) | {
        "tree": segment.tree,
        "summary": words(segment.tree),
        "used_by": queries.asking_about(session, segment.id),
        "uses": queries.uses_of(session, segment),
        "versions": [
            {"number": one.number, "summary": words(one.tree), "made_by": name, "created_at": one.created_at}
            for one, name in queries.versions(session, segment.id)
        ],
    }


@staff.get("/")
@raises(MarketersOnly, CursorInvalid)
@staff.input(schemas.SegmentsIn, location="query")
@staff.output(schemas.SegmentsOut)
@transactional
def listing(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """A page of the brand's segments with how many are in each, the newest first."""
    found, following = queries.page_of_segments(session, _marketer(who).brand_id, **query_data)
    return {"items": [queries.row_of(one) for one in found], "next_cursor": following}


@staff.get("/kinds")
@raises(MarketersOnly)
@staff.output(schemas.ConditionKindsOut)
@transactional
def kinds(_session: Session, who: Caller) -> Any:
    """The kinds of conditions, each with the form of its settings."""
    _marketer(who)
    known = sorted(condition_kinds().items())
    return {"items": [{"kind": name, "label": kind.label, "form": drawn(kind.Config)} for name, kind in known]}


@staff.get("/choices")
@raises(MarketersOnly)
@staff.output(schemas.ChoicesOut)
@transactional
def choices(session: Session, who: Caller) -> Any:
    """What there is of the brand's to choose from in conditions, besides what has doors of its own."""
    return choices_of(session, _marketer(who).brand_id)


@staff.post("/preview")
@raises(MarketersOnly, SegmentWrong, TooSlow)
@staff.input(schemas.TreeIn)
@staff.output(schemas.SegmentPreviewOut)
@transactional
def preview(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """How many people these conditions find now, and some of them."""
    tree, brand_id = json_data["tree"], _marketer(who).brand_id
    found = service.preview(session, brand_id, tree)
    return {"count": found.count, "summary": words(tree), "sample": queries.people(session, found.sample)}


@staff.post("/")
@idempotent
@raises(MarketersOnly, SegmentWrong, SegmentKeyTaken)
@staff.input(schemas.SegmentIn)
@staff.output(schemas.SegmentOut, status_code=201)
@transactional
def create(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Save conditions as a segment; a moment later its members are found."""
    kind = SegmentKind(json_data.pop("kind"))
    return _shown(session, service.create(session, _marketer(who), kind=kind, **json_data))


@staff.get("/<uuid:segment_id>")
@raises(MarketersOnly, SegmentUnknown)
@staff.output(schemas.SegmentOut)
@transactional
def show(session: Session, who: Caller, segment_id: uuid.UUID) -> Any:
    """One segment: its conditions, how far it is computed, its versions, and who asks about it."""
    return _shown(session, _segment(session, who, segment_id))


@staff.post("/<uuid:segment_id>/difference")
@raises(MarketersOnly, SegmentUnknown, SegmentWrong, TooSlow)
@staff.input(schemas.TreeIn)
@staff.output(schemas.SegmentDifferenceOut)
@transactional
def difference(session: Session, who: Caller, segment_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """How many would come and go if these conditions were saved."""
    told = service.difference(session, _segment(session, who, segment_id), json_data["tree"])
    return vars(told) | {"summary": words(json_data["tree"])}


@staff.patch("/<uuid:segment_id>")
@raises(MarketersOnly, SegmentUnknown, SegmentWrong, SegmentArchived, SegmentFixed, SegmentCircle, SegmentChanged)
@staff.input(schemas.SegmentChangeIn)
@staff.output(schemas.SegmentOut)
@transactional
def edit(session: Session, who: Caller, segment_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Call it something else, or ask something else: then who comes and who goes is found a moment later."""
    return _shown(session, service.edit(session, _marketer(who), _segment(session, who, segment_id), **json_data))


@staff.post("/<uuid:segment_id>/copy")
@idempotent
@raises(MarketersOnly, SegmentUnknown, SegmentWrong)
@staff.input(schemas.SegmentCopyIn)
@staff.output(schemas.SegmentOut, status_code=201)
@transactional
def copy(session: Session, who: Caller, segment_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another segment with the same conditions; as a snapshot, of those for whom they hold now."""
    segment = _segment(session, who, segment_id)
    return _shown(session, service.copy(session, _marketer(who), segment, name=json_data["name"], kind=SegmentKind(json_data["kind"])))


@staff.post("/<uuid:segment_id>/archive")
@raises(MarketersOnly, SegmentUnknown, SegmentUsed)
@staff.output(schemas.SegmentOut)
@transactional
def archive(session: Session, who: Caller, segment_id: uuid.UUID) -> Any:
    """Keep it up no longer. Its conditions stay, to be copied."""
    segment = _segment(session, who, segment_id)
    service.archive(session, _marketer(who), segment)
    return _shown(session, segment)


@staff.get("/<uuid:segment_id>/members")
@raises(MarketersOnly, SegmentUnknown, CursorInvalid)
@staff.input(schemas.SegmentMembersIn, location="query")
@staff.output(schemas.SegmentMembersOut)
@transactional
def members(session: Session, who: Caller, segment_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """A page of those who are in it."""
    segment = _segment(session, who, segment_id)
    return queries.page(session, segment.id, cursor=query_data.get("cursor"), limit=query_data["limit"])
