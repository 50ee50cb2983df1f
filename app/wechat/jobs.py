"""Background work of wechat: what Tencent told us is not kept for ever."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kit.queue import job
from app.wechat import service


@job("wechat.forget_callbacks", cron="53 3 * * *", queue="bulk", timeout=600)
def forget_callbacks(session: Session) -> None:
    service.forget_callbacks(session)
