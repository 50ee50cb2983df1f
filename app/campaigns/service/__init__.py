"""Put a campaign on, keep its costs and codes, note whom it touches, take answers, and let people in."""

from app.campaigns.service.answering import answer
from app.campaigns.service.arriving import check_in, ticket
from app.campaigns.service.editing import cancel, change, create, end, end_past, start
from app.campaigns.service.people import forget, merge
from app.campaigns.service.spending import add_code, enter_cost, keep_image, keep_picture, reverse
from app.campaigns.service.touching import followed, open, recognise, scanned

__all__ = [
    "add_code",
    "answer",
    "cancel",
    "change",
    "check_in",
    "create",
    "end",
    "end_past",
    "enter_cost",
    "followed",
    "forget",
    "keep_image",
    "keep_picture",
    "merge",
    "open",
    "recognise",
    "reverse",
    "scanned",
    "start",
    "ticket",
]
