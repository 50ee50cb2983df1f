"""The elements of a message, read alike whether they came as XML, where all is text, or as JSON, where the same event has two shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LAST_MOMENT = 253402300799  # the end of the year 9999


class Told:
    """What is missing, or of another shape than anybody knows, reads as nothing: a message of Tencent's is never refused for its form."""

    def __init__(self, elements: Any) -> None:
        self._elements: Mapping[str, Any] = elements if isinstance(elements, Mapping) else {}

    def text(self, *names: str) -> str:
        """The first of these elements that says anything."""
        for name in names:
            value = self._elements.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
                # PostgreSQL keeps no NUL in a text.
                return str(value).replace("\x00", "").strip()
        return ""

    def number(self, *names: str) -> int | None:
        found = self.text(*names)
        return int(found) if re.fullmatch(r"-?[0-9]{1,19}", found) else None

    def decimal(self, name: str) -> float | None:
        found = self.text(name)
        return float(found) if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,20})?", found) else None

    def moment(self, *names: str) -> datetime | None:
        """A time given as seconds since 1970."""
        seconds = self.number(*names)
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds <= _LAST_MOMENT else None

    def part(self, name: str) -> Told:
        return Told(self._elements.get(name))

    def parts(self, name: str) -> list[Told]:
        """A list of objects, which in JSON is one object when there is only one, and in XML likewise."""
        value = self._elements.get(name)
        return [Told(one) for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]

    def texts(self, name: str, item: str = "Item") -> tuple[str, ...]:
        """A list of words: `item` elements, a JSON array, or one text with commas, and sometimes with bars."""
        value = self._elements.get(name)
        if isinstance(value, Mapping):
            value = value.get(item)
        given = value if isinstance(value, list) else re.split(r"[,|]", Told({"": value}).text(""))
        return tuple(word for word in (Told({"": one}).text("") for one in given) if word)
