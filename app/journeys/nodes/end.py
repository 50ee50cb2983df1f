"""The step on which a journey is over."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from app.journeys.visits import Finish, Form, Outcome, Visit
from app.kit.texts import t


class End:
    """Every way through a journey leads to one of these."""

    kind = "end"
    label = t("journeys.nodes.end.label")
    ports: ClassVar[dict[str, str]] = {}
    rests = False

    class Config(Form):
        """Nothing to set."""

    @staticmethod
    def summary(_config: dict[str, Any]) -> str:
        return ""

    @staticmethod
    def visit(session: Session, visit: Visit) -> dict[uuid.UUID, Outcome]:
        return {walk.id: Finish() for walk in visit.walks}
