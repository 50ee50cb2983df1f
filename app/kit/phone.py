"""Chinese mobile numbers: one spelling inside, a mask outside."""

from __future__ import annotations

import re

from app.kit.errors import Invalid

_MAINLAND_MOBILE = re.compile(r"1[3-9]\d{9}")


class PhoneInvalid(Invalid):
    code, message = "phone.invalid", "This is not a mainland mobile number."


def normalise(raw: str) -> str:
    """E.164 (+8613800000000) from any common spelling. Raises `PhoneInvalid`."""
    if _MAINLAND_MOBILE.fullmatch(raw):
        return "+86" + raw
    digits = re.sub(r"[\s\-()]", "", raw)
    digits = re.sub(r"^(\+|00)?86", "", digits)
    if not _MAINLAND_MOBILE.fullmatch(digits):
        raise PhoneInvalid(phone="not a mainland mobile number")
    return "+86" + digits


def mask(phone: str | None) -> str | None:
    """138****0000, which is how people who have not been told the number see it."""
    if phone is None:
        return None
    digits = phone.removeprefix("+86")
    return f"{digits[:3]}****{digits[-4:]}"
