"""What the door of places takes and gives."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import Enum, Float, String
from apiflask.validators import Range
from marshmallow import ValidationError, validates_schema

from app.kit.geo import Datum


class HereIn(Schema):
    """Her own place, or nothing: then it is the place of her network."""

    lat = Float(validate=Range(-90, 90))
    lng = Float(validate=Range(-180, 180))
    crs = Enum(Datum, by_value=True, load_default=Datum.gcj02, metadata={"description": "datum of lat and lng"})

    @validates_schema
    def _both_or_none(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("lat" in data) != ("lng" in data):
            raise ValidationError("lat and lng go together", "lng" if "lat" in data else "lat")


class HereOut(Schema):
    city = String(allow_none=True, metadata={"description": "null when nobody knows", "example": "上海"})
    district = String(allow_none=True, metadata={"example": "徐汇区"})
    province = String(allow_none=True, metadata={"example": "上海市"})
    adcode = String(allow_none=True, metadata={"example": "310104"})
    lat = Float(allow_none=True, metadata={"description": "her own place, or about where her network is"})
    lng = Float(allow_none=True)
    crs = String(metadata={"description": "always gcj02"})
