"""Doors: consumers look at stores, other systems of the brand get their keys."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.dealers import partners, queries, schemas
from app.dealers.errors import AdministratorsOnly, PartnerKeyUnknown, StoreUnknown, TooManyKeys
from app.dealers.models import PartnerKey
from app.kit import clock
from app.kit.geo import Place
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, raises, transactional

visitor = blueprint("stores", audience="visitor")
keys = blueprint("partner-keys", audience="staff")


def _key_out(key: PartnerKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in ("id", "name", "hint", "journeys", "created_at", "last_used_at", "revoked_at")}


@keys.get("/")
@raises(AdministratorsOnly)
@keys.output(schemas.PartnerKeysOut)
@transactional
def list_keys(session: Session, who: Caller) -> Any:
    """The keys of other systems, those that were taken back as well."""
    return {"items": [_key_out(one) for one in partners.listed(session, who.staff)]}


@keys.post("/")
@idempotent
@raises(AdministratorsOnly, TooManyKeys)
@keys.input(schemas.PartnerKeyIn)
@keys.output(schemas.PartnerKeyMadeOut, status_code=201)
@transactional
def issue_key(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Make a key for another system; its token is told now and never again."""
    key, token = partners.issue(session, who.staff, **json_data)
    return _key_out(key) | {"token": token}


@keys.delete("/<uuid:key_id>")
@raises(AdministratorsOnly, PartnerKeyUnknown)
@keys.output({}, status_code=204)
@transactional
def revoke_key(session: Session, who: Caller, key_id: uuid.UUID) -> Any:
    """Take a key back."""
    partners.revoke(session, who.staff, key_id)
    return ""


@visitor.get("/")
@visitor.input(schemas.StoresIn, location="query")
@visitor.output(schemas.StoresOut)
@transactional
def stores(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Stores, nearest first when the consumer says where she is, else those of a city."""
    assert who.brand_id is not None
    near = None
    if "lat" in query_data and "lng" in query_data:
        near = Place.of(query_data["lat"], query_data["lng"], query_data["crs"])
    found = queries.stores(session, who.brand_id, city=query_data.get("city"), near=near, limit=query_data["limit"])
    moment = clock.now(session)
    items = [schemas.store_out(one, metres, at=moment) for one, metres in found]
    return {"items": items, "cities": list(queries.cities(session, who.brand_id))}


@visitor.get("/<uuid:store_id>")
@raises(StoreUnknown)
@visitor.output(schemas.StoreOut)
@transactional
def store(session: Session, who: Caller, store_id: uuid.UUID) -> Any:
    """One store, with what wx.openLocation needs to navigate there."""
    assert who.brand_id is not None
    return schemas.store_out(queries.store(session, who.brand_id, store_id), at=clock.now(session))
