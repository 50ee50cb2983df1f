"""The tokens under which a car is found: `vehicles.search_text` holds them, and so does the search index."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.vehicles.words.catalogue import meanings, names, plain
from app.vehicles.words.parts import Part, classes, is_han, parts_of

# Columns whose values are tokens, such as "body=suv". A word for a city is such a token too, but stands in no car's text: ask its store.
VALUES = ("condition", "body", "energy", "drivetrain", "gearbox", "exterior_color", "interior_color", "model_year", "seats")
CITY = "city="
# Pieces of a Chinese word, so that 豪华 finds 自动豪华版 and yet is not taken for a word of its own.
PIECE = "~"
# Said by a column.
_YEAR = re.compile(r"(?:19|20)\d\d\s*款")


def tokens_of(*names_of_the_car: str | None, values: Mapping[str, Any]) -> list[str]:
    """Every token of a car, each once, in a steady order.

    Args:
        names_of_the_car: series, title, model, trim: texts that a shopper's words are looked for in.
        values: the car's columns by name; those of `VALUES`, `options` and `specifications` (its displacement) are read.
    """
    longest_first = sorted((name for name in names_of_the_car if name), key=len, reverse=True)
    text = ""
    for name in longest_first:
        if name not in text:
            text += f" ; {name}"
    found, said = _of_text(_YEAR.sub(" ", text))
    tokens = dict.fromkeys(found)
    for facet in VALUES:
        if (value := values.get(facet)) is not None:
            tokens[_of_value(facet, value)] = None
        elif facet in said:
            tokens[said[facet]] = None
    for option in values.get("options") or ():
        tokens[_of_value("options", option)] = None
    if displacement := (values.get("specifications") or {}).get("displacement"):
        tokens |= dict.fromkeys(_of_text(str(displacement))[0])
    return list(tokens)


@functools.lru_cache(maxsize=4096)
def _of_value(facet: str, value: Any) -> str:
    return f"{facet}={'_'.join(plain(str(value)).split())}"


# A feed names the same series and trims over and over.
@functools.lru_cache(maxsize=8192)
def _of_text(text: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """(tokens, facet → the value that the text says)."""
    parts = parts_of(plain(text))
    tokens: dict[str, None] = {}
    said: dict[str, str] = {}
    for run in runs(parts):
        for token in _han(run) if run[0].han else _latin(run):
            tokens[token] = None
    tokens |= dict.fromkeys(_across(parts))
    called: list[tuple[str, ...]] = []
    for word in known_in(parts):
        if word in names().written:
            called.append(names().written[word])
        else:
            value = meanings().written[word]
            said.setdefault(value.partition("=")[0], value)
    # The name of a series says whose it is, unless the text says otherwise.
    only_series = all("." in tokens_of_it[0] for tokens_of_it in called)
    for tokens_of_it in called:
        tokens |= dict.fromkeys(tokens_of_it if only_series else tokens_of_it[:1])
    return tuple(tokens), said


def runs(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Glued parts of one kind together."""
    run: list[Part] = []
    for part in parts:
        if run and not (part.glued and part.han == run[0].han):
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _han(run: Sequence[Part]) -> Iterator[str]:
    word = "".join(part.text for part in run)
    yield word
    if len(word) > 2:
        for at in range(len(word) - 1):
            yield PIECE + word[at : at + 2]


def _latin(run: Sequence[Part]) -> Iterator[str]:
    for start in range(len(run)):
        for end in range(start + 1, min(start + 4, len(run) + 1)):
            yield "".join(part.text for part in run[start:end])
        yield from _beginnings(run[start].text)


def _beginnings(word: str) -> Iterator[str]:
    """What is short for it: a4 for a4l, 2.0 for 2.0t, xc for xc60; never a bare number."""
    pieces = classes(word)
    for end in range(1, len(pieces)):
        beginning = "".join(pieces[:end])
        if end > 1 or "." in beginning or (beginning.isalpha() and len(beginning) > 1):
            yield beginning


def _across(parts: Sequence[Part]) -> Iterator[str]:
    """Single characters with their neighbours: c级, 国v, 4 s, cr v."""
    for at in range(1, len(parts)):
        left, right = parts[at - 1], parts[at]
        if left.han or right.han:
            # Between two words of Chinese there is nothing to join, and the last character of a longer one stays with it.
            if left.han != right.han and right.glued and _alone(parts, at - 1 if left.han else at):
                yield left.text + right.text
        elif len(left.text) == 1 or len(right.text) == 1:
            yield left.text + right.text


def known_in(parts: Sequence[Part]) -> Iterator[str]:
    """Names and words with a meaning that a text has: from each place the longest, none inside another."""
    starts, written, said = _starts(), names().written, meanings().written
    at = 0
    while at < len(parts):
        longest, found, word = 0, "", ""
        for end in range(at, min(at + starts.get(parts[at].text, 0), len(parts))):
            word += parts[end].text
            if (word in written or word in said) and (len(word) > 1 or not is_han(word) or _alone(parts, at)):
                longest, found = end + 1 - at, word
        if longest:
            yield found
        at += longest or 1


@functools.cache
def _starts() -> Mapping[str, int]:
    """The first part of a name, or of a word with a meaning → of how many parts the longest is that begins so."""
    found: dict[str, int] = {}
    for word in (*names().written, *meanings().written):
        parts = parts_of(word)
        found[parts[0].text] = max(found.get(parts[0].text, 0), len(parts))
        # What is one part when it is written together, land rover, may be several.
        for length in range(1, len(parts[0].text)):
            found[word[:length]] = max(found.get(word[:length], 0), 3)
    return found


def _alone(parts: Sequence[Part], at: int) -> bool:
    """Whether a character is a word by itself: 宋 is a car, but not in 宋体."""
    before = at > 0 and parts[at].glued and parts[at - 1].han
    after = at + 1 < len(parts) and parts[at + 1].glued and parts[at + 1].han
    return not (before or after)
