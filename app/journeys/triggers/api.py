"""Another system, or a staff member, lets one person in, with what it has to tell."""

from __future__ import annotations

from typing import Any

from app.journeys.arrivals import Asked
from app.journeys.visits import Form
from app.kit.texts import t


class CalledFor(Asked):
    """What is told stands in the walk's context, as that of an event does."""

    kind = "api"
    label = t("journeys.triggers.api.label")

    class Config(Form):
        """Nothing to set."""

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.triggers.api.summary")
