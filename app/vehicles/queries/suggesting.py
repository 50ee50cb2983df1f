"""What a shopper may be about to type: series, models, brands, values of filters, cities, prices, and the right spelling."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy.orm import Session

from app.kit.texts import t
from app.vehicles.labels import label
from app.vehicles.queries.asking import answered, asked_for
from app.vehicles.queries.filters import Filters
from app.vehicles.queries.known import SeriesKnown, of_brand
from app.vehicles.queries.vocabulary import Counted
from app.vehicles.words import CITY, Priced, priced, spellings, understood
from app.vehicles.words.spellings import INITIALS, Spelt

MOST = 10
# Of what is looked up to find so many that lead somewhere.
_LOOKED_AT = 16
# A word that is begun is at most so many parts long; what is before it stays as it was typed.
_LONGEST_BEGUN = 6
_VALUES = ("body", "energy", "drivetrain", "gearbox", "condition", "exterior_color", "seats", "options")
_WAN_FEN = 1_000_000


class Kind(IntEnum):
    """In the order in which they are suggested when all else is equal."""

    series = 0
    model = 1
    brand = 2
    filter = 3
    city = 4
    words = 5


@dataclass(frozen=True)
class Candidate:
    """`filters` as a search takes them; `cars` on sale when words were counted last, for the order alone."""

    kind: Kind
    label: str
    filters: Mapping[str, Any]
    cars: int


@dataclass(frozen=True)
class Candidates:
    """All that may be suggested of a stock, by each way to write it."""

    made_of: tuple[Counted, Mapping[uuid.UUID, SeriesKnown]]
    all: Sequence[Candidate]
    spelt: Spelt

    def begun(self, word: str) -> list[Candidate]:
        """Those that a word begins, the likeliest first."""
        return self._ordered(self.spelt.begun(word))

    def meant(self, word: str) -> list[Candidate]:
        """Those that a word with a slip in it begins."""
        return self._ordered(self.spelt.meant(word))

    def popular(self) -> list[Candidate]:
        """The series with the most cars."""
        return sorted((one for one in self.all if one.kind is Kind.series), key=lambda one: -one.cars)

    def _ordered(self, found: Mapping[int, int]) -> list[Candidate]:
        def order(at: int) -> tuple[Any, ...]:
            one, rank = self.all[at], found[at]
            return rank >= INITIALS, min(one.kind, Kind.brand), rank, -one.cars, at

        return [self.all[at] for at in sorted(found, key=order)]


def suggestions(session: Session, brand_id: uuid.UUID, q: str) -> list[dict[str, Any]]:
    """At most ten {kind, text, label, filters, count}, each of which leads to cars; of nothing typed, the series with the most.

    `text` is what the box shows when it is chosen, `filters` what is searched for then, `count` how many cars that finds.
    """
    known = of_brand(session, brand_id)
    candidates = _candidates(brand_id, known.counted, known.series)
    head, found, corrected = _read(q, candidates, known.counted)
    items: list[dict[str, Any]] = []
    for one in found[:_LOOKED_AT]:
        if len(items) == MOST:
            break
        filters = dict(one.filters)
        if head:
            filters["q"] = f"{head} {filters['q']}" if "q" in filters else head
        count = _count(session, brand_id, filters)
        if count:
            text = f"{head} {one.label}".strip()
            items.append(
                {"kind": "correction" if corrected else one.kind.name, "text": text, "label": one.label, "filters": filters, "count": count}
            )
    # Words that say a price are suggested as that price.
    as_typed = bool(q.strip()) and priced(q).rest == q and not any(item["filters"] == {"q": q} for item in items)
    if as_typed and len(items) < MOST:
        filters = {"q": q.strip()}
        if count := _count(session, brand_id, filters):
            items.append({"kind": "words", "text": filters["q"], "label": filters["q"], "filters": filters, "count": count})
    return items


def _read(q: str, candidates: Candidates, counted: Counted) -> tuple[str, list[Candidate], bool]:
    """(the words before the one that is begun, what that may become, whether its spelling was wrong)."""
    pieces = spellings.pieces(q)
    if not pieces:
        return "", [] if q.strip() else candidates.popular(), False
    said = priced(q)
    if said.rest != q:
        return said.rest, [_of_price(said)], False
    starts = range(max(0, len(pieces) - _LONGEST_BEGUN), len(pieces))
    for look, corrected in ((candidates.begun, False), (candidates.meant, True)):
        for start in starts:
            head = spellings.joined(pieces[:start])
            if _stands(head, counted, apart=not pieces[start].glued) and (found := look("".join(piece.text for piece in pieces[start:]))):
                return head, found, corrected
    return "", [], False


def _stands(head: str, counted: Counted, *, apart: bool) -> bool:
    """Whether words before the one that is begun are ones: known, and where no space follows them the whole of a name or a meaning."""
    groups = understood(head, counted.words) if head else ()
    return all(counted.words.has(group) and (apart or any("=" in token for token in group)) for group in groups)


def _of_price(said: Priced) -> Candidate:
    bounds = {"price_min_fen": said.least_fen, "price_max_fen": said.most_fen}
    low, high = (f"{fen / _WAN_FEN:g}" if fen is not None else "" for fen in bounds.values())
    name = "between" if low and high else "from" if low else "up_to"
    label = t(f"vehicles.suggested.{name}", low=low, high=high)
    return Candidate(Kind.filter, label, {field: fen for field, fen in bounds.items() if fen is not None}, 0)


def _count(session: Session, brand_id: uuid.UUID, filters: Mapping[str, Any]) -> int:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in filters.items()}
    asked = asked_for(session, brand_id, Filters(**values), limit=1)
    return answered(session, lambda engine: engine.find(asked).total)


_made: dict[uuid.UUID, Candidates] = {}


def _candidates(brand_id: uuid.UUID, counted: Counted, series: Mapping[uuid.UUID, SeriesKnown]) -> Candidates:
    made = _made.get(brand_id)
    if made is None or made.made_of[0] is not counted or made.made_of[1] != series:
        told = [*_of_series(counted, series), *_of_brands(counted), *_of_values(counted), *_of_cities(counted)]
        spelt = Spelt.of((at, forms) for at, (_, forms) in enumerate(told))
        made = _made[brand_id] = Candidates((counted, series), [one for one, _ in told], spelt)
    return made


# A candidate, and the ways to write it with a rank each.
Told = tuple[Candidate, Mapping[str, int]]


def _of_series(counted: Counted, series: Mapping[uuid.UUID, SeriesKnown]) -> Iterable[Told]:
    cars: Counter[str] = Counter()
    for key, _, count in counted.models:
        cars[key] += count
    names = {one.key: one.name for one in series.values()}
    for key, name in names.items():
        yield Candidate(Kind.series, name, {"series": [key]}, cars[key]), spellings.forms(name)
    for key, model, count in counted.models:
        if model and key in names and model != names[key]:
            shown = model if spellings.within(names[key], model) else f"{names[key]} {model}"
            yield Candidate(Kind.model, shown, {"series": [key], "model": [model]}, count), spellings.forms(shown, aloud=False)


def _of_brands(counted: Counted) -> Iterable[Told]:
    for token, name in spellings.brands().items():
        if count := counted.words.cars.get(token):
            yield Candidate(Kind.brand, name, {"q": name}, count), spellings.forms(name)


def _of_values(counted: Counted) -> Iterable[Told]:
    for values, words in spellings.meant().items():
        facet = values[0].partition("=")[0]
        chosen = [value.partition("=")[2] for value in values]
        count = sum(counted.words.cars.get(value, 0) for value in values)
        if count and facet in _VALUES:
            name = (label(facet, chosen[0]) if len(chosen) == 1 and facet != "seats" else None) or words[0]
            forms = {form: rank for word in (*words, name) for form, rank in spellings.forms(word, whole=True).items()}
            filters = {facet: [int(one) for one in chosen] if facet == "seats" else chosen}
            yield Candidate(Kind.filter, name, filters, count), forms
    for token, count in counted.words.cars.items():
        facet, _, year = token.partition("=")
        if facet == "model_year":
            name = t("vehicles.suggested.year", year=year)
            yield Candidate(Kind.filter, name, {"model_year": [int(year)]}, count), {name: 0, f"{year[2:]}款": 1}


def _of_cities(counted: Counted) -> Iterable[Told]:
    for token, count in counted.words.cars.items():
        if token.startswith(CITY):
            city = token.removeprefix(CITY)
            yield Candidate(Kind.city, city, {"city": [city]}, count), spellings.forms(city)
