"""On which cars a customer keeps an eye."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.audience.conditions import Answer, Condition, Counted, Scope, counted, how_often, keys
from app.interests.models import Favourite
from app.kit.texts import aside, t
from app.vehicles.models import ModelSeries, Vehicle


class HasFavourite(Condition):
    """What she has among her favourites now."""

    kind = "favourite"
    label = t("audience.conditions.favourite.label")

    class Config(Counted):
        series = keys("vehicle_viewed.series", "series")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        about = aside(config["series"])
        return how_often(config) + t("audience.conditions.favourite.kept") + about

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(Favourite.customer_id, Favourite.created_at).where(Favourite.brand_id == scope.brand_id)
        if config["series"]:
            cars = select(Vehicle.id).join(ModelSeries).where(ModelSeries.brand_id == scope.brand_id, ModelSeries.key.in_(config["series"]))
            rows = rows.where(Favourite.vehicle_id.in_(cars))
        return counted(rows, config)

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"vehicle.favourited", "vehicle.unfavourited"}
