"""All ways to begin to write a name: in Chinese or Latin, by its parts, by its nicknames, in pinyin, by initials."""

from __future__ import annotations

import bisect
import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.vehicles.words import slips
from app.vehicles.words.catalogue import key, meanings, names, plain
from app.vehicles.words.parts import Part, is_han, parts_of
from app.vehicles.words.sounds import initials, pinyin
from app.vehicles.words.tokens import runs

# How near a way to write a name is to the name itself.
_OWN, _PART, _NICKNAME, _SOUND, INITIALS = range(0, 10, 2)
# In words.
_LONGEST_NAME = 3


def pieces(text: str) -> list[Part]:
    """The parts of what is being typed."""
    return parts_of(plain(text))


def joined(parts: Sequence[Part]) -> str:
    """Parts as a text again."""
    return "".join(part.text if part.glued or not at else f" {part.text}" for at, part in enumerate(parts))


def within(name: str, longer: str) -> bool:
    """Whether the last word of a name stands in a longer one."""
    return key(name.split()[-1]) in key(longer) if name.split() else True


def forms(name: str, *, whole: bool = False, aloud: bool = True) -> dict[str, int]:
    """Way to write → its rank, the least first. `whole`: without its parts and nicknames. `aloud`: in pinyin and by initials, too."""
    found: dict[str, int] = {}

    def add(form: str, rank: int) -> None:
        if form and found.get(form, rank + 1) > rank:
            found[form] = rank

    def with_sounds(form: str, rank: int) -> None:
        add(form, rank)
        if not aloud:
            return
        add(pinyin(form), max(rank, _SOUND))
        if len(form) > 1:
            add(initials(form), INITIALS)

    with_sounds(key(name), _OWN)
    if whole:
        return found
    parts = parts_of(plain(name))
    words = ["".join(part.text for part in run) for run in runs(parts)]
    for at in range(1, len(words)):
        with_sounds("".join(words[at:]), _PART)
    for start in range(len(words)):
        for end in range(start + 1, min(start + _LONGEST_NAME, len(words)) + 1):
            for token in names().written.get("".join(words[start:end]), ())[:1]:
                for nickname in _called()[token]:
                    with_sounds(nickname, _NICKNAME)
    return found


@functools.cache
def _called() -> Mapping[str, Sequence[str]]:
    """The token of a series or a brand → its names."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, tokens in names().typed.items():
        for token in tokens:
            found[token].append(name)
    return found


def brands() -> Mapping[str, str]:
    """The token of each brand → how it is shown."""
    return {token: name for token, name in names().shown.items() if "." not in token}


@functools.cache
def meant() -> Mapping[tuple[str, ...], Sequence[str]]:
    """Values of one filter → the words that mean all of these."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for word, tokens in meanings().typed.items():
        if len({token.partition("=")[0] for token in tokens}) == 1 and "=" in tokens[0]:
            found[tokens].append(word)
    return found


@dataclass(frozen=True)
class Spelt:
    """Things, by number, that are found by what is typed of them."""

    written: Sequence[tuple[str, int, int]]

    @classmethod
    def of(cls, told: Iterable[tuple[int, Mapping[str, int]]]) -> Spelt:
        """From (number, way to write → rank) each."""
        return cls(sorted((form, rank, number) for number, ways in told for form, rank in ways.items()))

    def begun(self, word: str) -> dict[int, int]:
        """Number → rank of those that a word begins."""
        found: dict[int, int] = {}
        at = bisect.bisect_left(self.written, (word,))
        while at < len(self.written) and self.written[at][0].startswith(word):
            form, rank, number = self.written[at]
            # A word that is whole goes before one that is only begun.
            found[number] = min(found.get(number, 99), rank + (form != word))
            at += 1
        return found

    def meant(self, word: str) -> dict[int, int]:
        """Number → slips of those that a word begins, but for a slip of the finger."""
        if is_han(word) and (alike := self.begun(pinyin(word))):
            return alike
        most = slips.allowed(word)
        if not most:
            return {}
        found: dict[int, int] = {}
        letters = set(word)
        for form, rank, number in self.written:
            beginning = form[: len(word) + 1]
            if rank < INITIALS and len(letters.difference(beginning)) <= most and len(form) >= len(word) - most:
                least = min(slips.distance(word, form[:length], most) for length in (len(word) - 1, len(word), len(word) + 1))
                if least <= most:
                    found[number] = min(found.get(number, 99), least)
        return found
