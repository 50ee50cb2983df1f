"""Rows as the doors show them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.interests import naming, queries
from app.interests.models import Alert, AlertKind, Favourite, SavedSearch, SavedSearchMatch, VehicleView
from app.kit.money import yuan
from app.kit.texts import has, t
from app.vehicles import queries as vehicles
from app.vehicles.models import VISIBLE, Vehicle


def _car(vehicle: Vehicle) -> dict[str, Any]:
    return {"vehicle": vehicles.list_card(vehicle), "is_available": vehicle.status in VISIBLE}


def favourite(kept: Favourite, vehicle: Vehicle) -> dict[str, Any]:
    drop = kept.price_fen - vehicle.price_fen
    hint = f"interests.favourite.{vehicle.status}"
    return _car(vehicle) | {
        "favourited_at": kept.created_at,
        "price_when_favoured_fen": kept.price_fen,
        "drop_fen": drop if drop > 0 else None,
        "note": t("interests.favourite.dropped", drop=yuan(drop)) if drop > 0 and vehicle.status in VISIBLE else None,
        "hint": t(hint) if has(hint) else None,
    }


def view(seen: VehicleView, vehicle: Vehicle) -> dict[str, Any]:
    return _car(vehicle) | {"viewed_at": seen.viewed_at}


def match(found: SavedSearchMatch, vehicle: Vehicle, saved: SavedSearch) -> dict[str, Any]:
    return _car(vehicle) | {"matched_at": found.matched_at, "is_new": found.matched_at > saved.looked_at}


def search(session: Session, saved: SavedSearch, *, new: int) -> dict[str, Any]:
    """A saved search with how many cars it finds now."""
    filters, place = queries.asked(saved)
    return {
        "id": str(saved.id),
        "name": saved.name,
        "summary": naming.summary(session, saved.brand_id, filters, saved.place_label),
        "filters": saved.filters,
        "place": place and {"lat": place.lat, "lng": place.lng, "crs": "gcj02", "label": saved.place_label},
        "frequency": saved.frequency,
        "frequency_label": t(f"interests.frequency.{saved.frequency}"),
        "paused": saved.paused,
        "total": queries.total(session, saved),
        "new": new,
        "created_at": saved.created_at,
        "looked_at": saved.looked_at,
    }


def alert(told: Alert, vehicle: Vehicle, search_name: str | None) -> dict[str, Any]:
    """An alert; `search_name` is what its saved search is called, where it is one's."""
    of_search = told.kind == AlertKind.matched
    what = told.kind.split(".")[1]
    price = vehicle.price_fen if told.new_price_fen is None else told.new_price_fen
    words = {
        "title": vehicle.title,
        "price": yuan(price),
        "drop": yuan((told.old_price_fen or price) - price),
        "search": search_name or "",
        "count": told.count,
    }
    return {
        "id": str(told.id),
        "kind": told.kind,
        "label": t(f"interests.alert.label.{what}"),
        "text": t(f"interests.alert.text.{what}_many" if told.count > 1 else f"interests.alert.text.{what}", **words),
        "count": told.count,
        "old_price_fen": told.old_price_fen,
        "new_price_fen": told.new_price_fen,
        "vehicle": vehicles.list_card(vehicle),
        "saved_search": {"id": str(told.saved_search_id), "name": search_name} if of_search else None,
        "target": {"kind": "saved_search", "id": str(told.saved_search_id)}
        if of_search and told.count > 1
        else {"kind": "vehicle", "id": str(vehicle.id)},
        "is_read": told.read_at is not None,
        "created_at": told.created_at,
    }
