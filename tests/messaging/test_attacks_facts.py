"""What a message speaks of is hers, whatever its context says."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.messaging import facts
from tests.factories import dealers as make_dealers
from tests.factories import messaging as make


def test_nobody_hears_of_somebody_elses_order_or_of_another_brands_store(session: Session, town: make.Town) -> None:
    hers, theirs = make.follower(session, town), make.follower(session, town)
    order = make.paid_order(session, town, theirs)
    key = make.template(session, town, "inbox", {"content": "hello"}).key
    foreign = make_dealers.store(session, make_dealers.dealer(session, make_dealers.brand(session)))
    for context in ({"order_id": order.id}, {"store_id": foreign.id}):
        told = facts.of(session, make.plan(session, town, hers, key, channel="inbox", context=context))
        assert not {"order_number", "amount", "vehicle_title", "store_name", "store_phone"} & told.keys(), context
    own = facts.of(session, make.plan(session, town, theirs, key, channel="inbox", context={"order_id": order.id}))
    assert own["order_number"] == order.number
