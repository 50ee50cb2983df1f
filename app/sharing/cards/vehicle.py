"""One car."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import Schema
from apiflask.fields import UUID
from sqlalchemy.orm import Session

from app.kit import texts
from app.kit.money import yuan
from app.sharing.cards import Card, Preview, Sheet, Target
from app.sharing.models import Share
from app.vehicles import queries as vehicles
from app.vehicles.models import VISIBLE, Condition


class VehicleCard(Card):
    """A car; once it is sold, those who come later see similar ones."""

    kind = "vehicle"
    label = "车辆"
    page = "pages/vehicles/detail"

    class Config(Schema):
        vehicle_id = UUID(required=True)

    def target(self, session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Target:
        vehicle = vehicles.shown(session, brand_id, config["vehicle_id"])
        return Target(f"vehicle:{vehicle.id}", vehicle_id=vehicle.id)

    def preview(self, session: Session, share: Share) -> Preview:
        assert share.vehicle_id is not None
        shown = vehicles.card(session, share.vehicle_id)
        title = texts.t("sharing.titles.vehicle", title=shown["title"], price=yuan(shown["price_fen"]))
        return Preview(title, vehicles.for_a_share(shown["photo"]))

    def sheet(self, session: Session, share: Share) -> Sheet:
        assert share.vehicle_id is not None
        car = vehicles.shown(session, share.brand_id, share.vehicle_id)
        facts = texts.t("sharing.poster.facts", year=car.model_year, condition=texts.t(f"vehicles.condition.{car.condition}"))
        if car.odometer_km is not None and car.condition != Condition.new:
            facts += texts.t("sharing.poster.driven", km=f"{car.odometer_km:,}")
        guide = car.guide_price_fen or 0
        return Sheet(
            title=car.title,
            facts=facts,
            price=yuan(car.price_fen),
            price_note=texts.t("sharing.poster.guide", price=yuan(guide)) if guide > car.price_fen else "",
            store=car.store.name,
            address=car.store.address,
            picture=car.photos[0]["url"] if car.photos else None,
        )

    def content(self, session: Session, share: Share) -> dict[str, Any]:
        assert share.vehicle_id is not None
        vehicle = vehicles.get(session, share.brand_id, share.vehicle_id)
        similar = [] if vehicle.status in VISIBLE else vehicles.similar(session, vehicle)
        return {"vehicle": vehicles.list_card(vehicle), "similar": [vehicles.similar_card(one) for one in similar]}
