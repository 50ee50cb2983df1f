"""What the doors take and give through which journeys are drawn and published."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Dict, Integer, List, Nested, Raw, String
from apiflask.validators import Length, OneOf, Range, Regexp

from app.journeys.models import MoveKind, MoveStatus
from app.journeys.schemas.estimating import EstimateOut
from app.kit.answers import one_of

_GRAPH = {"description": "a graph as `app/journeys/graph.py` describes it, sound or not"}


class StartIn(Schema):
    name = String(required=True, validate=Length(1, 80))
    key = String(validate=Regexp(r"^[a-z][a-z0-9_]{0,39}$"), metadata={"description": "what others know it by; its own when left out"})
    template = String(validate=Length(1, 64), metadata={"description": "a ready-made journey to begin with"})


class SaveIn(Schema):
    revision = Integer(required=True, validate=Range(0), metadata={"description": "the revision that was looked at"})
    graph = Dict(keys=String(), metadata=_GRAPH)
    name = String(validate=Length(1, 80))


class CheckIn(Schema):
    graph = Raw(metadata={"description": "a graph; without one the draft is checked"})


class CopyIn(Schema):
    name = String(required=True, validate=Length(1, 80))


class FileIn(Schema):
    file = Raw(required=True, metadata={"description": "what another brand's journey was written as"})
    name = String(validate=Length(1, 80))


class JourneyRefOut(Schema):
    id = String()
    key = String()
    name = String()
    status = String()
    archived_at = DateTime(allow_none=True)


class DraftOut(JourneyRefOut):
    revision = Integer()
    saved_by = String(allow_none=True)
    saved_at = DateTime()
    graph = Dict(metadata=_GRAPH)


class ProblemOut(Schema):
    code = String(metadata={"description": "of a warning: what is given back to accept it", "x-absent": True})
    node = String(allow_none=True)
    field = String(allow_none=True)
    message = String()


class CheckOut(Schema):
    errors = List(Nested(ProblemOut))
    warnings = List(Nested(ProblemOut))


class FileOut(Schema):
    form = Integer()
    name = String()
    graph = Dict()
    needs = List(Dict())


class NeedOut(Schema):
    kind = String()
    key = String()
    found = Boolean(metadata={"description": "whether the brand has it"})


class ReadOut(Schema):
    journey = Nested(DraftOut)
    needs = List(Nested(NeedOut), metadata={"description": "what the file names"})


class PaletteGroupOut(Schema):
    group = String()
    label = String()


class NamedOut(Schema):
    value = String()
    label = String()


class ChannelOut(NamedOut):
    to = String(metadata={"description": "customer or staff"})


class PartIn(Schema):
    part = String(required=True, validate=OneOf(("nodes", "triggers", "conditions")))
    kind = String(required=True, validate=Length(1, 64))
    config = Dict(keys=String(), load_default=dict)


class DescribeIn(Schema):
    parts = List(Nested(PartIn), required=True, validate=Length(1, 250))


class PortOut(Schema):
    port = String()
    label = String()


class WrongOut(Schema):
    field = String()
    message = String()


class PartOut(Schema):
    part = String()
    kind = String()
    label = String()
    summary = String(allow_none=True, metadata={"description": "what it does, in words; null while something is wrong"})
    ports: Any = List(Nested(PortOut), allow_none=True, metadata={"description": "of a node whose settings hold by themselves"})
    problems = List(Nested(WrongOut))


class DescribedOut(Schema):
    parts = List(Nested(PartOut))


class PaletteOut(Schema):
    groups = List(Nested(PaletteGroupOut))
    schemas = Dict(metadata={"description": "JSON Schema of `rules` and of a node's `late`"})
    events = List(Nested(NamedOut), metadata={"description": "what `x-reference: event` offers"})
    channels = List(Nested(ChannelOut), metadata={"description": "what `x-reference: channel` offers"})
    nodes = List(Dict())
    triggers = List(Dict())
    conditions = List(Dict())
    rules = List(Dict())


class TemplateOut(Schema):
    key = String()
    name = String()
    description = String()


class TemplatesOut(Schema):
    items = List(Nested(TemplateOut))


class PreviewIn(Schema):
    version = Integer(validate=Range(1), metadata={"description": "an earlier version to go back to; without one the draft"})


class PlaceOut(Schema):
    version = Integer()
    node = String()
    label = String()
    people = Integer()
    change = one_of(("same", "changed", "removed"))
    to = String(allow_none=True, metadata={"description": "where they go if nothing is said; null: it must be said"})


class PreviewOut(CheckOut):
    revision = Integer(metadata={"description": "of the draft that was looked at"})
    difference = Dict(allow_none=True)
    places = List(Nested(PlaceOut))
    estimate = Nested(EstimateOut, allow_none=True, metadata={"description": "null while the graph is not sound"})


class PublishIn(Schema):
    note = String(load_default="", validate=Length(0, 500))
    inside = String(
        load_default="drain",
        validate=OneOf(("drain", "migrate", "eject")),
        metadata={"description": "those inside finish the old version (drain), are moved (migrate), or leave (eject)"},
    )
    places = Dict(
        keys=String(validate=Length(1, 40)),
        values=String(allow_none=True),
        load_default=dict,
        metadata={"description": "migrate: old node to new node, null is out; nodes of the same id need not be named"},
    )
    accepted = List(String(), load_default=list, metadata={"description": "codes of warnings that were read"})


class PublishDraftIn(PublishIn):
    revision = Integer(required=True, validate=Range(0), metadata={"description": "the revision that was looked at"})


class MoveOut(Schema):
    id = String()
    kind = String(validate=OneOf([one.value for one in MoveKind]))
    status = String(validate=OneOf([one.value for one in MoveStatus]))
    version = Integer(allow_none=True)
    people = Integer()
    moved = Integer()
    ejected = Integer()
    created_at = DateTime()
    ended_at = DateTime(allow_none=True)


class MovesOut(Schema):
    items = List(Nested(MoveOut))


class PublishedOut(JourneyRefOut):
    version = Integer()
    move = Nested(MoveOut, allow_none=True)


class VersionOut(Schema):
    id = String()
    number = Integer()
    is_live = Boolean()
    inside = Integer(metadata={"description": "how many people stand in it now, stuck or not"})
    note = String()
    copy_of = Integer(allow_none=True)
    published_by = String(allow_none=True)
    published_at = DateTime()


class VersionsOut(Schema):
    items = List(Nested(VersionOut))


class VersionGraphOut(VersionOut):
    graph = Dict()


class AgainstIn(Schema):
    against = Integer(required=True, validate=Range(1, 2**31 - 1), metadata={"description": "the number of the other version"})


class ChangesOut(Schema):
    difference = Dict()


class CancelIn(Schema):
    reason = String(load_default=None, allow_none=True, validate=Length(1, 200))
