"""Which lists can be had as a file.

A list joins by a module `exported.py` of its domain, which is found by itself:

    offer(Offer("journeys.people", asked=PeopleIn, may=…, columns=…, page=…, count=…))

and by its name in the catalogue, `<domain>.exported.<rest of the key>`. All else is here: progress, going on after a crash, cancelling, who
may fetch the file and how long, what of a person only administrators read, and that nothing of her is left once she is erased.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apiflask import Schema
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.kit.errors import Invalid
from app.kit.texts import t


@dataclass(frozen=True)
class Column:
    """`mask`, where it is given, makes of a value what those read who are no administrators."""

    title: str
    mask: Callable[[str], str | None] | None = None


@dataclass(frozen=True)
class Page:
    """Rows with a value for each column; `cursor` is where the next page begins, or None; `about` are the customers who are in it."""

    rows: Sequence[Sequence[Any]]
    cursor: str | None
    about: Collection[uuid.UUID] = ()


class Read(Protocol):
    def __call__(self, session: Session, staff: Staff, asked: dict[str, Any], *, cursor: str | None, limit: int) -> Page:
        """The rows after `cursor`, `limit` of them or fewer."""


@dataclass(frozen=True)
class Offer:
    """`asked` is what is said about which rows are wanted; `may` raises the domain's refusal unless this one may have them, and gives a
    name for the file; `count` says how many rows it will be, roughly, where that is cheap.
    """

    key: str
    asked: type[Schema]
    may: Callable[[Session, Staff, dict[str, Any]], str]
    columns: Sequence[Column]
    page: Read
    count: Callable[[Session, Staff, dict[str, Any]], int] | None = None

    @property
    def label(self) -> str:
        domain, _, rest = self.key.partition(".")
        return t(f"{domain}.exported.{rest}")


_offers: dict[str, Offer] = {}


def offer(one: Offer) -> None:
    """Let staff have a list as a file."""
    _offers[one.key] = one


def offers() -> dict[str, Offer]:
    """Every list by its key."""
    return dict(_offers)


def offered(key: str) -> Offer:
    """The list of this key. Raises `Invalid`."""
    if key not in _offers:
        raise Invalid(list="unknown")
    return _offers[key]
