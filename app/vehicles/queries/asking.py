"""From what a consumer asks to what an engine is asked: places, words and page markers resolved; and which engine it is."""

from __future__ import annotations

import functools
import hashlib
import hmac
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.orm import Session

from app.kit import paging
from app.kit.geo import Place
from app.kit.json import dumps
from app.kit.settings import settings
from app.vehicles.queries.filters import Filters, with_price_said
from app.vehicles.queries.known import of_brand
from app.vehicles.queries.sql import Sql
from app.vehicles.search import watch
from app.vehicles.search.engine import LARGEST_NUMBER, LARGEST_VALUE, Asked, Engine, IndexAway, Key, Sort
from app.vehicles.search.index import index
from app.vehicles.words import understood

Answer = TypeVar("Answer")

# No store has this number: that of another brand, or one that is gone.
NOWHERE = 0


def asked_for(
    session: Session,
    brand_id: uuid.UUID,
    filters: Filters,
    *,
    near: Place | None = None,
    sort: Sort | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Asked:
    """A search as engines take it. Raises `CursorInvalid` when the cursor is not one of this very search."""
    if sort is None or (sort is Sort.distance and near is None):
        sort = Sort.distance if near else Sort.newest
    filters = with_price_said(filters)
    known = of_brand(session, brand_id)
    by_id = known.stores.by_id
    asked = Asked(
        brand_id=brand_id,
        filters=filters,
        sort=sort,
        now=known.now,
        stores=known.stores.seen_from(near, filters.radius_km, by_distance=sort in (Sort.distance, Sort.recommended)),
        store_numbers=tuple(by_id[one].number if one in by_id else NOWHERE for one in filters.stores),
        words=understood(filters.q, known.counted.words) if filters.q else (),
        limit=limit,
    )
    return replace(asked, after=_key_of(cursor, asked, near)) if cursor else asked


def engines(session: Session) -> Sequence[Engine]:
    """Who may answer, the first choice first; the last one always can."""
    return [index(), Sql(session)]


def answered(session: Session, question: Callable[[Engine], Answer]) -> Answer:
    """The answer of the index, or of SQL while that is away."""
    *others, last = engines(session)
    for engine in others:
        try:
            answer = question(engine)
        except IndexAway:
            continue
        watch.answered_by("index")
        return answer
    watch.answered_by("sql")
    return question(last)


def marker(asked: Asked, near: Place | None, key: Key) -> str:
    """What the next page is asked for with: the key it continues after, signed together with the search that it is of."""
    return paging.encode(*key, _signature(asked, near, key))


def _key_of(cursor: str, asked: Asked, near: Place | None) -> Key:
    value, number, signature = paging.decode(cursor, 3)
    if type(value) is not int or type(number) is not int or not (0 <= value <= LARGEST_VALUE and 0 <= number <= LARGEST_NUMBER):
        raise paging.CursorInvalid(cursor="of another list")
    if not isinstance(signature, str) or not hmac.compare_digest(signature.encode(), _signature(asked, near, (value, number)).encode()):
        raise paging.CursorInvalid(cursor="of another search")
    return value, number


def _signature(asked: Asked, near: Place | None, key: Key) -> str:
    of = [asked.brand_id, asked.filters.as_json(), asked.sort, near and (near.lat, near.lng), key]
    return hashlib.blake2b(dumps(of), key=_secret(), digest_size=12).hexdigest()


@functools.cache
def _secret() -> bytes:
    return hashlib.blake2b(settings().secret_key.get_secret_value().encode(), person=b"search cursor").digest()
