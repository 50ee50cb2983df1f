"""Read the templates that our accounts have at WeChat: what stands in ours is compared with them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit import clock, db, queue
from app.kit.logging import logger
from app.messaging.models import TemplateSync, WechatTemplate
from app.wechat.client import WechatError, gateway
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

READ_EVERY = timedelta(hours=6)
# While one reads an account, the others leave it alone; what failed is read again then.
LEASE = timedelta(minutes=5)
_READ = (AccountKind.service_account, AccountKind.mini_program)
# `意向车型:{{thing1.DATA}}`, one a line
_KEY = re.compile(r"([^\n{}:：]*)[:：]?\s*\{\{\s*(\w+)\.DATA\s*\}\}")


@dataclass(frozen=True)
class _Found:
    template_id: str
    title: str
    content: str

    @property
    def keys(self) -> list[dict[str, str]]:
        return [{"key": key, "label": label.strip() or key} for label, key in _KEY.findall(self.content)]


def sync_templates() -> int:
    """Read the templates of every account whose turn it is; returns how many accounts that were. Many may do this at once."""
    count = 0
    while True:
        with db.transaction() as session:
            account = _claim(session)
        if account is None:
            return count
        count += 1
        try:
            found = _read(account)
        except WechatError as error:
            log.warning("templates cannot be read", account=account.appid, error=error.code)
            with db.transaction() as session:
                failed = {"tried_at": func.marque_now(), "error": f"wechat.{error.code}"}
                session.execute(update(TemplateSync).filter_by(account_id=account.id).values(**failed))
            continue
        with db.transaction() as session:
            _write(session, account, found, moment=clock.now(session))


def sync_now(session: Session, brand_id: uuid.UUID) -> None:
    """Let the templates of the brand's accounts be read now, and not when their turn comes."""
    _know_all(session)
    accounts = select(WechatAccount.id).filter_by(brand_id=brand_id)
    session.execute(
        update(TemplateSync)
        .where(TemplateSync.account_id.in_(accounts))
        .values(due_at=func.marque_now(), asked_at=func.marque_now())
        .execution_options(synchronize_session=False)
    )
    queue.enqueue(session, "messaging.sync_templates")


def _know_all(session: Session) -> None:
    accounts = select(WechatAccount.id).where(WechatAccount.kind.in_(_READ))
    session.execute(insert(TemplateSync).from_select(["account_id"], accounts).on_conflict_do_nothing())


def _claim(session: Session) -> WechatAccount | None:
    _know_all(session)
    due = select(TemplateSync.account_id).where(TemplateSync.due_at <= func.marque_now()).limit(1).with_for_update(skip_locked=True)
    claimed = update(TemplateSync).where(TemplateSync.account_id == db.one_of(due)).values(due_at=func.marque_now() + LEASE)
    account_id = session.execute(
        claimed.returning(TemplateSync.account_id).execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return session.get_one(WechatAccount, account_id) if account_id else None


def _read(account: WechatAccount) -> list[_Found]:
    if account.kind == AccountKind.mini_program:
        return [_Found(one.template_id, one.title, one.content) for one in gateway().mini_program(account).subscribe_templates()]
    return [_Found(one.template_id, one.title, one.content) for one in gateway().service_account(account).templates()]


def _write(session: Session, account: WechatAccount, found: Sequence[_Found], *, moment: datetime) -> None:
    rows = [
        {
            "id": db.new_id(),
            "brand_id": account.brand_id,
            "appid": account.appid,
            "template_id": one.template_id,
            "title": one.title,
            "content": one.content,
            "keys": one.keys,
            "read_at": moment,
            "gone_at": None,
        }
        for one in found
    ]
    if rows:
        writing = insert(WechatTemplate).values(rows)
        changed = {name: writing.excluded[name] for name in ("title", "content", "keys", "read_at", "gone_at")}
        session.execute(writing.on_conflict_do_update(index_elements=["appid", "template_id"], set_=changed))
    session.execute(
        update(WechatTemplate)
        .where(
            WechatTemplate.appid == account.appid,
            WechatTemplate.gone_at.is_(None),
            WechatTemplate.template_id.not_in([one.template_id for one in found]),
        )
        .values(gone_at=moment)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(TemplateSync)
        .filter_by(account_id=account.id)
        .values(due_at=func.marque_now() + READ_EVERY, tried_at=moment, read_at=moment, error=None)
    )
