"""The kinds of conditions that a segment is built of, one file each; and what such a kind is."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from app.kit.forms import Form
from app.kit.texts import t

CHINA = ZoneInfo("Asia/Shanghai")
MOST_DAYS, MOST_TIMES, MOST_KEYS = 3650, 1000, 100


@dataclass(frozen=True)
class Scope:
    """Whose customers are asked about, and as of when. `counted_until`: up to when the totals of events may be asked, None where not."""

    brand_id: uuid.UUID
    moment: datetime
    counted_until: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """What must be there about a customer: at least, and at most, so many rows, within a time before now, or longer ago than another.

    `rows` selects (customer_id) or (customer_id, when it happened), ungrouped, of this brand; under whose id a fact stands, hers or that of
    somebody merged into her, is not the kind's concern. With `at_least` 0 it holds for all who have no more than `at_most`. `event` says
    that the rows are all events of that name: then nobody need read them all.
    """

    rows: Select[*tuple[Any, ...]]
    at_least: int = 1
    at_most: int | None = None
    within: timedelta | None = None
    ago: timedelta | None = None
    event: str | None = None


Answer = Facts | ColumnElement[bool]


class Condition(ABC):
    """A question about customers; one file in this folder. What it is given is its configuration as its own `Config` loaded it."""

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]

    @staticmethod
    @abstractmethod
    def summary(config: dict[str, Any]) -> str:
        """The question in words of the people who ask it."""

    @staticmethod
    @abstractmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        """Facts about customers, or an expression over the columns of `Customer`."""

    @staticmethod
    @abstractmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        """The names of all events that can change the answer for their customer, recorded in the transaction of the change."""

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        """(field, what is wrong) where a configuration of the right form names something that is not there."""
        return None


def number(label: str, least: int, most: int, *, default: int | None = None) -> fields.Integer:
    """A whole number that may be left out; its label is a key of the catalogue, below `audience.conditions`."""
    words = {"label": t(f"audience.conditions.{label}")}
    return fields.Integer(strict=True, load_default=default, allow_none=default is None, validate=Range(least, most), metadata=words)


def days(label: str = "within_days") -> fields.Integer:
    """So many times 24 hours before now."""
    return number(label, 1, MOST_DAYS)


def fen(label: str) -> fields.Integer:
    """An amount of money."""
    return number(label, 0, 2**53)


def one_of(label: str, choices: dict[str, str], *, required: bool = False) -> fields.String:
    """One of some values, each with what people call it."""
    default: dict[str, Any] = {"required": True} if required else {"load_default": None, "allow_none": True}
    words = {"label": t(f"audience.conditions.{label}"), "choices": choices}
    return fields.String(validate=OneOf(list(choices)), metadata=words, **default)


def some_of(label: str, choices: dict[str, str]) -> fields.List:
    """Any of some values; none of them is the same as all."""
    words = {"label": t(f"audience.conditions.{label}"), "choices": choices}
    return fields.List(fields.String(validate=OneOf(list(choices))), load_default=list, validate=Length(0, len(choices)), metadata=words)


def keys(label: str, of: str, *, required: bool = False) -> fields.List:
    """Keys or names of something of the brand's, such as series, which the console offers to choose from."""
    default: dict[str, Any] = {"required": True} if required else {"load_default": list}
    words = {"label": t(f"audience.conditions.{label}"), "type": of}
    return fields.List(fields.String(validate=Length(1, 64)), validate=Length(int(required), MOST_KEYS), metadata=words, **default)


class Counted(Form):
    """The settings of a condition that counts: at least and at most so often, within so many days. At most 0 is never."""

    at_least = number("at_least", 0, MOST_TIMES, default=1)
    at_most = number("at_most", 0, MOST_TIMES)
    within_days = days()

    @validates_schema
    def can_hold(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data["at_least"], data["at_most"]
        if (high is None and low == 0) or (high and high < low):
            raise ValidationError(t("audience.conditions.wrong_times"), "at_most")


def counted(rows: Select[*tuple[Any, ...]], config: dict[str, Any], *, event: str | None = None) -> Facts:
    """So many of these rows as a `Counted` says; `event` as in `Facts`."""
    low = 0 if config["at_most"] == 0 else config["at_least"]
    return Facts(rows, at_least=low, at_most=config["at_most"], within=span(config["within_days"]), event=event)


def span(of: int | None) -> timedelta | None:
    """Days as a time; None stays None."""
    return None if of is None else timedelta(days=of)


def day_begins(day: date) -> datetime:
    """When a day begins in China, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA).astimezone(UTC)


def how_often(config: dict[str, Any]) -> str:
    """`at_least`, `at_most` and `within_days` in words."""
    low, high, within = config.get("at_least", 1), config.get("at_most"), config.get("within_days")
    when = t("audience.conditions.words.within", days=within) if within else ""
    if high is not None:
        return when + t(f"audience.conditions.words.{'never' if not high else 'between' if low else 'at_most'}", low=low, high=high)
    return when + (t("audience.conditions.words.at_least", low=low) if low > 1 else t("audience.conditions.words.did"))
