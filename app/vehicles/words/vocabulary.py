"""The words that the stock of a brand really has: what a slip of the finger, or a sound, can have meant."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.vehicles.words.catalogue import meanings, names
from app.vehicles.words.parts import is_han
from app.vehicles.words.slips import Near
from app.vehicles.words.sounds import folded, initials, pinyin
from app.vehicles.words.tokens import CITY, PIECE

# A single character stands for at most so many words that have it.
_MOST_HAVING = 60

Alternatives = tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """`cars`: token → how many cars on sale have it; cities are among them. Empty while nobody has counted."""

    cars: Mapping[str, int]

    def recounted(self, cars: Mapping[str, int]) -> Vocabulary:
        """The same words as often as they are now: what was made of the words alone is kept when none came or went."""
        anew = Vocabulary(cars)
        if cars.keys() == self.cars.keys():
            anew.__dict__.update({name: made for name, made in self.__dict__.items() if name != "cars"})
        return anew

    @property
    def counted(self) -> bool:
        return bool(self.cars)

    def has(self, tokens: Iterable[str]) -> bool:
        """Whether a car on sale has one of the tokens; of a stock that nobody has counted, that may be."""
        return not self.counted or any(token in self.cars for token in tokens)

    @functools.cached_property
    def cities(self) -> Mapping[str, Alternatives]:
        found = {}
        for token in self.cars:
            if token.startswith(CITY):
                city = token.removeprefix(CITY)
                found[city] = found[city + "市"] = (token,)
        return found

    @functools.cached_property
    def spelt(self) -> Mapping[str, Alternatives]:
        """Everything that is known by its spelling, Chinese or Latin, and stands for cars of this stock."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for known in (names().typed, meanings().typed, self.cities):
            for word, tokens in known.items():
                if self.has(tokens):
                    found[word] |= dict.fromkeys(tokens)
        for token in self.cars:
            if "=" not in token and not token.startswith(PIECE):
                found[token][token] = None
        return {word: tuple(tokens) for word, tokens in found.items()}

    @functools.cached_property
    def sounds(self) -> Mapping[str, Alternatives]:
        """Pinyin of what has two characters or more → what sounds so."""
        return self._by(pinyin, pieces=True)

    @functools.cached_property
    def folded(self) -> Mapping[str, Alternatives]:
        return self._by(lambda word: folded(pinyin(word)), pieces=False)

    @functools.cached_property
    def initials(self) -> Mapping[str, Alternatives]:
        """First letters → the brands and series with these."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for word, tokens in names().typed.items():
            if is_han(word) and len(word) > 2 and self.has(tokens):
                found[initials(word)] |= dict.fromkeys(tokens)
        return {word: tuple(tokens) for word, tokens in found.items()}

    @functools.cached_property
    def near_latin(self) -> Near:
        return Near.among(word for word in (*self.spelt, *self._spoken) if word.isascii() and word.isalpha())

    @functools.cached_property
    def near_han(self) -> Near:
        return Near.among(word for word in self.spelt if is_han(word))

    def latin(self, word: str) -> Alternatives:
        """What a Latin word stands for by spelling or by sound; () when it is not known."""
        return tuple(dict.fromkeys((*self.spelt.get(word, ()), *self.sounds.get(word, ()))))

    def having(self, character: str) -> Alternatives:
        """The tokens that have a character, the most frequent first."""
        found = [token for token in self.cars if character in token and "=" not in token]
        return tuple(sorted(found, key=lambda token: (-self.cars[token], token))[:_MOST_HAVING])

    @functools.cached_property
    def _spoken(self) -> Mapping[str, Alternatives]:
        return self._by(pinyin, pieces=False)

    def _by(self, sound: Callable[[str], str], *, pieces: bool) -> Mapping[str, Alternatives]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for word, tokens in self.spelt.items():
            if len(word) > 1 and is_han(word):
                found[sound(word)] |= dict.fromkeys(tokens)
        for token in self.cars if pieces else ():
            if token.startswith(PIECE):
                found[sound(token.removeprefix(PIECE))][token] = None
        return {word: tuple(tokens) for word, tokens in found.items()}


UNCOUNTED = Vocabulary({})
