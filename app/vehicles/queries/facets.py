"""The counts of a search as people read them: every further choice with the number of cars it would leave."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from orjson import Fragment

from app.kit import texts
from app.kit.json import dumps
from app.vehicles.labels import label
from app.vehicles.queries.filters import Filters
from app.vehicles.queries.known import Known
from app.vehicles.search.engine import FACETS, MOST_VALUES, PRICE_BARS_FEN, Hits


@dataclass(frozen=True)
class Facets:
    """`values`: facet → [{value, label, count}], written already; `histogram`: bars of the price [{min_fen, max_fen, count}], the last one
    open above.

    `ranges`: {min, max} of price and monthly rate (fen), mileage (km) and model year, None when no car has one.
    """

    values: dict[str, Fragment]
    histogram: dict[str, list[dict[str, int | None]]]
    ranges: dict[str, dict[str, int | None]]


def told(hits: Hits, known: Known, filters: Filters) -> Facets:
    """What an engine counted, with labels and in the order in which it is shown."""
    values = {name: Fragment(b"[" + b",".join(_values(name, hits, known, filters)) + b"]") for name in FACETS}
    upper = (*PRICE_BARS_FEN[1:], None)
    bars = [
        {"min_fen": low, "max_fen": high, "count": count} for low, high, count in zip(PRICE_BARS_FEN, upper, hits.histogram, strict=True)
    ]
    ranges = {name: {"min": low, "max": high} for name, (low, high) in hits.ranges.items()}
    return Facets(values, {"price": bars}, ranges)


def _values(name: str, hits: Hits, known: Known, filters: Filters) -> list[bytes]:
    counts, values = hits.facets[name], hits.values.get(name, {})
    match name:
        case "model_year" | "seats":
            all_of_them = sorted((dict.fromkeys(values, 0) | counts).items(), reverse=name == "model_year")
            return [_row(str(value), _number_in_words(name, value), count) for value, count in all_of_them]
        case "accident_free" | "in_warranty":
            words = {one: str(one).lower() for one in (True, False)}
            return [_row(word, label(name, word), counts.get(one, 0)) for one, word in words.items()]
        case "store":
            by_number, by_key = known.stores.by_number, known.stores.by_key
            having = {by_number[number].key: count for number, count in counts.items() if number in by_number}
            return _most(having, by_key, filters.stores, lambda key: by_key[key].name)
        case "city":
            cities = known.stores.cities
            return _most({city: count for city, count in counts.items() if city in cities}, cities, filters.city, str)
        case "series":
            named = {one.key: one.name for one in known.series.values()}
            return _most(counts, values, filters.series, lambda key: named.get(key, key))
        case _:
            return _most(counts, values, getattr(filters, name), lambda value: label(name, value))


def _most(counts: Mapping[Any, int], values: Mapping[Any, Any], chosen: Iterable[Any], say: Callable[[str], str | None]) -> list[bytes]:
    """The values with most cars, and whatever is chosen. `values` ascend; those without a count have none."""
    least = sorted(counts.values(), reverse=True)[MOST_VALUES - 1] if len(counts) > MOST_VALUES else 0
    ranked = sorted((-count, value) for value, count in counts.items() if count >= least)[:MOST_VALUES]
    empty = ((0, value) for value in values if value not in counts)
    ranked += islice(empty, MOST_VALUES - len(ranked))
    told = {value for _, value in ranked}
    ranked += sorted((-counts.get(one, 0), one) for one in map(str, chosen) if one not in told and (one in counts or one in values))
    return [_row(value, say(value), -less) for less, value in ranked]


def _number_in_words(name: str, value: Any) -> str:
    return texts.t("vehicles.seats", count=value) if name == "seats" else str(value)


def _row(value: str, words: str | None, count: int) -> bytes:
    return _begun(value, words) + b"%d}" % count


@functools.lru_cache(maxsize=32_768)
def _begun(value: str, words: str | None) -> bytes:
    """A row up to its count: nearly a thousand of them stand in each answer, and only their counts are new."""
    return dumps({"value": value, "label": words})[:-1] + b',"count":'
