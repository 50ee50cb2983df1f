"""Door: the city that somebody is in."""

from __future__ import annotations

from typing import Any

from flask import request

from app.kit.geo import Place
from app.kit.limits import limited
from app.kit.web import Caller, blueprint, stepwise
from app.places import schemas, service

visitor = blueprint("places", audience="visitor")


@visitor.get("/here")
@limited("places_per_minute")
@visitor.input(schemas.HereIn, location="query")
@visitor.output(schemas.HereOut)
@stepwise
def here(_who: Caller, query_data: dict[str, Any]) -> Any:
    """The city of her place, or without one of her network's address; all null when nobody knows. Neither is kept."""
    near = None
    if "lat" in query_data:
        near = Place.of(query_data["lat"], query_data["lng"], query_data["crs"])
        where = service.of_place(near)
    else:
        where = service.of_address(request.remote_addr or "")
    at = near or (where and Place(where.lat, where.lng))
    return {
        # Stores are filed under the short name.
        "city": where.city.removesuffix("市") if where else None,
        "district": (where.district or None) if where else None,
        "province": where.province if where else None,
        "adcode": where.adcode if where else None,
        "lat": at.lat if at else None,
        "lng": at.lng if at else None,
        "crs": "gcj02",
    }
