"""A step that tells a system of the brand's own, and hears what it says."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, Range, Regexp
from sqlalchemy import func, update
from sqlalchemy.orm import Session

from app.journeys import messages
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t
from app.messaging.models import Purpose, Send, SendStatus

CHANNEL = "webhook"


class Webhook(Node):
    """What is said is a template of the channel `webhook`, filled for her. A short JSON answer stays with her walk, as `answers.<key>` of
    its context: later conditions ask for it, and later messages may speak of it.
    """

    kind = "webhook"
    label = t("journeys.nodes.webhook.label")
    group = "outside"
    reaches_others = True
    acts = True

    class Config(Form):
        template = fields.String(
            required=True,
            validate=Length(1, 64),
            metadata={"label": t("journeys.nodes.webhook.template"), "type": "template", "channel": CHANNEL},
        )
        key = fields.String(
            load_default="webhook",
            validate=Regexp(r"[a-z][a-z0-9_]{0,39}\Z"),
            metadata={"label": t("journeys.nodes.webhook.key"), "hint": t("journeys.nodes.webhook.key_hint")},
        )
        wait_hours = fields.Integer(
            load_default=1,
            strict=True,
            validate=Range(1, 24),
            metadata={"label": t("journeys.nodes.webhook.wait_hours"), "hint": t("journeys.nodes.webhook.wait_hours_hint")},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.nodes.webhook.summary", template=config["template"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"answered": t("journeys.ports.answered"), "failed": t("journeys.ports.failed")}

    @staticmethod
    def visit(here: Standing) -> None:
        said: dict[str, Any] = {"template_key": here.config["template"], "lane": messages.lane(here, Purpose.marketing)}
        messages.plan(here, ~here.has_acted, about=("answer_key", here.config["key"]), channel=CHANNEL, **said)
        here.note_acted()
        messages.find(here, standing.c.send_id.is_(None))
        _keep_answers(here)
        messages.await_outcome(here, sent="answered", not_sent="failed", hours=here.config["wait_hours"])

    @staticmethod
    def awaits(config: dict[str, Any]) -> Collection[str]:
        return messages.OUTCOMES

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        rung = {"channel": CHANNEL, "template_key": config["template"]}
        wrong = messages.template_problem(session, brand_id, [rung], Purpose.transactional, to="customer")
        return [("template", wrong)] if wrong else []


def _keep_answers(here: Standing) -> None:
    """Write what was answered into the contexts of those whose call was answered; an earlier answer of that key gives way."""
    known = func.coalesce(standing.c.context["answers"], func.jsonb_build_object())
    answers = known.op("||")(func.jsonb_build_object(here.config["key"], Send.answer))
    kept = update(standing).where(here.here, Send.id == standing.c.send_id, Send.status == SendStatus.accepted, Send.answer.is_not(None))
    told = standing.c.context.op("||")(func.jsonb_build_object("answers", answers))
    here.session.execute(kept.values(context=told).execution_options(synchronize_session=False))
