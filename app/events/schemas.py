"""What the mini-program tells of what people do in it: flat, small, and nothing personal."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, AwareDateTime, Integer, List, Nested, String
from apiflask.fields import Dict as Object
from apiflask.validators import Length, OneOf, Regexp
from marshmallow import ValidationError

from app.events.catalogue import BEHAVIOUR
from app.kit.logging import mask_text

MOST_EVENTS, MOST_KEYS, LONGEST_TEXT = 100, 20, 200
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_PERSONAL_KEY = re.compile(r"phone|mobile|openid|unionid|nickname|address|latitude|longitude|^lat$|^lng$|token|secret|password", re.I)
_NAME_OF_A_DEVICE = Regexp(r"[0-9A-Za-z_\-]{1,64}\Z")


def _plain(text: str) -> None:
    """A text that can be kept: what our logs would mask is nobody's to tell us here."""
    if len(text) > LONGEST_TEXT or "\x00" in text:
        raise ValidationError(f"texts of at most {LONGEST_TEXT} characters")
    if mask_text(text) != text:
        raise ValidationError("nothing personal")


class Facts(Object):
    """A flat object of texts, numbers and booleans; what is null is left out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST_KEYS:
            raise ValidationError(f"an object with at most {MOST_KEYS} keys")
        for key, one in value.items():
            if not _KEY.fullmatch(key):
                raise ValidationError("keys of at most 40 letters, digits and _")
            if _PERSONAL_KEY.search(key):
                raise ValidationError("nothing personal")
            if isinstance(one, str):
                _plain(one)
            elif isinstance(one, int | float) and not (math.isfinite(one) and abs(one) <= 2**53):
                raise ValidationError("numbers up to 2^53")
            elif not isinstance(one, int | float | None):
                raise ValidationError("texts, numbers and booleans only")
        return {key: one for key, one in value.items() if one is not None}


class BehaviourIn(Schema):
    """One thing that somebody did. Our time counts; `at` is kept beside it."""

    id = UUID(required=True, metadata={"description": "made up by the device once; the same again is a duplicate"})
    name = String(required=True, validate=OneOf(list(BEHAVIOUR)))
    at = AwareDateTime(required=True, metadata={"description": "by the clock of the phone, with its offset"})
    page = String(validate=_plain)
    vehicle_id = UUID()
    store_id = UUID()
    share_id = String(validate=(Length(1, 64), _plain), metadata={"description": "of the launch, as the link had it"})
    data = Facts(load_default=dict)


class _Unread(Nested):
    """Described like what is nested, and taken as it comes: each is read for itself, so that a wrong one spoils no other."""

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class BatchIn(Schema):
    visitor_id = String(required=True, validate=_NAME_OF_A_DEVICE, metadata={"description": "what the device calls itself, as at login"})
    session_id = String(required=True, validate=_NAME_OF_A_DEVICE, metadata={"description": "from the launch to the end of the app"})
    events = List(_Unread(BehaviourIn), required=True, validate=Length(1, MOST_EVENTS))


class RejectedOut(Schema):
    id = String(allow_none=True)
    reason = String(metadata={"description": "field: what is wrong with it", "example": "name: Must be one of: …"})


class BatchOut(Schema):
    accepted = Integer()
    duplicate = Integer(metadata={"description": "told before; nothing more happened"})
    rejected = List(Nested(RejectedOut), metadata={"description": "sending these again does not help"})


_behaviour = BehaviourIn()


def read(told: Sequence[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Sort what was told into events as `BehaviourIn` loads them, and refusals as `RejectedOut` gives them."""
    good, rejected = [], []
    for one in told:
        try:
            good.append(_behaviour.load(one))
        except ValidationError as error:
            called = one.get("id") if isinstance(one, dict) else None
            reasons = error.normalized_messages().items()
            rejected.append(
                {"id": called if isinstance(called, str) else None, "reason": "; ".join(f"{at}: {why[0]}" for at, why in reasons)}
            )
    return good, rejected
