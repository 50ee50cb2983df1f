"""Tell WeCom and the service accounts who bears which tag: claimed in one transaction, called outside of any, settled in another.

Each call can be made again without harm, so that whoever dies between two of these steps costs a call and nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audience.models import TagLink
from app.identity.models import WechatIdentity
from app.kit import db
from app.kit.logging import logger
from app.messaging.models import Contact
from app.wechat.client import Outcome, WechatError, gateway
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

BATCH = 1_000
# At most as many people in one call, as Tencent has it.
PEOPLE = 50
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 10

_CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT m.link_id, m.customer_id FROM tag_marks m JOIN tag_links l ON l.id = m.link_id
        WHERE m.due_at <= marque_now() AND l.remote_id IS NOT NULL AND l.broken_at IS NULL
        ORDER BY m.due_at LIMIT :batch FOR UPDATE OF m SKIP LOCKED
    )
    UPDATE tag_marks m SET due_at = marque_now() + CAST(:lease AS interval), attempts = attempts + 1
    FROM due WHERE m.link_id = due.link_id AND m.customer_id = due.customer_id
    RETURNING m.link_id, m.customer_id, m.wanted
"""
# She may have got or lost the tag again while the call was made: then it is told again.
_TOLD = """
    UPDATE tag_marks SET there = :wanted, due_at = CASE WHEN wanted <> :wanted THEN marque_now() END, attempts = 0, error = NULL
    WHERE link_id = :link_id AND customer_id = ANY(:people)
"""
_LATER = """
    UPDATE tag_marks SET error = :error, due_at = CASE WHEN attempts >= :most OR wanted = there THEN NULL
        ELSE marque_now() + least(make_interval(secs => power(2, attempts)), interval '1 hour') END
    WHERE link_id = :link_id AND customer_id = ANY(:people)
"""
_NEVER = "UPDATE tag_marks SET error = :error, due_at = NULL WHERE link_id = :link_id AND customer_id = ANY(:people)"


@dataclass(frozen=True)
class _Word:
    """That these people bear a tag, or do not; `calls` say so, all of them."""

    link: TagLink
    account: WechatAccount
    wanted: bool
    people: tuple[uuid.UUID, ...]
    openids: tuple[str, ...] = ()
    calls: list[Any] = field(default_factory=list)


def tell_due() -> int:
    """Tell some of what is due; how much that was."""
    with db.transaction() as session:
        due = session.execute(text(_CLAIM), {"batch": BATCH, "lease": LEASE}).all()
        words = list(_words(session, due))
    _say(words)
    return len(due)


def _words(session: Session, due: Sequence[Any]) -> Iterator[_Word]:
    groups: dict[tuple[uuid.UUID, bool], list[uuid.UUID]] = {}
    for row in due:
        groups.setdefault((row.link_id, row.wanted), []).append(row.customer_id)
    for (link_id, wanted), people in groups.items():
        link = session.get_one(TagLink, link_id)
        account = session.get_one(WechatAccount, link.account_id)
        known = select(WechatIdentity.id, WechatIdentity.customer_id, WechatIdentity.openid).where(
            WechatIdentity.appid == account.appid, WechatIdentity.customer_id.in_(people)
        )
        if account.kind == AccountKind.service_account:
            known = known.where(WechatIdentity.followed.is_(True))
        hers = {row.customer_id: row for row in session.execute(known.order_by(WechatIdentity.id))}
        if account.kind == AccountKind.service_account:
            found = list(_of_service_account(link, account, {one: row.openid for one, row in sorted(hers.items())}, wanted=wanted))
        else:
            found = list(_of_members(session, link, account, hers, wanted=wanted))
        yield from found
        reached = {one for word in found for one in word.people}
        if left := [one for one in people if one not in reached]:
            session.execute(text(_NEVER), {"link_id": link_id, "people": left, "error": "no_contact"})


def _of_service_account(
    link: TagLink, account: WechatAccount, openids: dict[uuid.UUID, str], *, wanted: bool, at_once: int = PEOPLE
) -> Iterator[_Word]:
    door, people = gateway().service_account(account), list(openids)
    for start in range(0, len(people), at_once):
        some = tuple(people[start : start + at_once])
        told = tuple(openids[one] for one in some)
        call = (door.tag_people if wanted else door.untag_people).prepare(int(link.remote_id or 0), told)
        yield _Word(link, account, wanted, some, told, [call])


def _of_members(session: Session, link: TagLink, account: WechatAccount, hers: dict[uuid.UUID, Any], *, wanted: bool) -> Iterator[_Word]:
    """A tag is given in the name of the member who has known her longest, and taken in the name of each."""
    ids = {row.id: customer_id for customer_id, row in hers.items()}
    found = select(Contact.identity_id, Contact.userid).where(Contact.identity_id.in_(ids), Contact.ended_at.is_(None))
    members: dict[uuid.UUID, list[str]] = {}
    for identity_id, userid in session.execute(found.order_by(Contact.since.nulls_last(), Contact.userid)):
        members.setdefault(ids[identity_id], []).append(userid)
    door, remote_id = gateway().wecom(account), str(link.remote_id)
    for customer_id, userids in members.items():
        external = hers[customer_id].openid
        if wanted:
            calls = [door.mark_tags.prepare(userids[0], external, add=[remote_id])]
        else:
            calls = [door.mark_tags.prepare(userid, external, remove=[remote_id]) for userid in userids]
        yield _Word(link, account, wanted, (customer_id,), (external,), calls)


def _say(words: Sequence[_Word]) -> None:
    answers = iter(gateway().carry_out_all([call for word in words for call in word.calls]))
    again: list[_Word] = []
    for word in words:
        errors = [one for one in [next(answers) for _ in word.calls] if isinstance(one, WechatError)]
        if errors and errors[0].outcome == Outcome.permanent_person and len(word.people) > 1:
            # All of them or none: one whom it cannot be told of must not keep it from the others.
            each = dict(zip(word.people, word.openids, strict=True))
            again += _of_service_account(word.link, word.account, each, wanted=word.wanted, at_once=1)
        else:
            _settle(word, errors[0] if errors else None)
    if again:
        _say(again)


def _settle(word: _Word, error: WechatError | None) -> None:
    asked: dict[str, Any] = {"link_id": word.link.id, "people": list(word.people)}
    with db.transaction() as session:
        if error is None:
            session.execute(text(_TOLD), asked | {"wanted": word.wanted})
            return
        asked["error"] = f"wechat.{error.code}"
        if error.outcome == Outcome.permanent_person:
            session.execute(text(_NEVER), asked)
            return
        session.execute(text(_LATER), asked | {"most": MOST_ATTEMPTS})
        if error.outcome == Outcome.permanent_account:
            log.warning("a tag can no longer be told of", link_id=str(word.link.id), error=error.code)
            broken = text("UPDATE tag_links SET broken_at = marque_now(), error = :error WHERE id = :link_id AND broken_at IS NULL")
            session.execute(broken, {"link_id": word.link.id, "error": asked["error"]})
