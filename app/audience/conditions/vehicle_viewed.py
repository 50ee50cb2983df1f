"""At which cars a customer looked: of which series, new or used, of which price, how often."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from marshmallow import ValidationError, validates_schema
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from app.audience.conditions import Answer, Counted, Scope, counted, fen, how_often, keys, some_of
from app.audience.conditions import Condition as Kind
from app.events.models import Event
from app.kit.money import yuan
from app.kit.texts import aside, t
from app.vehicles.models import Condition, ModelSeries, Vehicle

_CONDITIONS = {one.value: t(f"audience.conditions.vehicle_viewed.conditions.{one.value}") for one in Condition}


class VehicleViewed(Kind):
    """Cars as they are now: what became cheaper counts with what it costs today."""

    kind = "vehicle_viewed"
    label = t("audience.conditions.vehicle_viewed.label")

    class Config(Counted):
        series = keys("vehicle_viewed.series", "series")
        condition = some_of("vehicle_viewed.condition", _CONDITIONS)
        price_min_fen = fen("vehicle_viewed.from")
        price_max_fen = fen("vehicle_viewed.to")

        @validates_schema
        def prices(self, data: dict[str, Any], **_: Any) -> None:
            if None not in (data["price_min_fen"], data["price_max_fen"]) and data["price_max_fen"] < data["price_min_fen"]:
                raise ValidationError(t("audience.conditions.wrong_amounts"), "price_max_fen")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        about = [*config["series"], *(_CONDITIONS[one] for one in config["condition"])]
        for key in ("price_min_fen", "price_max_fen"):
            if config[key] is not None:
                about.append(t(f"audience.conditions.vehicle_viewed.{key}", yuan=yuan(config[key])))
        return how_often(config) + t("audience.conditions.vehicle_viewed.looked") + aside(about)

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(Event.customer_id, Event.recorded_at).where(Event.brand_id == scope.brand_id, Event.name == "vehicle.viewed")
        which = []
        if config["series"]:
            series = select(ModelSeries.id).where(ModelSeries.brand_id == scope.brand_id, ModelSeries.key.in_(config["series"]))
            which.append(Vehicle.series_id.in_(series))
        if config["condition"]:
            which.append(Vehicle.condition.in_(config["condition"]))
        if config["price_min_fen"] is not None:
            which.append(Vehicle.price_fen >= config["price_min_fen"])
        if config["price_max_fen"] is not None:
            which.append(Vehicle.price_fen <= config["price_max_fen"])
        if which:
            # The cars' ids become words, not the words ids: what a view was about need not be a car of ours.
            rows = rows.where(Event.subject_id.in_(select(cast(Vehicle.id, String)).where(Vehicle.brand_id == scope.brand_id, *which)))
        return counted(rows, config, event=None if which else "vehicle.viewed")

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"vehicle.viewed"}

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        wanted = (
            select(func.count()).select_from(ModelSeries).where(ModelSeries.brand_id == brand_id, ModelSeries.key.in_(config["series"]))
        )
        known = session.execute(wanted).scalar_one()
        return None if known == len(set(config["series"])) else ("series", t("audience.conditions.vehicle_viewed.unknown_series"))
