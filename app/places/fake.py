"""Tencent Location Service for unit tests: says what it is told to, and remembers what it was asked."""

from __future__ import annotations

from app.kit.geo import Place
from app.places.client import LbsError, Where


class FakeLbs:
    """`answer` is what every question gets: a place in words, None, or a failure."""

    def __init__(self, answer: Where | LbsError | None = None) -> None:
        self.answer = answer
        self.asked: list[Place | str] = []

    def of_place(self, place: Place) -> Where | None:
        return self._answered(place)

    def of_address(self, address: str) -> Where | None:
        return self._answered(address)

    def _answered(self, question: Place | str) -> Where | None:
        self.asked.append(question)
        if isinstance(self.answer, LbsError):
            raise self.answer
        return self.answer
