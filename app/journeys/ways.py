"""Ways out of a node that marketers add themselves: each has a name for edges, and one for people."""

from __future__ import annotations

from marshmallow import fields
from marshmallow.validate import Length, Regexp

from app.kit.texts import t


def port_field() -> fields.String:
    """Its name for edges."""
    words = {"label": t("journeys.ways.port"), "hint": t("journeys.ways.port_hint")}
    return fields.String(required=True, validate=Regexp(r"[a-z][a-z0-9_]{0,39}\Z"), metadata=words)


def label_field() -> fields.String:
    """What people call it."""
    return fields.String(required=True, validate=Length(1, 40), metadata={"label": t("journeys.ways.label")})
