"""What a shopper's words say of the price: 30万以内, 20-30万, 三十万左右."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

_FEN = 1_000_000
_DIGITS = "一二三四五六七八九"
_NUMBER = rf"\d{{1,5}}(?:\.\d{{1,4}})?|[{_DIGITS}两百十零]+"
# Hundreds, tens and ones.
_SPELT = re.compile(rf"(?:([{_DIGITS}两]?)百)?零?(?:([{_DIGITS}]?)十)?([{_DIGITS}两])?")
# How far "about" reaches to either side, of ten.
_ABOUT = 1


@dataclass(frozen=True, slots=True)
class Priced:
    """Words without what they say of the price, and that as bounds in fen; neither bound when they say nothing of it."""

    rest: str
    least_fen: int | None = None
    most_fen: int | None = None


def priced(q: str) -> Priced:
    """The words apart from the price. Of several prices all hold: 20万以上 30万以内."""
    least: list[int] = []
    most: list[int] = []

    def read(match: re.Match[str]) -> str:
        low, high = _fen(match["low"]), _fen(match["high"])
        if high is None or (match["low"] and low is None):
            return match.group()
        if low is not None:
            least.append(min(low, high))
            most.append(max(low, high))
            return " "
        said = next((kind for kind in ("most", "least", "about") if match[f"before_{kind}"] or match[f"after_{kind}"]), "most")
        if said != "most":
            least.append(high if said == "least" else high * (10 - _ABOUT) // 10)
        if said != "least":
            most.append(high if said == "most" else high * (10 + _ABOUT) // 10)
        return " "

    rest = _phrase().sub(read, q)
    return Priced(" ".join(rest.split()) if least or most else q, max(least, default=None), min(most, default=None))


def _fen(number: str | None) -> int | None:
    """A number of 万 in fen; None for none, and for what makes up no number."""
    if not number:
        return None
    if number[0].isdigit():
        return round(float(number) * _FEN) or None
    spelt = _SPELT.fullmatch(number)
    return sum(weight * _times(digit) for weight, digit in zip((100, 10, 1), spelt.groups(), strict=True)) * _FEN or None if spelt else None


def _times(digit: str | None) -> int:
    """So many hundreds, tens or ones; 十 without a digit before it is one ten."""
    if digit is None:
        return 0
    return _DIGITS.index(digit.replace("两", "二")) + 1 if digit else 1


@functools.cache
def _phrase() -> re.Pattern[str]:
    told = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))

    def any_of(words: str) -> str:
        return "|".join(map(re.escape, sorted(words.split(), key=len, reverse=True)))

    def kinds(where: str) -> str:
        return "|".join(rf"(?P<{where}_{kind}>{any_of(words)})" for kind, words in told[where].items())

    unit = any_of(told["unit"])
    low = rf"(?P<low>{_NUMBER})\s*(?:{unit})?\s*(?:{any_of(told['between'])})\s*"
    # Neither a number nor a unit is a piece of something longer: x330万, 30wd.
    return re.compile(
        rf"(?:(?:{kinds('before')})\s*)?(?<![0-9A-Za-z.])(?:{low})?(?P<high>{_NUMBER})\s*(?:{unit})(?![0-9A-Za-z])"
        rf"(?!\s*(?:{any_of(told['other']['units'])}))(?:\s*(?!{any_of(told['other']['words'])})(?:{kinds('after')}))?",
        re.IGNORECASE,
    )
