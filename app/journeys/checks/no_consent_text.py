"""Whether anybody can have agreed to the marketing that a journey sends."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import Purpose as Consented
from app.journeys.checks import Check
from app.journeys.graph import Graph
from app.kit.texts import t
from app.messaging.models import Purpose


class NoConsentText(Check):
    """Marketing reaches only those who agreed to a published text; without one everybody is skipped."""

    kind = "no_consent_text"

    @staticmethod
    def find(session: Session, brand_id: uuid.UUID, graph: Graph) -> Iterator[tuple[str | None, str]]:
        sends = [one for one in graph.node_ids() if graph.config(one).get("purpose") == Purpose.marketing]
        if sends and identity.consent_text(session, brand_id, Consented.marketing) is None:
            yield from ((one, t("journeys.checks.no_consent_text")) for one in sends)
