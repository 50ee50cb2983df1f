"""Journeys as files: what another brand, or another installation, can read. Ids of this database are written as keys."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Equal, Length
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from app.audience.models import Segment, Tag
from app.dealers.models import Dealer, Staff, Store
from app.journeys import drawn
from app.journeys.errors import FileUnfit
from app.journeys.models import Journey
from app.journeys.service import drafts
from app.messaging.models import MessageTemplate

FORM = 1
# What bears an id here and a key in a file: "@segment:vip".
_KEYED: dict[str, type[Segment] | type[Journey]] = {"segment": Segment, "journey": Journey}
# By which of its columns a graph speaks of it, and in which fields it does.
_BY_NAME: dict[str, tuple[type[Any], str]] = {
    "tag": (Tag, "key"),
    "template": (MessageTemplate, "key"),
    # Stores and dealers have no key: who reads the file somewhere else is told that these are to be chosen anew.
    "store": (Store, "id"),
    "dealer": (Dealer, "id"),
}
_NAMED = {"tag": "tag", "template": "template", "template_key": "template", "journey": "journey", "store_id": "store", "dealers": "dealer"}
# Fields in which a tag is one of several things that may stand there.
_OF_TAG = {"date": "tag:", "attribute": "tag:"}
_MOST_DEPTH = 40
# Each of them is looked up.
MOST_NEEDS = 1_000


class File(Schema):
    """What a file says; what the graph is worth is found when it is checked."""

    form = fields.Integer(required=True, strict=True, validate=Equal(FORM))
    name = fields.String(required=True, validate=Length(1, 80))
    graph = fields.Dict(keys=fields.String(), required=True)
    needs = fields.List(fields.Dict(), load_default=list)


def write(session: Session, journey: Journey) -> dict[str, Any]:
    """The draft of a journey as a file: {form, name, graph, needs: [{kind, key}]}."""
    known = {
        str(id_): f"@{kind}:{key}"
        for kind, table in _KEYED.items()
        for id_, key in session.execute(select(table.id, table.key).where(table.brand_id == journey.brand_id))
    }
    graph = _changed(drawn.draft(session, journey).graph, lambda value: known.get(value, value))
    needs = [{"kind": kind, "key": key} for kind, key in sorted(set(_needs(graph)))]
    return {"form": FORM, "name": journey.name, "graph": graph, "needs": needs}


def read(session: Session, staff: Staff, told: Any, *, name: str | None = None) -> tuple[Journey, list[dict[str, Any]]]:
    """Draw a new journey from a file; and of all that it needs ({kind, key}) whether the brand has it (`found`).

    Raises:
        FileUnfit: with the field that does not hold.
        DraftUnfit: it cannot be kept.
    """
    try:
        file: dict[str, Any] = File().load(told)
        graph = drafts.fit(file["graph"])
        needs = sorted(set(_needs(graph)))
        if len(needs) > MOST_NEEDS:
            raise FileUnfit(graph=f"names more than {MOST_NEEDS} things")
        ids = {f"@{kind}:{key}": found for kind, key in needs if kind in _KEYED and (found := _id_of(session, staff.brand_id, kind, key))}
        graph = _changed(graph, lambda value: ids.get(value, value))
    except ValidationError as error:
        raise FileUnfit(**{str(field): "does not hold" for field in error.normalized_messages()}) from error
    except RecursionError as error:
        raise FileUnfit(graph="too deep") from error
    journey = drafts.start(session, staff, name=name or file["name"], graph=graph)
    report = [
        {"kind": kind, "key": key, "found": f"@{kind}:{key}" in ids if kind in _KEYED else _is_there(session, staff.brand_id, kind, key)}
        for kind, key in needs
    ]
    return journey, report


def _changed(value: Any, change: Callable[[str], str], depth: int = 0) -> Any:
    """The same with every text in it changed."""
    if depth > _MOST_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        return {key: _changed(one, change, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, change, depth + 1) for one in value]
    return change(value) if isinstance(value, str) else value


def _needs(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(kind, key) of whatever a graph in a file names."""
    if depth > _MOST_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _needs(one, key, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _needs(one, name, depth + 1)
    elif isinstance(value, str) and value:
        kind, _, key = value.removeprefix("@").partition(":")
        if value.startswith("@") and kind in _KEYED and key:
            yield kind, key
        elif name in _NAMED:
            yield _NAMED[name], value
        elif name in _OF_TAG and value.startswith(_OF_TAG[name]):
            yield "tag", value.removeprefix(_OF_TAG[name])


def _id_of(session: Session, brand_id: uuid.UUID, kind: str, key: str) -> str | None:
    table = _KEYED[kind]
    found = session.execute(select(table.id).where(table.brand_id == brand_id, table.key == key)).scalar_one_or_none()
    return str(found) if found else None


def _is_there(session: Session, brand_id: uuid.UUID, kind: str, key: str) -> bool:
    table, name = _BY_NAME[kind]
    known = select(table.id).where(table.brand_id == brand_id, cast(getattr(table, name), String) == key)
    return session.execute(known.limit(1)).first() is not None
