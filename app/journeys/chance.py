"""What chance decides about a person on a node: drawn from who she is, so that it is always the same for her."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Range
from sqlalchemy import ColumnElement, Interval, String, cast, func

from app.journeys.visits import Standing, standing
from app.kit.texts import t


def draw(*of_what: Any, below: int) -> ColumnElement[int]:
    """A number from 0 below another, always the same for the same things, which are columns or texts."""
    name = func.concat_ws(":", *(cast(one, String) for one in of_what))
    # The remainder of a negative number is negative.
    drawn: ColumnElement[int] = func.mod(func.mod(func.hashtextextended(name, 0), below) + below, below)
    return drawn


def spread_field() -> fields.Integer:
    """The setting of nodes from which many may go on at one moment."""
    words = {"label": t("journeys.spread.label"), "hint": t("journeys.spread.hint")}
    return fields.Integer(strict=True, load_default=0, validate=Range(0, 720), metadata=words)


def spread(here: Standing) -> ColumnElement[timedelta]:
    """A part of the node's `spread_minutes` that is this visit's own."""
    minutes = here.config["spread_minutes"]
    seconds = draw(standing.c.walk_id, standing.c.visit_no, below=minutes * 60 + 1) if minutes else 0
    time: ColumnElement[timedelta] = func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
    return time
