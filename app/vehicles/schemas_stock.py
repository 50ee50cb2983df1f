"""What the doors of the stock take and give. Money is fen; times are UTC."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, Date, DateTime, Dict, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from marshmallow import ValidationError, validates

from app.dealers.schemas import ActorOut, NamedOut
from app.kit.answers import RefusalOut, one_of
from app.kit.paging import MAX_LIMIT
from app.kit.rows import LONGEST
from app.vehicles.mapping import MOST_SEATS, STANDARD, shipped
from app.vehicles.models import Condition, FeedFormat, RunStatus, Status
from app.vehicles.vin import is_vin

NOTHING_BAD = Regexp(r"[^\x00]*\Z")
TEXT = [Length(1, LONGEST), NOTHING_BAD]
MOST_FEN = 10**13
MOST_CONFIRMED = 500
NEEDED = ("title", "series", "condition", "model_year", "price_fen")


def _text(**more: Any) -> String:
    return String(validate=[Length(0, LONGEST), NOTHING_BAD], allow_none=True, **more)


class CarIn(Schema):
    """What is not said stays as it is; null says that it is not known."""

    title = String(validate=TEXT)
    series = String(validate=TEXT, metadata={"description": "by its name; a new one is made"})
    model = String(validate=[Length(0, LONGEST), NOTHING_BAD], metadata={"description": "车型, such as 911 Carrera"})
    trim = String(validate=[Length(0, LONGEST), NOTHING_BAD], metadata={"description": "款型"})
    condition = String(validate=OneOf([one.value for one in Condition]))
    model_year = Integer(validate=Range(1950, 2100))
    price_fen = Integer(validate=Range(1, MOST_FEN))
    guide_price_fen = Integer(validate=Range(1, MOST_FEN), allow_none=True)
    vin = String(allow_none=True, metadata={"description": "17 characters, whose check digit is verified"})
    first_registration_date = Date(allow_none=True)
    odometer_km = Integer(validate=Range(0, 2**31 - 1), allow_none=True)
    previous_owners = Integer(validate=Range(0, 99), allow_none=True)
    accident_free = Boolean(allow_none=True)
    exterior_color = _text()
    interior_color = _text()
    body = _text()
    drivetrain = _text()
    energy = _text()
    gearbox = _text()
    seats = Integer(validate=Range(1, MOST_SEATS), allow_none=True)
    warranty_until = Date(allow_none=True)
    options = List(String(validate=TEXT), validate=Length(0, 200))
    highlights = List(String(validate=TEXT), validate=Length(0, 10))
    specifications = Dict(keys=String(validate=TEXT), values=String(validate=TEXT), validate=Length(0, 200))
    store_id = UUID(metadata={"description": "needed where the dealer has several stores, and by headquarters"})

    @validates("vin")
    def _vin(self, value: str | None, **_: Any) -> None:
        if value is not None and not is_vin(value):
            raise ValidationError("not a VIN, or its check digit is wrong")


class WholeCarIn(CarIn):
    """Nobody can be shown a car without what is required here."""

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        field_obj.required = field_obj.required or field_name in NEEDED


class NewCarIn(WholeCarIn):
    stock_number = String(required=True, validate=TEXT)
    status = String(validate=OneOf(["draft", "in_preparation"]), load_default="in_preparation")


class ChangedCarIn(CarIn):
    version = Integer(required=True, metadata={"description": "as it was read; 409 when the car has changed since"})


class PriceIn(Schema):
    price_fen = Integer(required=True, validate=Range(1, MOST_FEN))
    version = Integer()


class WithdrawIn(Schema):
    reason = String(required=True, validate=TEXT, metadata={"description": "for the trail, in one's own words"})


class ConfirmIn(Schema):
    vehicle_ids = List(UUID(), required=True, validate=Length(1, MOST_CONFIRMED))


class ConfirmedOut(Schema):
    confirmed = Integer()
    listed_again = List(String())


class StockIn(Schema):
    q = String(validate=TEXT, metadata={"description": "a VIN, the beginning of a stock number, or a part of the title"})
    status = String(validate=OneOf([one.value for one in Status]))
    condition = String(validate=OneOf([one.value for one in Condition]))
    store_id = UUID()
    dealer_id = UUID()
    feed = String(validate=TEXT)
    unconfirmed = Boolean(load_default=False, metadata={"description": "only those that have to be confirmed, or were not"})
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class StateOut(Schema):
    key = String()
    label = String()


class CarStatusOut(StateOut):
    key = one_of(Status)


class StockRowOut(Schema):
    id = String()
    stock_number = String()
    vin = String(allow_none=True)
    title = String()
    status = Nested(CarStatusOut)
    withdrawn_for = Nested(StateOut, allow_none=True)
    condition = Nested(StateOut)
    price_fen = Integer()
    photo = String(allow_none=True)
    dealer = Nested(NamedOut)
    store = Nested(NamedOut)
    feed = String(allow_none=True)
    missed_feeds = Integer()
    listed_at = DateTime(allow_none=True)
    confirmed_at = DateTime(allow_none=True)
    unlisted_at = DateTime(allow_none=True, metadata={"description": "when it will be taken off sale unless somebody confirms it"})
    version = Integer()


class StockListOut(Schema):
    items = List(Nested(StockRowOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class StockMoveOut(Schema):
    id = String()
    at = DateTime()
    before = String(metadata={"description": "empty for the first"})
    after = String()
    actor = Nested(ActorOut)
    reason = String(allow_none=True, metadata={"description": "a code, or a person's own words"})
    cause = String(metadata={"description": "the door or the job"})
    request_id = String()


class StockPriceOut(Schema):
    old_price_fen = Integer()
    new_price_fen = Integer()
    changed_at = DateTime()


class StockPageOut(StockRowOut):
    series = String()
    model = String()
    trim = String()
    model_year = Integer()
    guide_price_fen = Integer(allow_none=True)
    first_registration_date = Date(allow_none=True)
    odometer_km = Integer(allow_none=True)
    previous_owners = Integer(allow_none=True)
    accident_free = Boolean(allow_none=True)
    exterior_color = String(allow_none=True)
    interior_color = String(allow_none=True)
    body = String(allow_none=True)
    drivetrain = String(allow_none=True)
    energy = String(allow_none=True)
    gearbox = String(allow_none=True)
    seats = Integer(allow_none=True)
    warranty_until = Date(allow_none=True)
    options = List(String())
    highlights = List(String())
    specifications = Dict()
    trail = List(Nested(StockMoveOut))
    prices = List(Nested(StockPriceOut))


class FeedIn(Schema):
    """How the file, which is the body of the request or its form field `file`, is to be read."""

    mapping = String(load_default=STANDARD, validate=OneOf(shipped()))
    feed = String(
        load_default="", validate=Regexp(r"[0-9A-Za-z_\-]{0,40}\Z"), metadata={"description": "which of several; default the mapping"}
    )
    file_name = String(load_default="", validate=[Length(0, LONGEST), NOTHING_BAD])
    withdraw_after = Integer(
        load_default=3, validate=Range(0, 100), metadata={"description": "feeds without a car until it is taken off sale; 0 never"}
    )
    dealer_id = UUID(metadata={"description": "headquarters only: whose cars they are; without it each row names dealer, store or city"})


class RunsIn(Schema):
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class FeedRunOut(Schema):
    id = String()
    feed = String()
    dealer_id = String(allow_none=True)
    status = one_of(RunStatus)
    status_label = String()
    mapping = String()
    format = one_of(FeedFormat)
    file_name = String()
    file_sha256 = String()
    progress = Integer(metadata={"description": "percent of the file that was read"})
    rows = Integer()
    created = Integer()
    updated = Integer()
    unchanged = Integer()
    withdrawn = Integer(metadata={"description": "while it is held: how many it would take off sale"})
    rejected = Integer()
    error = Nested(RefusalOut, allow_none=True, metadata={"description": "why it was refused"})
    created_at = DateTime()
    finished_at = DateTime(allow_none=True)


class FeedRunsOut(Schema):
    items = List(Nested(FeedRunOut))
    next_cursor = String(allow_none=True)


class MappingOut(Schema):
    key = String()
    columns = List(String())


class MappingsOut(Schema):
    items = List(Nested(MappingOut))


class RefusedRowOut(Schema):
    line = Integer(metadata={"description": "of a JSON feed: the place of the object, from 1"})
    stock_number = String(allow_none=True)
    field = String()
    value = String()
    reason = String()
    label = String(metadata={"description": "the reason in words, zh-CN"})


class RefusedRowsOut(Schema):
    items = List(Nested(RefusedRowOut))
    next_cursor = String(allow_none=True)


class AgeingIn(Schema):
    since = Date(metadata={"description": "the first day, in China; 29 days before the last unless given"})
    until = Date(metadata={"description": "the last day, in China; today unless given"})
    by = String(load_default="model", validate=OneOf(["model", "dealer"]))


class AgeingRowOut(Schema):
    key = String()
    name = String()
    opening = Integer(metadata={"description": "in stock when the first day began"})
    arrived = Integer()
    sold = Integer()
    withdrawn = Integer()
    closing = Integer(metadata={"description": "in stock when the last day ended: opening + arrived - sold - withdrawn"})
    days_in_stock = Float(allow_none=True, metadata={"description": "so far, on average, of those in stock at the end"})
    over_90_days = Integer(metadata={"description": "of those in stock at the end"})
    days_to_sell = Float(allow_none=True, metadata={"description": "on average, of those sold in these days"})


class AgeingOut(Schema):
    items = List(Nested(AgeingRowOut))
    total = Nested(AgeingRowOut)
