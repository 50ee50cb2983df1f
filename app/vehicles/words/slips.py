"""Slips of the finger: how far a word is from another, and which known words are near."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

# A word of so many letters, or Chinese characters, may have so many slips.
_ONE_FROM, _TWO_FROM, _ONE_FROM_HAN = 4, 8, 3


def allowed(word: str) -> int:
    """How many slips a word of its length may have; a number has none, for another number is another car."""
    if any(sign.isdigit() for sign in word):
        return 0
    if not word.isascii():
        return int(len(word) >= _ONE_FROM_HAN)
    return 2 if len(word) >= _TWO_FROM else 1 if len(word) >= _ONE_FROM else 0


def distance(one: str, other: str, most: int) -> int:
    """Letters to insert, leave out, replace or swap with their neighbour to make one of the other; more than `most` is `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, left in enumerate(one, 1):
        older, before, row = before, row, [at]
        for there, right in enumerate(other, 1):
            best = min(before[there] + 1, row[-1] + 1, before[there - 1] + (left != right))
            if at > 1 and there > 1 and left == other[there - 2] and one[at - 2] == right:
                best = min(best, older[there - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


@dataclass(frozen=True, slots=True)
class Near:
    """Words in which a slip is looked for, by their length, each with a mask of its letters that rules most of them out at once."""

    by_length: dict[int, list[tuple[int, str]]]

    @classmethod
    def among(cls, words: Iterable[str]) -> Near:
        ordered = sorted(set(words), key=lambda word: (len(word), word))
        return cls({length: [(_mask(word), word) for word in group] for length, group in groupby(ordered, key=len)})

    def to(self, word: str, most: int) -> list[str]:
        """The known words with the fewest slips from a word, at most `most`."""
        mask = _mask(word)
        found: list[tuple[int, str]] = []
        for length in range(len(word) - most, len(word) + most + 1):
            for other_mask, other in self.by_length.get(length, ()):
                if (mask ^ other_mask).bit_count() <= 2 * most and (slips := distance(word, other, most)) <= most:
                    found.append((slips, other))
        fewest = min((slips for slips, _ in found), default=0)
        return [other for slips, other in found if slips == fewest]


def _mask(word: str) -> int:
    mask = 0
    for sign in word:
        mask |= 1 << (ord(sign) % 61)
    return mask
