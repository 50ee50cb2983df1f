"""Marketers make segments through their doors: they see whom they find first, and read what is wrong in their own words."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audience.models import Segment, SegmentMember
from app.audience.service import compiling, computing, segments
from app.dealers.models import Brand, Role
from app.events.models import Event, EventSubscription
from app.identity import queries as identities
from app.kit.registry import kinds
from tests.factories import dealers, identity
from tests.factories import segments as make
from tests.factories.segments import leaf

VIEWED = leaf("event", event="vehicle.viewed")
SEARCHED = leaf("event", event="search.performed")


@pytest.fixture
def brand(session: Session) -> Brand:
    return dealers.brand(session)


@pytest.fixture
def marketer(app: Any, session: Session, brand: Brand) -> Any:
    """A browser in which a marketer of the brand is signed in."""
    return signed_in(app, session, brand, Role.marketer)


def signed_in(app: Any, session: Session, of: Any, role: Role) -> Any:
    member = dealers.staff(session, of, role)
    session.commit()
    client = app.test_client()
    assert client.post("/api/public/staff/login", json={"username": member.username, "password": dealers.PASSWORD}).status_code == 200
    return client


def test_a_segment_from_its_preview_to_its_archive(session: Session, brand: Brand, marketer: Any) -> None:
    her = identity.customer(session, brand, phone="+8613812345678", nickname="林晓雯")
    make.did(session, her, "vehicle.viewed")
    session.commit()
    seen = marketer.post("/api/staff/segments/preview", json={"tree": {"all": [VIEWED, {"not": SEARCHED}]}}).json
    assert (seen["count"], seen["sample"]) == (1, [{"id": str(her.id), "nickname": "林晓雯", "phone_masked": "138****5678"}])
    assert seen["summary"] == "「查看车辆」，并且不满足（「搜索车辆」）"
    made = marketer.post("/api/staff/segments/", json={"name": "看过车的人", "key": "viewers", "tree": VIEWED})
    assert (made.status_code, made.json["status"], made.json["members"]) == (201, "waiting", 0)
    where = f"/api/staff/segments/{made.json['id']}"
    computing.compute_due()
    shown = marketer.get(where).json
    assert (shown["status"], shown["members"], shown["version"], shown["summary"]) == ("ready", 1, 1, "「查看车辆」")
    page = marketer.get(f"{where}/members").json
    assert [one["nickname"] for one in page["items"]] == ["林晓雯"]
    told = marketer.post(f"{where}/difference", json={"tree": {"not": VIEWED}}).json
    assert (told["before"], told["after"], told["entering"], told["leaving"]) == (1, 0, 0, 1)
    assert marketer.patch(where, json={"version": 1, "tree": SEARCHED, "name": "搜过车的人"}).json["version"] == 2
    late = marketer.patch(where, json={"version": 1, "tree": VIEWED})
    assert (late.status_code, late.json["message"]) == (409, "这个人群刚刚被别人修改过，请刷新后再保存")
    computing.compute_due()
    copied = marketer.post(f"{where}/copy", json={"name": "副本", "kind": "snapshot"}).json
    assert (copied["kind"], copied["tree"], copied["version"]) == ("snapshot", SEARCHED, 1)
    assert [one["name"] for one in marketer.get("/api/staff/segments/").json["items"]] == ["副本", "搜过车的人"]
    assert [one["number"] for one in marketer.get(where).json["versions"]] == [2, 1]
    assert marketer.post(f"{where}/archive").json["status"] == "archived"
    assert [one["name"] for one in marketer.get("/api/staff/segments/?archived=true").json["items"]] == ["搜过车的人"]
    assert session.execute(select(SegmentMember).filter_by(segment_id=uuid.UUID(made.json["id"]))).all() == []


def test_every_kind_comes_with_the_form_that_the_console_draws(marketer: Any) -> None:
    items = {one["kind"]: one for one in marketer.get("/api/staff/segments/kinds").json["items"]}
    assert items.keys() == kinds("app.audience.conditions").keys()
    fields = {one["name"]: one for one in items["event"]["form"]}
    assert fields["event"]["required"]
    assert {"value": "vehicle.viewed", "label": "查看车辆"} in fields["event"]["choices"]
    assert (fields["at_least"]["type"], fields["at_least"]["max"]) == ("integer", 1000)
    assert [one["name"] for one in fields["where"]["fields"]] == ["name", "test", "value"]
    asked = {one["name"]: one.get("when") for one in items["attribute"]["form"]}
    assert (asked["attribute"], asked["to_number"]) == (None, {"attribute": ["visits_30d"]})


WRONG = [
    ({"kind": "nonsense"}, "没有「nonsense」这种条件"),
    (leaf("event"), "「做过或没做过某事」的「事件」：必填"),
    (leaf("event", event="no.such_event"), "「做过或没做过某事」的「事件」：填写得不对"),
    (leaf("event", event="vehicle.viewed", at_least=3, at_most=2), "「做过或没做过某事」的「至多几次」：至少和至多的次数互相矛盾"),
    (leaf("event", event="vehicle.viewed", at_least=0), "「做过或没做过某事」的「至多几次」：至少和至多的次数互相矛盾"),
    (leaf("event", event="vehicle.viewed", within_days="30"), "「做过或没做过某事」的「最近几天内」：填写得不对"),
    (
        leaf("event", event="vehicle.viewed", within_days=3, from_on="2026-01-01"),
        "「做过或没做过某事」的「最近几天内」：只能选一种时间范围",
    ),
    (
        leaf("event", event="vehicle.viewed", where=[{"name": "x'", "test": "eq", "value": 1}]),
        "「做过或没做过某事」的「附加条件」：填写得不对",
    ),
    (
        leaf("event", event="vehicle.viewed", where=[{"name": "x", "test": "gte", "value": "1"}]),
        "「做过或没做过某事」的「附加条件」：填写得不对",
    ),
    (leaf("tag", tag="nobody_has_it"), "「标签」的「标签」：没有这个标签"),
    (leaf("in_segment", segment_id=str(uuid.UUID(int=7))), "「属于另一个人群」的「人群」：没有找到这个人群"),
    (leaf("lead", dealers=[str(uuid.UUID(int=7))]), "「线索」的「经销商」：没有这家经销商"),
    (leaf("vehicle_viewed", series=["nothing"]), "「看过的车」的「车系」：没有这个车系"),
    (leaf("attribute", attribute="budget_band", to_number=3), "「计算属性」的「不大于」：请填写与这个属性相配的一项"),
    (leaf("known_since"), "「成为客户的时间」的「最近几天内」：请在两项里填一项"),
    (leaf("profile", attribute="phone", colour="red"), "「客户资料」的「colour」：没有这一项"),
    ({"any": []}, "这一组里还没有条件"),
    ({"all": [VIEWED], "any": [VIEWED]}, "条件的格式不对"),
    ({"all": "everybody"}, "条件的格式不对"),
    ({}, "条件的格式不对"),
    ({"not": {"not": {"not": {"not": {"not": {"not": VIEWED}}}}}}, "条件嵌套太深，最多 5 层"),
    ({"all": [VIEWED] * 51}, "条件太多了，最多 50 个"),
    ({"all": [{"any": [VIEWED] * 26}, {"any": [VIEWED] * 26}]}, "条件太多了，最多 50 个"),
    (leaf("profile", attribute="phone") | {"config": []}, "填写得不对"),
]


def test_what_is_wrong_is_said_of_its_field_in_words(session: Session, brand: Brand) -> None:
    for tree, words in WRONG:
        found = compiling.problems(session, brand.id, tree)
        assert found, tree
        assert words in found[0]["message"], (tree, found)


def test_a_wrong_condition_is_told_where_it_stands(marketer: Any) -> None:
    answer = marketer.post("/api/staff/segments/", json={"name": "人群", "tree": {"all": [VIEWED, {"any": [VIEWED, leaf("event")]}]}})
    assert (answer.status_code, answer.json["error"]) == (422, "audience.segment_wrong")
    assert answer.json["message"] == "人群条件有误，请检查后再保存"
    assert answer.json["details"]["problems"] == [
        {"at": "all.1.any.1", "field": "事件", "message": "「做过或没做过某事」的「事件」：必填"},
    ]


def test_what_a_tree_says_never_becomes_sql(session: Session, brand: Brand) -> None:
    evil = "x'); DROP TABLE segments; --"
    her = identity.customer(session, brand)
    make.did(session, her, "search.performed", q=evil, list=[1])
    for test, value, count in (("eq", evil, 1), ("contains", "%", 0), ("contains", "DROP", 1), ("ne", evil, 0), ("eq", 1, 0)):
        where = [{"name": "q", "test": test, "value": value}]
        assert segments.preview(session, brand.id, leaf("event", event="search.performed", where=where)).count == count
    assert segments.preview(session, brand.id, leaf("time_zone", zones=[evil])).count == 0
    odd = [{"name": "list", "test": "gte", "value": 0}]
    assert segments.preview(session, brand.id, leaf("event", event="search.performed", where=odd)).count == 0


def test_whoever_asks_for_too_much_gets_an_answer_in_time(session: Session, brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "WAITS_S", 1)
    slow = select(text("count(*), pg_sleep(30)"))
    with pytest.raises(segments.TooSlow) as refused:
        segments._soon(session, "4MB", slow)
    assert refused.value.details == {"seconds": 1}
    assert session.execute(text("SHOW statement_timeout")).scalar_one() == "0"
    assert segments.preview(session, brand.id, VIEWED).count == 0, "the transaction goes on"


def test_segments_do_not_ask_about_each_other_in_a_circle(session: Session, brand: Brand) -> None:
    staff = make.marketer(session, brand)
    first = make.segment(session, brand, VIEWED, by=staff)
    second = make.segment(session, brand, leaf("in_segment", segment_id=str(first.id)), by=staff)
    third = make.segment(session, brand, {"not": leaf("in_segment", segment_id=str(second.id))}, by=staff)
    for other in (first, second, third):
        with pytest.raises(segments.SegmentCircle), session.begin_nested():
            segments.edit(session, staff, first, version=1, tree={"any": [SEARCHED, leaf("in_segment", segment_id=str(other.id))]})
    with pytest.raises(segments.SegmentUsed) as refused:
        segments.archive(session, staff, second)
    assert refused.value.details == {"names": f"人群「{third.name}」"}


def test_only_what_segments_listen_to_is_heard(session: Session, brand: Brand) -> None:
    def heard() -> set[str]:
        mine = select(EventSubscription.event_name).where(EventSubscription.handler == "audience.keep_members")
        return set(session.execute(mine).scalars())

    staff = make.marketer(session, brand)
    first = make.segment(session, brand, VIEWED, by=staff)
    make.segment(session, brand, SEARCHED, by=staff)
    always = {"customer.created", "customer.logged_in"}
    assert heard() == always | {"vehicle.viewed", "search.performed"}
    segments.archive(session, staff, first)
    assert heard() == always | {"search.performed"}


@pytest.mark.parametrize("role", [Role.finance, Role.adviser, Role.dealer_manager])
def test_nobody_else_sees_segments(app: Any, session: Session, brand: Brand, role: Role) -> None:
    segment = make.segment(session, brand, VIEWED)
    at = brand if role is Role.finance else dealers.dealer(session, brand)
    client = signed_in(app, session, at, role)
    for path in ("/api/staff/segments/", f"/api/staff/segments/{segment.id}", f"/api/staff/segments/{segment.id}/members"):
        assert client.get(path).status_code == 403


def test_a_segment_of_another_brand_is_not_there(app: Any, session: Session, brand: Brand) -> None:
    segment = make.segment(session, brand, VIEWED)
    client = signed_in(app, session, dealers.brand(session), Role.admin)
    assert client.get(f"/api/staff/segments/{segment.id}").status_code == 404
    tree = leaf("in_segment", segment_id=str(segment.id))
    assert client.post("/api/staff/segments/preview", json={"tree": tree}).status_code == 422


def test_pages_of_members_go_on_where_they_ended(session: Session, brand: Brand, marketer: Any) -> None:
    everybody = [identity.customer(session, brand) for _ in range(5)]
    segment = make.segment(session, brand, {"all": []})
    seen, cursor = [], ""
    while cursor is not None:
        page = marketer.get(f"/api/staff/segments/{segment.id}/members?limit=2&cursor={cursor}").json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == sorted(str(one.id) for one in everybody)
    assert marketer.get(f"/api/staff/segments/{segment.id}/members?cursor=nonsense").status_code == 422


def test_saving_is_told_and_names_who_did(session: Session, brand: Brand) -> None:
    staff = make.marketer(session, brand)
    segment = make.segment(session, brand, VIEWED, by=staff)
    told = session.execute(select(Event).where(Event.name == "segment.saved")).scalar_one()
    assert (told.actor_type, told.actor_id, told.subject_id) == ("staff", str(staff.id), str(segment.id))


def test_she_reads_in_which_segments_she_is(session: Session, brand: Brand, deliver: Callable[[], int]) -> None:
    her = identity.customer(session, brand)
    segment = make.segment(session, brand, {"all": []})
    assert identities.everything_about(session, her)["more"]["segments"]["in"][0]["name"] == segment.name
    assert session.execute(select(Segment.members)).scalar_one() == 1
