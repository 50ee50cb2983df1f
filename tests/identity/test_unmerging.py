"""Two customers that were made one are made two again: to each what was hers, and nothing twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.audience.models import CustomerTag, Segment
from app.dealers.models import Role, Staff
from app.identity import queries, service
from app.identity.errors import MergeCovered, MergeForgotten, MergeMoving, MergeUndone, MergeUnknown, SameInWechat
from app.identity.models import Customer, CustomerMerge, CustomerMergeChange, CustomerSession, Purpose
from app.journeys import service as journeys
from app.journeys.models import Walk
from app.kit.db import Base
from app.leads.models import Lead
from app.messaging.models import Send
from app.orders.models import Order
from tests.factories import audience as make_tags
from tests.factories import dealers, identity, leads, orders, segments
from tests.factories import journeys as make_journeys
from tests.interests.watcher import Watcher

# They know of customers and are no part of a merge: facts stay as they were told, and what is to be looked at again is not kept for long.
NOT_HERS = {"events", "event_totals", "segment_touched"}
Deliver = Callable[[], int]


def kept_tables(session: Session) -> set[str]:
    """Those whose changes a merge keeps."""
    rows = session.execute(text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = tgrelid::regclass::text || '_of_merge'"))
    return set(rows.scalars())


def everything(session: Session) -> dict[str, list[str]]:
    """All rows that say whose something is, as they stand."""
    session.commit()
    rows = {}
    for table in sorted(kept_tables(session) - {"lead_activities"}):
        found = session.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t"))  # a table of ours
        rows[table] = sorted(found.scalars())
    return rows


class Two:
    """A customer and her twin, of whom each has something of everything."""

    def __init__(self, app: Any, session: Session) -> None:
        self.session = session
        self.market = market = orders.market(session)
        self.admin: Staff = dealers.staff(session, market.brand, Role.admin)
        self.kept, self.twin = (Watcher(session, app.test_client(), market) for _ in range(2))
        journey = make_journeys.journey(session, market.brand)
        assert journey is not None
        self.tags = [make_tags.tag(session, market.brand) for _ in range(3)]
        self.both, self.hers = self.kept.car(title="都喜欢"), self.kept.car(title="只有她喜欢")
        owner = dealers.staff(session, market.dealer)
        for number, one in enumerate((self.kept, self.twin)):
            one.likes(self.both)
            one.saves(body=["suv"])
            audience.add(session, one.customer.id, self.tags[0].key)
            audience.add(session, one.customer.id, self.tags[number + 1].key)
            orders.order(session, market, one.customer, vehicle_id=one.car(title=f"车{number}").id)
            leads.lead(session, one.customer, owner if number else None)
            service.give_consent(session, one.customer, purpose=Purpose.location, text_version="1")
            service.refuse(session, one.customer, purpose=Purpose.marketing, channel="service_template")
            make_journeys.triggered(session, one.customer)
        self.twin.likes(self.hers)
        session.commit()
        self.segments = [segments.segment(session, market.brand, {"all": [segments.leaf("tag", tag=tag.key)]}) for tag in self.tags]

    def merge(self) -> uuid.UUID:
        service.merge(self.session, self.kept.customer, self.twin.customer, actor=("staff", self.admin.id))
        return self.session.execute(select(CustomerMerge.id).order_by(CustomerMerge.id.desc()).limit(1)).scalar_one()

    def undo(self, merge_id: uuid.UUID) -> None:
        kept = queries.get(self.session, self.market.brand.id, self.kept.customer.id)
        service.unmerge(self.session, kept, merge_id, staff_id=self.admin.id)
        self.session.commit()

    def of(self, model: Any, whose: Watcher) -> list[Any]:
        return list(self.session.execute(select(model).filter_by(customer_id=whose.customer.id)).scalars())


@pytest.fixture
def two(app: Any, session: Session, deliver: Deliver) -> Two:
    made = Two(app, session)
    deliver()
    journeys.advance_all()
    deliver()
    return made


def test_every_table_that_says_whose_something_is_is_kept_for_undoing(app: Any, session: Session) -> None:
    whose = {name for name, table in Base.metadata.tables.items() if any(one.name == "customer_id" for one in table.columns)}
    assert whose - NOT_HERS - kept_tables(session) == set()


def test_of_a_merge_that_is_undone_at_once_nothing_is_left_in_any_table(session: Session, two: Two, deliver: Deliver) -> None:
    before = everything(session)
    held = {name for name, rows in before.items() if rows}
    assert {"customer_tags", "favourites", "leads", "orders", "refusals", "saved_searches", "segment_members", "sends", "walks"} <= held
    merge_id = two.merge()
    deliver()
    assert two.of(Order, two.twin) == []
    assert {walk.exit_reason for walk in two.of(Walk, two.kept)} == {None, "customer.merged"}
    two.undo(merge_id)
    after = everything(session)
    assert {name: after[name] for name in after if after[name] != before[name]} == {}
    deliver()
    assert [session.get_one(Segment, one.id).members for one in two.segments] == [2, 1, 1]


def test_what_came_after_the_merge_stays_and_what_went_on_goes_back_as_it_went_on(session: Session, two: Two, deliver: Deliver) -> None:
    (order,), (lead,) = two.of(Order, two.twin), two.of(Lead, two.twin)
    merge_id = two.merge()
    deliver()
    new = two.kept.car(title="后来喜欢的")
    two.kept.likes(new)
    added = make_tags.tag(session, two.market.brand)
    audience.add(session, two.kept.customer.id, added.key)
    session.execute(text("UPDATE orders SET closed_at = marque_now() WHERE id = :id"), {"id": order.id})
    session.execute(text("UPDATE leads SET version = version + 1, grade = 'A'"))
    two.undo(merge_id)
    assert [(one.id, one.closed_at is None) for one in two.of(Order, two.twin)] == [(order.id, False)]
    assert [(one.id, one.grade) for one in two.of(Lead, two.twin)] == [(lead.id, "A")]
    favourites = {whose: {one["vehicle"]["title"] for one in whose.get("/favourites/")["items"]} for whose in (two.kept, two.twin)}
    assert favourites == {two.kept: {"都喜欢", "后来喜欢的"}, two.twin: {"都喜欢", "只有她喜欢"}}
    carried = {whose: {one.tag_id for one in two.of(CustomerTag, whose)} for whose in (two.kept, two.twin)}
    first, hers, twins = (one.id for one in two.tags)
    assert carried == {two.kept: {first, hers, added.id}, two.twin: {first, twins}}


def test_nobody_walks_twice_and_no_walk_is_lost(session: Session, two: Two, deliver: Deliver, later: Any) -> None:
    counts = text("SELECT what, detail, sum(times) FROM journey_counts GROUP BY 1, 2 HAVING sum(times) <> 0 ORDER BY 1, 2")
    before = session.execute(counts).all()
    merge_id = two.merge()
    deliver()
    two.undo(merge_id)
    assert session.execute(counts).all() == before
    for one in (two.kept, two.twin):
        assert [walk.status for walk in two.of(Walk, one)] == ["active"]
    later(days=2)
    journeys.advance_all()
    deliver()
    sent = session.execute(select(Send.customer_id, Send.template_key, func.count()).group_by(Send.customer_id, Send.template_key)).all()
    assert {row[0] for row in sent} == {two.kept.customer.id, two.twin.customer.id}
    assert {row[2] for row in sent} == {1}


def test_whoever_signed_in_since_has_to_say_again_who_she_is(session: Session, two: Two, deliver: Deliver, later: Any) -> None:
    merge_id = two.merge()
    deliver()
    later(minutes=1)
    identity.signed_in(session, two.kept.customer, two.market.mini)
    two.undo(merge_id)
    assert [len(two.of(CustomerSession, one)) for one in (two.kept, two.twin)] == [1, 1]
    assert two.twin.ask("GET", "/favourites/").json["items"]


def test_a_merge_is_undone_once_and_not_before_everybody_has_heard_of_it(session: Session, two: Two, deliver: Deliver) -> None:
    merge_id = two.merge()
    session.commit()
    with pytest.raises(MergeMoving):
        two.undo(merge_id)
    deliver()
    two.undo(merge_id)
    with pytest.raises(MergeUndone):
        two.undo(merge_id)
    with pytest.raises(MergeUnknown):
        service.unmerge(session, two.twin.customer, merge_id, staff_id=two.admin.id)


def test_the_later_of_two_merges_is_undone_first(session: Session, two: Two, deliver: Deliver) -> None:
    first = two.merge()
    third = identity.customer(session, two.market.brand)
    service.merge(session, third, two.kept.customer)
    deliver()
    before = session.get_one(CustomerMerge, first)
    assert isinstance(queries.why_merge_stays(session, before), MergeCovered)
    second = session.execute(select(CustomerMerge.id).filter_by(kept_id=third.id)).scalar_one()
    service.unmerge(session, third, second, staff_id=two.admin.id)
    two.undo(first)
    assert session.get_one(Customer, two.twin.customer.id).merged_into_id is None


def test_of_whoever_is_forgotten_no_word_is_kept_and_no_merge_is_undone(session: Session, two: Two, deliver: Deliver) -> None:
    merge_id = two.merge()
    deliver()
    service.erase(session, two.kept.customer)
    deliver()
    assert session.execute(select(func.count()).select_from(CustomerMergeChange)).scalar_one() == 0
    assert isinstance(queries.why_merge_stays(session, session.get_one(CustomerMerge, merge_id)), MergeForgotten)


def test_two_whom_wechat_calls_one_stay_one(session: Session, two: Two, deliver: Deliver) -> None:
    service.merge(session, two.kept.customer, two.twin.customer, cause="unionid")
    deliver()
    assert isinstance(queries.why_merge_stays(session, session.execute(select(CustomerMerge)).scalar_one()), SameInWechat)
