"""How Chinese is typed in Latin letters: pinyin without tones, its initials, and what is often taken for one another."""

from __future__ import annotations

import functools
import unicodedata

from app.kit.pinyin import pinyin_dict
from app.vehicles.words.catalogue import readings

# 卡宴 is "ka yan"; a southern tongue, or a hurried one, does not tell these apart.
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"))


@functools.lru_cache(maxsize=8192)
def syllable(character: str) -> str:
    """The first reading of a character, toneless, ü as v; "" when it has none."""
    if own := readings().get(character):
        return own
    first = pinyin_dict.get(ord(character), "").partition(",")[0]
    apart = unicodedata.normalize("NFD", first).replace("u\u0308", "v")
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def pinyin(word: str) -> str:
    """Toneless pinyin without spaces; Latin parts stay as they are."""
    return "".join(syllable(sign) or sign for sign in word)


def initials(word: str) -> str:
    """The first letter of each syllable: bsj for 保时捷; Latin parts stay as they are."""
    return "".join(syllable(sign)[:1] or sign for sign in word)


def folded(sound: str) -> str:
    """Two sounds that are easily confused are the same when folded."""
    for one, other in _ALIKE:
        sound = sound.replace(one, other)
    return sound
