"""Background work of identity: asking the service accounts who their followers are, and forgetting sessions that ended."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.orm import Session

from app.identity import service
from app.identity.models import CustomerSession, FollowerSync
from app.kit import db, queue
from app.kit.queue import job
from app.wechat import queries as wechat
from app.wechat.client import Outcome, ServiceAccount, UserInfo, WechatError, gateway
from app.wechat.models import WechatAccount

INFOS_AT_ONCE = 100
# The list has a million names, and others wait for the worker, too.
A_TURN_SECONDS = 5.0
SESSIONS_KEPT = timedelta(days=7)


@job("identity.look_up_followers", every=5, transactional=False)
def look_up_followers() -> None:
    """Find out who the new followers are; whoever cannot be asked now is asked again after the lease."""
    until = time.monotonic() + A_TURN_SECONDS
    while True:
        with db.transaction() as session:
            claimed = service.claim_look_ups(session)
            accounts = {one.appid: wechat.by_appid(session, one.appid) for one in claimed}
        if not claimed:
            return
        for identity in claimed:
            account = accounts[identity.appid]
            assert account is not None
            try:
                info: UserInfo | None = gateway().service_account(account).user_info(identity.openid)
            except WechatError as error:
                if error.outcome is not Outcome.permanent_person:
                    continue
                info = None
            with db.transaction() as session:
                service.looked_up(session, account, identity.openid, info)
        if time.monotonic() >= until:
            queue.ring_again("identity.look_up_followers")
            return


@job("identity.sync_followers", every=5, queue="bulk", transactional=False, timeout=600)
def sync_followers() -> None:
    """Read on in the list of followers, where the last reading ended: for those whose following we were not told of."""
    until = time.monotonic() + A_TURN_SECONDS
    while True:
        with db.transaction() as session:
            sync = service.claim_sync(session)
            account = session.get_one(WechatAccount, sync.account_id) if sync else None
        if sync is None or account is None:
            return
        try:
            _read_on(sync, account, until)
        except WechatError:
            return  # logged where it happened; the lease brings it back
        if time.monotonic() >= until:
            queue.ring_again("identity.sync_followers")
            return


@job("identity.forget_sessions", cron="43 3 * * *", queue="bulk", timeout=600)
def forget_sessions(session: Session) -> None:
    """Drop sessions that ended a week ago."""
    session.execute(delete(CustomerSession).where(CustomerSession.expires_at < func.marque_now() - SESSIONS_KEPT))


def _read_on(sync: FollowerSync, account: WechatAccount, until: float) -> None:
    door: ServiceAccount = gateway().service_account(account)
    openids = door.followers(sync.last_openid)
    if not openids:
        with db.transaction() as session:
            service.synced(session, account, {}, last_openid=sync.last_openid, finished=True)
    for start in range(0, len(openids), INFOS_AT_ONCE):
        part = openids[start : start + INFOS_AT_ONCE]
        infos = door.user_infos(part)
        with db.transaction() as session:
            service.synced(session, account, infos, last_openid=part[-1], finished=False)
        if time.monotonic() >= until:
            return
