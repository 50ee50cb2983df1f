"""The dates that may be known of a customer: those that stand beside a tag, those that are computed, and when she became known."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Regexp
from sqlalchemy import ColumnElement, Date, and_, case, cast, func, select
from sqlalchemy.orm import Session

from app.audience.models import CustomerAttribute, CustomerTag, Tag, ValueType
from app.audience.queries.attributes import ATTRIBUTES
from app.identity.models import Customer
from app.kit.texts import t

CREATED = "profile:created_at"
COMPUTED = {f"attribute:{one.name}": one for one in ATTRIBUTES.values() if one.type == "moment"}


def date_field() -> fields.String:
    """`tag:` and the key of a tag that bears a date, or the name of another date."""
    words = {"label": t("journeys.dates.label"), "hint": t("journeys.dates.hint"), "type": "known_date"}
    return fields.String(load_default=None, allow_none=True, validate=Regexp(r"(tag|attribute|profile):\w{1,64}\Z"), metadata=words)


def near(moment: datetime) -> None:
    """Raises `ValidationError` for a moment that no calendar of ours reaches: in another zone it may have no year that can be written."""
    if not 2000 <= moment.year < 2200:
        raise ValidationError(t("journeys.problems.moment_far"))


def words(source: str) -> str:
    """What people call a date."""
    if source in COMPUTED:
        return COMPUTED[source].label
    return t("journeys.dates.created_at") if source == CREATED else t("journeys.dates.of_tag", tag=source.partition(":")[2])


def moved_by(source: str) -> list[str]:
    """The events that tell that such a date is another one. Of a computed one nobody tells: it is looked up again when it comes."""
    return ["tag.added", "tag.changed", "tag.removed"] if source.startswith("tag:") else []


def missing(session: Session, brand_id: uuid.UUID, source: str) -> str | None:
    """What is wrong with a date that the brand does not have; None when it has it."""
    kind, _, name = source.partition(":")
    if kind != "tag":
        return None if source in COMPUTED or source == CREATED else t("journeys.dates.unknown")
    dated = select(Tag.id).filter_by(brand_id=brand_id, key=name, value_type=ValueType.date, archived_at=None)
    return None if session.execute(dated).first() else t("journeys.dates.unknown")


def day(brand_id: uuid.UUID, source: str, *, of: Any, zone: Any) -> ColumnElement[date]:
    """The day of the calendar, where she is; NULL when nobody knows it. `of` is the column of her id, `zone` that of her time zone."""
    name = source.partition(":")[2]
    if source.startswith("tag:"):
        told = case((CustomerTag.value.regexp_match(r"^\d{4}-\d\d-\d\d$"), cast(CustomerTag.value, Date)))
        found: Any = select(told).join(Tag, and_(Tag.id == CustomerTag.tag_id, Tag.brand_id == brand_id, Tag.key == name))
        return found.where(CustomerTag.customer_id == of, CustomerTag.active).scalar_subquery()
    if source == CREATED:
        return select(cast(func.timezone(zone, Customer.created_at), Date)).where(Customer.id == of).scalar_subquery()
    computed = select(cast(func.timezone(zone, CustomerAttribute.moment), Date))
    return computed.where(CustomerAttribute.customer_id == of, CustomerAttribute.name == name).scalar_subquery()
