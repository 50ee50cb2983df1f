"""What is asked, as queries of the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import FieldType, Occur, Query

from app.vehicles.search.engine import BOUNDS, LARGEST_VALUE, NUMBER_BITS, Asked
from app.vehicles.search.layout import GROUP_OF, term
from app.vehicles.search.reader import View
from app.vehicles.words import CITY

# From so many terms on, one query for the set of them is faster than one for each.
_A_SET = 64
# "This, and one of those two" is asked as "this and that one, or this and the other one": a union is read from its beginning to its end,
# while two sets that both have to hold skip to where they meet. Up to so many combinations.
_COMBINATIONS = 8

# Any of these must hold.
Clause = Sequence[Query]


@dataclass(frozen=True)
class Clauses:
    """What a car must fulfil: `base` for every count, `own` of a facet for every count but that facet's."""

    base: Sequence[Clause]
    own: dict[str, list[Clause]]
    # The stores within the radius, when there is one: another condition of `base`.
    within: Clause | None

    def query(self, *, without: str | None = None, anywhere: bool = False) -> Query:
        """All of them, but for those of one facet; `anywhere` leaves the radius out."""
        wanted = [*self.base, *(one for facet, own in self.own.items() if facet != without for one in own)]
        if self.within is not None and not anywhere:
            wanted.append(self.within)
        return _combined(wanted)


def clauses(view: View, asked: Asked) -> Clauses:
    """The search without its page."""
    within = at_each(view, asked.stores.numbers) if asked.stores.limited else None
    return Clauses(list(_base(view, asked)), _own(view, asked), within)


def _combined(wanted: Sequence[Clause]) -> Query:
    sure = [clause[0] for clause in wanted if len(clause) == 1]
    combinations: list[list[Query]] = [[]]
    for clause in sorted((clause for clause in wanted if len(clause) != 1), key=len):
        if clause and len(combinations) * len(clause) <= _COMBINATIONS:
            combinations = [[*combination, one] for combination in combinations for one in clause]
        else:
            sure.append(any_of(clause))
    return any_of([every([*sure, *combination]) for combination in combinations])


def every(queries: Sequence[Query]) -> Query:
    """All of them; everything when there are none."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Must, one) for one in queries]) if queries else Query.all_query()


def any_of(queries: Sequence[Query]) -> Query:
    """One of them at least; nothing when there are none."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, one) for one in queries]) if queries else Query.empty_query()


def no(query: Query) -> Query:
    """Every car but these."""
    return Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, query)])


def at(view: View, stores: Sequence[int]) -> Query:
    """Cars at one of these stores."""
    return any_of(at_each(view, stores))


def at_each(view: View, stores: Sequence[int]) -> Clause:
    """Cars at the one or the other store."""
    return terms(view, "store", stores)


def between(view: View, field: str, least: int | None, greatest: int | None) -> Query:
    """Cars whose number in a field is in these bounds, both included; a car without it is not."""
    low, high = (None if bound is None else max(bound, 0) for bound in (least, greatest))
    if (greatest is not None and greatest < 0) or (low is not None and high is not None and low > high):
        return Query.empty_query()
    return Query.range_query(view.schema, field, FieldType.Unsigned, low, high)


def has(view: View, facet: str, values: Iterable[Any]) -> Clause:
    """Cars that have the one or the other of these values of a facet."""
    numbers = (view.names.number(facet, value) for value in values)
    return terms(view, "has", [term(facet, number) for number in numbers if number is not None])


def in_warranty(view: View, asked: Asked) -> Query:
    """Cars whose warranty runs today."""
    return between(view, "warranty", asked.today.toordinal(), None)


def terms(view: View, field: str, wanted: Sequence[int]) -> Clause:
    """Cars that have the one or the other number in a field."""
    if len(wanted) >= _A_SET:
        return [Query.term_set_query(view.schema, field, wanted)]
    return [Query.term_query(view.schema, field, one, "basic") for one in wanted]


def _base(view: View, asked: Asked) -> Iterable[Clause]:
    filters = asked.filters
    if asked.listed_since is not None:
        yield [between(view, "listed_key", min(max(asked.listed_since, 0), LARGEST_VALUE) << NUMBER_BITS, None)]
    if filters.registered_from is not None or filters.registered_to is not None:
        first, last = (None if day is None else day.toordinal() for day in (filters.registered_from, filters.registered_to))
        yield [between(view, "registered", first, last)]
    if filters.previous_owners_max is not None:
        yield [between(view, "owners", None, filters.previous_owners_max)]
    if filters.has_photos is not None:
        yield has(view, "has_photos", [filters.has_photos])
    for group in asked.words:
        yield [one for word in group for one in _word(view, word)]


def _word(view: View, word: str) -> Clause:
    if word.startswith(CITY):
        return has(view, "city", [word.removeprefix(CITY)])
    return [Query.term_query(view.schema, "words", word, "basic")]


def _own(view: View, asked: Asked) -> dict[str, list[Clause]]:
    filters, own = asked.filters, dict[str, list[Clause]]()
    for facet in GROUP_OF:
        if facet != "accident_free" and (chosen := getattr(filters, facet)):
            own[facet] = [has(view, facet, chosen)]
    if asked.store_numbers:
        own["store"] = [at_each(view, asked.store_numbers)]
    if filters.options:
        own["options"] = [has(view, "options", [option]) for option in filters.options]
    if filters.accident_free is not None:
        own["accident_free"] = [has(view, "accident_free", [filters.accident_free])]
    if filters.in_warranty is not None:
        runs = in_warranty(view, asked)
        own["in_warranty"] = [[runs if filters.in_warranty else no(runs)]]
    for field, (least, greatest) in BOUNDS.items():
        low, high = getattr(filters, least), getattr(filters, greatest)
        if low is not None or high is not None:
            own.setdefault(field, []).append([between(view, field, low, high)])
    return own
