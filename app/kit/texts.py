"""The catalogue of everything people read: `app/texts/<language>/<domain>.toml`, one file per domain.

Chinese is what we speak: what is stored, sent, or said to customers. Staff may read English instead, where the catalogue has it.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

LANGUAGE = "zh-CN"
LANGUAGES = (LANGUAGE, "en")
_FOLDER = Path(__file__).resolve().parents[1] / "texts"
_spoken: ContextVar[str] = ContextVar("language", default=LANGUAGE)


class Said(str):
    """A text that knows what it says, and can therefore still be said in another language: when an answer is written."""

    key: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return self  # marshmallow writes str(value): what is said stays known

    def __format__(self, spec: str) -> str:
        return format(self.within(spoken()), spec)

    def __add__(self, other: str) -> str:
        return t("lists.joined", first=self, second=other)

    def __radd__(self, other: str) -> str:
        return t("lists.joined", first=other, second=self)

    def join(self, parts: Iterable[str]) -> str:
        return _chained(parts, lambda said, part: t("lists.joined", first=said, second=self + part))

    def format(self, *_args: object, **_kwargs: object) -> str:
        """Itself: marshmallow fills in what is filled in already."""
        return self

    def within(self, language: str) -> str:
        values = {name: value.within(language) if isinstance(value, Said) else value for name, value in self.values.items()}
        return _wording(language, self.key).format(**values)


def spoken() -> str:
    """The language of the texts that are made now."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Texts that are made inside this block are in this language. Only for what changes nothing: others would read it, too."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


@functools.cache
def catalogue(language: str = LANGUAGE) -> dict[str, str]:
    """Every text of a language by its dotted key; two files may not define one key."""
    texts: dict[str, str] = {}

    def walk(prefix: str, node: dict[str, Any]) -> None:
        for key, value in node.items():
            path = f"{prefix}.{key}" if prefix else key
            if isinstance(value, dict):
                walk(path, value)
            elif path in texts:
                raise RuntimeError(f"text {path!r} is defined twice in {language}")
            else:
                texts[path] = value

    for file in sorted((_FOLDER / language).glob("*.toml")):
        walk("", tomllib.loads(file.read_text(encoding="utf-8")))
    return texts


def has(key: str) -> bool:
    return key in catalogue()


def t(key: str, /, **values: Any) -> str:
    """The text of a key with its placeholders filled; `KeyError` when the catalogue has no such text."""
    said = Said(_wording(spoken(), key).format(**values))
    said.key, said.values = key, values
    return said


def listed(parts: Iterable[str]) -> str:
    """One after the other: "上海、北京"."""
    return _chained(parts, lambda said, part: t("lists.and", first=said, second=part))


def _chained(parts: Iterable[str], pair: Callable[[str, str], str]) -> str:
    every = list(parts)
    return functools.reduce(pair, every) if every else ""


def aside(parts: Iterable[str]) -> str:
    """What is said about something, to be put behind it: "（上海、北京）"; nothing, if there is nothing to say."""
    about = list(parts)
    return t("lists.aside", what=listed(about)) if about else ""


def _wording(language: str, key: str) -> str:
    """Chinese, where the language does not have it: what customers read, and what is not translated yet."""
    return catalogue(language).get(key) or catalogue()[key]
