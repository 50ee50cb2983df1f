"""What several domains' doors give in one form: a state out of a list, and why a file was refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apiflask import Schema
from apiflask.fields import Dict, String


def one_of(states: Iterable[str], description: str = "", **more: Any) -> String:
    """A state as the database keeps it."""
    return String(metadata={"enum": [str(state) for state in states], "description": description}, **more)


class RefusalOut(Schema):
    """A refusal that was written down with what it is about; the words are the console's."""

    error = String(metadata={"description": "stable code, domain.reason"})
    details = Dict()
