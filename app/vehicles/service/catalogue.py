"""Model series of a brand."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit.db import new_id
from app.vehicles.models import ModelSeries


def series(session: Session, brand_id: uuid.UUID, names: dict[str, str]) -> dict[str, uuid.UUID]:
    """The ids of a brand's series by key; those in `names` (key → name) that are missing are made, the others keep their name."""
    if names:
        rows = [{"id": new_id(), "brand_id": brand_id, "key": key, "name": name} for key, name in names.items()]
        session.execute(insert(ModelSeries).on_conflict_do_nothing(), rows)
    return dict(session.execute(select(ModelSeries.key, ModelSeries.id).filter_by(brand_id=brand_id)).all())
