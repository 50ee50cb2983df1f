"""The catalogue of everything people read: `app/texts/<language>/<domain>.toml`, one file per domain."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

LANGUAGE = "zh-CN"
_FOLDER = Path(__file__).resolve().parents[1] / "texts"


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
    return catalogue()[key].format(**values)
