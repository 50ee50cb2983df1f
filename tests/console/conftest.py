"""Two dealers of one brand, who works there, and one customer of each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Dealer, Role, Staff, Store
from app.identity.models import Customer
from app.leads.models import Lead
from tests.factories import dealers as make
from tests.factories import identity as people


@dataclass
class World:
    """`ours` is the adviser's dealer; whatever is `theirs` is not for her."""

    brand: Brand
    ours: Dealer
    theirs: Dealer
    our_store: Store
    their_store: Store
    adviser: Staff
    marketer: Staff
    our_customer: Customer
    their_customer: Customer
    our_lead: Lead
    their_lead: Lead


@pytest.fixture
def world(session: Session) -> World:
    brand = make.brand(session)
    ours, theirs = make.dealer(session, brand), make.dealer(session, brand)
    adviser, stranger = make.staff(session, ours, name="王晨"), make.staff(session, theirs)
    our_customer = people.customer(session, brand, nickname="林晓雯", phone="+8613800000001")
    their_customer = people.customer(session, brand, nickname="周宇航", phone="+8613800000002")
    made = World(
        brand=brand,
        ours=ours,
        theirs=theirs,
        our_store=make.store(session, ours),
        their_store=make.store(session, theirs),
        adviser=adviser,
        marketer=make.staff(session, brand, Role.marketer),
        our_customer=our_customer,
        their_customer=their_customer,
        our_lead=lead(session, our_customer, adviser),
        their_lead=lead(session, their_customer, stranger),
    )
    session.commit()
    return made


def lead(session: Session, of: Customer, owner: Staff, **fields: Any) -> Lead:
    """An open lead of a customer with an adviser's dealer."""
    defaults = {"brand_id": of.brand_id, "customer_id": of.id, "dealer_id": owner.dealer_id, "owner_id": owner.id, "status": "assigned"}
    made = Lead(**defaults | fields)
    session.add(made)
    session.flush()
    return made


class Desk:
    """The console's API as one signed-in staff member uses it."""

    def __init__(self, app: Any, staff: Staff) -> None:
        self.client = app.test_client()
        body = {"username": staff.username, "password": make.PASSWORD}
        assert self.client.post("/api/public/staff/login", json=body).status_code == 200

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/staff/{path}", query_string=query)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"/api/staff/{path}", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})

    def put(self, path: str, **body: Any) -> Any:
        return self.client.put(f"/api/staff/{path}", json=body)

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/staff/{path}")


@pytest.fixture
def adviser(app: Any, world: World) -> Desk:
    return Desk(app, world.adviser)


@pytest.fixture
def marketer(app: Any, world: World) -> Desk:
    return Desk(app, world.marketer)
