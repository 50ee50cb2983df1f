"""What may stand beside a tag."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from app.audience.errors import ValueUnfit
from app.audience.models import ValueType

LONGEST_VALUE = 100


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
