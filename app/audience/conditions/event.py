"""What a customer did or did not do: how often, within which time, with which particulars."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, Regexp
from sqlalchemy import ColumnElement, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.audience.conditions import Answer, Condition, Counted, Form, Scope, counted, day_begins, how_often, one_of
from app.events.catalogue import NAMES
from app.events.models import Event
from app.kit.texts import has, listed, t

_TESTS = {one: t(f"audience.conditions.event.tests.{one}") for one in ("eq", "ne", "gte", "lte", "contains", "exists")}
_EVENTS = {one: t(f"events.{one}") for one in NAMES if has(f"events.{one}")}


class Particular(Form):
    """One thing that the event told, against a value."""

    name = fields.String(
        required=True,
        validate=Regexp(r"[A-Za-z][A-Za-z0-9_]{0,39}\Z"),
        metadata={"label": t("audience.conditions.event.name")},
    )
    test = one_of("event.test", _TESTS, required=True)
    value = fields.Raw(load_default=None, allow_none=True, metadata={"label": t("audience.conditions.event.value")})

    @validates_schema
    def fits(self, data: dict[str, Any], **_: Any) -> None:
        value, test = data["value"], data["test"]
        if test in ("gte", "lte"):
            fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 2**53
        elif test == "contains":
            fits = isinstance(value, str) and 0 < len(value) <= 200
        else:
            fits = test == "exists" or (isinstance(value, str | int | float) and len(str(value)) <= 200)
        if not fits:
            raise ValidationError(t("forms.wrong"), "value")


def holds(one: dict[str, Any]) -> ColumnElement[bool]:
    """A particular as SQL over `Event.data`; a value of another type is never the one, and no comparison fails on it."""
    told, value = Event.data[one["name"]], one["value"]
    match one["test"]:
        case "exists":
            return Event.data.has_key(one["name"])
        case "contains":
            return Event.data[one["name"]].astext.contains(value, autoescape=True)
        case "eq":
            return told == cast(literal(value, JSONB), JSONB)
        case "ne":
            return told.is_distinct_from(cast(literal(value, JSONB), JSONB))
    number = case((func.jsonb_typeof(told) == "number", told))
    return number >= cast(literal(value, JSONB), JSONB) if one["test"] == "gte" else number <= cast(literal(value, JSONB), JSONB)


class HasDone(Condition):
    """Counts by the time at which we heard of it. Days of the calendar are China's, the last of them included."""

    kind = "event"
    label = t("audience.conditions.event.label")

    class Config(Counted):
        event = one_of("event.event", _EVENTS, required=True)
        from_on = fields.Date(load_default=None, allow_none=True, metadata={"label": t("audience.conditions.from_on")})
        until_on = fields.Date(load_default=None, allow_none=True, metadata={"label": t("audience.conditions.until_on")})
        where = fields.List(
            fields.Nested(Particular), load_default=list, validate=Length(0, 10), metadata={"label": t("audience.conditions.event.where")}
        )

        @validates_schema
        def one_window(self, data: dict[str, Any], **_: Any) -> None:
            first, last = data["from_on"], data["until_on"]
            if data["within_days"] and (first or last):
                raise ValidationError(t("audience.conditions.one_window"), "within_days")
            if first and last and last < first:
                raise ValidationError(t("audience.conditions.wrong_days"), "until_on")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        said = how_often(config) + t("audience.conditions.event.did", event=t(f"events.{config['event']}"))
        if config["from_on"] or config["until_on"]:
            first, last = config["from_on"] or "", config["until_on"] or ""
            said += t("audience.conditions.event.between", first=first, last=last)
        tests = [
            t(
                "audience.conditions.event.particular",
                name=one["name"],
                test=_TESTS[one["test"]],
                value="" if one["test"] == "exists" else one["value"],
            )
            for one in config["where"]
        ]
        return said + (t("audience.conditions.event.with", tests=listed(tests)) if tests else "")

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(Event.customer_id, Event.recorded_at).where(Event.brand_id == scope.brand_id, Event.name == config["event"])
        if config["from_on"]:
            rows = rows.where(Event.recorded_at >= day_begins(config["from_on"]))
        if config["until_on"]:
            rows = rows.where(Event.recorded_at < day_begins(config["until_on"] + timedelta(days=1)))
        if config["where"]:
            rows = rows.where(and_(*map(holds, config["where"])))
        is_all = not (config["from_on"] or config["until_on"] or config["where"])
        return counted(rows, config, event=config["event"] if is_all else None)

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {config["event"]}
