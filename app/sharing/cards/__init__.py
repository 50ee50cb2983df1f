"""Share cards: one file for each thing that can be shared, found by walking this package. What they share is here."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from apiflask import Schema
from sqlalchemy.orm import Session

from app.kit.registry import kinds
from app.sharing.errors import NoPoster
from app.sharing.models import Share


@dataclass(frozen=True)
class Target:
    """What is shared. `canonical` is the same text whenever the same thing is shared."""

    canonical: str
    vehicle_id: uuid.UUID | None = None
    filters: dict[str, Any] | None = None


@dataclass(frozen=True)
class Sheet:
    """What a poster shows of a thing; equal ones are one poster. `picture` is the address of a picture without our host, or None."""

    title: str
    facts: str
    price: str
    price_note: str
    store: str
    address: str
    picture: str | None


@dataclass(frozen=True)
class Preview:
    """What the card in a chat shows: a title, and a picture's URL or None."""

    title: str
    image_url: str | None


class Card(ABC):
    """A thing that can be shared. A subclass has a `kind`, a Chinese `label`, a `Config` (the fields that name the thing), the
    mini-program's `page` that opens it, and the three methods.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]
    page: ClassVar[str]

    @abstractmethod
    def target(self, session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Target:
        """The thing in its canonical form. Raises what says that there is no such thing."""

    @abstractmethod
    def preview(self, session: Session, share: Share) -> Preview: ...

    @abstractmethod
    def content(self, session: Session, share: Share) -> dict[str, Any]:
        """What somebody sees who opens the share now: `vehicle`, `list` and `similar`, as far as they apply."""

    def sheet(self, session: Session, share: Share) -> Sheet:
        """What a poster shows. Raises `NoPoster`, and what says that the thing is gone."""
        raise NoPoster


def card(kind: str) -> Card:
    """The card of this kind. Raises `KeyError` when there is none."""
    made: Card = kinds(__name__)[kind]()
    return made


def known() -> list[str]:
    """The kinds that there are."""
    return sorted(kinds(__name__))
