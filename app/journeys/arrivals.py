"""What a trigger is: whatever lets people into a journey. The kinds are in `triggers/`, one file each."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from marshmallow import Schema
from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.journeys import filters

__all__ = ["Asked", "Heard", "Planned", "Trigger"]


class Trigger(ABC):
    """What lets people in; one of the three below. What a kind is given is its configuration as its own `Config` loaded it."""

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]

    @staticmethod
    @abstractmethod
    def summary(config: dict[str, Any]) -> str:
        """What lets people in, in words of those who draw journeys."""

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        """(field, what is wrong) where a configuration of the right form names something that is not there."""
        return None

    @staticmethod
    def at_publish(config: dict[str, Any]) -> dict[str, Any] | None:
        """Whom publishing lets in at once, as the `source` of a fan-out says it; mostly nobody."""
        return None


class Heard(Trigger):
    """Something happened to her: she enters once for each such event."""

    @staticmethod
    @abstractmethod
    def hears(config: dict[str, Any]) -> Collection[str]:
        """The names of the events that let in."""

    @staticmethod
    def asks(config: dict[str, Any]) -> filters.Where:
        """What the data of such an event must be like to let its customer in; mostly anything."""
        return {}

    @classmethod
    def fits(cls, config: dict[str, Any], event: Event) -> bool:
        """Whether an event of such a name lets its customer in."""
        return filters.fits(cls.asks(config), event.data)


class Planned(Trigger):
    """A time has come: whom it is for enters once for each such time.

    After an outage of several such times each is made up for where `each_counts`; otherwise the last alone is.
    """

    each_counts: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def next_at(config: dict[str, Any], after: datetime) -> datetime | None:
        """The first time after this one; None: there is none. Both are aware."""

    @staticmethod
    @abstractmethod
    def people(brand_id: uuid.UUID, config: dict[str, Any], at: datetime) -> Select[Any]:
        """(customer_id, occasion) of whom that time is for, each once. Whatever she entered for, which an occasion names, she does not
        enter for again; NULL is that time itself.
        """


class Asked(Trigger):
    """Somebody, or another system, names the people: a door lets them in."""
