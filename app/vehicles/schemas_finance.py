"""What the door of finance takes and gives, and how a plan is written down."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, Date, DateTime, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

from app.kit.paging import MAX_LIMIT
from app.vehicles.models import Condition, PlanKind
from app.vehicles.queries.plans import State

# Which fields are of which kind alone, and must be left out of the others.
OF_KIND = {
    "final_percent": (PlanKind.balloon, PlanKind.lease),
    "final_separately": (PlanKind.balloon,),
    "in_advance": (PlanKind.lease,),
    "subsidised_rate_bp": (PlanKind.zero_rate,),
}


class PlanIn(Schema):
    """A finance plan as headquarters write it down; what is left out shuts nobody out."""

    name = String(required=True, validate=Length(1, 40))
    kind = String(load_default=PlanKind.annuity.value, validate=OneOf([kind.value for kind in PlanKind]))
    term_months = Integer(required=True, strict=True, validate=Range(1, 84))
    annual_rate_bp = Integer(required=True, strict=True, validate=Range(0, 2400))
    min_down_payment_percent = Integer(required=True, strict=True, validate=Range(0, 99))
    max_down_payment_percent = Integer(load_default=100, strict=True, validate=Range(0, 100))
    final_percent = Integer(load_default=0, strict=True, validate=Range(0, 80))
    final_separately = Boolean(load_default=False)
    in_advance = Boolean(load_default=False)
    subsidised_rate_bp = Integer(load_default=0, strict=True, validate=Range(0, 2400))
    fee_bp = Integer(load_default=0, strict=True, validate=Range(0, 1000))
    conditions = List(String(validate=OneOf([one.value for one in Condition])), load_default=list)
    series = List(String(validate=Length(1, 40)), load_default=list)
    model_year_min = Integer(load_default=None, strict=True, validate=Range(1950, 2100))
    model_year_max = Integer(load_default=None, strict=True, validate=Range(1950, 2100))
    price_min_fen = Integer(load_default=None, strict=True, validate=Range(1, 2**53))
    price_max_fen = Integer(load_default=None, strict=True, validate=Range(1, 2**53))
    valid_from = Date(load_default=None)
    valid_until = Date(load_default=None)

    @validates_schema
    def _fits_its_kind(self, data: dict[str, Any], **_kwargs: Any) -> None:
        wrong = {name: "not for this kind" for name, kinds in OF_KIND.items() if data[name] and data["kind"] not in kinds}
        if data["kind"] in OF_KIND["final_percent"] and not data["final_percent"]:
            wrong["final_percent"] = "needed for this kind"
        if data["kind"] in OF_KIND["final_percent"] and data["term_months"] < 6:
            wrong["term_months"] = "at least 6 for this kind"
        if data["kind"] == PlanKind.zero_rate and data["annual_rate_bp"]:
            wrong["annual_rate_bp"] = "0 for this kind"
        for low, high in (
            ("min_down_payment_percent", "max_down_payment_percent"),
            ("model_year_min", "model_year_max"),
            ("price_min_fen", "price_max_fen"),
            ("valid_from", "valid_until"),
        ):
            if data[low] is not None and data[high] is not None and data[low] > data[high]:
                wrong[high] = f"less than {low}"
        if wrong:
            raise ValidationError(wrong)


class FinanceIn(Schema):
    plan_id = UUID(metadata={"description": "one of the plans; default the one with the least instalment"})
    down_payment_fen = Integer(validate=Range(0, 2**53), metadata={"description": "default: the least that the plan wants"})


class PlanKindOut(Schema):
    key = String(metadata={"example": "balloon"})
    label = String(metadata={"example": "气球贷"})


class PlanOut(Schema):
    """A plan that is for this car, and its instalment with the least down payment."""

    id = String()
    name = String()
    kind = Nested(PlanKindOut)
    term_months = Integer()
    annual_rate_percent = Float(metadata={"description": "nominal, without the fee"})
    fee_percent = Float(metadata={"description": "once, of what is lent"})
    final_percent = Integer(metadata={"description": "of the price: a balloon, or what a leased car is worth in the end; 0 for the others"})
    min_down_payment_percent = Integer()
    max_down_payment_percent = Integer()
    valid_until = String(allow_none=True, metadata={"description": "the last day of a campaign"})
    monthly_fen = Integer()


class FinanceExampleOut(Schema):
    """One loan or lease, exact to the fen; the last regular instalment absorbs the rounding."""

    plan = Nested(PlanOut)
    price_fen = Integer()
    down_payment_fen = Integer()
    down_payment_min_fen = Integer()
    down_payment_max_fen = Integer()
    principal_fen = Integer()
    monthly_fen = Integer()
    last_instalment_fen = Integer(metadata={"description": "a balloon that is due with it is in it"})
    final_fen = Integer(metadata={"description": "balloon, or residual value: paid by who keeps a leased car, not by who returns it"})
    fee_fen = Integer(metadata={"description": "due at the beginning"})
    interest_fen = Integer()
    subsidy_fen = Integer(metadata={"description": "interest that the brand pays in her place"})
    total_fen = Integer(metadata={"description": "down payment, fee, all instalments and a residual value"})
    apr_percent = Float(metadata={"description": "twelve times the monthly internal rate of return, the fee in it"})
    effective_apr_percent = Float(metadata={"description": "the same, compounded over a year"})
    note = String(metadata={"description": "how the payments go, zh-CN"})
    disclaimer = String()


class InstalmentOut(Schema):
    number = Integer()
    after_months = Integer(metadata={"description": "0 is at the beginning"})
    payment_fen = Integer()
    principal_fen = Integer()
    interest_fen = Integer()
    balance_fen = Integer(metadata={"description": "owed after it"})


class PlanPreviewOut(FinanceExampleOut):
    schedule = List(Nested(InstalmentOut))


class FinanceOut(PlanPreviewOut):
    plans = List(Nested(PlanOut))


class PlansIn(Schema):
    q = String(validate=Length(1, 40), metadata={"description": "a part of the name"})
    state = String(validate=OneOf([one.value for one in State]))
    kind = String(validate=OneOf([one.value for one in PlanKind]))
    series = String(validate=Length(1, 40), metadata={"description": "key of a series that the plan is for"})
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class RevisionIn(Schema):
    revision = Integer(required=True, strict=True, validate=Range(1, 2**31 - 1), metadata={"description": "of the draft as it was read"})


class DraftIn(PlanIn, RevisionIn):
    """The whole draft, as it is to be."""


class PublishIn(RevisionIn):
    replaces_id = UUID(required=True, allow_none=True, metadata={"description": "the version in force as it was read; null: none is"})


class PreviewIn(PlanIn):
    price_fen = Integer(required=True, strict=True, validate=Range(1, 2**53))
    down_payment_fen = Integer(strict=True, validate=Range(0, 2**53), metadata={"description": "default: the least that the plan wants"})


class PlanRowOut(Schema):
    """One version of a plan as headquarters keep it."""

    id = String()
    name = String()
    state = String(validate=OneOf([one.value for one in State]))
    version = Integer(allow_none=True, metadata={"description": "counted by name; null while it is a draft"})
    revision = Integer(metadata={"description": "how often the draft was saved"})
    kind = Nested(PlanKindOut)
    term_months = Integer()
    annual_rate_bp = Integer()
    min_down_payment_percent = Integer()
    max_down_payment_percent = Integer()
    final_percent = Integer()
    final_separately = Boolean()
    in_advance = Boolean()
    subsidised_rate_bp = Integer()
    fee_bp = Integer()
    conditions = List(String(validate=OneOf([one.value for one in Condition])))
    series = List(String())
    model_year_min = Integer(allow_none=True)
    model_year_max = Integer(allow_none=True)
    price_min_fen = Integer(allow_none=True)
    price_max_fen = Integer(allow_none=True)
    valid_from = Date(allow_none=True)
    valid_until = Date(allow_none=True)
    created_at = DateTime()
    published_at = DateTime(allow_none=True)
    published_by = String(allow_none=True, metadata={"description": "null where a command of the operator's did it"})
    ended_at = DateTime(allow_none=True)
    ended_by = String(allow_none=True)


class PlansOut(Schema):
    items = List(Nested(PlanRowOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class PlanPageOut(PlanRowOut):
    versions = List(Nested(PlanRowOut), metadata={"description": "all that were published under this name, the latest first"})
    replaces = Nested(PlanRowOut, allow_none=True, metadata={"description": "what is in force until this draft is published"})
    cars = Integer(metadata={"description": "so many cars on sale it is for"})


class PlanChoicesOut(Schema):
    kinds = List(Nested(PlanKindOut))
    conditions = List(Nested(PlanKindOut))
    series = List(Nested(PlanKindOut))
