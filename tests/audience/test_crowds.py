"""Who comes with thousands is looked at with them: by each segment, once, whoever dies over it and whatever happens to her meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience import service
from app.audience.models import RunKind, Segment, SegmentCrowd, TagKind, ValueType
from app.audience.queries import segments as queries
from app.audience.service import computing, crowds, segments
from app.dealers.models import Brand
from app.events.models import Event, EventDelivery
from app.identity import service as people
from app.identity.models import Customer, WechatIdentity
from app.identity.service import importing
from app.kit import db, queue
from tests.audience.test_people_import import Killed, counts, everybody, file, happened, marketer_of, report, taken_over
from tests.factories import identity as make_identity
from tests.factories import segments as make
from tests.factories import wechat as make_wechat
from tests.factories.segments import leaf

IN_SHANGHAI, VIP = leaf("city", cities=["上海"]), leaf("tag", tag="vip")


@pytest.fixture(autouse=True)
def _small_crowds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "AT_ONCE", 20)


def arrivals(number: int) -> bytes:
    """Half of them in Shanghai, a third with the tag."""
    cities, tags = ("上海", "北京"), ("vip", "", "")
    return file(*({"external_id": f"C{at:03d}", "city": cities[at % 2], "tags": tags[at % 3]} for at in range(number)))


def entered(session: Session, segment: uuid.UUID) -> int:
    told = select(func.count()).select_from(Event).filter_by(name="segment.entered", subject_id=str(segment))
    return session.execute(told).scalar_one()


def crowds_left(session: Session) -> int:
    return session.execute(select(func.count()).select_from(SegmentCrowd)).scalar_one()


def test_a_file_is_looked_at_in_crowds_and_nobody_of_it_by_herself(session: Session) -> None:
    staff = marketer_of(session)
    brand = session.get_one(Brand, staff.brand_id)
    in_shanghai, vip = make.segment(session, brand, IN_SHANGHAI), make.segment(session, brand, VIP)
    taken_over(session, staff, arrivals(60))
    assert session.execute(select(EventDelivery).filter_by(handler="audience.keep_members")).first() is None
    # Sixty who came, and twenty with a tag.
    assert crowds_left(session) in (4, 5, 6)
    assert queries.count(session, in_shanghai.id) == 0
    for _ in range(2):
        queue.run("audience.look_at_crowds")
        session.expire_all()
        assert [len(queries.members(session, one.id)) for one in (in_shanghai, vip)] == [30, 20]
        assert (in_shanghai.members, vip.members) == (30, 20)
        assert [entered(session, one.id) for one in (in_shanghai, vip)] == [30, 20]
    taken_over(session, staff, arrivals(60))
    assert crowds_left(session) == 0, "nothing happened to anybody"


def test_where_no_segment_listens_no_crowd_is_kept(session: Session) -> None:
    staff = marketer_of(session)
    make.segment(session, session.get_one(Brand, marketer_of(session).brand_id), IN_SHANGHAI)
    taken_over(session, staff, arrivals(10))
    assert crowds_left(session) == 0, "it is another brand that listens"


def test_whoever_is_merged_or_forgotten_before_is_passed_over(session: Session) -> None:
    staff = marketer_of(session)
    segment = make.segment(session, session.get_one(Brand, staff.brand_id), IN_SHANGHAI)
    taken_over(session, staff, arrivals(6))
    first, _, third, _, fifth, _ = everybody(session)
    kept = people.merge(session, first, third)
    people.erase(session, fifth)
    session.commit()
    queue.run("audience.look_at_crowds")
    session.expire_all()
    assert list(queries.members(session, segment.id)) == [kept.id]
    assert crowds_left(session) == 0


def test_a_worker_killed_over_a_crowd_is_followed_and_the_other_crowds_do_not_wait(
    session: Session, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    staff = marketer_of(session)
    segment = make.segment(session, session.get_one(Brand, staff.brand_id), IN_SHANGHAI)
    taken_over(session, staff, arrivals(60))
    look_again = crowds.look_again
    left = crowds_left(session)

    def die(*args: Any) -> None:
        look_again(*args)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(crowds, "look_again", die)
        with pytest.raises(Killed):
            crowds.look()
    while crowds.look():
        pass
    session.expire_all()
    assert crowds_left(session) == 1 < left
    assert 0 < entered(session, segment.id) < 30
    later(seconds=61)
    assert crowds.look()
    assert not crowds.look()
    session.expire_all()
    assert (segment.members, entered(session, segment.id)) == (30, 30)


def test_two_at_once_over_the_crowds_of_a_file_tell_of_each_once(committed: Callable[[], Any]) -> None:
    with committed() as session:
        staff = marketer_of(session)
        segment_id = segments.create(session, staff, name="上海", tree=IN_SHANGHAI).id
    computing.compute_due()
    with committed() as session:
        run_id = service.hand_in(session, staff, [arrivals(200)], kind=RunKind.people, file_name="x").id
    service.take_up(run_id)
    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(queue.run, "audience.look_at_crowds") for _ in range(3)]
        for one in looking:
            one.result()
    with committed() as session:
        assert crowds_left(session) == 0
        assert session.get_one(Segment, segment_id).members == len(queries.members(session, segment_id)) == 100
        assert entered(session, segment_id) == 100


def test_a_crowd_that_comes_while_a_segment_is_computed_is_looked_at_when_that_is_done(committed: Callable[[], Any]) -> None:
    with committed() as session:
        staff = marketer_of(session)
        segment_id = segments.create(session, staff, name="上海", tree=IN_SHANGHAI).id
    computing.compute_due()
    with committed() as session:
        session.get_one(Segment, segment_id).due_at = func.marque_now()
    assert computing._claim() == segment_id
    with committed() as session:
        run_id = service.hand_in(session, staff, [arrivals(40)], kind=RunKind.people, file_name="x").id
    service.take_up(run_id)
    queue.run("audience.look_at_crowds")
    with committed() as session:
        assert (crowds_left(session), queries.count(session, segment_id)) == (0, 0)
        assert computing.compute(session, segment_id)
    with committed() as session:
        assert (queries.count(session, segment_id), entered(session, segment_id)) == (20, 20)


def test_whoever_signs_up_while_her_row_is_taken_over_is_updated_and_the_others_are_made(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_them = importing._make
    with committed() as session:
        staff = marketer_of(session)
        brand = session.get_one(Brand, staff.brand_id)
        rows = [{"phone": f"138{at:08d}", "external_id": f"C{at}", "tags": "vip"} for at in range(50)]
        run = service.hand_in(session, staff, [file(*rows)], kind=RunKind.people, file_name="x")

    def sign_up_before(own: Session, asked: dict[str, Any]) -> None:
        if asked["attempt"] == 0:
            with db.transaction() as hers:
                make_identity.customer(hers, brand, phone="+8613800000007", nickname="她自己")
        make_them(own, asked)

    monkeypatch.setattr(importing, "_make", sign_up_before)
    service.take_up(run.id)
    with committed() as session:
        assert counts(session, run, "rows", "created", "updated", "rejected", "tags_added") == (50, 49, 1, 0, 50)
        assert session.execute(select(func.count()).select_from(Customer)).scalar_one() == 50
        her = session.execute(select(Customer).filter_by(external_id="C7")).scalar_one()
        assert her.nickname == "她自己"
        assert (happened(session, "customer.created"), happened(session, "tag.added")) == (49, 50)


def test_whoever_is_forgotten_while_her_row_is_taken_over_is_somebody_new(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_them = importing._make
    with committed() as session:
        staff = marketer_of(session)
        brand = session.get_one(Brand, staff.brand_id)
        account = make_wechat.account(session, brand)
        before = make_identity.customer(session, brand, phone="+8613800000007", unionid=None)
        make_identity.identity(session, before, account, openid="o7")
        row = {"phone": "13800000007", "appid": account.appid, "openid": "o7", "tags": "vip"}
        run = service.hand_in(session, staff, [file(row)], kind=RunKind.people, file_name="x")

    def forget_before(own: Session, asked: dict[str, Any]) -> None:
        if asked["attempt"] == 0:
            with db.transaction() as other:
                people.erase(other, other.get_one(Customer, before.id))
        make_them(own, asked)

    monkeypatch.setattr(importing, "_make", forget_before)
    service.take_up(run.id)
    with committed() as session:
        assert (counts(session, run, "created", "rejected", "tags_added"), report(session, run)) == ((1, 0, 1), [])
        (new,) = session.execute(select(Customer).where(Customer.erased_at.is_(None))).scalars()
        assert (new.id != before.id, new.phone) == (True, "+8613800000007")
        assert session.execute(select(WechatIdentity.customer_id).filter_by(openid="o7")).scalar_one() == new.id


def test_a_fact_says_the_value_of_a_tag_but_not_what_somebody_wrote(session: Session) -> None:
    staff = marketer_of(session)
    service.create(session, staff.brand_id, key="remark", label="备注", kind=TagKind.manual, value_type=ValueType.text)
    taken_over(session, staff, file({"external_id": "C1", "tags": "vip;budget=30.50;remark=张三的邻居"}))
    told = select(Event.data).filter_by(name="tag.added").order_by(Event.data["tag"].astext)
    assert list(session.execute(told).scalars()) == [
        {"source": "import", "tag": "budget", "value": 30.5},
        {"source": "import", "tag": "remark"},
        {"source": "import", "tag": "vip"},
    ]
