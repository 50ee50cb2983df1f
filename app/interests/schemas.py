"""What the doors of favourites, views, saved searches and alerts take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, AwareDateTime, Boolean, DateTime, Dict, Enum, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, post_load, validates_schema

from app.interests.models import AlertKind, Frequency
from app.kit import paging
from app.kit.geo import Datum
from app.vehicles.schemas import CardOut, FiltersIn, SimilarOut, is_text

LONGEST_NAME = 40
FREQUENCIES = tuple(one.value for one in Frequency)
# A phone's own list, brought along when she signs in.
MOST_BROUGHT = 100
MOST_MARKED = 100


class PageIn(Schema):
    cursor = String(validate=Length(1, 300))
    limit = Integer(load_default=20, validate=Range(1, paging.MAX_LIMIT))


class FavouriteStateOut(Schema):
    vehicle_id = String()
    is_favourite = Boolean()


class FavouriteIdsOut(Schema):
    ids = List(String(), metadata={"description": "of all her favourites, newest first"})
    most = Integer(metadata={"description": "how many one person may keep"})


class FavouriteOut(Schema):
    """A car she keeps, as it is now."""

    vehicle = Nested(CardOut)
    favourited_at = DateTime()
    price_when_favoured_fen = Integer()
    drop_fen = Integer(allow_none=True, metadata={"description": "by how much it costs less now than when she chose it"})
    note = String(allow_none=True, metadata={"description": "zh-CN", "example": "比收藏时降 ¥30,000"})
    is_available = Boolean(metadata={"description": "on sale or reserved; others have no page any more, but similar cars"})
    hint = String(
        allow_none=True, metadata={"description": "what to do when it is reserved or gone, zh-CN", "example": "已售出，看看相似车辆"}
    )


class FavouritesOut(Schema):
    items = List(Nested(FavouriteOut))
    total = Integer()
    next_cursor = String(allow_none=True)


class SimilarCarsOut(Schema):
    items = List(Nested(SimilarOut))


class ViewOut(Schema):
    vehicle = Nested(CardOut)
    viewed_at = DateTime()
    is_available = Boolean()


class ViewsOut(Schema):
    items = List(Nested(ViewOut))
    next_cursor = String(allow_none=True)


class BroughtIn(Schema):
    vehicle_id = UUID(required=True)
    viewed_at = AwareDateTime(required=True, metadata={"description": "by the clock of the phone; a time to come counts as now"})


class ViewsIn(Schema):
    """What a phone remembered while nobody was signed in on it."""

    items = List(Nested(BroughtIn), required=True, validate=Length(0, MOST_BROUGHT))


class KeptOut(Schema):
    kept = Integer(metadata={"description": "how many cars the list has now"})


class PlaceIn(Schema):
    lat = Float(required=True, validate=Range(-90, 90))
    lng = Float(required=True, validate=Range(-180, 180))
    crs = Enum(Datum, by_value=True, load_default=Datum.gcj02)
    label = String(
        allow_none=True, validate=[Length(1, LONGEST_NAME), is_text], metadata={"description": "what she calls it: a city, a district"}
    )


class SavedPlaceOut(Schema):
    lat = Float()
    lng = Float()
    crs = String(metadata={"description": "always gcj02"})
    label = String(allow_none=True)


def _name(**kwargs: Any) -> String:
    return String(validate=[Length(1, LONGEST_NAME), is_text], **kwargs)


class SearchIn(Schema):
    """A search as the search door takes it, but for its order and page."""

    name = _name(metadata={"description": "made of the filters when it is left out"})
    filters = Nested(FiltersIn, required=True)
    place = Nested(PlaceIn, allow_none=True, load_default=None, metadata={"description": "where radius_km is counted from"})
    frequency = String(load_default=Frequency.daily.value, validate=OneOf(FREQUENCIES))

    @validates_schema
    def _radius_has_a_centre(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if "radius_km" in data["filters"] and data["place"] is None:
            raise ValidationError("radius_km needs a place", "place")


class SearchChangeIn(Schema):
    """What is left out stays."""

    name = _name()
    frequency = String(validate=OneOf(FREQUENCIES))
    paused = Boolean()


class SavedSearchOut(Schema):
    id = String()
    name = String()
    summary = String(metadata={"description": "its filters in words, zh-CN", "example": "911 · 白色 · 80–100 万"})
    filters = Dict(metadata={"description": "as the search door takes them"})
    place = Nested(SavedPlaceOut, allow_none=True)
    frequency = String(metadata={"enum": list(FREQUENCIES)})
    frequency_label = String(metadata={"description": "zh-CN"})
    paused = Boolean()
    total = Integer(metadata={"description": "results now"})
    new = Integer(metadata={"description": "cars found since she looked last"})
    created_at = DateTime()
    looked_at = DateTime()


class SavedSearchesOut(Schema):
    items = List(Nested(SavedSearchOut), metadata={"description": "newest first"})
    most = Integer(metadata={"description": "how many one person may save"})


class MatchOut(Schema):
    vehicle = Nested(CardOut)
    matched_at = DateTime()
    is_new = Boolean(metadata={"description": "found since she looked last"})
    is_available = Boolean()


class MatchesOut(Schema):
    """Cars that became results after the search was saved, newest first, as they are now."""

    items = List(Nested(MatchOut))
    next_cursor = String(allow_none=True)


class TargetOut(Schema):
    """What a tap opens."""

    kind = String(metadata={"enum": ["vehicle", "saved_search"]})
    id = String()


class AlertOut(Schema):
    id = String()
    kind = String(metadata={"enum": [one.value for one in AlertKind]})
    label = String(metadata={"description": "zh-CN", "example": "降价提醒"})
    text = String(metadata={"description": "zh-CN", "example": "您收藏的 911 Carrera 降价 ¥30,000，现价 ¥968,000"})
    count = Integer(metadata={"description": "how many cars it is about"})
    old_price_fen = Integer(allow_none=True)
    new_price_fen = Integer(allow_none=True)
    vehicle = Nested(CardOut, metadata={"description": "the car, or the one of several found last"})
    saved_search = Dict(allow_none=True, metadata={"description": "id and name"})
    target = Nested(TargetOut)
    is_read = Boolean()
    created_at = DateTime()


class AlertsOut(Schema):
    items = List(Nested(AlertOut))
    unread = Integer()
    next_cursor = String(allow_none=True)


class ReadIn(Schema):
    """Some alerts, or all up to one that she has seen: what came meanwhile stays unread."""

    ids = List(UUID(), validate=Length(1, MOST_MARKED))
    until = UUID(metadata={"description": "the newest of her list as it was shown"})

    @post_load
    def _says_which(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        if len(data) != 1:
            raise ValidationError("either ids or until", "ids")
        return data


class UnreadOut(Schema):
    unread = Integer()


class SummaryOut(Schema):
    """The figures of her own page."""

    favourites = Integer()
    recently_viewed = Integer()
    saved_searches = Integer()
    new_matches = Integer(metadata={"description": "cars that her saved searches found since she looked at each"})
    unread_alerts = Integer()
