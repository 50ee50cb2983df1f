"""What a node and a condition are, what they are given, and what they may answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from marshmallow import Schema
from sqlalchemy.orm import Session

from app.journeys.models import Walk
from app.kit.forms import Form, problems_of
from app.kit.texts import has, t

__all__ = ["Condition", "Finish", "Form", "Leave", "Node", "Outcome", "Stay", "Visit", "event_label", "problems_of"]


@dataclass(frozen=True)
class Leave:
    """The customer leaves the node through a port; `send_id` is the message that was planned for her here."""

    port: str
    send_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Stay:
    """The customer stays and is visited again at `until`."""

    until: datetime


@dataclass(frozen=True)
class Finish:
    """The journey ends here."""


Outcome = Leave | Stay | Finish


@dataclass(frozen=True)
class Visit:
    """All walks that stand on one node of one version and are due at `now`."""

    walks: Sequence[Walk]
    node_id: str
    config: dict[str, Any]
    now: datetime


class Node(Protocol):
    """A kind of step; one file in `nodes/`. `ports` are its ways out with their labels; `rests` says that time passes on it.

    `visit` answers for every walk, in a number of statements that does not grow with theirs. It may be called again for a step whose
    transaction was lost, so all it does is in that transaction. What it raises for one walk alone leaves that walk stuck, with the reason.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    ports: ClassVar[Mapping[str, str]]
    rests: ClassVar[bool]
    Config: ClassVar[type[Schema]]

    @staticmethod
    def summary(config: dict[str, Any]) -> str: ...

    @staticmethod
    def visit(session: Session, visit: Visit) -> dict[uuid.UUID, Outcome]: ...


class Condition(Protocol):
    """A question that a branch asks; one file in `conditions/`."""

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]

    @staticmethod
    def summary(config: dict[str, Any]) -> str: ...

    @staticmethod
    def holds(session: Session, walks: Sequence[Walk], config: dict[str, Any]) -> set[uuid.UUID]:
        """The ids of the walks for which the answer is yes."""
        ...


def event_label(name: str) -> str:
    """What people call an event."""
    return t(f"events.{name}") if has(f"events.{name}") else name
