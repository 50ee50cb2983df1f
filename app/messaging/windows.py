"""The time in which an account may answer a person who has just done something, and how many answers are left."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Integer, String, Uuid, column, delete, func, select, tuple_, update, values
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.models import WechatIdentity
from app.kit.settings import settings
from app.messaging.credits import identity_of
from app.messaging.models.credits import ReplyUse, ReplyWindow
from app.wechat.models import WechatAccount

# appid, openid
Person = tuple[str, str]
# identity_id, opened_by, opened_at
Window = tuple[uuid.UUID, str, datetime]
_USE = ("send_id", "identity_id", "opened_by", "opened_at")


def open_for(session: Session, account: WechatAccount, openid: str, opened_by: str, *, at: datetime) -> None:
    """She did something at `at` that lets the account write to her (`settings().reply_windows` says for how long and how often). News
    that is older than what is known changes nothing, and neither does the same again.
    """
    seconds, most = settings().reply_windows[f"{account.kind}.{opened_by}"]
    row = {
        "identity_id": identity_of(session, account, openid),
        "opened_by": opened_by,
        "opened_at": at,
        "closes_at": at + timedelta(seconds=seconds),
        "balance": most,
    }
    session.execute(
        insert(ReplyWindow)
        .values(row)
        .on_conflict_do_update(
            index_elements=["identity_id", "opened_by"],
            set_={name: row[name] for name in ("opened_at", "closes_at", "balance")},
            where=ReplyWindow.opened_at < at,
        )
    )


def close(session: Session, account: WechatAccount, openid: str) -> None:
    """She went: nobody may write to her any more."""
    hers = select(WechatIdentity.id).filter_by(appid=account.appid, openid=openid).scalar_subquery()
    session.execute(delete(ReplyWindow).where(ReplyWindow.identity_id == hers).execution_options(synchronize_session=False))


def open_now(session: Session, people: Collection[Person]) -> tuple[set[Person], set[Person]]:
    """Who may be written to now, and to whom that was true but for the number of messages."""
    rows = session.execute(_windows(people)).all()
    usable = {(row.appid, row.openid) for row in rows if row.balance > 0}
    return usable, {(row.appid, row.openid) for row in rows} - usable


def take(session: Session, wanted: Mapping[uuid.UUID, Person]) -> set[uuid.UUID]:
    """Use one place for each send, of the window that closes first; gives the sends that got one."""
    hers: dict[Person, list[Any]] = defaultdict(list)
    for row in session.execute(_windows(set(wanted.values())).with_for_update(of=ReplyWindow)):
        hers[row.appid, row.openid].append(row)
    used: Counter[Window] = Counter()
    uses = {}
    for send_id, person in wanted.items():
        for row in sorted(hers[person], key=lambda row: row.closes_at):
            window = row.identity_id, row.opened_by, row.opened_at
            if used[window] < row.balance:
                used[window] += 1
                uses[send_id] = window
                break
    if uses:
        rows = [dict(zip(_USE, (send_id, *window), strict=True)) for send_id, window in uses.items()]
        adding = insert(ReplyUse)
        adding = adding.on_conflict_do_update(index_elements=["send_id"], set_={name: adding.excluded[name] for name in _USE[1:]})
        session.execute(adding, rows)
    _change(session, {window: -number for window, number in used.items()})
    return set(uses)


def give_back(session: Session, send_ids: Collection[uuid.UUID]) -> None:
    """The places of these sends are free again, as long as it is still the same window. Again changes nothing."""
    gone = delete(ReplyUse).where(ReplyUse.send_id.in_(send_ids)).returning(ReplyUse.identity_id, ReplyUse.opened_by, ReplyUse.opened_at)
    rows = session.execute(gone.execution_options(synchronize_session=False))
    _change(session, Counter((row.identity_id, row.opened_by, row.opened_at) for row in rows))


def _windows(people: Collection[Person]) -> Any:
    return (
        select(
            WechatIdentity.appid,
            WechatIdentity.openid,
            ReplyWindow.identity_id,
            ReplyWindow.opened_by,
            ReplyWindow.opened_at,
            ReplyWindow.closes_at,
            ReplyWindow.balance,
        )
        .join(WechatIdentity, WechatIdentity.id == ReplyWindow.identity_id)
        .where(tuple_(WechatIdentity.appid, WechatIdentity.openid).in_(people), ReplyWindow.closes_at > func.marque_now())
        .order_by(ReplyWindow.identity_id, ReplyWindow.opened_by)
    )


def _change(session: Session, by: Mapping[Window, int]) -> None:
    if not by:
        return
    names = (column("identity_id", Uuid), column("opened_by", String), column("opened_at", DateTime(timezone=True)))
    changes = values(*names, column("delta", Integer), name="changes").data([(*window, delta) for window, delta in by.items()])
    session.execute(
        update(ReplyWindow)
        .where(
            ReplyWindow.identity_id == changes.c.identity_id,
            ReplyWindow.opened_by == changes.c.opened_by,
            ReplyWindow.opened_at == changes.c.opened_at,
        )
        .values(balance=ReplyWindow.balance + changes.c.delta)
        .execution_options(synchronize_session=False)
    )
