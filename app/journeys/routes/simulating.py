"""The door through which marketers look ahead: how somebody would walk a journey, without a step being taken."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.identity.errors import CustomerUnknown
from app.journeys import drawn
from app.journeys.errors import GraphInvalid, InTheWay, JourneyUnknown, MarketersOnly, VersionUnknown
from app.journeys.routes.callers import journey_of
from app.journeys.schemas import simulating as schemas
from app.journeys.service import simulating
from app.journeys.service.simulating import Assumed
from app.kit.idempotency import unkept
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff", part="simulating")


@staff.post("/<uuid:journey_id>/simulate")
@unkept("it changes nothing, and who asks again wants to know how it is now")
@raises(MarketersOnly, JourneyUnknown, VersionUnknown, CustomerUnknown, GraphInvalid, InTheWay)
@staff.input(schemas.SimulateIn)
@staff.output(schemas.SimulationOut)
@transactional
def simulate(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """How a customer would walk the draft or a version if she entered now: times, ways, reasons, messages. Writes nothing, calls nobody."""
    journey = journey_of(session, who, journey_id)
    version = drawn.version(session, journey, json_data["version"]) if "version" in json_data else None
    assumed = [Assumed(timedelta(minutes=one["after_minutes"]), one["event"], one["data"]) for one in json_data["assumed"]]
    graph = version.graph if version else drawn.draft(session, journey).graph
    told = {"version": version, "assumed": assumed, "context": json_data["context"]}
    return simulating.simulate(journey.id, graph, json_data["customer_id"], **told)
