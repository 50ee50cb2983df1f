"""WeChat Pay's door."""

from __future__ import annotations

from app.wechat.endpoints.pay.certificates import Certificates
from app.wechat.endpoints.pay.refunds import Refunds
from app.wechat.endpoints.pay.transactions import Transactions


class Pay(Transactions, Refunds, Certificates):
    """A merchant: payments and refunds."""
