"""The words of the stock, after it has changed."""

from __future__ import annotations

from sqlalchemy import select

from app.dealers.models import Brand
from app.kit import db
from app.kit.queue import job
from app.vehicles import service


@job("vehicles.count_words", every=300, queue="bulk", transactional=False, timeout=3600)
def count_words() -> None:
    """Write the cars' texts anew when the catalogue of words is another, part by part, and count the words of every stock that changed."""
    with db.transaction() as session:
        due = {brand_id: service.words_are_due(session, brand_id) for brand_id in session.execute(select(Brand.id)).scalars()}
    for brand_id, (texts, counts) in due.items():
        last: int | None = 0
        while texts and last is not None:
            with db.transaction() as session:
                last = service.reword(session, brand_id, last)
        if counts:
            with db.transaction() as session:
                service.count_words(session, brand_id)
