"""A message may speak of what is computed about her, of the car and of the store; nobody looks up what it does not speak of."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.audience.models import CustomerAttribute
from app.audience.queries.attributes import ATTRIBUTES
from app.identity import service as identity
from app.kit import clock
from app.messaging import facts
from app.messaging.drafts import EXAMPLES
from tests.factories import messaging as make

OF_HER = "{{ last_series }}、{{ budget_band }}、{{ visits_30d }} 次"
SAYS = OF_HER + "；{{ vehicle_series }} {{ vehicle_trim }} {{ vehicle_price }}；{{ store_address }}"


@pytest.fixture
def town(session: Session) -> make.Town:
    return make.town(session)


def test_a_message_speaks_of_what_she_looked_at_of_the_car_and_of_the_store(session: Session, town: make.Town) -> None:
    her = make.follower(session, town)
    car, store = town.market.vehicle, town.market.store
    told: list[dict[str, Any]] = [
        {"name": "last_series", "word": car.series.key},
        {"name": "budget_band", "word": "300k_500k"},
        {"name": "visits_30d", "number": 3},
        {"name": "last_seen_at", "moment": clock.now(session)},
    ]
    session.add_all(CustomerAttribute(customer_id=her.id, **one) for one in told)
    older = make.follower(session, town)
    identity.merge(session, her, older)
    key = make.template(session, town, "inbox", {"content": SAYS}).key
    send = make.plan(session, town, older, key, channel="inbox", context={"vehicle_id": car.id})
    make.send_due(session)
    said = send.payload["content"] if send.payload else ""
    price = facts.amount(car.price_fen)
    assert said == f"{car.series.name}、30–50 万、3 次；{car.series.name} {car.trim} {price}；{store.address}"


def test_nothing_is_looked_up_that_no_form_speaks_of(session: Session, town: make.Town) -> None:
    send = make.plan(session, town, make.follower(session, town), context={"vehicle_id": town.market.vehicle.id})
    asked: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for forms in (("{{ vehicle_title }}",), ("{{ visits_30d }}",)):
        facts.of(session, send, forms=forms)
    assert sum("customer_attributes" in one for one in asked) == 1


def test_every_attribute_has_an_example_for_those_who_write() -> None:
    assert set(ATTRIBUTES) <= set(EXAMPLES)
