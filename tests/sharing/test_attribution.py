"""What comes of a share is credited to it once: to the last that touched her, never to herself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import Event
from app.identity import service as identity
from app.identity.models import Customer
from app.leads import service as leads
from app.sharing import handlers, queries, service
from app.sharing.models import Share, ShareConversion, ShareOpen, ShareTouch, ShareVisitor
from app.sharing.queries import Stats
from tests.factories import messaging as make
from tests.factories import sharing as make_share
from tests.factories import vehicles

NOTHING = Stats(0, 0, 0, 0, 0)


class Chat:
    """A sharer, her friend, and her share of a car."""

    def __init__(self, session: Session, town: make.Town, deliver: Any) -> None:
        self.session, self.town, self.deliver = session, town, deliver
        self.sharer, self.friend = make.follower(session, town), make.follower(session, town)
        self.share = make_share.vehicle_share(session, self.sharer, town.market.vehicle.id)

    def opens(self, share: Share | None = None, *, visitor_id: str | None = "friends-device", customer: Customer | None = None) -> None:
        service.open(self.session, share or self.share, customer=customer, visitor_id=visitor_id, scene="1154", user_agent="MicroMessenger")

    def logs_in(self, who: Customer | None = None, **arrival: str) -> None:
        who = who or self.friend
        events.record(self.session, "customer.logged_in", brand_id=who.brand_id, customer_id=who.id, data=arrival)
        self.deliver()

    def stats(self, share: Share | None = None, *, depth: int = 0) -> Stats:
        self.session.expire_all()
        return queries.stats(self.session, (share or self.share).id, depth=depth)

    def another_share(self, by: Customer | None = None) -> Share:
        """Of another car, by somebody else."""
        car = vehicles.vehicle(self.session, self.town.market.store)
        return make_share.vehicle_share(self.session, by or make.follower(self.session, self.town), car.id)


@pytest.fixture
def chat(session: Session, town: make.Town, deliver: Any) -> Chat:
    return Chat(session, town, deliver)


def test_the_friends_login_lead_and_order_are_the_sharers(session: Session, town: make.Town, chat: Chat) -> None:
    chat.opens()
    chat.logs_in(visitor_id="friends-device")
    assert chat.stats() == Stats(opens=1, logins=1, leads=0, orders=0, deposits=0)
    make.paid_order(session, town, chat.friend)
    chat.deliver()
    assert chat.stats() == Stats(opens=1, logins=1, leads=1, orders=1, deposits=1)
    told = session.execute(select(Event).filter_by(name="share.converted").order_by(Event.id)).scalars().all()
    assert {one.data["kind"] for one in told} == {"login", "lead", "order", "deposit"}
    assert {one.customer_id for one in told} == {chat.friend.id}
    assert {one.data["sharer_id"] for one in told} == {str(chat.sharer.id)}


def test_a_share_named_at_login_is_enough(chat: Chat) -> None:
    chat.logs_in(share_id=chat.share.id)
    assert chat.stats().logins == 1


def test_an_open_by_somebody_signed_in_touches_at_once(session: Session, town: make.Town, chat: Chat) -> None:
    chat.opens(customer=chat.friend, visitor_id=None)
    leads.contact(session, chat.friend, vehicle_id=town.market.vehicle.id)
    chat.deliver()
    assert chat.stats() == Stats(opens=1, logins=1, leads=1, orders=0, deposits=0)


def test_the_device_is_known_again_after_the_login(session: Session, chat: Chat) -> None:
    chat.logs_in(visitor_id="friends-device")
    chat.opens()
    assert session.execute(select(ShareOpen.customer_id)).scalar_one() == chat.friend.id
    assert session.execute(select(ShareTouch)).scalar_one().customer_id == chat.friend.id


def test_her_own_share_credits_her_with_nothing(session: Session, town: make.Town, chat: Chat) -> None:
    chat.opens(visitor_id="her-device")
    chat.logs_in(chat.sharer, visitor_id="her-device", share_id=chat.share.id)
    make.paid_order(session, town, chat.sharer)
    chat.deliver()
    assert chat.stats() == NOTHING
    assert session.execute(select(ShareTouch)).first() is None


def test_the_last_share_is_credited_and_the_first_is_kept(session: Session, town: make.Town, chat: Chat, later: Any) -> None:
    last = chat.another_share()
    chat.opens()
    later(hours=1)
    chat.opens(last)
    chat.logs_in(visitor_id="friends-device")
    make.paid_order(session, town, chat.friend)
    chat.deliver()
    assert chat.stats() == Stats(opens=1, logins=1, leads=0, orders=0, deposits=0)
    assert chat.stats(last) == Stats(opens=1, logins=1, leads=1, orders=1, deposits=1)
    credited = session.execute(select(ShareConversion).where(ShareConversion.kind != "login")).scalars().all()
    assert {one.first_share_id for one in credited} == {chat.share.id}


@pytest.mark.parametrize(("days", "leads_credited"), [(29, 1), (31, 0)])
def test_after_thirty_days_a_share_is_credited_no_more(
    session: Session, town: make.Town, chat: Chat, later: Any, days: int, leads_credited: int
) -> None:
    chat.opens()
    chat.logs_in(visitor_id="friends-device")
    later(days=days)
    leads.contact(session, chat.friend, vehicle_id=town.market.vehicle.id)
    chat.deliver()
    assert chat.stats().leads == leads_credited


def test_events_that_come_twice_are_credited_once(session: Session, town: make.Town, chat: Chat) -> None:
    chat.opens()
    chat.logs_in(visitor_id="friends-device")
    make.paid_order(session, town, chat.friend)
    chat.deliver()
    before = chat.stats()
    names = ("customer.logged_in", "lead.created", "order.reserved", "deposit.paid")
    # A newer touch in between must not credit the same order to another share as well.
    newer = chat.another_share()
    chat.opens(newer, customer=chat.friend)
    handlers.attribute(session, session.execute(select(Event).where(Event.name.in_(names)).order_by(Event.id)).scalars().all())
    session.flush()
    assert chat.stats() == before
    assert chat.stats(newer).orders == 0


def test_a_share_of_another_brand_touches_nobody(session: Session, town: make.Town, chat: Chat) -> None:
    other = make.town(session)
    foreign = make_share.vehicle_share(session, make.follower(session, other), other.market.vehicle.id)
    service.open(session, foreign, customer=None, visitor_id="friends-device", scene=None, user_agent="")
    chat.logs_in(visitor_id="friends-device", share_id=foreign.id)
    assert session.execute(select(ShareTouch)).first() is None
    assert session.execute(select(ShareOpen.customer_id)).scalar_one() is None


def test_a_share_that_does_not_exist_is_no_obstacle_to_login(session: Session, chat: Chat) -> None:
    chat.logs_in(share_id="nosuchshare", visitor_id="friends-device")
    assert session.execute(select(ShareVisitor.customer_id)).scalar_one() == chat.friend.id


def test_what_is_passed_on_counts_for_the_whole_chain_up_to_three_times_removed(session: Session, town: make.Town, chat: Chat) -> None:
    shares = [chat.share]
    people = [chat.friend, *(make.follower(session, town) for _ in range(4))]
    for number, person in enumerate(people):
        device = f"device-{number}"
        chat.opens(shares[-1], visitor_id=device)
        chat.logs_in(person, visitor_id=device)
        shares.append(chat.another_share(person))
    assert [share.parent_id for share in shares] == [None, *(share.id for share in shares[:-1])]
    assert queries.chain(session, chat.share.id) == [share.id for share in shares[:4]]
    assert chat.stats().logins == 1
    assert chat.stats(depth=1).logins == 2
    assert chat.stats(depth=3).logins == 4


def test_when_friend_and_sharer_are_one_person_nothing_is_credited(session: Session, town: make.Town, deliver: Any) -> None:
    chat = Chat(session, town, deliver)
    chat.friend.phone = chat.friend.phone_hash = None
    chat.opens()
    chat.logs_in(visitor_id="friends-device")
    assert chat.stats().logins == 1
    identity.merge(session, chat.sharer, chat.friend)
    deliver()
    assert chat.stats() == NOTHING
    assert session.execute(select(ShareTouch)).first() is None


def test_a_merged_friend_keeps_what_touched_him(session: Session, town: make.Town, chat: Chat) -> None:
    other = make.follower(session, town, phone=None)
    chat.opens()
    chat.opens(visitor_id="old-phone")
    chat.logs_in(visitor_id="friends-device")
    chat.logs_in(other, visitor_id="old-phone")
    identity.merge(session, chat.friend, other)
    chat.deliver()
    touch = session.execute(select(ShareTouch)).scalar_one()
    assert touch.customer_id == chat.friend.id
    leads.contact(session, chat.friend, vehicle_id=town.market.vehicle.id)
    chat.deliver()
    assert chat.stats().leads == 1


def test_an_erased_customers_devices_are_forgotten(session: Session, chat: Chat) -> None:
    chat.opens()
    chat.logs_in(visitor_id="friends-device")
    identity.erase(session, chat.friend)
    chat.deliver()
    assert session.execute(select(ShareVisitor)).first() is None
    assert session.execute(select(ShareOpen.visitor_id)).scalar_one() is None
    assert chat.stats().opens == 1
