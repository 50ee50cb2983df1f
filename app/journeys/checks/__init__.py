"""What somebody should have thought of before a sound journey is published; adding a file adds a check. And what a check is."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from sqlalchemy.orm import Session

from app.journeys.graph import Graph

__all__ = ["Check"]


class Check(ABC):
    """A question about a sound graph of a brand; one file in this folder. What it finds is a warning, which a marketer may accept."""

    kind: ClassVar[str]

    @staticmethod
    @abstractmethod
    def find(session: Session, brand_id: uuid.UUID, graph: Graph) -> Iterator[tuple[str | None, str]]:
        """(id of the node, what is to be thought of) for each thing found."""
