"""The words of the stock: written anew when the catalogue of words is another, and counted."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit import clock
from app.vehicles import words
from app.vehicles.labels import search_text
from app.vehicles.models import CountedWords, ModelSeries, Vehicle

ROWS_AT_ONCE = 2000

_COUNTS = """
    SELECT word, count(*) FROM vehicles v CROSS JOIN unnest(string_to_array(v.search_text, ' ')) AS word
    WHERE v.brand_id = :brand_id AND v.status IN ('listed', 'reserved') GROUP BY word
    UNION ALL
    SELECT :city || s.city, count(*) FROM vehicles v JOIN stores s ON s.id = v.store_id
    WHERE v.brand_id = :brand_id AND v.status IN ('listed', 'reserved') GROUP BY s.city
"""
_MODELS = """
    SELECT m.key, v.model, count(*) FROM vehicles v JOIN model_series m ON m.id = v.series_id
    WHERE v.brand_id = :brand_id AND v.status IN ('listed', 'reserved') GROUP BY m.key, v.model ORDER BY 3 DESC, 1, 2
"""
_REWRITTEN = """
    UPDATE vehicles v SET search_text = n.search_text
    FROM unnest(CAST(:numbers AS bigint[]), CAST(:texts AS text[])) AS n(number, search_text)
    WHERE v.number = n.number AND v.search_text <> n.search_text
"""


def words_are_due(session: Session, brand_id: uuid.UUID) -> tuple[bool, bool]:
    """Whether the cars' texts have to be written anew, and whether their words have to be counted."""
    last = session.execute(select(CountedWords.stock, CountedWords.catalogue).filter_by(brand_id=brand_id)).first()
    another = last is None or last.catalogue != words.edition()
    return another, another or last is None or last.stock != _stock(session)


def reword(session: Session, brand_id: uuid.UUID, after: int = 0) -> int | None:
    """Write the words of some cars anew, those with the next numbers; the last of these, or None when there are no more."""
    columns = [Vehicle.number, Vehicle.title, Vehicle.model, Vehicle.trim, Vehicle.options, Vehicle.specifications]
    columns += [getattr(Vehicle, facet) for facet in words.VALUES]
    wanted = select(*columns, ModelSeries.name.label("series"), Vehicle.search_text).join(ModelSeries)
    wanted = wanted.where(Vehicle.brand_id == brand_id, Vehicle.number > after).order_by(Vehicle.number).limit(ROWS_AT_ONCE)
    rows = session.execute(wanted.with_for_update(of=Vehicle, key_share=True)).all()
    anew = {row.number: made for row in rows if (made := search_text(row.series, row._asdict())) != row.search_text}
    if anew:
        session.execute(text(_REWRITTEN), {"numbers": list(anew), "texts": list(anew.values())})
    return rows[-1].number if len(rows) == ROWS_AT_ONCE else None


def count_words(session: Session, brand_id: uuid.UUID) -> None:
    """Count the words and the models of a brand's cars on sale, as they are now."""
    asked = {"brand_id": brand_id, "city": words.CITY}
    counted: dict[str, Any] = {
        "counted_at": clock.now(session),
        "stock": _stock(session),
        "catalogue": words.edition(),
        "cars": {word: cars for word, cars in session.execute(text(_COUNTS), asked) if word},
        "models": [list(row) for row in session.execute(text(_MODELS), asked)],
    }
    statement = insert(CountedWords).values(brand_id=brand_id, **counted)
    session.execute(statement.on_conflict_do_update(index_elements=["brand_id"], set_=counted))


def _stock(session: Session) -> int:
    """The last mark of a change to any car."""
    return session.execute(select(func.coalesce(func.max(Vehicle.changed_in), 0))).scalar_one()
