"""What the doors of sharing take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Boolean, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf

from app.vehicles.schemas import CardOut, FiltersIn, SimilarOut


class ShareIn(Schema):
    """A vehicle, or a list by its filters."""

    kind = String(required=True, metadata={"description": "vehicle or list"})
    vehicle_id = UUID(metadata={"description": "for a vehicle"})
    filters = Nested(FiltersIn, metadata={"description": "for a list: as in the search"})
    channel = String(required=True, validate=OneOf(("friend", "timeline", "code")))


class MadeOut(Schema):
    """What onShareAppMessage takes; Moments takes the part of the path behind the question mark."""

    id = String()
    path = String()
    title = String()
    image_url = String(allow_none=True)


class PosterOut(Schema):
    """A picture to keep in the album, with a code that opens the share."""

    status = String(metadata={"description": "pending, ready or failed; one that failed is tried again when it is asked for again"})
    url = String(allow_none=True)


class SharerOut(Schema):
    nickname = String(allow_none=True)
    is_self = Boolean(metadata={"description": "whether she who opens it made it herself"})


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
