"""Write down what became of messages: many of one fate in one statement, each with its fact."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock
from app.kit.crypto import sealed_json, sealed_text
from app.kit.json import dumps
from app.messaging.channels import Letter, Receipt
from app.messaging.models import Delivery, Send, SendStatus, about_whom, facts_of

if TYPE_CHECKING:
    from app.messaging.service.claiming import Turn

# Lists in place of rows: one statement, whatever the number of messages.
_CLAIMED = text(
    """
    UPDATE sends SET status = 'claimed', lease_until = :lease_until, fence = sends.fence + 1, claimed_at = :moment,
        maybe_sent_since = :moment, customer_id = new.customer_id, channel = new.channel, template_key = new.template_key,
        appid = new.appid, payload = decode(new.payload, 'hex'), tried = CAST(new.tried AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:customers AS uuid[]), CAST(:channels AS text[]), CAST(:keys AS text[]), CAST(:appids AS text[]),
        CAST(:payloads AS text[]), CAST(:tried AS text[])) AS new(id, customer_id, channel, template_key, appid, payload, tried)
    WHERE sends.id = new.id
    """
)
_SKIPPED = text(
    """
    UPDATE sends SET status = 'skipped', settled_at = :moment, error_code = new.code, error_message = new.message,
        customer_id = new.customer_id, channel = new.channel, template_key = new.template_key, tried = CAST(new.tried AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:customers AS uuid[]), CAST(:channels AS text[]), CAST(:keys AS text[]), CAST(:codes AS text[]),
        CAST(:messages AS text[]), CAST(:tried AS text[])) AS new(id, customer_id, channel, template_key, code, message, tried)
    WHERE sends.id = new.id
    """
)
_WAITING = text(
    """
    UPDATE sends SET due_at = new.due_at, fence = sends.fence + 1, error_code = new.code, error_message = new.message,
        customer_id = new.customer_id, appid = new.appid, tried = CAST(new.tried AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:customers AS uuid[]), CAST(:appids AS text[]), CAST(:until AS timestamptz[]),
        CAST(:codes AS text[]), CAST(:messages AS text[]), CAST(:tried AS text[]))
        AS new(id, customer_id, appid, due_at, code, message, tried)
    WHERE sends.id = new.id
    """
)
_WAITED = text(
    """
    INSERT INTO send_waits (send_id, reason, first_at, last_at, until)
    SELECT id, error_code, :moment, :moment, due_at FROM sends
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'planned' AND error_code IS NOT NULL
    ON CONFLICT (send_id, reason) DO UPDATE SET last_at = excluded.last_at, until = excluded.until, times = send_waits.times + 1
    """
)
_ACCEPTED = text(
    """
    UPDATE sends SET status = 'accepted', lease_until = NULL, settled_at = :moment, msgid = new.msgid,
        error_code = CASE WHEN sends.delivery = 'failed' THEN sends.error_code END,
        error_message = CASE WHEN sends.delivery = 'failed' THEN sends.error_message END,
        response_code = coalesce(sends.response_code, new.response_code),
        answer = CASE WHEN NOT EXISTS (SELECT FROM customers c WHERE c.id = sends.customer_id AND c.erased_at IS NOT NULL)
            THEN CAST(new.answer AS jsonb) END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:fences AS int[]), CAST(:msgids AS text[]), CAST(:codes AS bytea[]), CAST(:answers AS text[]))
        AS new(id, fence, msgid, response_code, answer)
    WHERE sends.id = new.id AND sends.fence = new.fence AND sends.status IN ('claimed', 'unknown')
    RETURNING sends.id, sends.brand_id, sends.customer_id, sends.channel, sends.template_key, sends.context
    """
)


def claimed(session: Session, turns: Sequence[Turn], moment: datetime, lease_until: datetime) -> None:
    """These leave now: written before anything is called."""
    if not turns:
        return
    session.execute(
        _CLAIMED,
        _about(turns)
        | {
            "moment": moment,
            "lease_until": lease_until,
            "appids": [turn.address.account.appid if turn.address and turn.address.account else None for turn in turns],
            # In hex, for psycopg escapes bytes in a list one by one.
            "payloads": [sealed_json(turn.payload).hex() for turn in turns],
        },
    )


def skipped(session: Session, turns: Sequence[Turn]) -> None:
    """These never leave, for a reason of ours; each is a fact."""
    if not turns:
        return
    session.execute(_SKIPPED, _about(turns) | _why(turns) | {"moment": clock.now(session)})
    facts = [_fact(turn.send) | {"data": turn.send.facts | {"error": turn.failed.code}} for turn in turns if turn.failed]
    events.record_all(session, "message.skipped", facts)


def waiting(session: Session, turns: Sequence[tuple[Turn, datetime]]) -> None:
    """These are looked at again then, and whoever asks reads what for."""
    if not turns:
        return
    those = [turn for turn, _ in turns]
    appids = [turn.address.sender(turn.send.brand_id) if turn.address else turn.send.appid for turn in those]
    session.execute(_WAITING, _about(those) | _why(those) | {"until": [until for _, until in turns], "appids": appids})
    waited(session, [turn.send.id for turn in those])


def waited(session: Session, send_ids: Sequence[uuid.UUID]) -> None:
    """Keep what these planned messages wait for, and until when: the next thing that they wait for is written over it."""
    session.execute(_WAITED, {"ids": list(send_ids), "moment": clock.now(session)})


def accepted(session: Session, letters: Sequence[tuple[Letter, Receipt]]) -> None:
    """The platform took these. Where somebody claimed one since, he will hear the same answer. What was answered about somebody who was
    forgotten during the call is not kept.
    """
    if not letters:
        return
    values = {
        "moment": clock.now(session),
        "ids": [letter.send_id for letter, _ in letters],
        "fences": [letter.fence for letter, _ in letters],
        "msgids": [receipt.msgid for _, receipt in letters],
        "codes": [receipt.response_code and sealed_text(receipt.response_code) for _, receipt in letters],
        "answers": [None if receipt.answer is None else dumps(receipt.answer).decode() for _, receipt in letters],
    }
    news = session.execute(_ACCEPTED, values).all()
    events.record_all(session, "message.accepted", [_fact(send) for send in news])


def end(session: Session, send: Send, status: SendStatus) -> None:
    """One message, which the session holds, comes to its end. Unknown is none whose receipt is there: that one has left."""
    if status == SendStatus.unknown and send.delivery is not None:
        status = SendStatus.accepted
        send.error_code = "undelivered" if send.delivery == Delivery.failed else None
    send.status, send.lease_until, send.settled_at = status, None, clock.now(session)
    fact = _fact(send)
    if send.error_code:
        fact["data"] = send.facts | {"error": send.error_code}
    events.record(session, f"message.{status}", **fact)


def _fact(send: Any) -> dict[str, Any]:
    return {"brand_id": send.brand_id, "customer_id": about_whom(send), "subject": ("send", send.id), "data": facts_of(send)}


def _about(turns: Iterable[Turn]) -> dict[str, Any]:
    sends = [turn.send for turn in turns]
    return {
        "ids": [send.id for send in sends],
        "customers": [send.customer_id for send in sends],
        "channels": [send.channel for send in sends],
        "keys": [send.template_key for send in sends],
        "tried": [dumps(turn.tried).decode() if turn.tried else None for turn in turns],
    }


def _why(turns: Iterable[Turn]) -> dict[str, Any]:
    failures = [turn.failed for turn in turns]
    return {
        "codes": [failed.code if failed else None for failed in failures],
        "messages": [(failed.message or None) if failed else None for failed in failures],
    }
