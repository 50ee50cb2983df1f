"""Marketing words, which a notice of service may not hold; the words are `marketing_words.toml`'s."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from pathlib import Path

from app.kit.pinyin import Style, lazy_pinyin
from app.messaging import rendering

_WORDS = Path(__file__).with_name("marketing_words.toml")
_BETWEEN = r"[\W_]*"
_SPACES_AND_SIGNS = re.compile(r"[\W_]+")
_HAN = re.compile(r"[㐀-鿿]")


@functools.lru_cache(maxsize=4096)
def marketing_words(form: str) -> tuple[str, ...]:
    """The marketing words that a form in Liquid says of its own accord, as the list has them; what facts bring is not the form's."""
    text = unicodedata.normalize("NFKC", rendering.literals(form)).casefold()
    words, patterns = _listed()
    compact = _SPACES_AND_SIGNS.sub("", text)
    # Two spellings of one word sound alike: as pinyin it is found once.
    found = {sound: word for word, sound, wanted in reversed(words) if wanted.search(text)}
    return tuple(dict.fromkeys([*reversed(found.values()), *(match[0] for pattern in patterns for match in pattern.finditer(compact))]))


@functools.cache
def _listed() -> tuple[list[tuple[str, str, re.Pattern[str]]], list[re.Pattern[str]]]:
    listed = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    words = [(word, "".join(lazy_pinyin(word)), _disguised(word)) for word in listed["words"]]
    return words, [re.compile(one) for one in listed["patterns"]]


def _disguised(word: str) -> re.Pattern[str]:
    """The word with anything but letters between its characters, any of which may be pinyin: 优 惠, 优hui, y.o.u h.u.i."""
    signs = []
    for sign in word:
        if _HAN.match(sign):
            sounds = {re.escape(one) for one in lazy_pinyin(sign, style=Style.NORMAL)}
            spelt = [_BETWEEN.join(sound) for sound in sorted(sounds)]
            signs.append(f"(?:{'|'.join([sign, *spelt])})")
        else:
            signs.append(re.escape(sign))
    # Pinyin that is a part of a longer word of Latin letters is that word's.
    return re.compile(rf"(?<![a-z]){_BETWEEN.join(signs)}(?![a-z])|{re.escape(word)}")
