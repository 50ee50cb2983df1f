"""Keep one lead per customer, give it to an adviser, take the answers, and follow what happens to orders."""

from app.leads.service.answering import accept, book_test_drive, call_back, press
from app.leads.service.creating import create_all, created
from app.leads.service.keeping import forget, merge
from app.leads.service.orders import deposit_paid, order_ended, order_of_erased_ended, order_reserved
from app.leads.service.requests import contact

__all__ = [
    "accept",
    "book_test_drive",
    "call_back",
    "contact",
    "create_all",
    "created",
    "deposit_paid",
    "forget",
    "merge",
    "order_ended",
    "order_of_erased_ended",
    "order_reserved",
    "press",
]
