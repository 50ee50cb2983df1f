"""The elements of a message in either of Tencent's forms, XML and JSON, read so that nothing in it can cost more than its length.

XML that declares a document type is given up at the declaration, so that no entity is ever declared, let alone expanded or fetched.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

import orjson

# Tencent's deepest message has five levels.
DEEPEST = 24
MOST_ELEMENTS = 20_000


def elements_of(text: str) -> dict[str, Any] | None:
    """A message by the names of its elements, or None when it has no such form.

    XML: an element with others inside is a dict, one that is there several times a list, an empty one None, and all else text.
    """
    try:
        read = orjson.loads(text) if text.lstrip().startswith("{") else _Xml().read(text)
    except (expat.ExpatError, ValueError):
        return None
    return read if isinstance(read, dict) and not _deeper(read, DEEPEST) else None


def _deeper(value: Any, than: int) -> bool:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return than == 0 or any(_deeper(one, than - 1) for one in inside)
    return False


class _Xml:
    """Reads one document whose root is `xml`; every doubt is a ValueError, which ends the parser where it stands."""

    def __init__(self) -> None:
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []
        self._count = 0
        self._root: Any = None

    def read(self, text: str) -> Any:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        # Given text and not bytes, expat minds no encoding that the document claims to have.
        parser.Parse(text, True)
        return self._root

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= DEEPEST or self._count > MOST_ELEMENTS or (not self._open and name != "xml"):
            raise ValueError("no message")
        self._open.append((name, {}, []))

    def _text(self, text: str) -> None:
        self._open[-1][2].append(text)

    def _end(self, _name: str) -> None:
        name, inside, text = self._open.pop()
        value = inside or "".join(text).strip() or None
        if not self._open:
            self._root = value
            return
        around = self._open[-1][1]
        if name not in around:
            around[name] = value
        elif isinstance(around[name], list):
            around[name].append(value)
        else:
            around[name] = [around[name], value]


def _refuse(*_declaration: Any) -> None:
    raise ValueError("a document type")
