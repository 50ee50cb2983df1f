"""Hold a vehicle for a customer, follow her money, and let go again."""

from app.orders.service.ending import cancel, erase, expire, fail
from app.orders.service.following import follow_merge, follow_payment, follow_refund
from app.orders.service.reserving import await_payment, reserve
from app.orders.service.terms import install_terms

__all__ = [
    "await_payment",
    "cancel",
    "erase",
    "expire",
    "fail",
    "follow_merge",
    "follow_payment",
    "follow_refund",
    "install_terms",
    "reserve",
]
