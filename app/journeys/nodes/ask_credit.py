"""A step that has the mini-program ask her for a message of a subscribe template, and waits for her answer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, Range
from sqlalchemy import ColumnElement, func, insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity.models import WechatIdentity
from app.journeys import messages
from app.journeys.models import AskStatus, CreditAsk
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t
from app.messaging.models import MessageTemplate, Purpose
from app.messaging.models.credits import Credit

CHANNEL, ANSWERED = "subscribe_message", "subscription.answered"
REFUSALS = ("reject", "ban")
# Her mini-program says at once that she agreed; that there is a credit now, WeChat says a moment later.
LOOKS_AGAIN = timedelta(seconds=5)
_LABEL = "journeys.nodes.ask_credit"


class AskCredit(Node):
    """She is asked at her next tap where the mini-program may ask. Who has a credit already goes on at once; a refusal ends the wait."""

    kind = "ask_credit"
    label = t(f"{_LABEL}.label")
    group = "message"
    acts = True
    rests = True

    class Config(Form):
        template = fields.String(
            required=True, validate=Length(1, 64), metadata={"label": t(f"{_LABEL}.template"), "type": "template", "channel": CHANNEL}
        )
        hours = fields.Integer(
            load_default=72,
            strict=True,
            validate=Range(1, 24 * 30),
            metadata={"label": t(f"{_LABEL}.hours"), "hint": t(f"{_LABEL}.hours_hint")},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t(f"{_LABEL}.summary", template=config["template"], hours=config["hours"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"granted": t("journeys.ports.granted"), "timed_out": t("journeys.ports.timed_out")}

    @staticmethod
    def visit(here: Standing) -> None:
        named = {"brand_id": here.version.brand_id, "channel": CHANNEL, "key": here.config["template"]}
        ids: Mapping[str, str] = here.session.execute(select(MessageTemplate.template_ids).filter_by(**named)).scalar_one_or_none() or {}
        over = standing.c.arrived_at + timedelta(hours=here.config["hours"])
        _ask(here, over, where=~_has_credit(ids))
        _answer(here, AskStatus.granted, _has_credit(ids))
        _answer(here, AskStatus.refused, _said(ids, REFUSALS))
        _answer(here, AskStatus.timed_out, over <= here.now)
        here.leave("granted", where=_has_credit(ids))
        here.leave("timed_out", where=_said(ids, REFUSALS) | (over <= here.now))
        here.note_acted()
        # As long again as it is since she said so: it may be that nothing ever comes of it.
        soon = here.now + func.greatest(LOOKS_AGAIN, here.now - _last(ids, ("accept",)))
        here.stay(func.least(over, soon), where=_said(ids, ("accept",)), awaits=[ANSWERED])
        here.stay(over, awaits=[ANSWERED])

    @staticmethod
    def awaits(config: dict[str, Any]) -> Collection[str]:
        return (ANSWERED,)

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        rung = {"channel": CHANNEL, "template_key": config["template"]}
        wrong = messages.template_problem(session, brand_id, [rung], Purpose.marketing, to="customer")
        return [("template", wrong)] if wrong else []


def _ask(here: Standing, over: ColumnElement[Any], *, where: ColumnElement[bool]) -> None:
    of_walk = ("brand_id", "customer_id", "walk_id", "node_id", "visit_no")
    fixed = literal(here.config["template"]), literal(here.now)
    rows = select(func.marque_new_id(), *(standing.c[name] for name in of_walk), over, *fixed)
    rows = rows.where(here.here, ~here.has_acted, where, over > here.now)
    names = ["id", *of_walk, "ends_at", "template_key", "created_at"]
    here.session.execute(insert(CreditAsk).from_select(names, rows, include_defaults=False))


def _answer(here: Standing, status: AskStatus, where: ColumnElement[bool]) -> None:
    """What is asked of those for whom this holds is asked no more."""
    of_step = (CreditAsk.walk_id == standing.c.walk_id) & (CreditAsk.visit_no == standing.c.visit_no)
    ended = update(CreditAsk).where(here.here, where, of_step, CreditAsk.node_id == here.node_id, CreditAsk.status == AskStatus.open)
    here.session.execute(ended.values(status=status, answered_at=here.now).execution_options(synchronize_session=False))


def _has_credit(ids: Mapping[str, str]) -> ColumnElement[bool]:
    """Whether a message of the template could leave to her now; `ids` are the template's names by account."""
    hers = select(Credit.id).join(WechatIdentity, WechatIdentity.id == Credit.identity_id)
    of_template = tuple_(WechatIdentity.appid, Credit.template_id).in_(list(ids.items()))
    return hers.where(WechatIdentity.customer_id == standing.c.customer_id, of_template, Credit.balance > 0).correlate(standing).exists()


def _said(ids: Mapping[str, str], answers: Sequence[str]) -> ColumnElement[bool]:
    """Whether she has answered so since she came here."""
    return _last(ids, answers).is_not(None)


def _last(ids: Mapping[str, str], answers: Sequence[str]) -> ColumnElement[Any]:
    """When she answered so last, since she came here."""
    hers = (Event.customer_id == standing.c.customer_id) & (Event.name == ANSWERED) & (Event.recorded_at >= standing.c.arrived_at)
    about = Event.data["template_id"].astext.in_(list(ids.values())) & Event.data["answer"].astext.in_(answers)
    return select(func.max(Event.recorded_at)).where(hers, about).correlate(standing).scalar_subquery()
