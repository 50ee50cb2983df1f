"""A dealer's adviser at the console, with a car to photograph."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.vehicles.models import Vehicle
from tests.factories import dealers, pictures, vehicles


class Desk:
    """A dealer's adviser at the console, and a car of hers."""

    def __init__(self, session: Session, app: Any) -> None:
        self.session = session
        self.store = dealers.store(session, dealers.dealer(session, dealers.brand(session)))
        self.car = vehicles.vehicle(session, self.store)
        self.adviser = dealers.staff(session, self.store.dealer)
        self.app = app
        self.client = self.signed_in(self.adviser)

    def signed_in(self, who: Staff) -> Any:
        self.session.commit()
        client = self.app.test_client()
        assert client.post("/api/public/staff/login", json={"username": who.username, "password": dealers.PASSWORD}).status_code == 200
        return client

    def path(self, *more: Any) -> str:
        return "/".join(["/api/staff/vehicles", str(self.car.id), "photos", *map(str, more)])

    def upload(self, content: bytes, client: Any = None, **fields: str) -> Any:
        return (client or self.client).post(self.path(), data=pictures.form(content, **fields))

    def ids(self) -> list[str]:
        return [one["id"] for one in self.client.get(self.path()).json["items"]]

    def shown(self) -> list[dict[str, Any]]:
        self.session.expire_all()
        return self.session.get_one(Vehicle, self.car.id).photos
