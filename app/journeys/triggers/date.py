"""A day that is known of her, such as the one on which her insurance ends: so many days before or after it, at a time of day."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import OneOf, Range
from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from app.audience.conditions import CHINA, day_begins
from app.audience.models import CustomerAttribute, CustomerTag, Tag
from app.identity.models import Customer
from app.journeys import dates
from app.journeys.arrivals import Planned
from app.journeys.visits import Form
from app.kit.texts import t

SIDES = {one: t(f"journeys.triggers.date.sides.{one}") for one in ("before", "after")}


class OnADate(Planned):
    """Asked anew on each day, so a date that changed has moved; whoever has none never enters. Days are China's.

    She enters once for a date: when it comes back as another one, she enters for that one.
    """

    kind = "date"
    label = t("journeys.triggers.date.label")
    each_counts = True

    class Config(Form):
        date = dates.date_field()
        days = fields.Integer(
            load_default=0,
            strict=True,
            validate=Range(0, 3650),
            metadata={"label": t("journeys.triggers.date.days"), "hint": t("journeys.problems.between", least=0, most=3650)},
        )
        side = fields.String(
            load_default="before", validate=OneOf(list(SIDES)), metadata={"label": t("journeys.triggers.date.side"), "choices": SIDES}
        )
        time = fields.Time(
            format="%H:%M",
            load_default=time_of_day(10),
            metadata={"label": t("journeys.triggers.date.time"), "hint": t("journeys.triggers.date.time_hint"), "type": "time"},
        )

        @validates_schema
        def names_a_date(self, data: dict[str, Any], **_: Any) -> None:
            if data.get("date") is None:
                raise ValidationError(t("forms.required"), "date")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        key = "on" if not config["days"] else config["side"]
        values = {"date": dates.words(config["date"]), "days": config["days"], "time": f"{config['time']:%H:%M}"}
        return t(f"journeys.triggers.date.summary_{key}", **values)

    @staticmethod
    def next_at(config: dict[str, Any], after: datetime) -> datetime | None:
        there = after.astimezone(CHINA)
        today = datetime.combine(there.date(), config["time"], CHINA)
        return (today if today > there else today + timedelta(days=1)).astimezone(UTC)

    @staticmethod
    def people(brand_id: uuid.UUID, config: dict[str, Any], at: datetime) -> Select[Any]:
        away = timedelta(days=config["days"] if config["side"] == "before" else -config["days"])
        meant = at.astimezone(CHINA).date() + away
        kind, _, name = config["date"].partition(":")
        occasion: Any = literal(f"{config['date']}:{meant}")
        if kind == "tag":
            found: Select[Any] = select(CustomerTag.customer_id, occasion).join(Tag, Tag.id == CustomerTag.tag_id)
            # As `audience.values` keeps dates.
            return found.where(Tag.brand_id == brand_id, Tag.key == name, CustomerTag.active, CustomerTag.value == meant.isoformat())
        begins, ends = day_begins(meant), day_begins(meant + timedelta(days=1))
        hers: Select[Any] = select(Customer.id, occasion).where(Customer.brand_id == brand_id)
        if kind == "profile":
            return hers.where(Customer.created_at >= begins, Customer.created_at < ends)
        told = CustomerAttribute.name == name, CustomerAttribute.moment >= begins, CustomerAttribute.moment < ends
        return hers.join(CustomerAttribute, CustomerAttribute.customer_id == Customer.id).where(*told)

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        wrong = dates.missing(session, brand_id, config["date"])
        return ("date", wrong) if wrong else None
