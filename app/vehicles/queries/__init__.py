"""Looks at vehicles: one by one, and the search."""

from app.vehicles.photos import for_a_share
from app.vehicles.queries.by_store import by_store
from app.vehicles.queries.compare import compare
from app.vehicles.queries.detail import availability, detail
from app.vehicles.queries.filters import Filters, filters_of, with_price_said
from app.vehicles.queries.finance import CHINA, calculated, finance_example, offer, previewed, running_plans, today
from app.vehicles.queries.inspections import inspection, report_of, report_out
from app.vehicles.queries.photos import album, photos_of, picture
from app.vehicles.queries.prices import fairness, price_history, price_notes
from app.vehicles.queries.scope import of_staff
from app.vehicles.queries.search import Found, nearest_city, search
from app.vehicles.queries.similar import Similar, similar
from app.vehicles.queries.stock import (
    card,
    card_of,
    counts,
    get,
    list_card,
    shown,
    similar_card,
)
from app.vehicles.queries.suggesting import suggestions
from app.vehicles.search.engine import Sort

__all__ = [
    "CHINA",
    "Filters",
    "Found",
    "Similar",
    "Sort",
    "album",
    "availability",
    "by_store",
    "calculated",
    "card",
    "card_of",
    "compare",
    "counts",
    "detail",
    "fairness",
    "filters_of",
    "finance_example",
    "for_a_share",
    "get",
    "inspection",
    "list_card",
    "nearest_city",
    "of_staff",
    "offer",
    "photos_of",
    "picture",
    "previewed",
    "price_history",
    "price_notes",
    "report_of",
    "report_out",
    "running_plans",
    "search",
    "shown",
    "similar",
    "similar_card",
    "suggestions",
    "today",
    "with_price_said",
]
