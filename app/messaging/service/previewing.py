"""See what a message would say to a real person, and by which way it would reach her now; nothing is written and nobody is called."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import clock, db, texts
from app.messaging import facts, rendering
from app.messaging.channels import SendFailed, channel
from app.messaging.drafts import EXAMPLES
from app.messaging.errors import ChannelUnknown
from app.messaging.models import MessageTemplate, Purpose, Send
from app.messaging.values import ValueRefused, fit, kind_of
from app.wechat import queries as wechat


def preview(
    session: Session,
    template: MessageTemplate,
    customer: Customer,
    *,
    context: Mapping[str, Any],
    ladder: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """Each field as she would read it, or why it cannot be filled; and each rung of the ladder (else the template's own channel), with
    whether it is open to her now and why not. The first open one would be taken.
    """
    own = {"channel": template.channel, "template_key": template.key}
    draft = {
        "brand_id": customer.brand_id,
        "created_at": clock.now(session),
        "customer_id": customer.id,
        "purpose": template.purpose,
        "context": {name: str(value) for name, value in context.items()},
    }
    known = facts.of(session, _as_if(draft, own))
    ways = [_way(session, customer, draft, rung) for rung in ladder or [own]]
    taken = next((way for way in ways if way["is_open"]), None)
    for way in ways:
        way["is_taken"] = way is taken
    return {"fields": _fields(template, known), "ways": ways, "facts": known}


def preview_draft(session: Session, template: MessageTemplate, customer: Customer | None) -> dict[str, Any]:
    """Each field of something that nobody has saved so far, as she would read it; without her, with the longest facts that are likely."""
    known: Mapping[str, Any] = EXAMPLES
    if customer is not None:
        draft = {"brand_id": customer.brand_id, "created_at": clock.now(session), "customer_id": customer.id, "purpose": template.purpose}
        known = facts.of(session, _as_if(draft | {"context": {}}, {"channel": template.channel, "template_key": template.key}))
    return {"fields": _fields(template, known), "ways": [], "facts": known}


def _fields(template: MessageTemplate, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    forms = {**template.fields, **({"page": template.page} if template.page else {})}
    return [_field(name, form, known) for name, form in forms.items()]


def _as_if(draft: Mapping[str, Any], rung: Mapping[str, str]) -> Send:
    """A message on a rung that is never kept."""
    return Send(id=db.new_id(), channel=rung["channel"], template_key=rung["template_key"], **draft)


def _field(name: str, form: str, known: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "text": None, "problem": None}
    try:
        told["text"] = rendering.rendered(form, known)
        if kind_of(name) != name:
            told["text"] = fit(name, told["text"])
    except rendering.FactMissing as missing:
        told["problem"] = texts.t("messaging.reasons.fact_missing", field=name, fact=missing.name)
    except rendering.FormWrong:
        told["problem"] = texts.t("messaging.reasons.form_wrong", field=name)
    except ValueRefused as refused:
        told["problem"] = texts.t(f"messaging.reasons.value_{refused.reason}", field=name)
    return told


def _way(session: Session, customer: Customer, draft: Mapping[str, Any], rung: Mapping[str, str]) -> dict[str, Any]:
    try:
        way = channel(rung["channel"])
    except KeyError:
        raise ChannelUnknown(channel=rung["channel"]) from None
    told: dict[str, Any] = {"channel": way.kind, "label": way.label, "is_open": False, "account": None, "code": None, "reason": None}
    failed = _why_not(session, _as_if(draft, rung), customer, told)
    if failed is None:
        return told | {"is_open": True}
    return told | {"code": failed.code, "reason": failed.message}


def _why_not(session: Session, send: Send, customer: Customer, told: dict[str, Any]) -> SendFailed | None:
    way = channel(send.channel)
    if customer.erased_at is not None:
        return SendFailed.because("erased")
    if way.to != "customer":
        return SendFailed.because("for_staff")
    if send.purpose == Purpose.marketing:
        reason = identity.wishes(session, {customer.id})[customer.id].allows(way.kind)
        if reason is not None:
            return SendFailed.because(reason)
    accounts = wechat.accounts(session, customer.brand_id, way.account_kind) if way.account_kind else []
    if way.account_kind and not accounts:
        return SendFailed.because("no_account")
    to = way.reach(session, [send], accounts)[send.id]
    if isinstance(to, SendFailed):
        return to
    told["account"] = to.account.name if to.account else None
    written = way.render(session, [send], {send.id: to})[send.id]
    return written if isinstance(written, SendFailed) else None


def person(session: Session, brand_id: uuid.UUID, customer_id: uuid.UUID) -> Customer:
    """Whom a preview is for. Raises `CustomerUnknown`, also for another brand's."""
    return identity.get(session, brand_id, customer_id)
