"""Credits: how many subscribe messages of a template she allowed, and that none of them is used twice."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Uuid, column, func, select, tuple_, update, values
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.models import WechatIdentity
from app.kit import db
from app.messaging.models.credits import Cause, Credit, CreditEntry
from app.wechat.models import WechatAccount

# Whom a message goes to, and which of WeChat's templates it uses up: appid, openid, template_id.
Wanted = tuple[str, str, str]


def identity_of(session: Session, account: WechatAccount, openid: str) -> uuid.UUID:
    """What an account calls a person, written down if nobody has heard of her so far."""
    row = {"id": db.new_id(), "brand_id": account.brand_id, "appid": account.appid, "openid": openid}
    session.execute(insert(WechatIdentity).values(row).on_conflict_do_nothing(index_elements=["appid", "openid"]))
    return session.execute(select(WechatIdentity.id).filter_by(appid=account.appid, openid=openid)).scalar_one()


def grant(session: Session, account: WechatAccount, openid: str, template_id: str, *, key: str, said_at: datetime) -> None:
    """She allowed one message more. The same `key` of hers again changes nothing; neither does what she said before she took it back."""
    identity_id = identity_of(session, account, openid)
    row = {"id": db.new_id(), "brand_id": account.brand_id, "identity_id": identity_id, "template_id": template_id}
    session.execute(insert(Credit).values(row).on_conflict_do_nothing(index_elements=["identity_id", "template_id"]))
    credit_id, revoked_at = session.execute(
        select(Credit.id, Credit.revoked_at).filter_by(identity_id=identity_id, template_id=template_id).with_for_update()
    ).one()
    if revoked_at is not None and said_at < revoked_at:
        return
    entry = {"id": db.new_id(), "credit_id": credit_id, "cause": Cause.granted, "delta": 1, "key": key}
    written = insert(CreditEntry).values(entry).on_conflict_do_nothing(index_elements=["credit_id", "key"]).returning(CreditEntry.id)
    if session.execute(written).first():
        _change(session, {credit_id: 1})


def revoke(session: Session, credits: Collection[uuid.UUID], *, said_at: datetime) -> None:
    """She wants no more of these: whatever was left is gone. Again changes nothing."""
    rows = select(Credit.id, Credit.balance).where(Credit.id.in_(credits)).order_by(Credit.id).with_for_update()
    for credit_id, balance in session.execute(rows).all():
        session.execute(
            update(Credit)
            .where(Credit.id == credit_id)
            .values(balance=0, revoked_at=func.greatest(Credit.revoked_at, said_at))
            .execution_options(synchronize_session=False)
        )
        if balance:
            session.execute(insert(CreditEntry).values(id=db.new_id(), credit_id=credit_id, cause=Cause.revoked, delta=-balance))


def of_person(session: Session, account: WechatAccount, openid: str, template_id: str) -> list[uuid.UUID]:
    """Her credit for a template: one, or none."""
    return [found for found, _ in _rows(session, [(account.appid, openid, template_id)]).values()]


def available(session: Session, wanted: Collection[Wanted]) -> set[Wanted]:
    """For which of these there is a credit now."""
    return {one for one, (_, balance) in _rows(session, wanted).items() if balance > 0}


def take(session: Session, wanted: Mapping[uuid.UUID, Wanted]) -> set[uuid.UUID]:
    """Use one credit for each send, as far as there are any; gives the sends that got one."""
    left = _rows(session, set(wanted.values()), lock=True)
    used: Counter[uuid.UUID] = Counter()
    got: dict[uuid.UUID, uuid.UUID] = {}
    for send_id, one in wanted.items():
        if one in left and used[left[one][0]] < left[one][1]:
            got[send_id] = left[one][0]
            used[left[one][0]] += 1
    _change(session, {credit_id: -number for credit_id, number in used.items()})
    _write(session, Cause.taken, -1, got)
    return set(got)


def taken_by(session: Session, send_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """The credits that these sends have used something of."""
    return set(session.execute(select(CreditEntry.credit_id).where(CreditEntry.send_id.in_(send_ids))).scalars())


def give_back(session: Session, send_ids: Collection[uuid.UUID]) -> None:
    """What these sends used is there again, unless she took it all back meanwhile. Again changes nothing."""
    rows = select(Credit.id, Credit.revoked_at).where(Credit.id.in_(taken_by(session, send_ids))).order_by(Credit.id).with_for_update()
    revoked = {row[0]: row[1] for row in session.execute(rows)}
    spent: Sequence[Any] = session.execute(
        select(CreditEntry.credit_id, CreditEntry.send_id, func.max(CreditEntry.created_at))
        .where(CreditEntry.send_id.in_(send_ids))
        .group_by(CreditEntry.credit_id, CreditEntry.send_id)
        .having(func.sum(CreditEntry.delta) < 0)
    ).all()
    back = {
        send_id: credit_id for credit_id, send_id, taken_at in spent if (revoked_at := revoked[credit_id]) is None or revoked_at < taken_at
    }
    _change(session, Counter(back.values()))
    _write(session, Cause.given_back, 1, back)


def _write(session: Session, cause: Cause, delta: int, credits: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """An entry for each send, by the credit that it changed."""
    rows = [
        {"id": db.new_id(), "credit_id": credit_id, "cause": cause, "delta": delta, "send_id": send_id}
        for send_id, credit_id in credits.items()
    ]
    if rows:
        session.execute(insert(CreditEntry), rows)


def _rows(session: Session, wanted: Collection[Wanted], *, lock: bool = False) -> dict[Wanted, tuple[uuid.UUID, int]]:
    """Credit and balance by what is wanted; locked in the order of their ids, so that two who lock some never wait for each other."""
    if not wanted:
        return {}
    rows = (
        select(WechatIdentity.appid, WechatIdentity.openid, Credit.template_id, Credit.id, Credit.balance)
        .join(WechatIdentity, WechatIdentity.id == Credit.identity_id)
        .where(tuple_(WechatIdentity.appid, WechatIdentity.openid, Credit.template_id).in_(wanted))
        .order_by(Credit.id)
    )
    if lock:
        rows = rows.with_for_update(of=Credit)
    return {(appid, openid, template_id): (found, balance) for appid, openid, template_id, found, balance in session.execute(rows)}


def _change(session: Session, by: Mapping[uuid.UUID, int]) -> None:
    if not by:
        return
    changes = values(column("credit_id", Uuid), column("delta", Integer), name="changes").data(list(by.items()))
    session.execute(
        update(Credit)
        .where(Credit.id == changes.c.credit_id)
        .values(balance=Credit.balance + changes.c.delta)
        .execution_options(synchronize_session=False)
    )
