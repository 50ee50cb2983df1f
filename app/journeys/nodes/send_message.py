"""A step that plans a message to the customer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range
from sqlalchemy import true
from sqlalchemy.orm import Session

from app.journeys import messages
from app.journeys.visits import Form, Node, Standing
from app.kit.texts import has, t
from app.messaging.channels import channel
from app.messaging.models import Purpose

CHANNEL = "service_template"


def _said(name: str, *, hint: bool = False, **more: Any) -> dict[str, Any]:
    own = f"journeys.nodes.send_message.{name}"
    return {"label": t(own)} | ({"hint": t(f"{own}_hint")} if hint else {}) | more


_CHANNEL, _TEMPLATE = _said("channel", type="channel"), _said("template", type="template", channel_field="channel")
_PURPOSES = {one.value: t(f"journeys.nodes.send_message.purposes.{one.value}") for one in Purpose}


class Rung(Form):
    """One way to reach her."""

    channel = fields.String(required=True, validate=Length(1, 40), metadata=_CHANNEL)
    template = fields.String(required=True, validate=Length(1, 64), metadata=_TEMPLATE)


class SendMessage(Node):
    """The message leaves once this step is committed; whether it can reach her is decided when it is sent.

    It goes over one channel, or over the first of a ladder that is open to her. With `wait_hours` the step is over when it is known
    whether the message has left.
    """

    kind = "send_message"
    label = t("journeys.nodes.send_message.label")
    group = "message"
    # With `wait_hours` it may; for the search for circles it counts as a step on which no time passes.
    acts = True

    class Config(Form):
        channel = fields.String(load_default=CHANNEL, validate=Length(1, 40), metadata=_CHANNEL)
        template = fields.String(load_default=None, validate=Length(1, 64), metadata=_TEMPLATE)
        ladder = fields.List(fields.Nested(Rung), load_default=list, validate=Length(0, 8), metadata=_said("ladder", hint=True))
        purpose = fields.String(
            load_default=Purpose.transactional.value,
            validate=OneOf(list(_PURPOSES)),
            metadata=_said("purpose", hint=True, choices=_PURPOSES),
        )
        expires_hours = fields.Integer(
            load_default=None, allow_none=True, strict=True, validate=Range(1, 24 * 30), metadata=_said("expires_hours", hint=True)
        )
        wait_hours = fields.Integer(
            load_default=None, allow_none=True, strict=True, validate=Range(1, 24 * 7), metadata=_said("wait_hours", hint=True)
        )

        @validates_schema(skip_on_field_errors=True)
        def _is_something(self, data: dict[str, Any], **_: Any) -> None:
            if not data["template"] and not data["ladder"]:
                raise ValidationError(t("forms.required"), "template")
            if len({rung["channel"] for rung in data["ladder"]}) < len(data["ladder"]):
                raise ValidationError(t("journeys.nodes.send_message.ladder_hint"), "ladder")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        ways = [_named(rung["channel"], rung["template_key"]) for rung in rungs(config)]
        return t("journeys.nodes.send_message.otherwise").join(ways)

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        if config["wait_hours"]:
            return {"sent": t("journeys.ports.sent"), "not_sent": t("journeys.ports.not_sent")}
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        config, ladder = here.config, rungs(here.config)
        messages.plan(
            here,
            ~here.has_acted if config["wait_hours"] else true(),
            channel=ladder[0]["channel"],
            template_key=ladder[0]["template_key"],
            ladder=ladder if len(ladder) > 1 else None,
            purpose=config["purpose"],
            lane=messages.lane(here, config["purpose"]),
            expires_at=here.now + timedelta(hours=config["expires_hours"]) if config["expires_hours"] else None,
        )
        if config["wait_hours"]:
            here.note_acted()
            messages.await_outcome(here, sent="sent", not_sent="not_sent", hours=config["wait_hours"])
        else:
            here.leave("done")

    @staticmethod
    def awaits(config: dict[str, Any]) -> Collection[str]:
        return messages.OUTCOMES if config["wait_hours"] else ()

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        wrong = messages.template_problem(session, brand_id, rungs(config), config["purpose"], to="customer")
        return [("ladder" if config["ladder"] else "template", wrong)] if wrong else []


def rungs(config: dict[str, Any]) -> list[dict[str, str]]:
    """The ways to reach her, best first, as the ledger of messages keeps them."""
    ladder = config["ladder"] or [config]
    return [{"channel": rung["channel"], "template_key": rung["template"]} for rung in ladder]


def _named(kind: str, template_key: str) -> str:
    key = f"journeys.templates.{template_key}"
    try:
        label = channel(kind).label
    except KeyError:
        label = kind
    return t("journeys.nodes.send_message.summary", channel=label, template=t(key) if has(key) else template_key)
