"""Hold a vehicle for a customer, follow her money, and let go again."""

from app.orders.service.dealing import confirm, convert, decline, extend, refund_part, sold_offline
from app.orders.service.ending import cancel, erase, expire, fail
from app.orders.service.following import follow_merge, follow_payment, follow_refund
from app.orders.service.reserving import await_payment, reserve
from app.orders.service.terms import Policy, draft_terms, end_terms, install_terms, payee_name, publish_terms

__all__ = [
    "Policy",
    "await_payment",
    "cancel",
    "confirm",
    "convert",
    "decline",
    "draft_terms",
    "end_terms",
    "erase",
    "expire",
    "extend",
    "fail",
    "follow_merge",
    "follow_payment",
    "follow_refund",
    "install_terms",
    "payee_name",
    "publish_terms",
    "refund_part",
    "reserve",
    "sold_offline",
]
