"""What of messages can be had as a file: the log, narrowed as it is on the screen."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.exports.lists import Column, Offer, Page, offer
from app.kit import paging
from app.kit.errors import Forbidden
from app.kit.texts import t
from app.messaging import queries
from app.messaging.schemas_ledger import LogFilterIn


def _name(_session: Session, staff: Staff, _asked: dict[str, Any]) -> str:
    if not staff.sees_the_brand:
        raise Forbidden
    return t("messaging.exported.sends")


def _sends(session: Session, staff: Staff, asked: dict[str, Any], *, cursor: str | None, limit: int) -> Page:
    before = paging.moment_and_id(cursor) if cursor else None
    found = queries.log(session, staff.brand_id, before=before, limit=limit, **asked)
    rows = [
        (
            send.id,
            send.customer_id,
            nickname,
            queries.channel_label(send.channel),
            title or send.template_key,
            t(f"messaging.status.{send.status}"),
            send.delivery and t(f"messaging.delivery.{send.delivery}"),
            send.error_code and queries.reason_text(send.error_code, send.error_message),
            send.created_at,
            send.claimed_at,
            send.settled_at,
        )
        for send, nickname, title in found
    ]
    last = found[-1][0] if len(found) == limit else None
    more = paging.encode(last.created_at, last.id) if last else None
    return Page(rows, cursor=more, about={send.customer_id for send, *_ in found if send.customer_id})


offer(
    Offer(
        "messaging.sends",
        asked=LogFilterIn,
        may=_name,
        columns=[Column(title) for title in t("messaging.exported.columns").split(",")],
        page=_sends,
    )
)
