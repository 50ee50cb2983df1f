"""A step that plans a message to the customer."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf
from sqlalchemy.orm import Session

from app.journeys.visits import Form, Leave, Outcome, Visit
from app.kit.texts import has, t
from app.messaging import service as messaging
from app.messaging.models import Purpose

# The one channel that reaches a customer so far.
CHANNEL = "service_template"


class SendMessage:
    """The message leaves once this step is committed; whether it can reach her is decided when it is sent."""

    kind = "send_message"
    label = t("journeys.nodes.send_message.label")
    ports = {"done": t("journeys.ports.done")}
    rests = False

    class Config(Form):
        template = fields.String(required=True, validate=Length(1, 64), metadata={"label": t("journeys.nodes.send_message.template")})
        purpose = fields.String(
            load_default=Purpose.transactional.value,
            validate=OneOf([purpose.value for purpose in Purpose]),
            metadata={"label": t("journeys.nodes.send_message.purpose"), "hint": t("journeys.nodes.send_message.purpose_hint")},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        key = f"journeys.templates.{config['template']}"
        return t("journeys.nodes.send_message.summary", template=t(key) if has(key) else config["template"])

    @staticmethod
    def visit(session: Session, visit: Visit) -> dict[uuid.UUID, Outcome]:
        settings = SendMessage.Config().load(visit.config)
        sends = messaging.plan_all(
            session,
            [
                {
                    "brand_id": walk.brand_id,
                    "channel": CHANNEL,
                    "recipient": ("customer", walk.customer_id),
                    "template_key": settings["template"],
                    "purpose": settings["purpose"],
                    "dedupe_key": f"walk:{walk.id}:{visit.node_id}:{walk.visit_no}",
                    "context": {**walk.context, "journey_id": walk.journey_id, "walk_id": walk.id, "node_id": visit.node_id},
                }
                for walk in visit.walks
            ],
        )
        return {walk.id: Leave("done", send_id=send.id) for walk, send in zip(visit.walks, sends, strict=True)}
