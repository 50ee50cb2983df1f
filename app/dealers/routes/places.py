"""Doors: dealers and their stores; everybody looks at those within reach, administrators of the brand keep them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.dealers import queries, schemas, service
from app.dealers.errors import DealerUnknown, NameTaken, PlacesRefused, StoreUnknown
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("dealers", audience="staff")


@staff.get("/")
@raises(CursorInvalid)
@staff.input(schemas.DealersIn, location="query")
@staff.output(schemas.DealersOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Dealers within the caller's reach by name, with how many stores and people each has."""
    return queries.dealers(session, who.staff, **query_data)


@staff.get("/<uuid:dealer_id>")
@raises(DealerUnknown)
@staff.output(schemas.DealerPageOut)
@transactional
def show(session: Session, who: Caller, dealer_id: uuid.UUID) -> Any:
    """One dealer with its stores."""
    return queries.dealer_page(session, who.staff, dealer_id)


@staff.post("/")
@idempotent
@raises(PlacesRefused, NameTaken)
@staff.input(schemas.NewDealerIn)
@staff.output(schemas.DealerPageOut, status_code=201)
@transactional
def open_dealer(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """A new dealer, which has no store yet."""
    return queries.dealer_page(session, who.staff, service.open_dealer(session, who.staff, **json_data).id)


@staff.post("/<uuid:dealer_id>/stores")
@idempotent
@raises(PlacesRefused, DealerUnknown, NameTaken)
@staff.input(schemas.NewStoreIn)
@staff.output(schemas.DealerPageOut, status_code=201)
@transactional
def open_store(session: Session, who: Caller, dealer_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """A new store, with the datum of its place."""
    service.open_store(session, who.staff, dealer_id, **json_data)
    return queries.dealer_page(session, who.staff, dealer_id)


@staff.patch("/stores/<uuid:store_id>")
@raises(PlacesRefused, StoreUnknown, NameTaken)
@staff.input(schemas.StoreIn)
@staff.output(schemas.DealerPageOut)
@transactional
def change_store(session: Session, who: Caller, store_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another name, address, telephone or place of a store; consumers see it within seconds."""
    return queries.dealer_page(session, who.staff, service.change_store(session, who.staff, store_id, **json_data).dealer_id)
