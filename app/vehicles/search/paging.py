"""The page: the next cars in an order, after the last one that was seen."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from heapq import nlargest
from itertools import groupby
from operator import itemgetter

from tantivy import Order, Query

from app.vehicles.search.asking import Clauses, any_of, at, between, every, no, terms
from app.vehicles.search.engine import (
    BOUNDS,
    FARTHEST,
    LARGEST_MERIT,
    LARGEST_NUMBER,
    LARGEST_VALUE,
    NEARNESS,
    NUMBER_BITS,
    Asked,
    Key,
    Sort,
)
from app.vehicles.search.layout import step, term
from app.vehicles.search.reader import View

_KEYS = {
    Sort.price_asc: "price_key",
    Sort.price_desc: "price_key",
    Sort.newest: "listed_key",
    Sort.mileage: "mileage_key",
    Sort.recommended: "merit_key",
}
# How many of the nearest stores are looked at first, for a page of the most common searches; then four times as many.
_FEWEST_STORES, _MORE = 8, 4
# From so many cars on, an order is gone through step by step.
MANY = 20_000


def page(view: View, asked: Asked, said: Clauses, total: int) -> list[Key]:
    """The keys of the page and one more, of `total` cars that agree."""
    if asked.stores.metres is not None and asked.sort in (Sort.distance, Sort.recommended):
        # These orders name the stores that they look at, and never one beyond the radius.
        query = said.query(anywhere=True)
        return _by_distance(view, asked, query, total) if asked.sort is Sort.distance else _by_merit_and_distance(view, asked, query, total)
    if total > MANY:
        return _by_steps(view, asked, said.query(), _KEYS[asked.sort])
    return _by_key(view, asked, said.query(), _KEYS[asked.sort], after=asked.after)


def _by_key(view: View, asked: Asked, query: Query, field: str, *, after: Key | None) -> list[Key]:
    """By a column in which value and number are one: what comes after a key is a range of it."""
    down = asked.sort.descending
    if after is not None:
        last = after[0] << NUMBER_BITS | after[1]
        query = every([query, between(view, field, None, last - 1) if down else between(view, field, last + 1, None)])
    found = view.searcher.search(query, asked.limit + 1, count=False, order_by_field=field, order=Order.Desc if down else Order.Asc)
    return [(key >> NUMBER_BITS, key & LARGEST_NUMBER) for key, _ in found.hits]


def _by_steps(view: View, asked: Asked, query: Query, field: str) -> list[Key]:
    """`_by_key` of so many cars that it is quicker to ask for those on the outermost steps of the order, then on the next ones."""
    down = asked.sort.descending
    steps = sorted(_steps_within(view, asked, field), reverse=down)
    begin = 0
    if asked.after is not None:
        last = step(field, asked.after[0] << NUMBER_BITS)
        begin = sum(one > last if down else one < last for one in steps)
    keys: list[Key] = []
    width = 1
    while begin < len(steps) and len(keys) <= asked.limit:
        there = any_of(terms(view, "has", [term(field, one) for one in steps[begin : begin + width]]))
        keys += _by_key(view, asked, every([there, query]), field, after=asked.after)
        begin, width = begin + width, width * _MORE
    return keys[: asked.limit + 1]


def _steps_within(view: View, asked: Asked, field: str) -> Iterable[int]:
    """The steps of an order on which cars can stand that agree with the search."""
    steps = view.names.values(field)
    if (bounds := BOUNDS.get(field.removesuffix("_key"))) is None:
        return steps
    low, high = (getattr(asked.filters, bound) for bound in bounds)
    first = 0 if low is None else step(field, min(max(low, 0), LARGEST_VALUE) << NUMBER_BITS)
    last = None if high is None else step(field, min(max(high, 0), LARGEST_VALUE) << NUMBER_BITS)
    return [one for one in steps if one >= first and (last is None or one <= last)]


def _by_distance(view: View, asked: Asked, query: Query, total: int) -> list[Key]:
    """Store by store, the nearest first: how many agree at each of the next stores, then the cars of those that fill the page."""
    stores, metres = asked.stores.numbers, asked.stores.metres
    assert metres is not None, "an order by distance has a place"
    keys: list[Key] = []
    begin = 0
    if asked.after is not None:
        begin = bisect_left(metres, asked.after[0])
        same = _same(metres, begin) if begin < len(metres) and metres[begin] == asked.after[0] else begin
        rest = every([query, at(view, stores[begin:same]), between(view, "number", asked.after[1] + 1, None)])
        keys += [(asked.after[0], number) for number in _numbers(view, rest, asked.limit + 1)] if same > begin else []
        begin = same
    # So many stores as should have a page among them, and some more.
    look = max(_FEWEST_STORES, _MORE * (asked.limit + 1) * len(stores) // max(total, 1))
    while begin < len(stores) and len(keys) <= asked.limit and total:
        end = _same(metres, min(begin + look, len(stores)) - 1)
        is_all = end - begin == len(stores) and not asked.stores.limited
        keys += _of_stores(view, query, stores[begin:end], metres[begin:end], wanted=asked.limit + 1 - len(keys), is_all=is_all)
        begin, look = end, look * _MORE
    return keys


def _same(metres: Sequence[int], index: int) -> int:
    """The end of the stores that are as far as this one: their cars are mixed, by number."""
    end = index + 1
    while end < len(metres) and metres[end] == metres[index]:
        end += 1
    return end


def _of_stores(view: View, query: Query, stores: Sequence[int], metres: Sequence[int], *, wanted: int, is_all: bool) -> list[Key]:
    """The first cars at stores that ascend by distance."""
    there = query if is_all else every([query, at(view, stores)])
    buckets = view.searcher.aggregate(there, {"at": {"terms": {"field": "store", "size": len(stores)}}})["at"]["buckets"]
    counts = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
    keys: list[Key] = []
    few: dict[int, int] = {}  # stores whose cars are all on the page, with their distance
    room = wanted
    having = ((metres[index], store) for index, store in enumerate(stores) if store in counts)
    for far, equally_far in groupby(having, key=itemgetter(0)):
        together = [store for _, store in equally_far]
        cars = sum(counts[store] for store in together)
        if cars > room:
            keys += [(far, number) for number in _numbers(view, every([query, at(view, together)]), room)]
        else:
            few |= dict.fromkeys(together, far)
        room -= cars
        if room <= 0:
            break
    if few:
        addresses = [
            address
            for _, address in view.searcher.search(every([query, at(view, list(few))]), wanted, count=False, order_by_field="number").hits
        ]
        found = zip(view.searcher.fast_field_values("store", addresses), view.searcher.fast_field_values("number", addresses), strict=True)
        keys += [(few[int(store)], int(number)) for store, number in found if store is not None and number is not None]
    return sorted(keys)


def _numbers(view: View, query: Query, limit: int) -> list[int]:
    found = view.searcher.search(query, limit, count=False, order_by_field="number", order=Order.Asc)
    return [number for number, _ in found.hits]


def _by_merit_and_distance(view: View, asked: Asked, query: Query, total: int) -> list[Key]:
    """Band by band of distance, in each by merit: the best of all bands, until a further band cannot have a better one."""
    keys: list[Key] = []
    begin, stores, metres = 0, asked.stores.numbers, asked.stores.metres
    assert metres is not None
    for bound, points in [*NEARNESS, (None, FARTHEST)]:
        if len(keys) > asked.limit and keys[asked.limit][0] > LARGEST_MERIT + FARTHEST - points:
            break
        end = len(stores) if bound is None else bisect_left(metres, bound)
        if end > begin:
            # The far band is nearly everything, and so more quickly said by what is nearer.
            is_rest = bound is None and begin < len(stores) // 2 and not asked.stores.limited
            there = no(at(view, stores[:begin])) if is_rest else at(view, stores[begin:end])
            after = None if asked.after is None else (asked.after[0] + points, asked.after[1])
            in_band = every([query, there])
            if total > MANY:
                band = _by_steps(view, replace(asked, after=after), in_band, "merit_key")
            else:
                band = _by_key(view, asked, in_band, "merit_key", after=after)
            keys = nlargest(asked.limit + 1, keys + [(merit - points, number) for merit, number in band])
        begin = end
    return keys
