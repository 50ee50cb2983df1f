"""The stores of a brand in the order of their distance from a place, found ring by ring: a page looks at the nearest of thousands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

from app.kit.geo import Place, Points

Value = TypeVar("Value")

# How far the rings reach; the last one reaches everywhere.
_RINGS_M = (50_000.0, 200_000.0, 800_000.0, float("inf"))


class Outwards:
    """(chord, which) of points, the nearest first; for all threads of a process."""

    def __init__(self, points: Points, place: Place) -> None:
        self._points, self._place = points, place
        self._found: tuple[int, Sequence[tuple[float, int]]] = 0, ()

    def __len__(self) -> int:
        return len(self._points)

    def first(self, count: int) -> Sequence[tuple[float, int]]:
        """At least so many, or all."""
        ring, found = self._found
        while len(found) < count and ring < len(_RINGS_M):
            found = self._points.within(self._place, _RINGS_M[ring])
            ring += 1
            self._found = ring, found  # one assignment: another thread that looked, too, has found the same
        return found


class Column(Sequence[Value]):
    """Something of each point, in the order of their distance, worked out where somebody looks."""

    def __init__(self, points: Outwards, value: Callable[[float, int], Value]) -> None:
        self._points, self._value = points, value

    def __len__(self) -> int:
        return len(self._points)

    def __iter__(self) -> Iterator[Value]:
        return iter(self[:])

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> list[Value]: ...
    def __getitem__(self, at: int | slice) -> Value | list[Value]:
        if isinstance(at, slice):
            return [self._value(far, which) for far, which in self._points.first(at.indices(len(self))[1])[at]]
        return self._value(*self._points.first(at + 1 if at >= 0 else len(self))[at])
