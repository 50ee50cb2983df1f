"""Doors: the log of messages, and why somebody did or did not get one."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.errors import CustomerUnknown
from app.kit import paging
from app.kit.errors import Forbidden, Invalid
from app.kit.paging import CursorInvalid
from app.kit.registry import kinds
from app.kit.texts import t
from app.kit.web import Caller, blueprint, raises, transactional
from app.messaging import channels, queries, schemas_ledger
from app.messaging.errors import SendUnknown
from app.messaging.models import Send, SendStatus
from app.messaging.routes.callers import brand_of

staff = blueprint("sends", audience="staff")
customers = blueprint("customers", audience="staff", part="messages")

_REASONS_OF_DAYS = 30


@staff.get("/")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas_ledger.LogIn, location="query")
@staff.output(schemas_ledger.SendsOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Every message of the brand, newest first: by person, template, broadcast, journey, outcome, reason, account, period."""
    return _page(session, brand_of(who), query_data)


def _page(session: Session, brand_id: uuid.UUID, wanted: dict[str, Any]) -> dict[str, Any]:
    cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
    before = paging.moment_and_id(cursor) if cursor else None
    found = queries.log(session, brand_id, before=before, limit=limit + 1, **wanted)
    shown = found[:limit]
    last = shown[-1][0] if len(found) > limit else None
    return {
        "items": [send_out(*row) for row in shown],
        "next_cursor": paging.encode(last.created_at, last.id) if last else None,
    }


def send_out(send: Send, nickname: str | None, title: str | None) -> dict[str, Any]:
    names = ("id", "customer_id", "staff_id", "broadcast_id", "walk_id")
    plain = ("channel", "template_key", "purpose", "status", "delivery", "appid", "created_at", "claimed_at", "settled_at")
    due = send.due_at if send.status == SendStatus.planned and send.error_code != "paused" else None
    return (
        {name: (value := getattr(send, name)) and str(value) for name in names}
        | {name: getattr(send, name) for name in plain}
        | {
            "nickname": nickname,
            "template_title": title or send.template_key,
            "journey_id": send.context.get("journey_id") if send.walk_id else None,
            "channel_label": queries.channel_label(send.channel),
            "status_label": t(f"messaging.status.{send.status}"),
            "reason": send.error_code,
            "reason_text": queries.reason_text(send.error_code, send.error_message) if send.error_code else None,
            "due_at": due,
        }
    )


@staff.get("/choices")
@raises(Forbidden)
@staff.output(schemas_ledger.LogChoicesOut)
@transactional
def choices(session: Session, who: Caller) -> Any:
    """By what the log can be narrowed: the channels, the outcomes, and the reasons that there were of late."""
    reasons = queries.reasons_given(session, brand_of(who), _REASONS_OF_DAYS)
    return {
        "channels": [{"value": kind, "label": queries.channel_label(kind)} for kind in sorted(kinds(channels.__name__))],
        "statuses": [{"value": one.value, "label": t(f"messaging.status.{one}")} for one in SendStatus],
        "reasons": [{"value": code, "label": queries.reason_text(code)} for code in reasons],
    }


@staff.get("/<uuid:send_id>/why")
@raises(Forbidden, SendUnknown)
@staff.output(schemas_ledger.WhyOut)
@transactional
def why(session: Session, who: Caller, send_id: uuid.UUID) -> Any:
    """The whole story of one message, in order: planned by what, which ways were not open, what it waited for, what came of it."""
    send = queries.send(session, brand_of(who), send_id)
    nickname = identity.get(session, send.brand_id, send.customer_id).nickname if send.customer_id else None
    return {
        "send": send_out(send, nickname, queries.template_title(session, send)),
        "lines": [vars(line) for line in queries.story(session, send)],
    }


@customers.get("/<uuid:customer_id>/messages/why")
@raises(Forbidden, CustomerUnknown)
@customers.input(schemas_ledger.WhyIn, location="query")
@customers.output(schemas_ledger.CustomerWhyOut)
@transactional
def why_she(session: Session, who: Caller, customer_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """The story of the last message to her of a template, of a journey's walk, or of a broadcast; or that there never was one."""
    person = identity.get(session, brand_of(who), customer_id)
    if not query_data:
        raise Invalid(template_key="or walk_id, or broadcast_id")
    send = queries.last_of(session, person.id, **query_data)
    if send is None:
        return {"send": None, "lines": [{"at": None, "what": "nothing", "sentence": t("messaging.why.nothing")}]}
    return {
        "send": send_out(send, person.nickname, queries.template_title(session, send)),
        "lines": [vars(line) for line in queries.story(session, send)],
    }


@customers.get("/<uuid:customer_id>/messages")
@raises(Forbidden, CustomerUnknown, CursorInvalid)
@customers.input(schemas_ledger.PageIn, location="query")
@customers.output(schemas_ledger.SendsOut)
@transactional
def of_customer(session: Session, who: Caller, customer_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """Every message to one customer, newest first."""
    person = identity.get(session, brand_of(who), customer_id)
    return _page(session, person.brand_id, query_data | {"customer_id": person.id})
