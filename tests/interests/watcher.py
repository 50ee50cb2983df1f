"""Somebody who keeps an eye on cars, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.events import service as events
from app.identity.models import Customer
from app.vehicles.models import Vehicle
from tests.factories import identity, orders, vehicles


class Watcher:
    """A customer of the market's brand, signed in."""

    def __init__(self, session: Session, client: Any, market: orders.Market) -> None:
        self.session, self.client, self.market = session, client, market
        self.customer: Customer = orders.buyer(session, market)
        self.headers = identity.signed_in(session, self.customer, market.mini)
        self.visitor = f"phone-{uuid.uuid4().hex[:8]}"

    def ask(self, method: str, path: str, **kwargs: Any) -> Any:
        self.session.commit()
        answer = self.client.open(f"/api/customer{path}", method=method, headers=self.headers, **kwargs)
        self.session.expire_all()
        return answer

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def car(self, **fields: Any) -> Vehicle:
        return vehicles.vehicle(self.session, self.market.store, **fields)

    def lists(self, *cars: Vehicle) -> None:
        """They come on sale, and everybody is told."""
        for car in cars:
            car.status = "listed"
            facts = {"vehicle_id": car.id, "dealer_id": car.dealer_id, "store_id": car.store_id}
            for name in ("vehicle.listed", "vehicle.relisted"):
                events.record(self.session, name, brand_id=car.brand_id, subject=("vehicle", car.id), data=facts)

    def gets(self, **fields: Any) -> Vehicle:
        """A new car that comes on sale."""
        car = self.car(**fields)
        self.lists(car)
        return car

    def likes(self, vehicle: Vehicle) -> Any:
        return self.ask("PUT", f"/favourites/{vehicle.id}")

    def looks_at(self, *cars: Vehicle, at: str = "2026-03-01T10:00:00+08:00") -> None:
        """Her phone tells what she looked at."""
        told = [{"id": str(uuid.uuid4()), "name": "vehicle.viewed", "at": at, "vehicle_id": str(car.id)} for car in cars]
        self.session.commit()
        body = {"visitor_id": self.visitor, "session_id": "run-1", "events": told}
        assert self.client.post("/api/visitor/events/", json=body, headers=self.headers).status_code == 200

    def saves(self, frequency: str = "instant", place: dict[str, Any] | None = None, **filters: Any) -> Any:
        return self.ask("POST", "/saved-searches/", json={"filters": filters, "place": place, "frequency": frequency})

    def alerts(self) -> list[tuple[str, str]]:
        """What she was told, the last first: (kind, title of the car)."""
        return [(one["kind"], one["vehicle"]["title"]) for one in self.get("/alerts/")["items"]]
