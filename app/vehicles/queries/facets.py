"""The counts of a search as people read them: every further choice with the number of cars it would leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.kit import texts
from app.vehicles.labels import label
from app.vehicles.queries.filters import Filters
from app.vehicles.queries.known import Known
from app.vehicles.search.engine import FACETS, PRICE_BARS_FEN, Hits, Value

# A brand may have thousands of stores and of trims: a phone gets those with most cars, and whatever is chosen.
MOST_VALUES = 200


@dataclass(frozen=True)
class Facets:
    """`values`: facet → [{value, label, count}]; `histogram`: bars of the price [{min_fen, max_fen, count}], the last one open above.

    `ranges`: {min, max} of price and monthly rate (fen), mileage (km) and model year, None when no car has one.
    """

    values: dict[str, list[dict[str, Any]]]
    histogram: dict[str, list[dict[str, int | None]]]
    ranges: dict[str, dict[str, int | None]]


def told(hits: Hits, known: Known, filters: Filters) -> Facets:
    """What an engine counted, with labels and in the order in which it is shown."""
    named = {one.key: one.name for one in known.series.values()}
    values = {name: _values(name, hits.facets[name], known, filters=filters, named=named) for name in FACETS}
    upper = (*PRICE_BARS_FEN[1:], None)
    bars = [
        {"min_fen": low, "max_fen": high, "count": count} for low, high, count in zip(PRICE_BARS_FEN, upper, hits.histogram, strict=True)
    ]
    ranges = {name: {"min": low, "max": high} for name, (low, high) in hits.ranges.items()}
    return Facets(values, {"price": bars}, ranges)


def _values(name: str, counts: Mapping[Value, int], known: Known, *, filters: Filters, named: Mapping[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]]
    match name:
        case "store":
            rows = [{"value": str(one.id), "label": one.name, "count": counts.get(one.number, 0)} for one in known.stores.all]
        case "city":
            cities = dict.fromkeys(one.city for one in known.stores.all)
            rows = [{"value": city, "label": city, "count": counts.get(city, 0)} for city in cities]
        case "series":
            rows = [{"value": key, "label": named.get(str(key), str(key)), "count": count} for key, count in counts.items()]
        case "model_year":
            return [{"value": str(year), "label": str(year), "count": counts[year]} for year in sorted(counts, reverse=True)]
        case "seats":
            return [
                {"value": str(seats), "label": texts.t("vehicles.seats", count=seats), "count": counts[seats]} for seats in sorted(counts)
            ]
        case "accident_free" | "in_warranty":
            words = {one: str(one).lower() for one in (True, False)}
            return [{"value": word, "label": label(name, word), "count": counts.get(one, 0)} for one, word in words.items()]
        case _:
            rows = [{"value": value, "label": label(name, value), "count": count} for value, count in counts.items()]
    rows.sort(key=lambda row: (-row["count"], row["value"]))
    if len(rows) > MOST_VALUES:
        chosen = {str(one) for one in (filters.stores if name == "store" else getattr(filters, name))}
        rows = rows[:MOST_VALUES] + [row for row in rows[MOST_VALUES:] if row["value"] in chosen]
    return rows
