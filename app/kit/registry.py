"""Kinds, which marketers pick from lists: one file each, found by walking a package."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any

from app.kit import texts


@functools.cache
def kinds(package: str) -> dict[str, Any]:
    """Every class in the package's modules that has a `kind` of its own, by that name.

    Raises:
        RuntimeError: two classes claim one kind; the process does not start.
    """
    found: dict[str, Any] = {}
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__, package + "."):
        with texts.speaking(texts.LANGUAGE):  # a kind's texts outlive the request that asked for it first
            module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and isinstance(vars(value).get("kind"), str):
                name = vars(value)["kind"]
                if name in found:
                    raise RuntimeError(f"{package}: kind {name!r} is defined by {found[name]} and by {value}")
                found[name] = value
    return found
