"""Counting what further choices would leave."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tantivy import Query

from app.vehicles.search.asking import Clauses
from app.vehicles.search.engine import BOUNDS, MOST_VALUES, PRICE_BARS_FEN, RANGES, Asked, Value
from app.vehicles.search.layout import GROUP_OF, GROUPS, OPTIONS_A_PACK, PACK_NAMES, packs_for
from app.vehicles.search.reader import Values, View

# tantivy makes no more than 65,000 buckets in one answer.
_MOST_BUCKETS = 60_000
# Which values there are changes seldom: while commits follow one another, they are counted once in so many seconds, and for at most two
# hundredths of the time.
VALUES_KEPT_SECONDS, VALUES_KEPT_TIMES = 2.0, 50
_counting = threading.Lock()
_KNOWN_TO_WHO_ASKS = ("store", "city")
# What a facet's own conditions are made of, as it is when nothing of it is asked for.
_NOTHING_OF: dict[str, dict[str, Any]] = {
    **{facet: {facet: ()} for facet in (*GROUP_OF, "options")},
    **{facet: {facet: None} for facet in ("accident_free", "in_warranty")},
    "store": {"store_ids": (), "store_id": None},
}
for _facet, _bounds in BOUNDS.items():
    _NOTHING_OF.setdefault(_facet, {}).update(dict.fromkeys(_bounds))
_RANGE = ":range"


@dataclass(frozen=True)
class Counted:
    """The counted part of `Hits`; shared by everybody who asks the same of the same commit, so nobody may change it."""

    total: int = 0
    facets: dict[str, dict[Value, int]] = field(default_factory=dict)
    histogram: list[int] = field(default_factory=list)
    ranges: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    values: Mapping[str, Mapping[Value, None]] = field(default_factory=dict)


def count(view: View, asked: Asked, clauses: Clauses) -> Counted:
    """The total, and what is asked for besides: one look at the cars that agree, and one more for each facet that is in use."""
    wanted = [*asked.facets, *(name + _RANGE for name in RANGES if asked.ranges)]
    # An option is counted on top of those that were chosen, all others instead of them.
    alone = [name for name in wanted if name.removesuffix(_RANGE) in clauses.own and name != "options"]
    counted = _count(view, asked, clauses.query(), [name for name in wanted if name not in alone])
    for facet in dict.fromkeys(name.removesuffix(_RANGE) for name in alone):
        names = [name for name in alone if name.removesuffix(_RANGE) == facet]
        # Whoever goes through the values of a facet asks the same of all others again and again.
        part = view.remembered(question(asked, without=facet), partial(_count, view, asked, clauses.query(without=facet), names))
        counted.facets.update(part.facets)
        counted.ranges.update(part.ranges)
        counted.histogram.extend(part.histogram)
    return replace(counted, values=_values(view, asked)) if asked.facets else counted


def question(asked: Asked, *, without: str | None = None) -> Hashable:
    """What is counted, as far as it matters for the counts; `without` what a facet demands, for the counts of that facet."""
    filters, chosen = asked.filters, asked.store_numbers
    if without is not None:
        filters = replace(filters, **_NOTHING_OF[without])
        chosen = () if without == "store" else chosen
    stores = tuple(asked.stores.numbers) if asked.stores.limited else None
    return filters, asked.words, chosen, stores, asked.today, asked.listed_since, asked.facets, asked.ranges, without


def _values(view: View, asked: Asked) -> Mapping[str, Mapping[Value, None]]:
    """Every value that a visible car has, of each facet that is asked for. While one thread counts them anew, others use the last ones."""
    known = view.values.get(asked.facets)
    if known is not None and (known.commit == view.commit or time.monotonic() < known.good_until or not _counting.acquire(blocking=False)):
        return known.values
    if known is None:
        _counting.acquire()
    try:
        started = time.monotonic()
        counted = _count(view, asked, Query.all_query(), asked.facets)
        took = time.monotonic() - started
        values = {name: dict.fromkeys(sorted(counts)) for name, counts in counted.facets.items() if name not in _KNOWN_TO_WHO_ASKS}
        kept = max(VALUES_KEPT_SECONDS, VALUES_KEPT_TIMES * took)
        view.values[asked.facets] = Values(values, view.commit, started + took + kept)
    finally:
        _counting.release()
    return values


def _count(view: View, asked: Asked, query: Query, wanted: Sequence[str]) -> Counted:
    """Facets and ranges, by name, of the cars that a query finds."""
    # Every car has a year.
    looks: dict[str, Any] = {"years": _terms("years", len(view.names.values("years")))}
    for name in wanted:
        looks |= _looks(view, asked, name)
    seen = view.searcher.aggregate(query, looks)
    groups = {group: _of_group(view, group, seen[group]["buckets"]) for group in GROUPS if group in seen}
    counted = Counted(sum(bucket["doc_count"] for bucket in seen["years"]["buckets"]))
    for name in wanted:
        if name == "model_year" + _RANGE:
            years: list[Any] = [*groups["years"]["model_year"]]
            counted.ranges["model_year"] = (min(years), max(years)) if years else (None, None)
        elif name.endswith(_RANGE):
            ends = seen[name]
            counted.ranges[name.removesuffix(_RANGE)] = _whole(ends["min"]), _whole(ends["max"])
        elif name in GROUP_OF:
            counted.facets[name] = groups[GROUP_OF[name]][name]
        elif name == "options":
            counted.facets[name] = _options(view, seen)
        elif name == "store":
            buckets = seen["store"]["buckets"]
            if seen["store"]["sum_other_doc_count"] and buckets[MOST_VALUES - 1]["doc_count"] == buckets[-1]["doc_count"]:
                # Where the last of the most and more than were asked for have equally many, nobody said which of them these are.
                buckets = view.searcher.aggregate(query, {"store": _terms("store", _MOST_BUCKETS)})["store"]["buckets"]
            counted.facets[name] = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
        else:
            # A column that no car has anything in has no bucket at all.
            runs = next((bucket["doc_count"] for bucket in seen[name]["buckets"] if bucket.get("from") is not None), 0)
            counted.facets[name] = {value: number for value, number in ((True, runs), (False, counted.total - runs)) if number}
    if "bar" in seen:
        bars = {bucket["key"]: bucket["doc_count"] for bucket in seen["bar"]["buckets"]}
        counted.histogram.extend(bars.get(bar, 0) for bar in range(len(PRICE_BARS_FEN)))
    return counted


def _looks(view: View, asked: Asked, name: str) -> dict[str, Any]:
    """The columns to be looked at for a facet or a range."""
    if name == "model_year" + _RANGE:
        return {}  # the years are looked at anyway
    if name.endswith(_RANGE):
        field_ = name.removesuffix(_RANGE)
        bars = {"bar": _terms("bar", len(PRICE_BARS_FEN))} if field_ == "price" else {}
        return bars | {name: {"stats": {"field": field_}}}
    if name in GROUP_OF:
        group = GROUP_OF[name]
        return {group: _terms(group, len(view.names.values(group)))}
    if name == "options":
        options = len(view.names.values("options"))
        rest = {"more_options": _terms("more_options", options)} if options > len(PACK_NAMES) * OPTIONS_A_PACK else {}
        return {pack: _terms(pack, 1 << OPTIONS_A_PACK) for pack in packs_for(options)} | rest
    if name == "store":
        # A bucket costs more to bring here than a hundred cars to count; whoever has chosen stores wants to hear of just these.
        most = _MOST_BUCKETS if asked.store_numbers else 2 * MOST_VALUES
        return {"store": {"terms": {"field": "store", "size": most, "segment_size": _MOST_BUCKETS}}}
    return {name: {"range": {"field": "warranty", "ranges": [{"from": asked.today.toordinal()}]}}}


def _terms(column: str, most: int) -> dict[str, Any]:
    return {"terms": {"field": column, "size": min(max(most, 1), _MOST_BUCKETS)}}


def _of_group(view: View, group: str, buckets: Iterable[dict[str, Any]]) -> dict[str, dict[Value, int]]:
    """The counts of each facet of a group."""
    combinations = view.names.values(group)
    found = [(combinations[bucket["key"]], bucket["doc_count"]) for bucket in buckets]
    facets: dict[str, dict[Value, int]] = {}
    for place, facet in enumerate(GROUPS[group]):
        counts: dict[Value, int] = defaultdict(int)
        for combination, number in found:
            if (value := combination[place]) is not None:
                counts[value] += number
        facets[facet] = dict(counts)
    return facets


def _options(view: View, seen: dict[str, Any]) -> dict[Value, int]:
    values = view.names.values("options")
    numbers: dict[int, int] = {}
    for pack, name in enumerate(PACK_NAMES):
        for bucket in seen.get(name, {"buckets": ()})["buckets"]:
            bits, first = bucket["key"], pack * OPTIONS_A_PACK
            for number in range(first, first + bits.bit_length()):
                if bits >> (number - first) & 1:
                    numbers[number] = numbers.get(number, 0) + bucket["doc_count"]
    for bucket in seen.get("more_options", {"buckets": ()})["buckets"]:
        numbers[bucket["key"]] = bucket["doc_count"]
    return {values[number]: found for number, found in numbers.items()}


def _whole(end: float | None) -> int | None:
    return None if end is None else int(end)
