"""What the doors of wishes take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Enum, List, Nested, String
from apiflask.validators import Length

from app.identity.models import Purpose
from app.kit.answers import one_of


class WishIn(Schema):
    channel = String(required=True, allow_none=True, validate=Length(1, 64), metadata={"description": "a channel; null: every channel"})
    wanted = Boolean(required=True, metadata={"description": "false refuses"})
    text_version = String(validate=Length(1, 64), metadata={"description": "the version she saw; needed where she has not agreed before"})
    scene = String(validate=Length(1, 64), metadata={"description": "where she was asked"})


class ChannelWishOut(Schema):
    channel = String()
    label = String(metadata={"description": "zh-CN"})
    wanted = Boolean()
    reason = one_of(("refused", "no_consent"), "why not", allow_none=True)


class ConsentTextShortOut(Schema):
    version = String()
    words = String()


class WishesOut(Schema):
    purpose = String()
    wanted = Boolean(metadata={"description": "whether she agreed to every channel, and has not refused them all"})
    text = Nested(ConsentTextShortOut, allow_none=True, metadata={"description": "what she would agree to now"})
    channels = List(Nested(ChannelWishOut))


class TextIn(Schema):
    purpose = Enum(Purpose, by_value=True, required=True)
    version = String(required=True, validate=Length(1, 64))
    words = String(required=True, validate=Length(1, 20_000))


class ConsentTextOut(ConsentTextShortOut):
    purpose = String()
    published_at = DateTime()


class TextsOut(Schema):
    items = List(Nested(ConsentTextOut))
