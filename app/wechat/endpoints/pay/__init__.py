"""WeChat Pay's doors."""

from __future__ import annotations

from app.wechat.endpoints.pay.bills import Bills
from app.wechat.endpoints.pay.certificates import Certificates
from app.wechat.endpoints.pay.partner import PartnerRatio, PartnerTransactions
from app.wechat.endpoints.pay.refunds import Refunds
from app.wechat.endpoints.pay.sharing import Sharing
from app.wechat.endpoints.pay.transactions import Transactions


class Pay(Transactions, Refunds, Sharing, Bills, Certificates):
    """A direct merchant: payments, refunds, profit sharing and bills."""


class PartnerPay(PartnerTransactions, PartnerRatio, Refunds, Sharing, Bills, Certificates):
    """A service provider: the same for its sub-merchants. Every call says for which one, `sub_mchid`."""
