"""What changes vehicles: holding and selling them, and taking over what a feed brings."""

from app.vehicles.service.catalogue import install_plans, series
from app.vehicles.service.feed import WITHDRAW_AFTER, Feed, take_over
from app.vehicles.service.holding import change_price, release, reserve, sell

__all__ = ["WITHDRAW_AFTER", "Feed", "change_price", "install_plans", "release", "reserve", "sell", "series", "take_over"]
