"""What the doors of one car, and of cars side by side, take and give."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, Date, DateTime, Dict, File, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

from app.dealers.schemas import StoreOut
from app.vehicles.models import Finding
from app.vehicles.schemas import CardOut, Choices, KeyOut, SimilarOut
from app.vehicles.schemas_finance import FinanceExampleOut

MOST_COMPARED = 4


class PhotoSizeOut(Schema):
    width = Integer()
    url = String()


class PhotoOut(Schema):
    url = String(metadata={"description": "the largest"})
    alt = String()
    sizes = List(Nested(PhotoSizeOut), metadata={"description": "WebP, the smallest first; a drawing has none"})


class PriceChangeOut(Schema):
    old_price_fen = Integer()
    new_price_fen = Integer()
    changed_at = DateTime()


class PriceNoteOut(Schema):
    kind = String(metadata={"description": "reduced"})
    text = String(metadata={"example": "11月3日降价 ¥30,000"})
    reduced_fen = Integer(metadata={"description": "below the lowest price of the thirty days before"})
    on = String(metadata={"description": "day in China"})


class PriceOut(Schema):
    price_fen = Integer()
    guide_price_fen = Integer(allow_none=True)
    saved_fen = Integer(allow_none=True, metadata={"description": "guide price less price, when it is less"})
    qualifier = String(metadata={"description": "what the price includes, zh-CN"})
    notes = List(Nested(PriceNoteOut), metadata={"description": "true reductions, the last one first"})
    history = List(Nested(PriceChangeOut))


class FairnessOut(Schema):
    """Where the price lies among comparable cars on sale; null when there are fewer than eight."""

    percentile = Integer(metadata={"description": "percentage of them that are cheaper"})
    count = Integer()
    level = String(metadata={"description": "low, fair or high"})
    label = String(metadata={"example": "价格偏低"})
    text = String(metadata={"description": "what it was compared with, zh-CN"})
    median_fen = Integer()
    lowest_fen = Integer()
    highest_fen = Integer()


class PointOut(Schema):
    name = String()
    finding = Nested(KeyOut)
    remark = String()


class GroupOut(Schema):
    name = String()
    points = List(Nested(PointOut))


class InspectionOut(Schema):
    """A report, or, where only a feed told how many defects were found, their number."""

    inspected_on = String(allow_none=True)
    inspector = String(allow_none=True)
    score = Integer(allow_none=True, metadata={"description": "out of 100"})
    summary = String()
    defects = Integer(metadata={"description": "points that are not in order"})
    counts = Dict(keys=String(), values=Integer(), allow_none=True, metadata={"description": "ok, minor, major"})
    groups = List(Nested(GroupOut))
    document_url = String(allow_none=True, metadata={"description": "the report as a PDF"})


class PointIn(Schema):
    name = String(required=True, validate=Length(1, 60))
    finding = String(required=True, validate=OneOf(tuple(Finding)))
    remark = String(load_default="", validate=Length(0, 300))


class GroupIn(Schema):
    name = String(required=True, validate=Length(1, 60))
    points = List(Nested(PointIn), required=True, validate=Length(1, 200))


class InspectionIn(Schema):
    inspected_on = Date(required=True)
    inspector = String(required=True, validate=Length(1, 60))
    score = Integer(load_default=None, allow_none=True, validate=Range(0, 100))
    summary = String(load_default="", validate=Length(0, 500))
    groups = List(Nested(GroupIn), required=True, validate=Length(1, 30))


class DocumentIn(Schema):
    """multipart/form-data"""

    document = File(required=True, metadata={"description": "PDF"})


class AvailabilityOut(Schema):
    """Read from the database at this moment; never from a cache."""

    status = Nested(KeyOut)
    reservable = Boolean(metadata={"description": "whether a deposit can be paid now"})
    as_of = DateTime(metadata={"description": "the database's clock"})


class HistoryOut(Schema):
    """What a car has behind it; all None for a new one."""

    first_registration_date = String(allow_none=True)
    odometer_km = Integer(allow_none=True)
    previous_owners = Integer(allow_none=True)
    accident_free = Boolean(allow_none=True)


class SpecificationOut(KeyOut):
    value = String()


class DetailOut(Schema):
    """Everything about one car."""

    id = String()
    title = String()
    model = String(metadata={"description": "empty when it is not known"})
    trim = String()
    series = Nested(KeyOut)
    status = Nested(KeyOut)
    reservable = Boolean(metadata={"description": "whether a deposit can be paid now"})
    availability = Nested(AvailabilityOut)
    condition = Nested(KeyOut)
    model_year = Integer()
    seats = Integer(allow_none=True)
    warranty_until = String(allow_none=True)
    vin_masked = String(allow_none=True)
    stock_number = String()
    exterior_color = Nested(KeyOut, allow_none=True)
    interior_color = Nested(KeyOut, allow_none=True)
    body = Nested(KeyOut, allow_none=True)
    drivetrain = Nested(KeyOut, allow_none=True)
    energy = Nested(KeyOut, allow_none=True)
    gearbox = Nested(KeyOut, allow_none=True)
    price = Nested(PriceOut)
    fairness = Nested(FairnessOut, allow_none=True)
    finance = Nested(FinanceExampleOut, allow_none=True)
    photos = List(Nested(PhotoOut))
    history = Nested(HistoryOut)
    inspection = Nested(InspectionOut, allow_none=True)
    highlights = List(String())
    options = List(Nested(KeyOut))
    specifications = List(Nested(SpecificationOut))
    store = Nested(StoreOut)
    similar = List(Nested(SimilarOut))
    listed_at = DateTime(allow_none=True)
    version = Integer()


class CompareIn(Schema):
    ids = Choices(of=uuid.UUID)

    @validates_schema
    def _some(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not 1 <= len(data["ids"]) <= MOST_COMPARED:
            raise ValidationError(f"one to {MOST_COMPARED}", "ids")


class ComparedRowOut(Schema):
    label = String()
    values = List(String(allow_none=True), metadata={"description": "one for each car, in their order; null where it is not known"})
    differs = Boolean()


class ComparedGroupOut(Schema):
    label = String()
    rows = List(Nested(ComparedRowOut))


class ComparisonOut(Schema):
    vehicles = List(Nested(CardOut), metadata={"description": "in the order asked for; a sold one says so in its status"})
    groups = List(Nested(ComparedGroupOut))
