"""What the doors of photographs and inspections take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, File, Integer, List, Nested, String
from apiflask.validators import Length


class UploadIn(Schema):
    """multipart/form-data"""

    photo = File(required=True, metadata={"description": "JPEG, PNG or WebP"})
    alt = String(load_default="", validate=Length(0, 100), metadata={"description": "what it shows; default the car's title"})


class PlaceOfPhotoIn(Schema):
    id = UUID(required=True)
    alt = String(validate=Length(1, 100))


class ArrangeIn(Schema):
    photos = List(Nested(PlaceOfPhotoIn), required=True, validate=Length(0, 200), metadata={"description": "all of them, the cover first"})


class StaffPhotoOut(Schema):
    id = String()
    alt = String()
    width = Integer()
    height = Integer()
    ready = Boolean(metadata={"description": "false until its sizes are made; consumers do not see it before"})
    url = String(allow_none=True)
    deleted_at = DateTime(allow_none=True, metadata={"description": "when it was taken off"})


class AlbumOut(Schema):
    items = List(Nested(StaffPhotoOut))
    taken_off = List(Nested(StaffPhotoOut), metadata={"description": "can still be put back"})
