"""Everything a consumer reads about one car."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.schemas import store_out
from app.kit import clock, texts
from app.kit.geo import Place, distance_m
from app.vehicles import labels, photos
from app.vehicles.labels import labelled
from app.vehicles.models import Condition, Status, Vehicle
from app.vehicles.queries.finance import finance_example
from app.vehicles.queries.inspections import inspection
from app.vehicles.queries.prices import fairness, price_history, price_notes
from app.vehicles.queries.similar import similar
from app.vehicles.queries.stock import picture_url, similar_card

_KINDS = ("status", "condition", "exterior_color", "interior_color", "body", "drivetrain", "energy", "gearbox")


def detail(session: Session, vehicle: Vehicle, near: Place | None = None) -> dict[str, Any]:
    """A vehicle as `DetailOut` describes it, with its distance from a place when there is one."""
    store, now = vehicle.store, clock.now(session)
    metres = distance_m(near, Place(store.lat_gcj02, store.lng_gcj02)) if near else None
    return {
        "id": str(vehicle.id),
        "title": vehicle.title,
        "model": vehicle.model,
        "trim": vehicle.trim,
        "series": {"key": vehicle.series.key, "label": vehicle.series.name},
        "reservable": vehicle.status == Status.listed,
        "availability": availability(session, vehicle),
        "model_year": vehicle.model_year,
        "seats": vehicle.seats,
        "warranty_until": vehicle.warranty_until.isoformat() if vehicle.warranty_until else None,
        "vin_masked": f"{vehicle.vin[:3]}**********{vehicle.vin[-4:]}" if vehicle.vin else None,
        "stock_number": vehicle.stock_number,
        "price": _price(session, vehicle, now),
        "fairness": fairness(session, vehicle),
        "finance": finance_example(session, vehicle),
        "photos": [_photo(one) for one in vehicle.photos],
        "history": {
            "first_registration_date": vehicle.first_registration_date.isoformat() if vehicle.first_registration_date else None,
            "odometer_km": vehicle.odometer_km,
            "previous_owners": vehicle.previous_owners,
            "accident_free": vehicle.accident_free,
        },
        "inspection": inspection(session, vehicle),
        "highlights": vehicle.highlights,
        "options": [labelled("options", option) for option in vehicle.options],
        "specifications": labels.specifications(vehicle.specifications),
        "store": store_out(store, metres, at=now),
        "similar": [similar_card(one) for one in similar(session, vehicle)],
        "listed_at": vehicle.listed_at,
        "version": vehicle.version,
    } | {kind: labelled(kind, getattr(vehicle, kind)) for kind in _KINDS}


def availability(session: Session, vehicle: Vehicle) -> dict[str, Any]:
    """Whether a car that was just read can be had, and as of when by the database's clock."""
    return {
        "status": labelled("status", vehicle.status),
        "reservable": vehicle.status == Status.listed,
        "as_of": clock.now(session),
    }


def _photo(photo: dict[str, Any]) -> dict[str, Any]:
    sizes = [size | {"url": picture_url(size["url"])} for size in photos.sizes(photo)]
    return {"url": picture_url(photo["url"]), "alt": photo["alt"], "sizes": sizes}


def _price(session: Session, vehicle: Vehicle, now: datetime) -> dict[str, Any]:
    saved = (vehicle.guide_price_fen or 0) - vehicle.price_fen
    changes = price_history(session, vehicle.id)
    return {
        "price_fen": vehicle.price_fen,
        "guide_price_fen": vehicle.guide_price_fen,
        "saved_fen": saved if saved > 0 else None,
        "qualifier": texts.t(
            "vehicles.price_qualifier.new" if vehicle.condition == Condition.new else "vehicles.price_qualifier.registered"
        ),
        "notes": price_notes(changes, vehicle.price_fen, now=now),
        "history": [
            {"old_price_fen": change.old_price_fen, "new_price_fen": change.new_price_fen, "changed_at": change.created_at}
            for change in changes
        ],
    }
