"""Dealers and their stores, as administrators of the brand keep them one by one; files of them are `placing`'s."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import queries
from app.dealers.errors import NameTaken, PlacesRefused
from app.dealers.models import Dealer, Role, Staff, Store
from app.dealers.service.placing import coordinates, found_dealer, place_store
from app.events import service as events
from app.kit import acting
from app.kit.geo import Datum


def open_dealer(session: Session, staff: Staff, *, name: str, city: str) -> Dealer:
    """A new dealer. Raises `PlacesRefused`, `NameTaken`."""
    _must_keep(staff)
    if queries.dealer_by_name(session, staff.brand_id, name) is not None:
        raise NameTaken(name="taken")
    dealer = found_dealer(session, staff.brand_id, name=name, city=city)
    _record(session, "dealer.opened", dealer, dealer_id=dealer.id, changed={"city": [None, city]})
    return dealer


def open_store(session: Session, staff: Staff, dealer_id: uuid.UUID, *, lat: float, lng: float, datum: Datum, **fields: Any) -> Store:
    """A new store of a dealer; `fields` are its name, address and perhaps city and phone.

    Raises `PlacesRefused`, `DealerUnknown`, `NameTaken`.
    """
    _must_keep(staff)
    dealer = queries.dealer_of(session, staff.brand_id, dealer_id)
    store, is_new = place_store(session, dealer, lat=lat, lng=lng, datum=datum, **({"city": dealer.city} | fields))
    if not is_new:
        raise NameTaken(name="taken")
    told = {name: [None, value] for name, value in _told(store).items() if value}
    _record(session, "store.opened", store, dealer_id=dealer_id, changed=told)
    return store


def change_store(
    session: Session, staff: Staff, store_id: uuid.UUID, *, lat: float | None = None, lng: float | None = None, datum: Datum, **fields: Any
) -> Store:
    """Other values for a store; its place moves when both degrees are said. Raises `PlacesRefused`, `StoreUnknown`, `NameTaken`."""
    _must_keep(staff)
    store = queries.store(session, staff.brand_id, store_id)
    if name := fields.get("name"):
        namesake = select(Store.id).where(Store.dealer_id == store.dealer_id, Store.name == name, Store.id != store.id)
        if session.execute(namesake).first():
            raise NameTaken(name="taken")
    if lat is not None and lng is not None:
        fields |= coordinates(lat, lng, datum) | {"datum_source": datum.value}
    before = _told(store)
    for column, value in fields.items():
        setattr(store, column, value)
    session.flush()
    changed = {name: [before[name], value] for name, value in _told(store).items() if before[name] != value}
    if changed:
        _record(session, "store.changed", store, dealer_id=store.dealer_id, changed=changed)
    return store


def _told(store: Store) -> dict[str, str | None]:
    """What an administrator says of a store, as a fact keeps it; the place in GCJ-02."""
    place = f"{store.lat_gcj02:.6f}, {store.lng_gcj02:.6f}"
    return {"name": store.name, "city": store.city, "address": store.address, "phone": store.phone, "place": place}


def _record(session: Session, name: str, of: Dealer | Store, *, dealer_id: uuid.UUID, changed: dict[str, list[str | None]]) -> None:
    session.flush()
    subject, data = (name.partition(".")[0], of.id), {"name": of.name, "dealer_id": dealer_id, "changed": changed}
    events.record(session, name, brand_id=of.brand_id, subject=subject, data=data, actor=acting.now().actor)


def _must_keep(staff: Staff) -> None:
    if staff.role != Role.admin:
        raise PlacesRefused
