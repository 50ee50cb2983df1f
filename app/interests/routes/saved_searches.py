"""Doors of saved searches."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.interests import queries, schemas, view
from app.interests.errors import SearchLimit, SearchTooBroad, SearchUnknown
from app.interests.models import SavedSearch
from app.interests.service import searches
from app.kit.geo import Place
from app.kit.idempotency import idempotent
from app.kit.limits import limited
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, raises, transactional
from app.vehicles.queries import Filters

customer = blueprint("saved-searches", audience="customer")


def _shown(session: Session, saved: SavedSearch) -> dict[str, Any]:
    return view.search(session, saved, new=queries.new_of(session, [saved.id]).get(saved.id, 0))


@customer.get("/")
@customer.output(schemas.SavedSearchesOut)
@transactional
def mine(session: Session, who: Caller) -> Any:
    """Her saved searches, with how many cars each finds now, and how many it found since she looked."""
    found = queries.searches_of(session, who.customer.id)
    new = queries.new_of(session, [saved.id for saved in found])
    items = [view.search(session, saved, new=new.get(saved.id, 0)) for saved in found]
    return {"items": items, "most": settings().saved_searches_per_customer}


@customer.post("/")
@idempotent
@raises(SearchLimit, SearchTooBroad)
@limited("interests_per_minute")
@customer.input(schemas.SearchIn)
@customer.output(schemas.SavedSearchOut, status_code=201)
@transactional
def save(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Be told of cars that this search does not find yet. A search she has saved already is given as it is."""
    place = json_data["place"]
    saved = searches.save(
        session,
        who.customer,
        Filters(**json_data["filters"]),
        place=Place.of(place["lat"], place["lng"], place["crs"]) if place else None,
        place_label=place.get("label") if place else None,
        name=json_data.get("name"),
        frequency=json_data["frequency"],
    )
    return _shown(session, saved)


@customer.get("/<uuid:search_id>")
@raises(SearchUnknown)
@customer.output(schemas.SavedSearchOut)
@transactional
def one(session: Session, who: Caller, search_id: uuid.UUID) -> Any:
    """One saved search."""
    return _shown(session, queries.search_of(session, who.customer.id, search_id))


@customer.put("/<uuid:search_id>")
@raises(SearchUnknown)
@customer.input(schemas.SearchChangeIn)
@customer.output(schemas.SavedSearchOut)
@transactional
def change(session: Session, who: Caller, search_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another name or frequency, or a pause. PUT, because `wx.request` knows no PATCH; what is left out stays."""
    return _shown(session, searches.change(session, who.customer, search_id, **json_data))


@customer.delete("/<uuid:search_id>")
@customer.output({}, status_code=204)
@transactional
def drop(session: Session, who: Caller, search_id: uuid.UUID) -> Any:
    """No longer be told. Saving the same search again takes it back, without what it had found."""
    searches.drop(session, who.customer, search_id)
    return "", 204


@customer.get("/<uuid:search_id>/matches")
@raises(SearchUnknown)
@customer.input(schemas.PageIn, location="query")
@customer.output(schemas.MatchesOut)
@transactional
def matches(session: Session, who: Caller, search_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """The cars that it has found since it was saved, the last first, as they are now."""
    saved = queries.search_of(session, who.customer.id, search_id)
    page = queries.matches(session, saved.id, cursor=query_data.get("cursor"), limit=query_data["limit"])
    return {"items": [view.match(*row, saved) for row in page.rows], "next_cursor": page.next_cursor}


@customer.post("/<uuid:search_id>/looked")
@raises(SearchUnknown)
@customer.output(schemas.SavedSearchOut)
@transactional
def look(session: Session, who: Caller, search_id: uuid.UUID) -> Any:
    """She has seen what it found: what comes later is new again."""
    return _shown(session, searches.look(session, who.customer, search_id))
