"""What changes vehicles: holding and selling them, and taking over what a feed brings."""

from app.vehicles.service.catalogue import series
from app.vehicles.service.feed import take_over
from app.vehicles.service.feed_photos import bring_photos
from app.vehicles.service.holding import change_price, release, reserve, sell
from app.vehicles.service.inspections import attach, report, take_back
from app.vehicles.service.photos import arrange, clear_away, make_due_sizes, put_back, put_up, take_off
from app.vehicles.service.plans import install_plans, refresh_due, refresh_monthly
from app.vehicles.service.prices import fade_reductions
from app.vehicles.service.staging import WITHDRAW_AFTER, Feed
from app.vehicles.service.wording import count_words, reword, words_are_due

__all__ = [
    "WITHDRAW_AFTER",
    "Feed",
    "arrange",
    "attach",
    "bring_photos",
    "change_price",
    "clear_away",
    "count_words",
    "fade_reductions",
    "install_plans",
    "make_due_sizes",
    "put_back",
    "put_up",
    "refresh_due",
    "refresh_monthly",
    "release",
    "report",
    "reserve",
    "reword",
    "sell",
    "series",
    "take_back",
    "take_off",
    "take_over",
    "words_are_due",
]
