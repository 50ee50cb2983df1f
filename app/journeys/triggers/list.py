"""People whom a marketer names: by their phone numbers, their ids, or a segment."""

from __future__ import annotations

from typing import Any

from app.journeys.arrivals import Asked
from app.journeys.visits import Form
from app.kit.texts import t


class NamedByHand(Asked):
    """Each list lets in whom it names; nobody enters by herself."""

    kind = "list"
    label = t("journeys.triggers.list.label")

    class Config(Form):
        """Nothing to set."""

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.triggers.list.summary")
