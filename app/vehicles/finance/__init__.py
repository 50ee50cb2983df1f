"""What a car costs by the month, exact to the fen: the arithmetic of loans and leases, and what plans make of it. Knows no database."""

from app.vehicles.finance.plans import Offer, cheapest_monthly_fen, down_payment_range, monthly_fen, offer, suits, terms_of
from app.vehicles.finance.schedules import Final, Instalment, Schedule, Terms, factors, present_value, schedule

__all__ = [
    "Final",
    "Instalment",
    "Offer",
    "Schedule",
    "Terms",
    "cheapest_monthly_fen",
    "down_payment_range",
    "factors",
    "monthly_fen",
    "offer",
    "present_value",
    "schedule",
    "suits",
    "terms_of",
]
