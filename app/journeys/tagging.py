"""How nodes give and take tags: those of all who stand there in a few statements."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audience.errors import ValueUnfit
from app.audience.models import Source, Tag, ValueType
from app.audience.service import deciding_many
from app.audience.values import fitting
from app.journeys.visits import Standing
from app.kit.texts import t

_DECIDING = """
    INSERT INTO deciding (customer_id, tag_id, active, value, expires_at)
    SELECT DISTINCT customer_id, CAST(:tag_id AS uuid), CAST(:active AS boolean), CAST(:value AS text), CAST(:ends_at AS timestamptz)
    FROM standing WHERE version_id = :version_id AND node_id = :node_id AND moving AND outcome IS NULL
"""


def decide(here: Standing, *, active: bool, config: dict[str, Any] | None = None) -> None:
    """All who stand here carry the tag of the settings (the node's, or these) from now on, or no more, and go on; without it they stick."""
    config = config or here.config
    tag = _tag(here.session, here.version.brand_id, config["tag"])
    if tag is None:
        here.stick("no_tag")
        return
    value, days = config.get("value"), config.get("ttl_days")
    asked = {"tag_id": tag.id, "active": active, "version_id": here.version.id, "node_id": here.node_id}
    asked |= {"value": fitting(ValueType(tag.value_type), tag.choices, value) if value else None}
    asked |= {"ends_at": here.now + timedelta(days=days) if days else None}
    deciding_many.begin(here.session)
    here.session.execute(text(_DECIDING), asked)
    said = {"journey_id": str(here.version.journey_id), "node_id": here.node_id}
    deciding_many.carry_out(here.session, here.version.brand_id, source=Source.journey, said=said)
    here.leave("done")


def problems(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the tag that these settings name."""
    tag = _tag(session, brand_id, config["tag"])
    if tag is None:
        return [("tag", t("journeys.problems.no_tag", tag=config["tag"]))]
    if config.get("value"):
        try:
            fitting(ValueType(tag.value_type), tag.choices, config["value"])
        except ValueUnfit:
            return [("value", t("journeys.problems.tag_value", tag=tag.label))]
    return []


def _tag(session: Session, brand_id: uuid.UUID, key: str) -> Tag | None:
    """The brand's tag of this key that may be given: not one that was archived."""
    return session.execute(select(Tag).filter_by(brand_id=brand_id, key=key, archived_at=None)).scalar_one_or_none()
