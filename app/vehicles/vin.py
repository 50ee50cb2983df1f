"""The 17 characters that name a car, and their check digit (GB 16735, as ISO 3779 has it for North America and China)."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}")
_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def is_vin(text: str) -> bool:
    """Whether these are 17 permitted characters with the right check digit in the ninth place."""
    return bool(_SHAPE.fullmatch(text)) and text[8] == check_digit(text)


def check_digit(text: str) -> str:
    """The ninth character that belongs to the other sixteen; what stands there does not matter."""
    total = sum((int(sign) if sign.isdigit() else _VALUES[sign]) * weight for sign, weight in zip(text, _WEIGHTS, strict=True) if weight)
    return "X" if total % 11 == 10 else str(total % 11)
