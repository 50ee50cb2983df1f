"""Looks at vehicles: one by one, and the search."""

from app.vehicles.queries.by_store import by_store
from app.vehicles.queries.detail import detail
from app.vehicles.queries.filters import Filters, filters_of
from app.vehicles.queries.finance import CHINA, finance_example, offer, offer_out, plan_out, plans_for, running_plans, today
from app.vehicles.queries.search import Found, Sort, nearest_city, search
from app.vehicles.queries.similar import Similar, similar
from app.vehicles.queries.stock import (
    card,
    card_of,
    counts,
    get,
    list_card,
    price_history,
    shown,
    similar_card,
)

__all__ = [
    "CHINA",
    "Filters",
    "Found",
    "Similar",
    "Sort",
    "by_store",
    "card",
    "card_of",
    "counts",
    "detail",
    "filters_of",
    "finance_example",
    "get",
    "list_card",
    "nearest_city",
    "offer",
    "offer_out",
    "plan_out",
    "plans_for",
    "price_history",
    "running_plans",
    "search",
    "shown",
    "similar",
    "similar_card",
    "today",
]
