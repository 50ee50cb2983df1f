"""Door: what a car costs by the month."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.kit.web import Caller, blueprint, raises, transactional
from app.vehicles import queries, schemas_finance
from app.vehicles.errors import FinanceImpossible, NoPlan, PlanUnfit, PlanUnknown, VehicleGone, VehicleUnknown

visitor = blueprint("vehicles", audience="visitor", part="finance")


@visitor.get("/<uuid:vehicle_id>/finance")
@raises(VehicleUnknown, VehicleGone, NoPlan, PlanUnknown, PlanUnfit, FinanceImpossible)
@visitor.input(schemas_finance.FinanceIn, location="query")
@visitor.output(schemas_finance.FinanceOut)
@transactional
def finance(session: Session, who: Caller, vehicle_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What this car costs by the month: every payment under one plan, and all plans that are for it, the least instalment first."""
    assert who.brand_id is not None
    return queries.calculated(session, queries.shown(session, who.brand_id, vehicle_id), **query_data)
