"""WeChat Pay's side of a payment: what it notifies, and everything that is rung for."""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import EventDelivery
from app.kit import db, queue
from app.wechat.client import RefundState, Trade
from app.wechat.models import InboxKind, WechatAccount, WechatInbox

_count = itertools.count(1)
SWEEPS = ("payments.query_due", "payments.refund_due", "orders.expire_due", "orders.offers_due")


def _told(session: Session, to: WechatAccount, kind: InboxKind, name: str, *, resource: dict[str, Any]) -> None:
    box = WechatInbox(
        brand_id=to.brand_id, account_id=to.id, kind=kind, dedupe_key=f"EV-{next(_count)}", payload={"id": "EV", "resource": resource}
    )
    session.add(box)
    session.flush()
    events.record(session, name, brand_id=to.brand_id, data={"inbox_id": box.id})
    session.commit()


def notify(session: Session, to: WechatAccount, trade: Trade, **told: Any) -> None:
    """A verified notification of a payment in the inbox; `told` replaces what it says."""
    resource: dict[str, Any] = {
        "out_trade_no": trade.out_trade_no,
        "trade_state": trade.state,
        "transaction_id": trade.transaction_id,
        "appid": trade.appid,
        "mchid": trade.mchid,
        "amount": {"total": trade.amount_fen, "currency": trade.currency},
        "payer": {"openid": trade.openid},
    }
    _told(session, to, InboxKind.payment, "wechat.payment_notified", resource=resource | told)


def notify_refund(session: Session, to: WechatAccount, refund: RefundState) -> None:
    """A verified notification of a refund in the inbox."""
    resource = {
        "out_refund_no": refund.out_refund_no,
        "out_trade_no": refund.out_trade_no,
        "refund_id": refund.refund_id,
        "refund_status": refund.status,
        "mchid": to.appid,
        "amount": {"refund": refund.amount_fen, "total": refund.total_fen},
    }
    _told(session, to, InboxKind.refund, "wechat.refund_notified", resource=resource)


class Works:
    """The workers of a test: they answer rings, deliver events and sweep, when told to."""

    def __init__(self, rings: list[tuple[str, dict[str, str]]]) -> None:
        self.rings = rings

    def quietly(self) -> None:
        """Answer every ring and deliver every event, until nothing is left."""
        while True:
            events.deliver_all()
            self._nobody_choked()
            heard = [ring for ring in self.rings if ring[0] != "events.deliver"]
            self.rings.clear()
            if not heard:
                return
            for name, ids in heard:
                queue.run(name, ids)

    def _nobody_choked(self) -> None:
        with db.transaction() as session:
            errors = session.execute(select(EventDelivery.handler, EventDelivery.error).where(EventDelivery.error.is_not(None))).all()
        assert not errors

    def sweep(self) -> None:
        """All rings so far were lost; the sweeps find what is due."""
        self.rings.clear()
        for name in SWEEPS:
            queue.run(name)
        self.quietly()
