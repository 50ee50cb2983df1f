"""What changes vehicles: holding and selling them, and taking over what a feed brings."""

from app.vehicles.service.catalogue import series
from app.vehicles.service.feed import WITHDRAW_AFTER, Feed, take_over
from app.vehicles.service.holding import change_price, release, reserve, sell
from app.vehicles.service.plans import install_plans, refresh_due, refresh_monthly

__all__ = [
    "WITHDRAW_AFTER",
    "Feed",
    "change_price",
    "install_plans",
    "refresh_due",
    "refresh_monthly",
    "release",
    "reserve",
    "sell",
    "series",
    "take_over",
]
