"""Each kind of condition holds for whom it says, and hears of what changes its answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.models import CustomerAttribute
from app.audience.queries import segments as queries
from app.audience.queries.attributes import attributes_of
from app.audience.service import attributes, computing, segments
from app.audience.service.compiling import condition_kinds, words
from app.events.catalogue import NAMES
from app.identity import queries as identities
from app.identity import service as people
from app.identity.models import Consent, Customer, Purpose, Refusal
from app.interests.models import Favourite, SavedSearch
from app.kit import clock, queue
from app.kit.forms import drawn
from app.leads.models import Lead
from app.orders.models import Order
from app.wechat.models import AccountKind
from tests.factories import identity, vehicles, wechat
from tests.factories import orders as make_orders
from tests.factories import segments as make
from tests.factories.segments import leaf


@pytest.fixture
def market(session: Session) -> make_orders.Market:
    return make_orders.market(session)


def found(session: Session, market: make_orders.Market, kind: str, **config: Any) -> set[uuid.UUID]:
    return set(segments.preview(session, market.brand.id, leaf(kind, **config)).sample)


def test_orders_by_where_they_stand_and_what_was_paid(session: Session, market: make_orders.Market) -> None:
    moment = clock.now(session)
    unpaid, paid, refunded, old = (make_orders.buyer(session, market) for _ in range(4))
    none = make_orders.buyer(session, market)

    def order(by: Customer, **fields: Any) -> Order:
        made = make_orders.order(session, market, by, vehicle_id=vehicles.vehicle(session, market.store).id)
        for name, value in fields.items():
            setattr(made, name, value)
        session.flush()
        return made

    order(unpaid)
    order(paid, paid_at=moment, status="paid", amount_fen=500_000)
    order(refunded, paid_at=moment, refunded_at=moment, status="closed")
    order(old, created_at=moment - timedelta(days=40))
    every = {one.id for one in (unpaid, paid, refunded, old)}
    assert found(session, market, "order") == every
    assert found(session, market, "order", deposit="paid") == {paid.id, refunded.id}
    assert found(session, market, "order", deposit="kept") == {paid.id}
    assert found(session, market, "order", deposit="refunded", status=["closed"]) == {refunded.id}
    assert found(session, market, "order", deposit="never", within_days=30) == {unpaid.id}
    assert found(session, market, "order", amount_min_fen=500_000, amount_max_fen=500_000) == {paid.id}
    assert found(session, market, "order", at_most=0) == {none.id}
    assert found(session, market, "order", at_least=2) == set()


def test_leads_by_stage_grade_dealer_and_age(session: Session, market: make_orders.Market) -> None:
    hot, won, part = (make_orders.buyer(session, market) for _ in range(3))
    at = {"brand_id": market.brand.id, "dealer_id": market.dealer.id}
    first = Lead(customer_id=hot.id, status="assigned", grade="H", **at)
    session.add_all(
        [first, Lead(customer_id=won.id, status="won", created_at=clock.now(session) - timedelta(days=20), brand_id=market.brand.id)]
    )
    session.flush()
    session.add(Lead(customer_id=part.id, status="duplicate", merged_into_id=first.id, **at))
    session.flush()
    assert found(session, market, "lead") == {hot.id, won.id}
    assert found(session, market, "lead", grade=["H", "A"]) == found(session, market, "lead", stage=["assigned"]) == {hot.id}
    assert found(session, market, "lead", dealers=[str(market.dealer.id)]) == found(session, market, "lead", within_days=10) == {hot.id}
    assert found(session, market, "lead", more_than_days=10) == {won.id}


def test_cars_looked_at_and_kept(session: Session, market: make_orders.Market) -> None:
    other = vehicles.vehicle(
        session, market.store, condition="used", price_fen=9_900_000, first_registration_date="2022-01-01", odometer_km=1
    )
    cheap, keen = (make_orders.buyer(session, market) for _ in range(2))
    make.did(session, cheap, "vehicle.viewed", about=other.id)
    for _ in range(3):
        make.did(session, keen, "vehicle.viewed", about=market.vehicle.id)
    make.did(session, keen, "vehicle.viewed", about=uuid.UUID(int=7))
    assert found(session, market, "vehicle_viewed") == {cheap.id, keen.id}
    assert (
        found(session, market, "vehicle_viewed", condition=["used"])
        == found(session, market, "vehicle_viewed", price_max_fen=9_900_000)
        == {cheap.id}
    )
    assert found(session, market, "vehicle_viewed", series=[market.vehicle.series.key], at_least=3) == {keen.id}
    assert found(session, market, "vehicle_viewed", series=[market.vehicle.series.key], condition=["new"], at_least=4) == set()
    session.add(Favourite(brand_id=market.brand.id, customer_id=keen.id, vehicle_id=market.vehicle.id, price_fen=1, told_price_fen=1))
    search = {"name": "s", "filters": {}, "digest": "d", "frequency": "daily", "series": [market.vehicle.series.key]}
    session.add(SavedSearch(brand_id=market.brand.id, customer_id=cheap.id, **search))
    session.flush()
    assert found(session, market, "favourite") == found(session, market, "favourite", series=[market.vehicle.series.key]) == {keen.id}
    assert found(session, market, "favourite", at_most=0) == {cheap.id}
    assert found(session, market, "saved_search", series=[market.vehicle.series.key]) == {cheap.id}
    assert found(session, market, "saved_search", series=["other"]) == set()


def test_consent_is_weighed_as_sends_weigh_it(session: Session, market: make_orders.Market) -> None:
    """For every way of agreeing and refusing, the condition says what `identity` says of a send."""
    moment, crowd = clock.now(session), []
    for agreed in ((), (None,), ("sms",), (None, "sms")):
        for refused in ((), (None,), ("sms",), ("wecom_text",)):
            for later in (True, False):
                her = make_orders.buyer(session, market)
                crowd.append(her.id)
                says = [Consent(purpose="marketing", channel=one, text_version="1") for one in agreed]
                refuses = [Refusal(purpose="marketing", channel=one) for one in refused]
                for word in says + refuses if later else refuses + says:
                    word.brand_id, word.customer_id = market.brand.id, her.id
                    session.add(word)
                    session.flush()
    gone = make_orders.buyer(session, market)
    session.add(Consent(brand_id=market.brand.id, customer_id=gone.id, purpose="marketing", text_version="1", withdrawn_at=moment))
    session.flush()
    wishes = identities.wishes(session, crowd, Purpose.marketing)
    for channel in ("sms", "wecom_text"):
        allowed = {one for one, wish in wishes.items() if wish.allows(channel) is None}
        asked = leaf("consent", purpose="marketing", channel=channel)
        members = make.segment(session, market.brand, asked)
        assert set(queries.members(session, members.id)) == allowed
        assert 3 < len(allowed) < len(crowd)


def test_ways_to_reach_somebody(session: Session, market: make_orders.Market) -> None:
    account = wechat.account(session, market.brand, AccountKind.service_account)
    follower, gone = identity.customer(session, market.brand), identity.customer(session, market.brand)
    identity.identity(session, follower, account, followed=True)
    identity.identity(session, gone, account, followed=False)
    buyer = make_orders.buyer(session, market)
    assert found(session, market, "reachable", way="service_account") == {follower.id}
    assert found(session, market, "reachable", way="mini_program") == found(session, market, "reachable", way="phone") == {buyer.id}


def test_days_of_the_calendar_are_chinas(session: Session, market: make_orders.Market) -> None:
    her = make_orders.buyer(session, market)
    event = make.did(session, her, "search.performed")
    event.recorded_at = event.recorded_at.replace(year=2026, month=3, day=1, hour=15, minute=59, second=59)
    session.flush()
    day = {"event": "search.performed"}
    assert found(session, market, "event", **day, from_on="2026-03-01", until_on="2026-03-01") == {her.id}
    assert found(session, market, "event", **day, from_on="2026-03-02") == set()
    event.recorded_at = event.recorded_at.replace(hour=16, minute=0, second=0)
    session.flush()
    assert found(session, market, "event", **day, until_on="2026-03-01") == set()
    assert found(session, market, "event", **day, from_on="2026-03-02", until_on="2026-03-02") == {her.id}


def looks_at(session: Session, her: Customer, car: Any, run: str = "run-1", **ago: float) -> None:
    make.did(session, her, "vehicle.viewed", about=car.id, ago=timedelta(**ago), session_id=run)


def test_whoever_has_no_number_has_0(session: Session, market: make_orders.Market) -> None:
    none, some = make_orders.buyer(session, market), make_orders.buyer(session, market)
    session.add(CustomerAttribute(customer_id=some.id, name="visits_30d", number=3))
    session.flush()

    def those(**config: Any) -> set[uuid.UUID]:
        return found(session, market, "attribute", attribute="visits_30d", **config)

    assert those(from_number=0) == those(from_number=0, to_number=3) == {none.id, some.id}
    assert those(from_number=0, to_number=2) == {none.id}
    assert those(from_number=1) == {some.id}
    nobody = {"not": leaf("attribute", attribute="visits_30d", from_number=0)}
    assert segments.preview(session, market.brand.id, nobody).count == 0


def test_what_is_computed_follows_what_she_does(
    session: Session, market: make_orders.Market, deliver: Callable[[], int], later: Callable[..., None]
) -> None:
    her, dear = make_orders.buyer(session, market), vehicles.vehicle(session, market.store, price_fen=60_000_000)
    budget = make.segment(session, market.brand, leaf("attribute", attribute="budget_band", words=["over_500k"]))
    often = make.segment(session, market.brand, leaf("attribute", attribute="visits_30d", from_number=2))
    seldom = make.segment(session, market.brand, leaf("attribute", attribute="visits_30d", to_number=1))
    away = make.segment(session, market.brand, leaf("attribute", attribute="last_seen_at", more_than_days=10))
    looks_at(session, her, market.vehicle, "run-0", days=29)
    looks_at(session, her, dear, days=1)
    make.does(session, her, "vehicle.viewed", session_id="run-1")
    deliver()
    told = attributes_of(session, [her.id])[her.id]
    assert (told["visits_30d"], told["last_series"], told["last_seen_at"]) == (2, dear.series.key, clock.now(session))

    def members(*of: Any) -> list[list[uuid.UUID]]:
        session.expire_all()
        return [list(queries.members(session, one.id)) for one in of]

    assert members(often, seldom, away) == [[her.id], [], []]
    looks_at(session, her, dear)
    make.does(session, her, "vehicle.viewed", session_id="run-1")
    deliver()
    assert members(budget) == [[her.id]]
    assert attributes_of(session, [her.id])[her.id]["budget_band"] == "over_500k"
    later(days=1, seconds=1)
    queue.run("audience.compute_attributes")
    assert (attributes_of(session, [her.id])[her.id]["visits_30d"], members(often, seldom)) == (1, [[], [her.id]])
    later(days=10)
    queue.run("audience.sweep_segments")
    assert members(away) == [[her.id]]
    later(days=30)
    queue.run("audience.compute_attributes")
    assert "visits_30d" not in attributes_of(session, [her.id])[her.id]
    assert members(seldom) == [[her.id]]


def test_what_was_done_before_anybody_computed_is_computed_for_everybody(session: Session, market: make_orders.Market) -> None:
    older, her = make_orders.buyer(session, market), make_orders.buyer(session, market)
    segment = make.segment(session, market.brand, leaf("attribute", attribute="last_series", words=[market.vehicle.series.key]))
    for one in (older, her):
        looks_at(session, one, market.vehicle, days=2)
    older.merged_into_id = her.id
    session.commit()
    attributes.compute_everybody(session)
    session.commit()
    computing.compute_due()
    session.expire_all()
    told = attributes_of(session, [her.id, older.id])
    assert (told[older.id], told[her.id]["last_series"], told[her.id]["visits_30d"]) == ({}, market.vehicle.series.key, 1)
    assert list(queries.members(session, segment.id)) == [her.id]
    assert attributes.compute_everybody(session) == 0


def test_what_was_done_by_nobody_yet_is_computed_when_she_signs_in(session: Session, market: make_orders.Market, deliver: Any) -> None:
    her = make_orders.buyer(session, market)
    segment = make.segment(session, market.brand, leaf("event", event="vehicle.viewed"))
    seen = make.did(session, her, "vehicle.viewed", about=market.vehicle.id, session_id="run-1")
    seen.customer_id = None
    session.flush()
    deliver()
    assert attributes_of(session, [her.id]) == {her.id: {}}
    seen.customer_id = her.id
    make.does(session, her, "customer.logged_in")
    deliver()
    assert attributes_of(session, [her.id])[her.id]["last_series"] == market.vehicle.series.key
    assert segment.members == 1


def test_nothing_computed_stays_of_who_is_forgotten_or_became_another(session: Session, market: make_orders.Market, deliver: Any) -> None:
    older, her = make_orders.buyer(session, market), make_orders.buyer(session, market)
    looks_at(session, older, market.vehicle, "run-1")
    make.does(session, older, "app.shown", session_id="run-1")
    make.does(session, her, "app.shown", session_id="run-2")
    deliver()
    people.merge(session, her, older)
    deliver()
    told = attributes_of(session, [her.id, older.id])
    assert (told[older.id], told[her.id]["visits_30d"], told[her.id]["last_series"]) == ({}, 2, market.vehicle.series.key)
    people.erase(session, her)
    deliver()
    assert session.execute(select(CustomerAttribute)).all() == []


def test_every_kind_hears_of_known_facts_and_says_itself_in_chinese() -> None:
    examples = {
        "profile": {"attribute": "phone"},
        "time_zone": {"zones": ["Asia/Shanghai"]},
        "city": {"cities": ["上海"]},
        "known_since": {"within_days": 3},
        "tag": {"tag": "vip", "value": "是", "source": "staff", "within_days": 3, "more_than_days": 1},
        "event": {"event": "vehicle.viewed", "at_least": 2, "where": [{"name": "price_fen", "test": "gte", "value": 1}]},
        "order": {"status": ["paid"], "deposit": "kept", "amount_min_fen": 100},
        "lead": {"stage": ["new"], "grade": ["H"], "within_days": 7, "dealers": [str(uuid.UUID(int=1))]},
        "vehicle_viewed": {"condition": ["new"], "price_max_fen": 100, "at_least": 2, "within_days": 7},
        "favourite": {"at_most": 0},
        "saved_search": {"within_days": 7},
        "consent": {"purpose": "marketing", "channel": "sms"},
        "reachable": {"way": "phone"},
        "in_segment": {"segment_id": str(uuid.UUID(int=1))},
        "attribute": {"attribute": "visits_30d", "from_number": 2},
    }
    assert examples.keys() == condition_kinds().keys()
    for name, config in examples.items():
        kind = condition_kinds()[name]
        loaded = kind.Config().load(config)
        heard = set(kind.listens(loaded))
        assert heard, name
        assert heard <= NAMES.keys() | {"attribute:visits_30d"}, name
        assert "{" not in words(leaf(name, **config)), name
        assert all(field["label"] and field["type"] for field in drawn(kind.Config)), name
