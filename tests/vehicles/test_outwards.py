"""Stores in the order of their distance, of which only those are measured that somebody looks at."""

from __future__ import annotations

import random

from app.kit.geo import Place, Points, arc_m
from app.vehicles.queries.outwards import Column, Outwards
from app.vehicles.search.engine import Stores

HERE = Place(31.2304, 121.4737)


def test_a_column_looked_at_anywhere_says_what_a_sorted_list_says() -> None:
    dice = random.Random(10)
    points = Points([dice.uniform(18, 53) for _ in range(500)], [dice.uniform(73, 135) for _ in range(500)])
    whole = [round(arc_m(far)) for far in sorted(points.chord(one, HERE) for one in range(500))]
    for _ in range(100):
        metres = Column(Outwards(points, HERE), lambda far, _: round(arc_m(far)))  # nobody has looked at it yet
        begin, end = sorted(dice.randrange(520) for _ in range(2))
        assert metres[begin:end] == whole[begin:end]
        assert metres[end % 500] == whole[end % 500]
        assert (metres[-1], len(metres), list(metres)) == (whole[-1], 500, whole)
        bound = dice.randrange(5_000_000)
        assert Stores([], [], metres).closer_than(bound) == sum(far < bound for far in whole)


def test_a_brand_without_stores_has_nothing_anywhere() -> None:
    nothing = Outwards(Points([], []), HERE)
    assert (
        nothing.first(1),
        list(Column(nothing, lambda far, _: far)),
        Stores([], [], Column(nothing, lambda far, _: round(far))).closer_than(5),
    ) == ([], [], 0)


def test_the_nearest_are_found_without_measuring_what_is_far() -> None:
    measured: list[float] = []

    class Counted(Points):
        def within(self, place: Place, metres: float) -> list[tuple[float, int]]:
            measured.append(metres)
            return super().within(place, metres)

    near = Outwards(Counted([31.2, 31.3, 40.0], [121.4, 121.5, 116.4]), HERE)
    assert [which for _, which in near.first(2)] == [0, 1]
    assert max(measured) < 100_000
