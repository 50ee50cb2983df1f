"""What may stand beside a tag, and what a behavioural one may count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from app.audience.errors import ValueUnfit
from app.audience.models import ValueType

LONGEST_VALUE = 100
# How often, and within how long, somebody is to have done what a behavioural tag counts.
MOST_TIMES, MOST_DAYS = 1_000, 365
# How lists of tags may be sorted.
TAG_SORTS = ("label", "newest")
# What may be asked of the car that an event names, and where that stands.
OF_VEHICLES = {"body": "v.body", "energy": "v.energy", "condition": "v.condition", "series_id": "v.series_id::text"}


def fitting(kind: ValueType, choices: Sequence[str], value: str) -> str:
    """A value as it is kept. Raises `ValueUnfit` when the tag has none, or none like this."""
    try:
        if kind == ValueType.number:
            number = Decimal(value)
            if not number.is_finite() or len(value) > LONGEST_VALUE or abs(number.adjusted()) > LONGEST_VALUE:
                raise ValueUnfit(value=kind.value)
            return f"{number:f}"
        if kind == ValueType.date:
            return date.fromisoformat(value).isoformat()
    except (InvalidOperation, ValueError) as error:
        raise ValueUnfit(value=kind.value) from error
    if kind == ValueType.none or (kind == ValueType.choice and value not in choices) or not 0 < len(value) <= LONGEST_VALUE:
        raise ValueUnfit(value=kind.value)
    return value
