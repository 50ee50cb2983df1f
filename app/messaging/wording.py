"""What all channels do with templates: find those of a batch, fill their forms with facts, and say why one cannot be filled."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messaging import drafts, facts, lint, rendering
from app.messaging.channels import SendFailed
from app.messaging.models import MessageTemplate, Purpose, Send, TemplateState
from app.messaging.values import ValueRefused, fit

Written = dict[uuid.UUID, dict[str, Any] | SendFailed]


def templates_of(session: Session, kind: str, sends: Sequence[Send]) -> dict[str, MessageTemplate]:
    """The templates of a channel that the sends of one brand name, by key, in whatever state."""
    keys = {send.template_key for send in sends}
    rows = select(MessageTemplate).where(
        MessageTemplate.brand_id == sends[0].brand_id, MessageTemplate.channel == kind, MessageTemplate.key.in_(keys)
    )
    return {one.key: one for one in session.execute(rows).scalars()}


def usable(templates: Mapping[str, MessageTemplate], send: Send) -> MessageTemplate:
    """The template of a send. Raises `SendFailed` when there is none, or it is not to be sent."""
    template = templates.get(send.template_key)
    if template is None:
        raise SendFailed.because("no_template", key=send.template_key)
    if template.state != TemplateState.active:
        raise SendFailed.because("template_not_active", key=send.template_key)
    if template.purpose == Purpose.marketing and send.purpose != Purpose.marketing:
        # Who planned it asked for nobody's consent.
        raise SendFailed.because("purpose_differs", key=send.template_key)
    return template


def id_at(template: MessageTemplate, appid: str) -> str:
    """What an account calls the template. Raises `SendFailed` when it has none for it."""
    found = template.template_ids.get(appid)
    if not found:
        raise SendFailed.because("no_template_id", key=template.key)
    return found


def each_written(
    session: Session, kind: str, sends: Sequence[Send], write: Callable[[Send, MessageTemplate, Mapping[str, Any]], dict[str, Any]]
) -> Written:
    """`write(send, template, facts)` for every send of one brand, or the `SendFailed` that it raised."""
    templates = templates_of(session, kind, sends)
    forms = [form for one in templates.values() for form in (*one.fields.values(), one.page or "")]
    known = facts.of_all(session, sends, forms=forms)
    found: Written = {}
    for send in sends:
        try:
            found[send.id] = write(send, usable(templates, send), known[send.id])
        except SendFailed as failed:
            found[send.id] = failed
    return found


def filled(field: str, form: str, known: Mapping[str, Any]) -> str:
    """The form with the facts in their places. Raises `SendFailed`."""
    try:
        return rendering.rendered(form, known)
    except rendering.FactMissing as missing:
        raise SendFailed.because("fact_missing", field=field, fact=missing.name) from missing
    except rendering.FormWrong as wrong:
        raise SendFailed.because("form_wrong", field=field) from wrong


def page_of(template: MessageTemplate, known: Mapping[str, Any]) -> str | None:
    """Where a tap leads; None leads nowhere. Raises `SendFailed`."""
    return filled("page", template.page, known) if template.page else None


def way_on(template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, str | None]:
    """Where a tap leads, for a channel that `opens_web`: a `page` of the mini-program, or a `url`. Raises `SendFailed`."""
    to = page_of(template, known)
    return {"page": None, "url": to} if to and to.startswith(drafts.WEB) else {"page": to, "url": None}


def must_be_notice(template: MessageTemplate) -> None:
    """Raises `SendFailed` for a marketing word in the template that nobody answers for."""
    let_pass = (template.override or {}).get("words", ())
    words = [word for form in template.fields.values() for word in lint.marketing_words(form) if word not in let_pass]
    if words:
        raise SendFailed.because("marketing_words", words="、".join(dict.fromkeys(words)))


def typed(template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, str]:
    """The values of a notice by WeChat's typed keys, each as its type wants it, without a marketing word that nobody answers for.

    Raises `SendFailed`.
    """
    must_be_notice(template)
    values = {}
    for field, form in template.fields.items():
        try:
            values[field] = fit(field, filled(field, form, known))
        except ValueRefused as refused:
            raise SendFailed.because(f"value_{refused.reason}", field=refused.field) from refused
    return values


def text_of(template: MessageTemplate, known: Mapping[str, Any], *, longest_bytes: int) -> str:
    """What the one field of a plain message, `content`, says. Raises `SendFailed`."""
    text = filled("content", template.fields.get("content", ""), known).strip()
    if not text:
        raise SendFailed.because("value_empty", field="content")
    if len(text.encode()) > longest_bytes:
        raise SendFailed.because("text_too_long", most=longest_bytes)
    return text
