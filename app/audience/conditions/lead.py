"""Which leads a customer is: at which stage, of which grade, with which dealer, since when."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.conditions import Answer, Condition, Facts, Form, Scope, days, some_of, span
from app.dealers.models import Dealer
from app.kit.texts import aside, t
from app.leads.models import Grade, Lead, Status

_STAGES = {one.value: t(f"audience.conditions.lead.stages.{one.value}") for one in Status if one is not Status.duplicate}
_GRADES = {one.value: one.value for one in Grade}
_CHANGES = frozenset({"lead.created", "lead.assigned", "lead.accepted", "lead.callback_promised", "lead.test_drive_booked", "lead.updated"})


class IsLead(Condition):
    """A lead that became a part of another is none."""

    kind = "lead"
    label = t("audience.conditions.lead.label")

    class Config(Form):
        stage = some_of("lead.stage", _STAGES)
        grade = some_of("lead.grade", _GRADES)
        dealers = fields.List(
            fields.UUID(),
            load_default=list,
            validate=Length(0, 200),
            metadata={"label": t("audience.conditions.lead.dealers"), "type": "dealer"},
        )
        within_days = days()
        more_than_days = days("more_than_days")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        about = [_STAGES[one] for one in config["stage"]]
        about += [t("audience.conditions.lead.of_grade", grade=one) for one in config["grade"]]
        if config["dealers"]:
            about.append(t("audience.conditions.lead.with_dealers", count=len(config["dealers"])))
        if config["within_days"]:
            about.append(t("audience.conditions.words.within", days=config["within_days"]))
        if config["more_than_days"]:
            about.append(t("audience.conditions.words.ago", days=config["more_than_days"]))
        return t("audience.conditions.lead.summary") + aside(about)

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(Lead.customer_id, Lead.created_at).where(Lead.brand_id == scope.brand_id, Lead.status != Status.duplicate)
        if config["stage"]:
            rows = rows.where(Lead.status.in_(config["stage"]))
        if config["grade"]:
            rows = rows.where(Lead.grade.in_(config["grade"]))
        if config["dealers"]:
            rows = rows.where(Lead.dealer_id.in_(config["dealers"]))
        return Facts(rows, within=span(config["within_days"]), ago=span(config["more_than_days"]))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return _CHANGES

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        known = session.execute(select(Dealer.id).where(Dealer.brand_id == brand_id, Dealer.id.in_(config["dealers"]))).all()
        return None if len(known) == len(set(config["dealers"])) else ("dealers", t("audience.conditions.lead.unknown_dealer"))
