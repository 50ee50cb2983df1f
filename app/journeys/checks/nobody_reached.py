"""Whether the messages of a journey reach anybody as things stand."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.journeys.checks import Check
from app.journeys.graph import Graph
from app.journeys.nodes.send_message import SendMessage, rungs
from app.kit.texts import t
from app.messaging.service import forecasting

# So many of the newest customers are asked after.
ASKED = 100


class NobodyReached(Check):
    """Who comes in is not known yet; but a way by which none of the newest customers is reached leads nowhere."""

    kind = "nobody_reached"

    @staticmethod
    def find(session: Session, brand_id: uuid.UUID, graph: Graph) -> Iterator[tuple[str | None, str]]:
        living = (Customer.brand_id == brand_id) & Customer.merged_into_id.is_(None) & Customer.erased_at.is_(None)
        people = session.execute(select(Customer.id).where(living).order_by(Customer.id.desc()).limit(ASKED)).scalars().all()
        told: dict[str, bool] = {}
        for node_id in graph.node_ids() if people else ():
            if graph.kind(node_id) is not SendMessage:
                continue
            config = graph.config(node_id)
            ladder, purpose = rungs(config), config["purpose"]
            way = f"{purpose} {ladder}"
            if way not in told:
                told[way] = forecasting.reach(session, brand_id, people, ladder=ladder, purpose=purpose).reached > 0
            if not told[way]:
                yield node_id, t("journeys.checks.nobody_reached", asked=len(people))
