"""What the doors of the waiting list give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Dict, Integer, List, Nested, String

from app.kit.texts import t
from app.orders.waiting_models import WaitlistStatus
from app.orders.waiting_queries import Place
from app.vehicles import queries as vehicles
from app.vehicles.models import Status


class WaitingLineOut(Schema):
    vehicle_id = String()
    is_open = Boolean(metadata={"description": "whether one can join: somebody else holds the vehicle"})
    waiting = Integer(metadata={"description": "how many are in line"})
    offer_minutes = Integer(metadata={"description": "how long it is kept for whose turn it is"})
    most_per_customer = Integer(metadata={"description": "for how many vehicles one person may wait"})


class PlaceOut(Schema):
    """Her place in the line for one vehicle."""

    id = String()
    status = String(metadata={"enum": [one.value for one in WaitlistStatus]})
    label = String(metadata={"description": "zh-CN"})
    position = Integer(metadata={"description": "from 1; 0 when it has ended"})
    offered_until = DateTime(allow_none=True, metadata={"description": "until then nobody else can reserve it"})
    offer_ends_in_seconds = Integer(metadata={"description": "the same by our clock; 0 without an offer"})
    was_skipped = Boolean(metadata={"description": "it was her turn while she held another vehicle; she keeps her place"})
    can_reserve = Boolean(metadata={"description": "it is offered to her, or on sale"})
    joined_at = DateTime()
    ended_at = DateTime(allow_none=True)
    vehicle = Dict(metadata={"description": "id, title, price_fen, status, photo, store"})


class PlacesOut(Schema):
    items = List(Nested(PlaceOut))


def place_out(place: Place, *, now: datetime) -> dict[str, Any]:
    """A place as its customer sees it; `now` is the platform's clock. An offer that is up, but not handed on yet, is none."""
    entry, is_offered = place.entry, place.entry.status == WaitlistStatus.offered
    left = int((entry.offered_until - now).total_seconds()) if is_offered and entry.offered_until else 0
    is_on_sale = place.vehicle.status == Status.listed and entry.status == WaitlistStatus.waiting
    return {
        "id": str(entry.id),
        "status": entry.status,
        "label": t("orders.waiting.on_sale" if is_on_sale else f"orders.waiting.{entry.status}"),
        "position": place.position,
        "offered_until": entry.offered_until if is_offered else None,
        "offer_ends_in_seconds": max(0, left),
        "was_skipped": entry.skipped_at is not None,
        "can_reserve": left > 0 or is_on_sale,
        "joined_at": entry.created_at,
        "ended_at": entry.ended_at,
        "vehicle": vehicles.card_of(place.vehicle),
    }
