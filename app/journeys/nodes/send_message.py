"""A step that plans a message to the customer."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf
from sqlalchemy import Uuid, column, values

from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import has, t
from app.messaging import service as messaging
from app.messaging.models import Purpose

# The one channel that reaches a customer so far.
CHANNEL = "service_template"


class SendMessage(Node):
    """The message leaves once this step is committed; whether it can reach her is decided when it is sent."""

    kind = "send_message"
    label = t("journeys.nodes.send_message.label")

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
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        walks = here.rows(standing)
        sends = messaging.plan_all(
            here.session,
            [
                {
                    "brand_id": walk.brand_id,
                    "channel": CHANNEL,
                    "recipient": ("customer", walk.customer_id),
                    "template_key": here.config["template"],
                    "purpose": here.config["purpose"],
                    "dedupe_key": f"walk:{walk.walk_id}:{here.node_id}:{walk.visit_no}",
                    "context": {**walk.context, "journey_id": walk.journey_id, "walk_id": walk.walk_id, "node_id": here.node_id},
                }
                for walk in walks
            ],
        )
        planned = values(column("walk_id", Uuid), column("send_id", Uuid), name="planned").data(
            [(walk.walk_id, send.id) for walk, send in zip(walks, sends, strict=True)]
        )
        here.leave("done", where=standing.c.walk_id == planned.c.walk_id, send_id=planned.c.send_id)
