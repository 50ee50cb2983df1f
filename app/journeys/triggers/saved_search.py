"""News about cars on which she keeps an eye, or for which she searches."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf

from app.journeys.arrivals import Heard
from app.journeys.visits import Form
from app.kit.texts import listed, t

NEWS = {
    "price_dropped": "favourite.price_dropped",
    "back_on_sale": "favourite.back_on_sale",
    "sold": "favourite.sold",
    "found": "saved_search.matched",
}


class NewsOfCars(Heard):
    """Who hears how often of what a search finds is decided there (at once, once a day or a week)."""

    kind = "saved_search"
    label = t("journeys.triggers.saved_search.label")

    class Config(Form):
        news = fields.List(
            fields.String(validate=OneOf(list(NEWS))),
            required=True,
            validate=Length(1, len(NEWS)),
            metadata={
                "label": t("journeys.triggers.saved_search.news"),
                "choices": {one: t(f"journeys.triggers.saved_search.kinds.{one}") for one in NEWS},
            },
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return listed(t(f"journeys.triggers.saved_search.kinds.{one}") for one in config["news"])

    @staticmethod
    def hears(config: dict[str, Any]) -> Collection[str]:
        return {NEWS[one] for one in config["news"]}
