"""The catalogues beside this module: how cars are called, and which words mean the value of a filter."""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.kit import texts

_FOLDER = Path(__file__).parent
# Shorter names may be another brand's as well: only a longer one says whose car it is.
_TELLING_LATIN, _TELLING_DIGITS, _TELLING_HAN = 5, 3, 2
_LABELLED = ("condition", "body", "energy", "drivetrain", "gearbox", "exterior_color", "interior_color", "options")


@dataclass(frozen=True)
class Names:
    """`written`: a name as titles have it → the tokens it stands for; `typed`: these and what is only said. `shown`: token → label."""

    written: Mapping[str, tuple[str, ...]]
    typed: Mapping[str, tuple[str, ...]]
    shown: Mapping[str, str]


@dataclass(frozen=True)
class Meanings:
    """`typed`: a word → the tokens ("body=suv") any of which it means; `written`: the value that a title says; `ignored` words."""

    typed: Mapping[str, tuple[str, ...]]
    written: Mapping[str, str]
    ignored: frozenset[str]


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """One spelling of many: half-width, lower-case, simplified, without accents."""
    if not text.isascii() and not unicodedata.is_normalized("NFKD", text):
        apart = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFC", "".join(sign for sign in apart if not unicodedata.combining(sign)))
    return text.casefold().translate(_simplified())


def key(name: str) -> str:
    """How names are looked up: plain, and with nothing between their parts."""
    return re.sub(r"[\W_]+", "", plain(name))


@functools.cache
def edition() -> str:
    """Changes whenever the same car may come to have other tokens: with these catalogues, and with the modules beside them."""
    files = sorted((*_FOLDER.rglob("*.toml"), *_FOLDER.glob("*.py")))
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()


@functools.cache
def _simplified() -> dict[int, str]:
    return {ord(pair[0]): pair[1] for pair in _read(_FOLDER / "writing.toml")["simplified"].split()}


@functools.cache
def readings() -> dict[str, str]:
    """Characters that the names of cars read otherwise than the dictionary's first reading."""
    return dict(_read(_FOLDER / "writing.toml")["readings"])


def _tells_the_brand(name: str) -> bool:
    least = _TELLING_DIGITS if name.isdigit() else _TELLING_LATIN if name.isascii() else _TELLING_HAN
    return len(name) >= least and name[-1] not in "级系"


@functools.cache
def names() -> Names:
    """Brands and series by every name they have, from `brands/*.toml`: a file more is a brand more."""
    written: dict[str, tuple[str, ...]] = {}
    typed: dict[str, tuple[str, ...]] = {}
    shown: dict[str, str] = {}

    def add(into: dict[str, tuple[str, ...]], name: str, *tokens: str) -> None:
        into[key(name)] = tuple(dict.fromkeys((*into.get(key(name), ()), *tokens)))

    for file in sorted((_FOLDER / "brands").glob("*.toml")):
        for brand, told in _read(file).items():
            own = f"name={brand}"
            shown[own] = told["names"][0]
            for name in told["names"]:
                add(written, name, own)
            for name in (*told["names"], *told.get("says", ())):
                add(typed, name, own)
            for series, called in told.get("series", {}).items():
                token, cut = f"{own}.{series}", called.index("|") if "|" in called else len(called)
                shown[token] = called[0]
                for name in called[:cut]:
                    add(written, name, token, *([own] if _tells_the_brand(key(name)) else []))
                for name in (*called[:cut], *called[cut + 1 :]):
                    add(typed, name, token)
    return Names(written, typed, shown)


@functools.cache
def meanings() -> Meanings:
    """Colours, bodies, energies and the like by the words for them: those of `meanings.toml`, and the labels that people read."""
    told = _read(_FOLDER / "meanings.toml")
    typed: dict[str, tuple[str, ...]] = {}

    def add(word: str, value: str) -> None:
        typed[key(word)] = tuple(dict.fromkeys((*typed.get(key(word), ()), value)))

    for facet, words in told["typed"].items():
        for value, spellings in words.items():
            for word in spellings.split():
                add(word, f"{facet}={value}")
    for token, spellings in told["same"].items():
        for word in spellings.split():
            add(word, token)
    for name, text in texts.catalogue().items():
        domain, _, rest = name.partition(".")
        facet, _, value = rest.partition(".")
        if domain == "vehicles" and facet in _LABELLED and value:
            add(text, f"{facet}={value}")
    written = {
        key(word): f"{facet}={value}"
        for facet, words in told["written"].items()
        for value, spellings in words.items()
        for word in spellings.split()
    }
    return Meanings(typed, written, frozenset(told["ignored"].split()))
