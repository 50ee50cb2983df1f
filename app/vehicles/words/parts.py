"""The smallest parts that a text is read from: Chinese characters, and Latin letters and digits that belong together."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

HAN = "㐀-鿿"
_RUN = re.compile(rf"(?P<han>[{HAN}]+)|(?P<latin>[^\W_{HAN}]+(?:\.\d[^\W_{HAN}]*|['-][^\W_{HAN}]+)*)")
_CLASSES = re.compile(r"\d+(?:\.\d+)*|[^\d.]+")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[-'](?=\d)")
_IS_HAN = re.compile(rf"[{HAN}]+")
# A number with its unit is a measure and no name: 911 mm is no 911.
UNITS = frozenset(["mm", "cm", "km", "kw", "kwh", "ps", "hp", "nm", "kg", "kmh"])
_MEASURE = re.compile(rf"\d+(?:\.\d+)?(?:{'|'.join(sorted(UNITS))})")
# So many letters or digits are a word of their own beside the others: glc260, but x5, 4s and 2.0t.
_WORD = 3


class Part(NamedTuple):
    """`glued`: nothing stands between it and the one before."""

    text: str
    han: bool
    glued: bool


def parts_of(text: str) -> list[Part]:
    """The parts of a plain text in their order; punctuation stands for a space."""
    found: list[Part] = []
    end = -1
    for match in _RUN.finditer(text):
        glued = match.start() == end
        if match.lastgroup == "han":
            for character in match.group():
                found.append(Part(character, True, glued))
                glued = True
        else:
            for piece in latin(match.group()):
                if found and piece in UNITS and found[-1].text.isdigit():
                    found[-1] = Part(found[-1].text + piece, False, found[-1].glued)
                else:
                    found.append(Part(piece, False, glued))
                glued = True
        end = match.end()
    return found


@functools.lru_cache(maxsize=16384)
def latin(word: str) -> tuple[str, ...]:
    """Letters and digits, parted where one may as well write a space: glc260 is glc 260; 4s, x5, cr-v and 2.0t are one."""
    found: list[str] = []
    for piece in _BETWEEN_DIGITS.sub(" ", word).split():
        joined = piece.replace("-", "").replace("'", "")
        runs = [joined] if _MEASURE.fullmatch(joined) else classes(joined)
        own: list[list[str]] = []
        for run in runs:
            if own and not (_is_word(run) or _is_word(own[-1][-1])):
                own[-1].append(run)
            else:
                own.append([run])
        found += ["".join(one) for one in own]
    return tuple(found)


def classes(word: str) -> list[str]:
    """Its runs of digits and of letters, in their order."""
    return _CLASSES.findall(word)


def is_han(word: str) -> bool:
    return _IS_HAN.fullmatch(word) is not None


def _is_word(run: str) -> bool:
    return len(run) >= _WORD and "." not in run
