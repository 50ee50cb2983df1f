"""Doors of favourites, and the figures of her own page."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.interests import queries, schemas, view
from app.interests.errors import FavouriteLimit
from app.interests.models import Favourite, SavedSearch, VehicleView
from app.interests.service import favourites
from app.kit.limits import limited
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, raises, transactional
from app.vehicles import queries as vehicles
from app.vehicles.errors import VehicleUnknown

customer = blueprint("favourites", audience="customer")
summary = blueprint("interests", audience="customer")


@customer.get("/")
@customer.input(schemas.PageIn, location="query")
@customer.output(schemas.FavouritesOut)
@transactional
def mine(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Her favourites, the newest first, as they are now: those that were reserved, sold or taken off sale stay."""
    page = queries.favourites(session, who.customer.id, cursor=query_data.get("cursor"), limit=query_data["limit"])
    total = queries.count_of(session, Favourite, who.customer.id)
    return {"items": [view.favourite(*row) for row in page.rows], "total": total, "next_cursor": page.next_cursor}


@customer.get("/ids")
@customer.output(schemas.FavouriteIdsOut)
@transactional
def ids(session: Session, who: Caller) -> Any:
    """Which cars are her favourites: all of them, so that a phone knows for every card it shows."""
    return {"ids": queries.favourite_ids(session, who.customer.id), "most": settings().favourites_per_customer}


@customer.get("/<uuid:vehicle_id>/similar")
@raises(VehicleUnknown)
@customer.output(schemas.SimilarCarsOut)
@transactional
def similar(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """Cars like one that may be gone."""
    vehicle = queries.ever_on_sale(session, who.customer.brand_id, vehicle_id)
    return {"items": [vehicles.similar_card(one) for one in vehicles.similar(session, vehicle)]}


@customer.put("/<uuid:vehicle_id>")
@raises(VehicleUnknown, FavouriteLimit)
@limited("interests_per_minute")
@customer.output(schemas.FavouriteStateOut)
@transactional
def add(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """Keep an eye on a car. One that is a favourite already stays as it is."""
    favourites.add(session, who.customer, vehicle_id)
    return {"vehicle_id": vehicle_id, "is_favourite": True}


@customer.delete("/<uuid:vehicle_id>")
@customer.output(schemas.FavouriteStateOut)
@transactional
def remove(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """No longer keep an eye on it. What is no favourite stays none."""
    favourites.remove(session, who.customer, vehicle_id)
    return {"vehicle_id": vehicle_id, "is_favourite": False}


@summary.get("/summary")
@summary.output(schemas.SummaryOut)
@transactional
def figures(session: Session, who: Caller) -> Any:
    """How many favourites, views, searches and unread alerts she has."""
    searches = [one.id for one in queries.searches_of(session, who.customer.id)]
    return {
        "favourites": queries.count_of(session, Favourite, who.customer.id),
        "recently_viewed": queries.count_of(session, VehicleView, who.customer.id),
        "saved_searches": queries.count_of(session, SavedSearch, who.customer.id),
        "new_matches": sum(queries.new_of(session, searches).values()),
        "unread_alerts": queries.unread(session, who.customer.id),
    }
