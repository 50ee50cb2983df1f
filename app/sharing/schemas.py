"""What the doors of sharing take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.sharing.cards import card, known
from app.sharing.models import Share
from app.vehicles.schemas import CardOut, FiltersIn, SimilarOut


class ShareIn(Schema):
    """A vehicle, or a list by its filters."""

    kind = String(required=True, validate=OneOf(known()))
    vehicle_id = UUID(metadata={"description": "for a vehicle"})
    filters = Nested(FiltersIn, metadata={"description": "for a list: as in the search"})
    channel = String(required=True, validate=OneOf(("friend", "timeline", "code")))


class MadeOut(Schema):
    """What onShareAppMessage takes; Moments takes the part of the path behind the question mark."""

    id = String()
    path = String()
    title = String()
    image_url = String(allow_none=True)


class SharerOut(Schema):
    nickname = String(allow_none=True)


class ShareOut(Schema):
    id = String()
    kind = String()
    channel = String()
    sharer = Nested(SharerOut)


class ListOut(Schema):
    filters = Dict()
    total = Integer()
    items = List(Nested(CardOut))


class OpenIn(Schema):
    visitor_id = String(validate=Length(8, 64), metadata={"description": "what the device calls itself; the same at login"})
    scene = String(validate=Length(1, 16), metadata={"description": "scene of the mini-program's launch, 1154 from Moments"})


class OpenOut(Schema):
    """What was shared, as it is now. A sold car comes with similar ones."""

    share = Nested(ShareOut)
    vehicle = Nested(CardOut, allow_none=True)
    list = Nested(ListOut, allow_none=True)
    similar = List(Nested(SimilarOut))


def made_out(session: Session, share: Share) -> dict[str, Any]:
    """A share for the one who passes it on."""
    kind = card(share.kind)
    preview = kind.preview(session, share)
    thing = f"id={share.vehicle_id}&" if share.vehicle_id else ""
    return {"id": share.id, "path": f"{kind.page}?{thing}share={share.id}", "title": preview.title, "image_url": preview.image_url}


def open_out(session: Session, share: Share) -> dict[str, Any]:
    """A share for the one who opens it."""
    sharer = session.get_one(Customer, share.customer_id)
    told = {"id": share.id, "kind": share.kind, "channel": share.channel, "sharer": {"nickname": sharer.nickname}}
    return {"share": told, "vehicle": None, "list": None} | card(share.kind).content(session, share)
