"""The rules of a journey, all of which may be left out: who comes back, who leaves early, who is held out, and when it is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range

from app.events.catalogue import NAMES
from app.journeys import filters
from app.journeys.dates import near
from app.kit.forms import Form
from app.kit.texts import t

PER = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
DEFAULT_PRIORITY = 5


def _said(name: str, **more: Any) -> dict[str, Any]:
    return {"label": t(f"journeys.rules.{name}"), **more}


def _number(name: str, least: int, most: int, **more: Any) -> fields.Integer:
    hint = t("journeys.problems.between", least=least, most=most)
    return fields.Integer(strict=True, validate=Range(least, most), metadata=_said(name, hint=hint), **more)


def _event() -> fields.String:
    return fields.String(
        required=True, validate=OneOf(NAMES), metadata=_said("event", hint=t("journeys.problems.unknown_event"), type="event")
    )


class Reentry(Form):
    """again: once per cause, one walk at a time, and not within `after_hours` of the last entry; once: once in a life."""

    mode = fields.String(
        load_default="again",
        validate=OneOf(("again", "once")),
        metadata=_said("mode", choices={one: t(f"journeys.rules.modes.{one}") for one in ("again", "once")}),
    )
    after_hours = _number("after_hours", 0, 24 * 3650, load_default=0)


class Leaving(Form):
    """An event that ends the walk at once."""

    event = _event()
    where = filters.where()


class Goal(Form):
    """What the journey is to lead to."""

    event = _event()
    where = filters.where()
    within_days = _number("within_days", 1, 365, load_default=30)


class Throttle(Form):
    """No more people than this begin in any such length of time."""

    people = _number("people", 1, 1_000_000, required=True)
    per = fields.String(
        required=True, validate=OneOf(list(PER)), metadata=_said("per", choices={one: t(f"journeys.rules.per_{one}") for one in PER})
    )


class Rules(Form):
    """Times are ISO 8601 with a zone. `exit_if` is a tree of the audience's conditions: for whom it holds is let out, and not let in."""

    reentry = fields.Nested(Reentry, load_default=lambda: Reentry().load({}), metadata={"label": t("journeys.reentry")})
    exit_on = fields.List(fields.Nested(Leaving), load_default=list, validate=Length(0, 20), metadata={"label": t("journeys.exit_on")})
    exit_if = fields.Dict(load_default=None, allow_none=True, metadata=_said("exit_if", type="tree"))
    goal = fields.Nested(Goal, load_default=None, allow_none=True, metadata=_said("goal"))
    holdout_percent = _number("holdout_percent", 0, 50, load_default=0)
    throttle = fields.Nested(Throttle, load_default=None, allow_none=True, metadata=_said("throttle"))
    starts_at = fields.AwareDateTime(load_default=None, allow_none=True, validate=near, metadata=_said("starts_at", type="moment"))
    ends_at = fields.AwareDateTime(load_default=None, allow_none=True, validate=near, metadata=_said("ends_at", type="moment"))
    ttl_days = _number("ttl_days", 1, 3650, load_default=None, allow_none=True)
    priority = _number("priority", 1, 9, load_default=DEFAULT_PRIORITY)

    @validates_schema
    def begins_before_it_ends(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("starts_at") and data.get("ends_at") and data["starts_at"] >= data["ends_at"]:
            raise ValidationError(t("journeys.problems.ends_first"), "ends_at")
