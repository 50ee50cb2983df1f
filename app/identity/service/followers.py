"""Keep up with who follows the service accounts, and link the followers to the customers they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity import queries
from app.identity.models import FollowerSync, WechatIdentity
from app.identity.service.ground import all_in_a_row
from app.identity.service.people import recognise
from app.kit import clock, db, queue
from app.wechat.client import UserInfo
from app.wechat.models import AccountKind, WechatAccount

# Longer than the call takes; after it a look-up that a dead process began is begun again.
LEASE = timedelta(seconds=30)
# The list of followers may be read 500 times a day.
SYNC_EVERY = timedelta(minutes=3)
BATCH = 20


def follow(
    session: Session, account: WechatAccount, openid: str, *, followed: bool, told_at: datetime, look_up: bool = True
) -> WechatIdentity:
    """Keep that a person follows an account since `told_at`, or no longer does; older news changes nothing.

    Who she is, is asked in the background when nobody knows yet.
    """
    session.execute(
        insert(WechatIdentity)
        .values(id=db.new_id(), brand_id=account.brand_id, appid=account.appid, openid=openid)
        .on_conflict_do_nothing(index_elements=["appid", "openid"])
    )
    identity = session.execute(
        select(WechatIdentity).filter_by(appid=account.appid, openid=openid).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    if identity.follow_told_at and told_at < identity.follow_told_at:
        return identity
    changed = bool(identity.followed) != followed
    identity.followed, identity.follow_told_at = followed, told_at
    if identity.customer_id is None and look_up:
        identity.look_up_at = clock.now(session) if followed else None
        queue.enqueue(session, "identity.look_up_followers")
    elif identity.customer_id is not None and changed:
        events.record(
            session,
            "customer.followed" if followed else "customer.unfollowed",
            brand_id=identity.brand_id,
            customer_id=identity.customer_id,
            subject=("customer", identity.customer_id),
            data={"appid": account.appid},
            actor=("customer", identity.customer_id),
        )
    session.flush()
    return identity


def claim_look_ups(session: Session) -> Sequence[WechatIdentity]:
    """The followers to ask about now; nobody else gets them until the lease ends."""
    due = (
        select(WechatIdentity.id)
        .where(WechatIdentity.look_up_at <= func.marque_now())
        .order_by(WechatIdentity.look_up_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return (
        session.execute(
            update(WechatIdentity)
            .where(WechatIdentity.id == db.one_of(due))
            .values(look_up_at=func.marque_now() + LEASE)
            .returning(WechatIdentity)
        )
        .scalars()
        .all()
    )


def looked_up(session: Session, account: WechatAccount, openid: str, info: UserInfo | None) -> None:
    """Link a follower to the customer she is, making one when she never came before. None when WeChat knows no such person."""
    if info is not None and (info.unionid or info.subscribe):
        recognise(session, account, openid=openid, unionid=info.unionid)
    else:
        session.execute(update(WechatIdentity).filter_by(appid=account.appid, openid=openid).values(look_up_at=None))


def claim_sync(session: Session) -> FollowerSync | None:
    """A service account whose followers are to be read now; nobody else gets it until the lease ends."""
    accounts = select(WechatAccount.id).filter_by(kind=AccountKind.service_account)
    session.execute(insert(FollowerSync).from_select(["account_id"], accounts).on_conflict_do_nothing())
    due = select(FollowerSync.account_id).where(FollowerSync.due_at <= func.marque_now()).limit(1).with_for_update(skip_locked=True)
    return session.execute(
        update(FollowerSync)
        .where(FollowerSync.account_id == db.one_of(due))
        .values(due_at=func.marque_now() + LEASE)
        .returning(FollowerSync)
    ).scalar_one_or_none()


def synced(session: Session, account: WechatAccount, infos: dict[str, UserInfo], *, last_openid: str, finished: bool) -> None:
    """Keep a part of an account's followers, and how far the reading has come.

    Nobody becomes a customer by this: whoever is one already is linked, the others are when they come.
    """
    moment = clock.now(session)
    followers = {openid: info for openid, info in infos.items() if info.subscribe}
    news = _not_known(session, account, followers)
    # They may be signing in, or be asked about, at this moment.
    all_in_a_row(session, [(account.appid, openid) for openid in news])
    all_in_a_row(session, [(account.brand_id, info.unionid) for info in news.values() if info.unionid])
    hers = queries.with_a_customer(session, account.brand_id, {info.unionid for info in news.values() if info.unionid})
    strangers = {openid: info for openid, info in news.items() if info.unionid not in hers}
    done = _written_down(session, account, strangers, moment) | _learnt(session, account, news)
    for openid in news.keys() - done:
        info = news[openid]
        identity = follow(session, account, openid, followed=True, told_at=info.subscribed_at or moment, look_up=False)
        identity.unionid = identity.unionid or info.unionid
        session.flush()
        if identity.customer_id is None and info.unionid in hers:
            recognise(session, account, openid=openid, unionid=info.unionid)
    sync = session.get_one(FollowerSync, account.id)
    sync.last_openid = last_openid
    sync.due_at = moment + SYNC_EVERY if finished else moment


def _not_known(session: Session, account: WechatAccount, told: dict[str, UserInfo]) -> dict[str, UserInfo]:
    """Those of whom we did not know all this: nearly nobody, once the list was read."""
    rows = select(WechatIdentity.openid, WechatIdentity.unionid, WechatIdentity.customer_id).where(
        WechatIdentity.appid == account.appid, WechatIdentity.openid.in_(told), WechatIdentity.followed.is_(True)
    )
    as_told = [row for row in session.execute(rows) if row.unionid == (told[row.openid].unionid or row.unionid)]
    # Whoever becomes a customer from now on finds her row, and links it herself.
    hers = queries.with_a_customer(session, account.brand_id, {row.unionid for row in as_told if row.unionid and not row.customer_id})
    known = {row.openid for row in as_told if row.customer_id or row.unionid not in hers}
    return {openid: info for openid, info in told.items() if openid not in known}


def _written_down(session: Session, account: WechatAccount, told: dict[str, UserInfo], moment: datetime) -> set[str]:
    """Keep followers who are nobody's customers and of whom we have never heard; gives their openids."""
    if not told:
        return set()
    rows = [
        {
            "id": db.new_id(),
            "brand_id": account.brand_id,
            "appid": account.appid,
            "openid": openid,
            "unionid": info.unionid,
            "followed": True,
            "follow_told_at": info.subscribed_at or moment,
        }
        for openid, info in told.items()
    ]
    new = insert(WechatIdentity).values(rows).on_conflict_do_nothing(index_elements=["appid", "openid"])
    return set(session.execute(new.returning(WechatIdentity.openid)).scalars())


def _learnt(session: Session, account: WechatAccount, told: dict[str, UserInfo]) -> set[str]:
    """Of customers who are known to follow nothing is news but their unionid; gives their openids."""
    unionids = {openid: info.unionid for openid, info in told.items() if info.unionid}
    if not unionids:
        return set()
    learn = text(
        """
        UPDATE wechat_identities SET unionid = told.unionid
        FROM unnest(CAST(:openids AS text[]), CAST(:unionids AS text[])) AS told(openid, unionid)
        WHERE appid = :appid AND wechat_identities.openid = told.openid AND wechat_identities.unionid IS NULL
            AND followed AND customer_id IS NOT NULL
        RETURNING wechat_identities.openid
        """
    )
    values = {"appid": account.appid, "openids": list(unionids), "unionids": list(unionids.values())}
    return set(session.execute(learn, values).scalars())
