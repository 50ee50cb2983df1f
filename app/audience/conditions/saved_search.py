"""Whether a customer waits for cars that a search of hers will find."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.audience.conditions import Answer, Condition, Facts, Form, Scope, days, keys, span
from app.interests.models import SavedSearch
from app.kit.texts import aside, t


class HasSavedSearch(Condition):
    """A search that names a series, or any; those which are paused count, too."""

    kind = "saved_search"
    label = t("audience.conditions.saved_search.label")

    class Config(Form):
        series = keys("vehicle_viewed.series", "series")
        within_days = days()

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        when = t("audience.conditions.words.within", days=config["within_days"]) if config["within_days"] else ""
        about = aside(config["series"])
        return when + t("audience.conditions.saved_search.summary") + about

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(SavedSearch.customer_id, SavedSearch.created_at).where(SavedSearch.brand_id == scope.brand_id)
        if config["series"]:
            rows = rows.where(SavedSearch.series.overlap(config["series"]))
        return Facts(rows, within=span(config["within_days"]))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"saved_search.created", "saved_search.deleted"}
