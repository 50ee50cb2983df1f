"""How broadcasts are shown to staff: their state, their progress in words, their people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.broadcasts import queries
from app.broadcasts.models import Broadcast, BroadcastStatus
from app.broadcasts.queries.progress import NOT_PLANNED, Progress
from app.broadcasts.service.forecasting import Forecast
from app.kit import phone
from app.kit.rows import excel_line
from app.kit.texts import t
from app.messaging import queries as messaging
from app.messaging.models import SendStatus
from app.messaging.service import forecasting

_PLAIN = (
    "name",
    "status",
    "purpose",
    "audience",
    "ladder",
    "context",
    "expires_hours",
    "per_minute",
    "created_at",
    "scheduled_at",
    "started_at",
    "expires_at",
    "ended_at",
)


def rows_out(session: Session, broadcasts: Sequence[Broadcast]) -> list[dict[str, Any]]:
    """How they stand in a list: each with whom it is for and how far it is."""
    names, shares = queries.names(session, broadcasts), queries.shares(session, broadcasts)
    told = []
    for one in broadcasts:
        share = dict(zip(("people", "done", "sent"), shares[one.id], strict=True)) if one.id in shares else None
        told.append(_out(one, names.get(one.id)) | {"share": share})
    return told


def broadcast_out(session: Session, broadcast: Broadcast) -> dict[str, Any]:
    return _out(broadcast, queries.names(session, [broadcast]).get(broadcast.id))


def _out(broadcast: Broadcast, audience_name: str | None) -> dict[str, Any]:
    told = {name: getattr(broadcast, name) for name in _PLAIN}
    label = t(f"broadcasts.status.{broadcast.status}")
    return told | {"id": str(broadcast.id), "status_label": label, "audience_name": audience_name}


def detail_out(session: Session, broadcast: Broadcast, progress: Progress) -> dict[str, Any]:
    counts = vars(progress) | {name: _reasons(getattr(progress, name)) for name in ("skipped", "failed", "waiting")}
    listing = "done" if broadcast.listed_at or broadcast.started_at is None else "running"
    return broadcast_out(session, broadcast) | {"progress": counts | {"listing": listing, "sentences": _sentences(broadcast, progress)}}


def _sentences(broadcast: Broadcast, progress: Progress) -> list[str]:
    """What the counts alone do not say."""
    told = []
    waits = progress.waiting.keys() - {"paused"}
    if waits and progress.waiting_until and broadcast.status == BroadcastStatus.sending:
        count, reason = max((progress.waiting[reason], reason) for reason in waits)
        until = messaging.moment(progress.waiting_until)
        told.append(t("broadcasts.waiting", count=count, reason=messaging.reason_text(reason), until=until))
    if progress.not_planned and broadcast.status == BroadcastStatus.finished:
        told.append(t("broadcasts.left_out", count=progress.not_planned))
    return told


def forecast_out(session: Session, seen: Forecast) -> dict[str, Any]:
    ways = [
        {"appid": appid, "channel": kind, "channel_label": messaging.channel_label(kind), "count": count}
        for (appid, kind), count in seen.ways.most_common()
    ]
    return {
        "people": seen.people,
        "asked": seen.asked,
        "reached": seen.reached,
        "ways": ways,
        "skipped": _reasons(seen.skipped),
        "done_on": seen.done_on,
        "sentence": forecasting.sentence(session, seen.done_on),
    }


def _reasons(counts: Counter[str]) -> list[dict[str, Any]]:
    return [{"reason": code, "text": messaging.reason_text(code), "count": count} for code, count in counts.most_common()]


def person_out(row: Any) -> dict[str, Any]:
    """A row of `queries.people`."""
    outcome = row.status or NOT_PLANNED
    if row.delivery is not None and row.status == SendStatus.accepted:
        outcome = "delivered" if row.delivery == "success" else "undelivered"
    return {
        "customer_id": str(row.customer_id),
        "nickname": row.nickname,
        "phone_masked": phone.mask(row.phone),
        "send_id": row.send_id and str(row.send_id),
        "outcome": outcome,
        "outcome_label": t(f"broadcasts.outcomes.{outcome}"),
        "channel": row.channel,
        "channel_label": row.channel and messaging.channel_label(row.channel),
        "reason": row.error_code,
        "reason_text": messaging.reason_text(row.error_code, row.error_message) if row.error_code else None,
        "at": row.settled_at,
    }


def people_lines(rows: Sequence[Any]) -> list[str]:
    """Lines of the file of a broadcast's people."""
    told = [person_out(row) for row in rows]
    names = ("customer_id", "nickname", "phone_masked", "outcome_label", "channel_label", "reason_text")
    return [excel_line([*(one[name] for name in names), messaging.moment(one["at"]) if one["at"] else ""]) for one in told]
