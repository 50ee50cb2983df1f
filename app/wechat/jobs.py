"""Background work of wechat: callbacks that nobody took, certificates that change, and what is not kept for ever."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.kit import db
from app.kit.logging import logger
from app.kit.queue import job
from app.wechat import service
from app.wechat.client import WechatError, gateway

log = logger(__name__)


@job("wechat.take_callbacks", every=5, queue="critical", transactional=False, timeout=120)
def take_callbacks() -> None:
    service.take_left_over()


@job("wechat.refresh_certificates", every=600, transactional=False, timeout=300)
def refresh_certificates(account_id: str | None = None) -> None:
    """Ask WeChat Pay for the certificates of one merchant, who has heard of a new one, or of all whose were not looked at for long."""
    with db.transaction() as session:
        accounts = service.claim_certificates(session, uuid.UUID(account_id) if account_id else None)
    for account in accounts:
        try:
            pems = gateway().pay(account).certificates()
            with db.transaction() as session:
                service.keep_platform_certificates(session, account, pems)
        except (WechatError, service.AccountRefused) as error:
            log.warning("no certificates", account=account.appid, error=str(error))


@job("wechat.forget_callbacks", cron="53 3 * * *", queue="bulk", timeout=600)
def forget_callbacks(session: Session) -> None:
    service.forget_callbacks(session)
