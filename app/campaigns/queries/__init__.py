"""Looks at campaigns: which there are, who came by them, and what they brought."""

from app.campaigns.queries.listing import (
    answers,
    by_id,
    check_ins,
    code,
    code_by_id,
    codes,
    costs,
    is_open,
    last_code,
    listing,
    managed,
    person,
    spent,
    today,
    visible,
)
from app.campaigns.queries.reporting import Figures, by_campaign, by_code

__all__ = [
    "Figures",
    "answers",
    "by_campaign",
    "by_code",
    "by_id",
    "check_ins",
    "code",
    "code_by_id",
    "codes",
    "costs",
    "is_open",
    "last_code",
    "listing",
    "managed",
    "person",
    "spent",
    "today",
    "visible",
]
