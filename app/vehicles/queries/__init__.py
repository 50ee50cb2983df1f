"""Looks at vehicles: one by one, and the search."""

from app.vehicles.queries.by_store import by_store
from app.vehicles.queries.detail import detail, finance_example, plan_out
from app.vehicles.queries.filters import Filters, filters_of
from app.vehicles.queries.search import Found, Sort, nearest_city, search
from app.vehicles.queries.similar import Similar, similar
from app.vehicles.queries.stock import (
    card,
    card_of,
    counts,
    finance_plan,
    finance_plans,
    get,
    list_card,
    price_history,
    shown,
    similar_card,
)

__all__ = [
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
    "finance_plan",
    "finance_plans",
    "get",
    "list_card",
    "nearest_city",
    "plan_out",
    "price_history",
    "search",
    "shown",
    "similar",
    "similar_card",
]
