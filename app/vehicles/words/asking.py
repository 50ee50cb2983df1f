"""What a shopper's words ask for: groups of tokens, of each of which a car must have one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.vehicles.words import slips
from app.vehicles.words.catalogue import meanings, names, plain
from app.vehicles.words.parts import Part, is_han, parts_of
from app.vehicles.words.sounds import folded, pinyin
from app.vehicles.words.tokens import PIECE
from app.vehicles.words.vocabulary import UNCOUNTED, Alternatives, Vocabulary

LONGEST = 500
# No word of a stock has more parts.
_MOST_PARTS = 12
_YEAR = re.compile(r"((?:19|20)\d\d)(?:年?款?|年份)|(\d\d)(?:年|款|年款)")
# What a reading costs; the cheapest reading of the whole is taken: two names before a word of some title that happens to be both, and
# whatever is known before what is not.
_KNOWN, _WORD, _PIECES, _SOUND, _LONE, _ACROSS = 10, 21, 22, 24, 25, 3
_UNKNOWN = 40
_SHORTEST_OF_A_SPLIT = 3
_LONGEST_SPLIT = 40
# Shorter words that are often written to the one before: turbos, carreragts.
_ENDINGS = frozenset(["s", "l", "t", "r", "gt", "rs", "gts", "amg", "li"])

Groups = tuple[Alternatives, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Some parts, read as one. `groups` is None when nothing is known of them; `sure`: by a name, a meaning or a whole word."""

    parts: Sequence[Part]
    groups: Groups | None
    sure: bool = True

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def understood(q: str, stock: Vocabulary = UNCOUNTED) -> Groups:
    """Groups of alternatives: a car is found when of each group it has one token.

    A right word is never taken for another; one that neither the catalogue nor the stock knows stands for what it was most likely meant
    to be, or else for itself. An alternative that begins with `CITY` asks for the city of the car's store.
    """
    read = _read(parts_of(plain(q[:LONGEST])), stock)
    groups = [group for reading in _joined(read) for group in _groups(reading, stock)]
    if not groups:
        groups = [(word,) for word in plain(q).split()[:1]] if not read else [(reading.text,) for reading in read]
    return tuple(dict.fromkeys(groups))


def _read(parts: Sequence[Part], stock: Vocabulary) -> list[_Reading]:
    """The cheapest way to read all parts, from the first to the last."""
    best: list[tuple[int, int, _Reading | None]] = [(0, 0, None)]
    for end in range(1, len(parts) + 1):
        cost, start, reading = best[end - 1][0] + _UNKNOWN, end - 1, _Reading(parts[end - 1 : end], None)
        for begin in range(max(0, end - _MOST_PARTS), end):
            # Of two readings that cost the same, the one with the longer last word.
            if (known := _known(parts, begin, end, stock)) and (best[begin][0] + known[0], begin) < (cost, start):
                cost, start, reading = best[begin][0] + known[0], begin, known[1]
        best.append((cost, start, reading))
    read: list[_Reading] = []
    at = len(parts)
    while at:
        _, at, last = best[at]
        assert last is not None
        read.append(last)
    return read[::-1]


def _known(parts: Sequence[Part], begin: int, end: int, stock: Vocabulary) -> tuple[int, _Reading] | None:
    """(cost, reading) of parts as one word that is known; None when it is not."""
    span = parts[begin:end]
    word = "".join(part.text for part in span)
    glued = all(part.glued for part in span[1:])
    cost = 0 if glued else _ACROSS
    if groups := _named(word, stock, alone=len(word) > 1 or not _in_a_run(parts, begin)):
        lone = len(word) == 1 and span[0].han and _in_a_run(parts, begin)
        return (_LONE if lone else _KNOWN) + cost, _Reading(span, groups)
    if word in meanings().ignored and glued:
        return _KNOWN, _Reading(span, ())
    if not all(part.han for part in span):
        found = stock.latin(word) if _one_word(span) else ()
        return (_KNOWN + cost, _Reading(span, (found,))) if found else None
    if len(word) < 2 or not glued:
        return None
    pieces = _in_pieces(word)
    if word in stock.spelt:
        return _WORD, _Reading(span, pieces)
    if stock.counted and all(stock.has(piece) for piece in pieces):
        return _PIECES, _Reading(span, pieces, sure=False)
    if alike := stock.sounds.get(pinyin(word)):
        return _SOUND, _Reading(span, (alike,))
    return None


