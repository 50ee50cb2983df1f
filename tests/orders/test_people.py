"""Orders follow their people in whatever order the news of them comes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import service as identity
from app.orders import handlers
from app.orders import service as orders
from tests.factories import orders as make


def news(session: Session, name: str) -> Sequence[Event]:
    return session.execute(select(Event).filter_by(name=name).order_by(Event.id)).scalars().all()


def test_two_merges_heard_in_the_wrong_order_end_with_the_last_one_kept(session: Session) -> None:
    market = make.market(session)
    first, second, last = (make.buyer(session, market) for _ in range(3))
    order = make.order(session, market, first)
    identity.merge(session, second, first)
    identity.merge(session, last, second)
    into_second, into_last = news(session, "customer.merged")
    for event in (into_last, into_second):
        handlers.follow_merge(session, [event])
    session.expire_all()
    assert order.customer_id == last.id


def test_an_erasure_heard_before_the_merge_forgets_what_either_of_them_said(session: Session) -> None:
    market = make.market(session)
    kept, merged = make.buyer(session, market), make.buyer(session, market)
    order = make.order(session, market, merged)
    order.cancel_reason = "her own words"
    identity.merge(session, kept, merged)
    identity.erase(session, kept)
    handlers.forget_customer(session, news(session, "customer.erased"))
    handlers.follow_merge(session, news(session, "customer.merged"))
    session.expire_all()
    assert order.cancel_reason is None
    assert order.customer_id == kept.id


def test_whoever_waits_out_her_merge_reserves_as_who_is_kept(session: Session) -> None:
    """Her request was let in as the profile that is merged by the time it holds the lock."""
    market = make.market(session)
    kept, merged = make.buyer(session, market), make.buyer(session, market)
    identity.merge(session, kept, merged)
    order = orders.reserve(session, merged.id, vehicle_id=market.vehicle.id, terms_version=market.terms.version, request_key="key-00000001")
    assert order.customer_id == kept.id
    again = orders.reserve(session, merged.id, vehicle_id=market.vehicle.id, terms_version=market.terms.version, request_key="key-00000001")
    assert again is order
