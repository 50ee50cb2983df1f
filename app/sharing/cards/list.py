"""A list of cars, given by its filters."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from apiflask import Schema
from apiflask.fields import Nested
from sqlalchemy.orm import Session

from app.kit import texts
from app.kit.json import dumps
from app.sharing.cards import Card, Preview, Target
from app.sharing.models import Share
from app.vehicles import queries as vehicles
from app.vehicles.schemas import FiltersIn

SHOWN = 6


class ListCard(Card):
    """The search itself is shared, not its result: whoever opens it sees what is on sale then, with a live count."""

    kind = "list"
    label = "车辆列表"
    page = "pages/vehicles/index"

    class Config(Schema):
        filters = Nested(FiltersIn, required=True)

    def target(self, session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Target:
        filters = vehicles.Filters(**config["filters"]).as_json()
        digest = hashlib.sha256(dumps(filters)).hexdigest()
        return Target(f"list:{digest}", filters=filters)

    def preview(self, session: Session, share: Share) -> Preview:
        found = _found(session, share, limit=1)
        picture = vehicles.for_a_share(found.items[0]["photo"]) if found.items else None
        return Preview(texts.t("sharing.titles.list", total=found.total), picture)

    def content(self, session: Session, share: Share) -> dict[str, Any]:
        found = _found(session, share, limit=SHOWN)
        return {"list": {"filters": share.filters, "total": found.total, "items": found.items}, "similar": []}


def _found(session: Session, share: Share, *, limit: int) -> vehicles.Found:
    filters = vehicles.filters_of(share.filters or {})
    return vehicles.search(session, share.brand_id, filters, limit=limit, with_facets=False)
