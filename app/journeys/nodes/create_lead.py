"""A step that makes a lead of the customer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.journeys.visits import Form, Node, Standing
from app.kit.texts import t
from app.leads import service as leads
from app.leads.models import Grade

_LABEL = "journeys.nodes.create_lead"
_GRADES = {one.value: t(f"leads.grade.{one}") for one in Grade}
# What her journey is about says whose lead it is, else the settings do; what is no id of anything says nothing.
_ASKED = """
    SELECT customer_id, vehicle_id, CASE WHEN vehicle_id IS NULL THEN coalesce(store_id, CAST(:store_id AS uuid)) END AS store_id,
        concat('walk:', walk_id, ':', CAST(:node_id AS text), ':', visit_no) AS reference
    FROM (
        SELECT *, CASE WHEN context ->> 'vehicle_id' ~ :is_id THEN CAST(context ->> 'vehicle_id' AS uuid) END AS vehicle_id,
            CASE WHEN context ->> 'store_id' ~ :is_id THEN CAST(context ->> 'store_id' AS uuid) END AS store_id
        FROM standing WHERE version_id = :version_id AND node_id = :node_id AND moving AND outcome IS NULL
    ) here
"""
_IS_ID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class CreateLead(Node):
    """Who has an open lead keeps that one. An adviser of the dealer is asked to look after a new one."""

    kind = "create_lead"
    label = t(f"{_LABEL}.label")
    group = "staff"
    reaches_others = True
    acts = True

    class Config(Form):
        reason = fields.String(required=True, validate=Length(1, 60), metadata={"label": t(f"{_LABEL}.reason")})
        grade = fields.String(
            load_default=Grade.B.value,
            validate=OneOf(list(_GRADES)),
            metadata={"label": t(f"{_LABEL}.grade"), "hint": t(f"{_LABEL}.grade_hint"), "choices": _GRADES},
        )
        store_id = fields.UUID(
            load_default=None, allow_none=True, metadata={"label": t(f"{_LABEL}.store"), "hint": t(f"{_LABEL}.store_hint"), "type": "store"}
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t(f"{_LABEL}.summary", grade=_GRADES[config["grade"]], reason=config["reason"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        config, version = here.config, here.version
        params = {"version_id": version.id, "node_id": here.node_id, "store_id": config["store_id"], "is_id": _IS_ID}
        said = {"journey_id": str(version.journey_id), "node_id": here.node_id, "reason": config["reason"]}
        leads.create_all(here.session, version.brand_id, _ASKED, grade=Grade(config["grade"]), said=said, params=params)
        here.leave("done")

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        wanted = config["store_id"]
        if wanted is None or session.execute(select(Store.id).filter_by(id=wanted, brand_id=brand_id)).first():
            return []
        return [("store_id", t("journeys.problems.no_store"))]
