"""A step that tells staff about the customer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf
from sqlalchemy import Uuid, func, null, select
from sqlalchemy.orm import Session

from app.journeys import messages, staffing
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t
from app.messaging import service as messaging
from app.messaging.models import Lane, Purpose

CHANNEL = "wecom_text"
_LABEL = "journeys.nodes.notify_staff"
TO_WHOM = {one: t(f"journeys.to_whom.{one}") for one in (staffing.OWNER, staffing.MANAGERS)}


class NotifyStaff(Node):
    """A message in WeCom to whoever looks after her lead, or to his managers. About who has no lead nobody is told, and she goes on."""

    kind = "notify_staff"
    label = t(f"{_LABEL}.label")
    group = "staff"
    reaches_others = True
    acts = True

    class Config(Form):
        to = fields.String(
            load_default=staffing.OWNER,
            validate=OneOf(list(TO_WHOM)),
            metadata={"label": t(f"{_LABEL}.to"), "hint": t(f"{_LABEL}.to_hint"), "choices": TO_WHOM},
        )
        template = fields.String(
            required=True, validate=Length(1, 64), metadata={"label": t(f"{_LABEL}.template"), "type": "template", "channel": CHANNEL}
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t(f"{_LABEL}.summary", to=TO_WHOM[config["to"]], template=config["template"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        told = staffing.told(here.config["to"], here.here).subquery("told")
        about = ("customer_id", standing.c.customer_id, "lead_id", told.c.lead_id, "dealer_id", told.c.dealer_id)
        rows = select(
            func.marque_new_id(),
            standing.c.brand_id,
            null().cast(Uuid).label("customer_id"),
            told.c.staff_id,
            func.concat(messages.step_key(here), ":", told.c.staff_id).label("dedupe_key"),
            messages.context(here, *about).label("context"),
            standing.c.walk_id,
        ).join(told, told.c.walk_id == standing.c.walk_id)
        said: dict[str, Any] = {
            "channel": CHANNEL,
            "template_key": here.config["template"],
            "purpose": Purpose.transactional,
            "lane": Lane.journey,
        }
        messaging.plan_selected(here.session, rows, **said)
        here.leave("done", where=standing.c.walk_id.in_(select(told.c.walk_id)))
        here.leave("done", skipped="nobody_to_tell")

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        rung = {"channel": CHANNEL, "template_key": config["template"]}
        wrong = messages.template_problem(session, brand_id, [rung], Purpose.transactional, to="staff")
        return [("template", wrong)] if wrong else []
