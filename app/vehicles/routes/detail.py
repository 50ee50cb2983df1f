"""Doors: consumers look at one car, ask whether it is still there, and compare some."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.kit.geo import Place
from app.kit.web import Caller, blueprint, raises, transactional
from app.vehicles import queries, schemas, schemas_detail
from app.vehicles.errors import VehicleGone, VehicleUnknown

visitor = blueprint("vehicles", audience="visitor", part="detail")


@visitor.get("/<uuid:vehicle_id>")
@raises(VehicleUnknown, VehicleGone)
@visitor.input(schemas.SeenFromIn, location="query")
@visitor.output(schemas_detail.DetailOut)
@transactional
def detail(session: Session, who: Caller, vehicle_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """One car: pictures, price and what it was, fairness, finance example, specifications, options, inspection, store, similar cars."""
    assert who.brand_id is not None
    near = Place.of(query_data["lat"], query_data["lng"], query_data["crs"]) if "lat" in query_data else None
    return queries.detail(session, queries.shown(session, who.brand_id, vehicle_id), near)


@visitor.get("/<uuid:vehicle_id>/availability")
@raises(VehicleUnknown, VehicleGone)
@visitor.output(schemas_detail.AvailabilityOut)
@transactional
def availability(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """Whether the car can be had at this moment. One that is gone answers 410 with similar ones, as its page does."""
    assert who.brand_id is not None
    return queries.availability(session, queries.shown(session, who.brand_id, vehicle_id))


@visitor.get("/compare")
@raises(VehicleUnknown)
@visitor.input(schemas_detail.CompareIn, location="query")
@visitor.output(schemas_detail.ComparisonOut)
@transactional
def compare(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Up to four cars side by side, their rows aligned; sold ones are there with their state."""
    assert who.brand_id is not None
    return queries.compare(session, who.brand_id, query_data["ids"])
