"""A time, once or again and again by a cron expression, at which a segment or everybody enters."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter
from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length
from sqlalchemy import Select, Text, cast, null, select
from sqlalchemy.orm import Session

from app.audience.models import Segment
from app.audience.queries.segments import select_members
from app.identity.models import Customer
from app.journeys.arrivals import Planned
from app.journeys.dates import near
from app.journeys.visits import Form
from app.kit.texts import t

CHINA = "Asia/Shanghai"


class AtTimes(Planned):
    """Of times that were missed the last alone is made up for. A time that a change of the clock leaves out is taken right after it."""

    kind = "schedule"
    label = t("journeys.triggers.schedule.label")

    class Config(Form):
        at = fields.AwareDateTime(
            load_default=None, allow_none=True, validate=near, metadata={"label": t("journeys.triggers.schedule.at"), "type": "moment"}
        )
        cron = fields.String(
            load_default=None,
            allow_none=True,
            validate=Length(1, 100),
            metadata={"label": t("journeys.triggers.schedule.cron"), "hint": t("journeys.triggers.schedule.cron_hint")},
        )
        time_zone = fields.String(load_default=CHINA, validate=Length(1, 64), metadata={"label": t("journeys.triggers.schedule.time_zone")})
        segment_id = fields.UUID(
            load_default=None, allow_none=True, metadata={"label": t("journeys.triggers.schedule.segment"), "type": "segment"}
        )

        @validates_schema
        def can_come(self, data: dict[str, Any], **_: Any) -> None:
            if (data.get("at") is None) == (data.get("cron") is None):
                raise ValidationError(t("journeys.triggers.schedule.one_of_two"), "at")
            if data.get("cron") is not None and not _comes(data["cron"]):
                raise ValidationError(t("journeys.triggers.schedule.cron_hint"), "cron")
            try:
                ZoneInfo(data.get("time_zone", CHINA))
            except (KeyError, ValueError, OSError) as error:
                raise ValidationError(t("journeys.triggers.schedule.zone_unknown"), "time_zone") from error

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        if config["cron"] is not None:
            return t("journeys.triggers.schedule.summary_cron", cron=config["cron"], zone=config["time_zone"])
        there = config["at"].astimezone(ZoneInfo(config["time_zone"]))
        return t("journeys.triggers.schedule.summary_once", at=f"{there:%Y-%m-%d %H:%M}")

    @staticmethod
    def next_at(config: dict[str, Any], after: datetime) -> datetime | None:
        if config["at"] is not None:
            return config["at"] if config["at"] > after else None
        there = after.astimezone(ZoneInfo(config["time_zone"]))
        found: datetime = croniter(config["cron"], there).get_next(datetime)
        return found.astimezone(UTC)

    @staticmethod
    def people(brand_id: uuid.UUID, config: dict[str, Any], at: datetime) -> Select[Any]:
        nothing: Any = cast(null(), Text)
        if config["segment_id"] is not None:
            return select_members(config["segment_id"]).add_columns(nothing)
        return select(Customer.id, nothing).where(
            Customer.brand_id == brand_id, Customer.merged_into_id.is_(None), Customer.erased_at.is_(None)
        )

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        if config["segment_id"] is None:
            return None
        known = select(Segment.id).filter_by(brand_id=brand_id, id=config["segment_id"], archived_at=None)
        return None if session.execute(known).first() else ("segment_id", t("errors.audience.segment_unknown"))


def _comes(cron: str) -> bool:
    """Whether it is an expression of five fields whose time comes at all."""
    if len(cron.split()) != 5 or not croniter.is_valid(cron):
        return False
    try:
        croniter(cron, datetime(2026, 1, 1, tzinfo=UTC)).get_next(datetime)
    except CroniterBadDateError:
        return False
    return True
