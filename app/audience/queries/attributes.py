"""What is computed about customers from what they do: how each attribute is found, and what was found."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, and_, any_, case, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Session, aliased

from app.audience.models import CustomerAttribute
from app.events.models import Event
from app.identity.models import Customer
from app.kit import db
from app.kit.texts import t
from app.messaging import facts
from app.vehicles.models import ModelSeries, Vehicle

SEEN = ("app.launched", "app.shown", "vehicle.viewed", "search.performed")
VIEWED = ("vehicle.viewed",)
# What somebody did longer ago tells nothing about now.
REMEMBERED = timedelta(days=365)
PRICES_OF, VISITS_OF = timedelta(days=90), timedelta(days=30)
# Upper ends in fen; whoever looks at dearer cars is in the last band.
BANDS = {"under_100k": 10_000_000, "100k_200k": 20_000_000, "200k_300k": 30_000_000, "300k_500k": 50_000_000, "over_500k": None}

# From (customer_id, recorded_at, subject_id, data) of one brand's events to (customer_id, value, due_at).
Finder = Callable[[Any, datetime], Select[Any]]


@dataclass(frozen=True)
class Attribute:
    """Something computed about a customer: a `word`, a `number` or a `moment`, found anew when one of `listens` happens to her.

    `since` is how far back the events count; `choices` are the words there are, with what people call them.
    """

    name: str
    type: str
    listens: tuple[str, ...]
    since: timedelta
    find: Finder
    choices: Callable[[], dict[str, str]] = dict

    @property
    def label(self) -> str:
        return t(f"audience.attributes.{self.name}")


def _last_seen(done: Any, moment: datetime) -> Select[Any]:
    return select(done.c.customer_id, func.max(done.c.recorded_at), null()).group_by(done.c.customer_id)


def _last_series(done: Any, moment: datetime) -> Select[Any]:
    return (
        select(done.c.customer_id, ModelSeries.key, null())
        .join(Vehicle, Vehicle.id == _car(done))
        .join(ModelSeries, ModelSeries.id == Vehicle.series_id)
        .ext(distinct_on(done.c.customer_id))
        .order_by(done.c.customer_id, done.c.recorded_at.desc())
    )


def _budget_band(done: Any, moment: datetime) -> Select[Any]:
    """By what half of the cars that she looked at cost at most; a look from the list counts like one from a share."""
    price = func.percentile_cont(0.5).within_group(Vehicle.price_fen)
    band = case(*((price < end, name) for name, end in BANDS.items() if end), else_=next(reversed(BANDS)))
    return select(done.c.customer_id, band, null()).join(Vehicle, Vehicle.id == _car(done)).group_by(done.c.customer_id)


def _visits(done: Any, moment: datetime) -> Select[Any]:
    """Runs of the mini-program. The first of them that leaves the window is when the number changes by itself."""
    run = (
        select(done.c.customer_id, func.max(done.c.recorded_at).label("last_at"))
        .where(done.c.data.has_key("session_id"))
        .group_by(done.c.customer_id, done.c.data["session_id"])
        .subquery()
    )
    return select(run.c.customer_id, func.count(), func.min(run.c.last_at) + VISITS_OF).group_by(run.c.customer_id)


def _car(done: Any) -> ColumnElement[Any]:
    return cast(case((done.c.subject_type == "vehicle", done.c.subject_id)), Uuid)


def _bands() -> dict[str, str]:
    return {one: t(f"audience.attributes.bands.{one}") for one in BANDS}


ATTRIBUTES = {
    one.name: one
    for one in (
        Attribute("last_seen_at", "moment", SEEN, REMEMBERED, _last_seen),
        Attribute("last_series", "word", VIEWED, REMEMBERED, _last_series),
        Attribute("budget_band", "word", VIEWED, PRICES_OF, _budget_band, _bands),
        Attribute("visits_30d", "number", SEEN, VISITS_OF, _visits),
    )
}


def found(attribute: Attribute, moment: datetime, ids: Collection[uuid.UUID] | None) -> Select[Any]:
    """(customer_id, value, due_at) of everybody of whom it can be told; of some only, given all their ids, those merged into them too."""
    merged = aliased(Customer)
    person = func.coalesce(merged.merged_into_id, Event.customer_id)
    done = (
        select(person.label("customer_id"), Event.recorded_at, Event.subject_type, Event.subject_id, Event.data)
        .outerjoin(merged, and_(merged.id == Event.customer_id, merged.merged_into_id.is_not(None)))
        .where(Event.name.in_(attribute.listens), Event.recorded_at > moment - attribute.since, Event.customer_id.is_not(None))
    )
    if ids is not None:
        done = done.where(Event.customer_id == any_(literal(list(ids), ARRAY(Uuid))))
    return attribute.find(done.subquery("done"), moment)


def choices_of(session: Session, brand_id: uuid.UUID) -> dict[str, Any]:
    """The brand's series, and by attribute the words that somebody may have, each as value and label."""
    rows = session.execute(select(ModelSeries.key, ModelSeries.name).filter_by(brand_id=brand_id).order_by(ModelSeries.name))
    series = dict(rows.all())
    words = {name: one.choices() or series for name, one in ATTRIBUTES.items() if one.type == "word"}
    return {"series": _offered(series), "words": {name: _offered(told) for name, told in words.items()}}


def _offered(told: dict[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in told.items()]


def attributes_of(session: Session, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """What is computed about each of these customers: names to words, numbers and moments; nothing for what is not known."""
    told: dict[uuid.UUID, dict[str, Any]] = {one: {} for one in customer_ids}
    for row in session.execute(select(CustomerAttribute).where(CustomerAttribute.customer_id.in_(customer_ids))).scalars():
        told[row.customer_id][row.name] = row.word if row.word is not None else row.number if row.number is not None else row.moment
    return told


@facts.also_knows(*ATTRIBUTES)
def _told_in_messages(session: Session, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, str]]:
    """What is computed about these customers, as people read it."""
    value = CustomerAttribute
    rows = session.execute(
        select(value.customer_id, value.name, value.word, value.number, value.moment, ModelSeries.name)
        .join(Customer, Customer.id == value.customer_id)
        .outerjoin(ModelSeries, (ModelSeries.brand_id == Customer.brand_id) & (ModelSeries.key == value.word))
        .where(db.among(value.customer_id, customer_ids))
    )
    told: dict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for customer_id, name, word, number, moment, series in rows:
        words = ATTRIBUTES[name].choices()
        if word is not None:
            told[customer_id][name] = words.get(word, word) if words else series or word
        else:
            told[customer_id][name] = facts.minute(moment) if moment is not None else str(number)
    return told