def _named(word: str, stock: Vocabulary, *, alone: bool) -> Groups:
    """What a word stands for by the catalogue, as a city, or as a year."""
    if year := _YEAR.fullmatch(word):
        said = f"model_year={year[1] or '20' + year[2]}"
        # 2008 is a year, and a Peugeot.
        return ((said, word) if word.isdigit() else (said,),)
    if not alone and word in names().typed:
        return ()
    tokens = (*names().typed.get(word, ()), *meanings().typed.get(word, ()), *stock.cities.get(word, ()))
    if not tokens:
        return ()
    if word in names().typed or word in stock.cities or not stock.has(tokens):
        tokens = (*tokens, word, *((PIECE + word,) if len(word) == 2 and is_han(word) else ()))
        tokens = tuple(token for token in tokens if "=" in token or token == word or token in stock.cars)
    return (tuple(dict.fromkeys(tokens)),)


def _one_word(span: Sequence[Part]) -> bool:
    """Whether a stock's token can have these parts: those that one also writes apart are looked for one by one."""
    short = all(len(left.text) == 1 or len(right.text) == 1 for left, right in pairwise(span))
    return short and (len(span) < 3 or all(part.glued for part in span[1:]))


def _in_a_run(parts: Sequence[Part], at: int) -> bool:
    """Whether a character has another at its side."""
    before = at > 0 and parts[at].glued and parts[at - 1].han
    return before or (at + 1 < len(parts) and parts[at + 1].glued and parts[at + 1].han)


def _joined(read: Sequence[_Reading]) -> Iterator[_Reading]:
    """The readings; characters of which nothing is known, and what at their side is not sure, become one again."""
    stretch: list[_Reading] = []

    def closed() -> Iterator[_Reading]:
        if any(one.groups is None for one in stretch) or sum(len(one.text) == 1 for one in stretch) > 1:
            yield _Reading([part for one in stretch for part in one.parts], None)
        else:
            yield from stretch
        stretch.clear()

    for reading in read:
        doubtful = reading.parts[0].han and (reading.groups is None or not reading.sure or len(reading.text) == 1)
        if stretch and not (doubtful and reading.parts[0].glued):
            yield from closed()
        if doubtful:
            stretch.append(reading)
        else:
            yield reading
    if stretch:
        yield from closed()


def _groups(reading: _Reading, stock: Vocabulary) -> Groups:
    if reading.groups is not None:
        return reading.groups
    return _guessed_han(reading.text, stock) if reading.parts[0].han else _guessed_latin(reading.text, stock)


def _guessed_latin(word: str, stock: Vocabulary) -> Groups:
    if not (word.isascii() and word.isalpha()):
        return ((word,),)
    if parts := _split(word, stock):
        return parts
    if alike := stock.folded.get(folded(word)):
        return ((*alike, word),)
    if (most := slips.allowed(word)) and (near := stock.near_latin.to(word, most)):
        return (tuple(dict.fromkeys((*(token for one in near for token in stock.latin(one)), word))),)
    return ((*stock.initials.get(word, ()), word),)


def _split(word: str, stock: Vocabulary) -> Groups:
    """Words written as one, turbos or baoshijiekayan: the fewest known ones that make it up; () when none do."""
    if len(word) > _LONGEST_SPLIT:
        return ()
    best: list[Groups | None] = [()]
    for end in range(1, len(word) + 1):
        found: Groups | None = None
        for begin in range(end):
            before, piece = best[begin], word[begin:end]
            long = len(piece) >= _SHORTEST_OF_A_SPLIT or (
                piece in _ENDINGS and begin > 0 and end == len(word) and word[begin - 1] != piece[0]
            )
            if before is not None and long and (found is None or len(before) + 1 < len(found)) and (known := stock.latin(piece)):
                found = (*before, known)
        best.append(found)
    return best[-1] or ()


def _guessed_han(word: str, stock: Vocabulary) -> Groups:
    if len(word) == 1:
        return ((word, *stock.having(word)),)
    if alike := stock.sounds.get(pinyin(word)) or stock.folded.get(folded(pinyin(word))):
        return ((*alike, word),)
    if (most := slips.allowed(word)) and (near := stock.near_han.to(word, most)):
        return (tuple(dict.fromkeys(token for one in near for token in stock.spelt[one])),)
    return _in_pieces(word)


def _in_pieces(word: str) -> Groups:
    """A word that may stand inside another: each two neighbours."""
    pieces = [word[at : at + 2] for at in range(len(word) - 1)]
    return tuple((PIECE + piece, piece) for piece in pieces)
