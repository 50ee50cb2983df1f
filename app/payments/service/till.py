"""A payee's till at WeChat Pay: the same few words for a merchant who receives money itself and for one who speaks for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.kit.logging import logger
from app.kit.settings import settings
from app.payments.models import PaymentAttempt, Refund
from app.wechat.client import RefundState, Trade, WechatError, gateway
from app.wechat.models import WechatAccount

log = logger(__name__)


@dataclass(frozen=True)
class Card:
    """A bank card of the customer, for a refund that cannot go back the way it came. Kept nowhere, and not to be printed."""

    bank_type: str
    bank_account: str
    real_name: str

    def __repr__(self) -> str:
        return "Card(…)"


class Till:
    """What a payment or a refund needs of WeChat Pay. Every verb but `sheet` calls the outside, and raises `WechatError`."""

    def __init__(self, account: WechatAccount, sub_mchid: str | None) -> None:
        self.account = account
        # Both doors have the same verbs; a service provider's ask first whose money it is, and where it is one of many arguments, by name.
        self._door: Any = gateway().pay(account) if sub_mchid is None else gateway().partner_pay(account)
        self._whose = () if sub_mchid is None else (sub_mchid,)
        self._named = {} if sub_mchid is None else {"sub_mchid": sub_mchid}

    def prepay(self, attempt: PaymentAttempt, *, description: str) -> str:
        """The prepay_id of an attempt."""
        prepay_id: str = self._door.prepay(
            *self._whose,
            attempt.out_trade_no,
            description=description,
            amount_fen=attempt.amount_fen,
            openid=attempt.openid,
            expires_at=attempt.expires_at,
            notify_url=self._address("payments"),
        )
        return prepay_id

    def sheet(self, prepay_id: str) -> dict[str, str]:
        """What wx.requestPayment takes."""
        params: dict[str, str] = self._door.payment_params(prepay_id)
        return params

    def query(self, out_trade_no: str) -> Trade:
        trade: Trade = self._door.query(*self._whose, out_trade_no)
        return trade

    def close(self, out_trade_no: str) -> bool:
        """Whether WeChat says that it takes no money for this number from now on; raises nothing."""
        try:
            self._door.close(*self._whose, out_trade_no)
        except WechatError as error:
            log.info("WeChat Pay did not close an order", out_trade_no=out_trade_no, error=str(error))
            return False
        return True

    def refund(self, refund: Refund) -> RefundState:
        told: RefundState = self._door.refund(
            refund.out_trade_no,
            refund.out_refund_no,
            amount_fen=refund.amount_fen,
            total_fen=refund.paid_fen,
            reason=refund.reason,
            notify_url=self._address("refunds"),
            **self._named,
        )
        return told

    def query_refund(self, out_refund_no: str) -> RefundState:
        told: RefundState = self._door.query_refund(out_refund_no, **self._named)
        return told

    def redirect(self, refund: Refund, card: Card | None) -> RefundState:
        """Lead an abnormal refund to another card of hers, or without one to the merchant's own bank account."""
        numbers = (refund.refund_id, refund.out_refund_no)
        told: RefundState
        if card is None:
            told = self._door.refund_to_merchant(*numbers, **self._named)
        else:
            told = self._door.refund_to_card(
                *numbers, bank_type=card.bank_type, bank_account=card.bank_account, real_name=card.real_name, **self._named
            )
        return told

    def _address(self, of: str) -> str:
        return f"{settings().public_base_url}/api/platform/wechat/pay/{self.account.appid}/{of}"


def till_of(session: Session, row: PaymentAttempt | Refund) -> Till:
    """The till that this attempt's money goes into; a refund goes out of the one that took its payment."""
    return Till(session.get_one(WechatAccount, row.account_id), row.sub_mchid)
