"""The page: the next cars in an order, after the last one that was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from tantivy import Order, Query

from app.vehicles.search.asking import Clauses, any_of, at, between, every, no, terms
from app.vehicles.search.engine import (
    BOUNDS,
    FARTHEST,
    LARGEST_NUMBER,
    LARGEST_VALUE,
    MERITS,
    NEARNESS,
    NUMBER_BITS,
    Asked,
    Key,
    Sort,
    far,
)
from app.vehicles.search.layout import BLOCK_BITS, step, term
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
# Stores that take off more are too many to be named.
_NEAR_POINTS = 15
# So many cars are looked at one by one before their stores are named after all.
_LOOKED_THROUGH = 1_500
_POINTS = (*(points for _, points in NEARNESS), FARTHEST)
# From so many cars on, an order is gone through step by step.
MANY = 20_000
# Up to so many are looked at one by one, wherever they are: that costs less than to look for them store by store.
FEW = 500


def page(view: View, asked: Asked, said: Clauses, total: int) -> list[Key]:
    """The keys of the page and one more, of `total` cars that agree."""
    if asked.stores.metres is not None and asked.sort in (Sort.distance, Sort.recommended):
        # These orders name the stores that they look at, and never one beyond the radius.
        if total <= FEW:
            return _one_by_one(view, asked, said.query(), total)
        query = said.query(anywhere=True)
        return _by_distance(view, asked, query, total) if asked.sort is Sort.distance else _by_score(view, asked, query)
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


def _one_by_one(view: View, asked: Asked, query: Query, total: int) -> list[Key]:
    """All cars that there are, put into the order."""
    keys: list[Key] = []
    for number, merit, metres in _where(view, asked, query, total):
        if metres is not None:
            keys.append((metres if asked.sort is Sort.distance else merit - far(metres), number))
    down = asked.sort.descending
    if asked.after is not None:
        keys = [key for key in keys if (key < asked.after if down else key > asked.after)]
    return sorted(keys, reverse=down)[: asked.limit + 1]


def _where(view: View, asked: Asked, query: Query, most: int) -> Iterable[tuple[int, int, int | None]]:
    """(number, value of its merit key, metres) of so many cars, the highest number first; no metres where nobody knows the store."""
    found = view.searcher.search(query, max(most, 1), count=False, order_by_field="number", order=Order.Desc).hits
    addresses = [address for _, address in found]
    stores, merits = (view.searcher.fast_field_values(field, addresses) for field in ("store", "merit_key"))
    metres_of = asked.stores.metres_of
    assert metres_of is not None, "an order by distance has a place"
    for (number, _), store, merit in zip(found, stores, merits, strict=True):
        yield number, int(merit or 0) >> NUMBER_BITS, metres_of(int(store or 0))


def _by_distance(view: View, asked: Asked, query: Query, total: int) -> list[Key]:
    """Store by store, the nearest first: how many agree at each of the next stores, then the cars of those that fill the page."""
    stores, metres = asked.stores.numbers, asked.stores.metres
    assert metres is not None, "an order by distance has a place"
    keys: list[Key] = []
    begin = 0
    if asked.after is not None:
        begin = asked.stores.closer_than(asked.after[0])
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
    for away, equally_far in groupby(having, key=itemgetter(0)):
        together = [store for _, store in equally_far]
        cars = sum(counts[store] for store in together)
        if cars > room:
            keys += [(away, number) for number in _numbers(view, every([query, at(view, together)]), room)]
        else:
            few |= dict.fromkeys(together, away)
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


def _numbers(view: View, query: Query, limit: int, *, down: bool = False) -> list[int]:
    found = view.searcher.search(query, limit, count=False, order_by_field="number", order=Order.Desc if down else Order.Asc)
    return [number for number, _ in found.hits]


def _by_score(view: View, asked: Asked, query: Query) -> list[Key]:
    """Score by score, the highest first: in each the bands whose cars can have it, by the merit that makes it up there.

    A page far down costs what the first one does: neither looks at a car whose score is another.
    """
    keys: list[Key] = []
    begin, last = asked.after or (LARGEST_VALUE, LARGEST_NUMBER)
    farther, there = _bands(view, asked), dict[int, Query]()
    for score in sorted({merit + FARTHEST - points for merit in MERITS for points in _POINTS}, reverse=True):
        if score > begin:
            continue
        if (room := asked.limit + 1 - len(keys)) <= 0:
            break
        merits = {points: score + points for points in _POINTS if score + points - FARTHEST in MERITS}
        before = last if score == begin else LARGEST_NUMBER + 1
        many = max(merits) > _NEAR_POINTS and not asked.stores.limited
        numbers = _looked_through(view, asked, query, merits, before=before)[:room] if many else []
        if len(numbers) < room:
            if max(there, default=-1) < max(merits):
                for points, band in farther:
                    there[points] = band
                    if points >= max(merits):
                        break
            ways = [every([_with_merit(view, merits[points]), band]) for points, band in there.items() if points in merits]
            numbers = _numbers(view, every([query, any_of(ways), between(view, "number", None, before - 1)]), room, down=True)
        keys += [(score, number) for number in numbers]
    return keys


def _looked_through(view: View, asked: Asked, query: Query, merits: Mapping[int, int], *, before: int) -> list[int]:
    """The numbers, downwards, of cars that have in their band the merit that is wanted there, as far as some hundred cars show them.

    To find the cars of thousands of stores costs more than to look where each of some cars stands.
    """
    numbers: list[int] = []
    looked, width = 0, 1
    wanted = any_of([_with_merit(view, value) for value in merits.values()])
    end = min(before >> BLOCK_BITS, max(view.names.values("block"))) + 1
    while end > 0 and len(numbers) <= asked.limit and looked < _LOOKED_THROUGH:
        begin = max(end - width, 0)
        near = any_of(terms(view, "has", [term("block", block) for block in range(begin, end)]))
        cars = list(_where(view, asked, every([near, wanted, query]), _LOOKED_THROUGH))
        if len(cars) == _LOOKED_THROUGH:
            break  # what lies between the last of them and the next blocks is not known
        numbers += [number for number, merit, metres in cars if number < before and metres is not None and merits.get(far(metres)) == merit]
        looked += len(cars)
        end, width = begin, width * _MORE
    return numbers


def _with_merit(view: View, value: int) -> Query:
    # No two merits stand on one step: tests hold it to that.
    return any_of(terms(view, "has", [term("merit_key", step("merit_key", value << NUMBER_BITS))]))


def _bands(view: View, asked: Asked) -> Iterator[tuple[int, Query]]:
    """What each band of distance takes off, and what finds the cars in it; the nearest first, without bands where no store is."""
    begin, stores = 0, asked.stores
    for bound, points in [*NEARNESS, (None, FARTHEST)]:
        end = len(stores.numbers) if bound is None else stores.closer_than(bound)
        if end > begin:
            # The far band is nearly everything, and so more quickly said by what is nearer.
            is_rest = bound is None and begin < len(stores.numbers) // 2 and not stores.limited
            yield points, no(at(view, stores.numbers[:begin])) if is_rest else at(view, stores.numbers[begin:end])
        begin = end
