"""What a marketer does with a broadcast in the console, from the first draft to the file of what became of everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.broadcasts.models import Broadcast
from app.broadcasts.service import begin_due
from app.dealers.models import Role
from app.identity import service as identity
from app.identity.models import Purpose
from app.kit import clock
from app.messaging.models import MessagingPolicy
from app.wechat.client import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import audience as tags
from tests.factories import broadcasts as make
from tests.factories import dealers
from tests.factories import messaging as towns

DOOR = "/api/staff/broadcasts/"


@pytest.fixture
def marketer(session: Session, client: Any, town: towns.Town) -> Any:
    return signed_in(session, client, town, Role.marketer)


def signed_in(session: Session, client: Any, town: towns.Town, role: Role) -> Any:
    one = dealers.staff(session, town.market.brand, role)
    session.commit()
    assert client.post("/api/public/staff/login", json={"username": one.username, "password": dealers.PASSWORD}).status_code == 200
    return client


def draft(marketer: Any, **fields: Any) -> str:
    body = {"name": "新车到店", "ladder": make.LADDER} | fields
    answer = marketer.post(DOOR, json=body)
    assert answer.status_code == 201, answer.json
    made: str = answer.json["id"]
    return made


def test_from_a_draft_to_the_file_of_what_became_of_everybody(
    session: Session, town: towns.Town, tencent: FakeGateway, marketer: Any, later: Callable[..., None]
) -> None:
    tag = tags.tag(session, town.market.brand)
    happy, refused, stranger = make.readers(session, town, 3)
    identity.refuse(session, refused, purpose=Purpose.marketing)
    for one in (happy, refused):
        audience.add(session, one.id, tag.key)
    session.commit()
    one = draft(marketer, audience={"kind": "tag", "tag": tag.key})
    seen = marketer.get(f"{DOOR}{one}/forecast").json
    assert (seen["people"], seen["reached"], seen["skipped"][0]["reason"]) == (2, 1, "refused")
    assert seen["sentence"].startswith("这批消息预计")
    assert marketer.post(f"{DOOR}{one}/schedule", json={}).json["status"] == "scheduled"
    begin_due(session)
    make.fed(session)
    assert towns.send_due(session) == 1
    later(seconds=5)
    make.fed(session)
    told = marketer.get(f"{DOOR}{one}").json
    assert (told["status"], told["status_label"]) == ("finished", "已完成")
    progress = told["progress"]
    assert (progress["listed"], progress["sent"], progress["skipped"]) == (
        2,
        1,
        [{"reason": "refused", "text": "客户已拒收这类消息", "count": 1}],
    )
    everybody = marketer.get(f"{DOOR}{one}/people").json["items"]
    assert {row["customer_id"]: row["outcome"] for row in everybody} == {str(happy.id): "accepted", str(refused.id): "skipped"}
    (skipped,) = marketer.get(f"{DOOR}{one}/people", query_string={"outcome": "skipped", "reason": "refused"}).json["items"]
    assert skipped["reason_text"] == "客户已拒收这类消息"
    assert marketer.get(f"{DOOR}{one}/people", query_string={"outcome": "nothing"}).status_code == 422
    file = marketer.get(f"{DOOR}{one}/people.csv")
    assert file.data.startswith(b"\xef\xbb\xbf")
    assert len(file.text.splitlines()) == 3
    assert "****" in file.text, "nobody's whole number leaves in a file"
    for person, sentence in ((happy, "平台已受理"), (refused, "没有发送：客户已拒收这类消息"), (stranger, "当时她不在其中")):
        lines = marketer.get(f"{DOOR}{one}/people/{person.id}/why").json["lines"]
        assert any(sentence in line["sentence"] for line in lines), lines
    assert [row["id"] for row in marketer.get(DOOR, query_string={"status": "finished"}).json["items"]] == [one]


def test_people_are_turned_page_by_page_and_nobody_is_left_out(
    session: Session, town: towns.Town, tencent: FakeGateway, marketer: Any
) -> None:
    people = make.readers(session, town, 5)
    broadcast = make.begun(session, town, people)
    make.fed(session)
    towns.send_due(session)
    for query in ({}, {"outcome": "accepted"}):
        found, cursor = [], None
        while True:
            asked = query | {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = marketer.get(f"{DOOR}{broadcast.id}/people", query_string=asked).json
            found += [row["customer_id"] for row in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(found) == sorted(str(one.id) for one in people)
    assert marketer.get(f"{DOOR}{broadcast.id}/people", query_string={"cursor": "nonsense"}).status_code == 422


def test_a_time_without_an_offset_is_the_brands(session: Session, town: towns.Town, marketer: Any) -> None:
    session.add(MessagingPolicy(brand_id=town.brand_id, time_zone="Asia/Urumqi"))
    one = draft(marketer, audience={"kind": "list", "customer_ids": [str(person.id) for person in make.readers(session, town, 1)]})
    at = (clock.now(session) + timedelta(days=2)).astimezone(ZoneInfo("Asia/Urumqi")).replace(microsecond=0)
    answer = marketer.post(f"{DOOR}{one}/schedule", json={"at": at.replace(tzinfo=None).isoformat()})
    assert answer.status_code == 200, answer.json
    assert session.get_one(Broadcast, answer.json["id"]).scheduled_at == at
    again = marketer.post(f"{DOOR}{one}/schedule", json={})
    assert (again.status_code, again.json["error"]) == (409, "broadcasts.step_impossible")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"audience": {"kind": "tag"}}, "audience"),
        ({"audience": {"kind": "everybody"}}, "audience"),
        ({"audience": {"kind": "tag", "tag": "nothing"}}, "tag"),
        ({"ladder": []}, "ladder"),
        ({"ladder": [{"channel": "service_template", "template_key": "nothing"}]}, "ladder.0"),
        ({"name": ""}, "name"),
        ({"expires_hours": 0}, "expires_hours"),
        ({"per_minute": 0}, "per_minute"),
        ({"purpose": "anything"}, "purpose"),
    ],
)
def test_what_does_not_hold_is_refused_by_its_name(
    session: Session, town: towns.Town, marketer: Any, fields: dict[str, Any], field: str
) -> None:
    good = {"name": "新车到店", "ladder": make.LADDER, "audience": {"kind": "tag", "tag": tags.tag(session, town.market.brand).key}}
    session.commit()
    answer = marketer.post(DOOR, json=good | fields)
    assert (answer.status_code, field in answer.json["details"]) == (422, True), answer.json


def test_finance_looks_and_writes_to_nobody(session: Session, town: towns.Town, client: Any) -> None:
    broadcast = make.broadcast(session, town, make.readers(session, town, 1))
    finance = signed_in(session, client, town, Role.finance)
    assert finance.get(f"{DOOR}{broadcast.id}").status_code == 200
    for step in ("schedule", "pause", "resume", "cancel", "unschedule"):
        assert finance.post(f"{DOOR}{broadcast.id}/{step}", json={}).status_code == 403
    assert finance.put(f"{DOOR}{broadcast.id}", json={"name": "别的"}).status_code == 403


def test_another_brand_sees_nothing_of_it(session: Session, town: towns.Town, client: Any) -> None:
    broadcast = make.broadcast(session, town, make.readers(session, town, 1))
    stranger = dealers.staff(session, dealers.brand(session), Role.marketer)
    session.commit()
    client.post("/api/public/staff/login", json={"username": stranger.username, "password": dealers.PASSWORD})
    assert client.get(DOOR).json["items"] == []
    for path in ("", "/forecast", "/people", "/people.csv"):
        assert client.get(f"{DOOR}{broadcast.id}{path}").status_code == 404
    assert client.post(f"{DOOR}{broadcast.id}/cancel").status_code == 404


def test_the_progress_says_what_it_waits_for_and_until_when(
    session: Session, town: towns.Town, tencent: FakeGateway, marketer: Any
) -> None:
    town.service_account.settings = town.service_account.settings | {"quotas": {"service_account.send_template": 10}}
    broadcast = make.begun(session, town, make.readers(session, town, 12))
    make.fed(session)
    tencent.fail("send_template", WechatError(Outcome.permanent_person, "43004", "require subscribe"))
    assert towns.send_due(session) == 9, "one of ten is kept for transactional messages"
    told = marketer.get(f"{DOOR}{broadcast.id}").json["progress"]
    assert (told["sent"], told["on_their_way"]) == (8, 3)
    assert told["failed"] == [{"reason": "wechat.43004", "text": "微信返回 43004：没有说明", "count": 1}]
    assert told["waiting"][0]["count"] == 3
    assert told["sentences"][0].startswith("3 人在等待：今日发送额度已用完，次日继续，预计 ")


def test_something_that_nobody_saved_is_foreseen_like_its_draft_and_nothing_of_it_stays(
    session: Session, town: towns.Town, tencent: FakeGateway, marketer: Any
) -> None:
    tag = tags.tag(session, town.market.brand)
    happy, refused = make.readers(session, town, 2)
    identity.refuse(session, refused, purpose=Purpose.marketing)
    for one in (happy, refused):
        audience.add(session, one.id, tag.key)
    session.commit()
    body = {"name": "新车到店", "ladder": make.LADDER, "audience": {"kind": "tag", "tag": tag.key}}
    seen = marketer.post(f"{DOOR}forecast", json=body).json
    assert (seen["people"], seen["reached"]) == (2, 1)
    assert [(one["reason"], one["count"]) for one in seen["skipped"]] == [("refused", 1)]
    assert marketer.get(DOOR).json["items"] == []
    saved = draft(marketer, **body)
    assert marketer.get(f"{DOOR}{saved}/forecast").json == seen
    listed = marketer.post(f"{DOOR}forecast", json=body | {"audience": {"kind": "list", "customer_ids": [str(happy.id)]}}).json
    assert (listed["people"], listed["reached"]) == (1, 1)
    assert marketer.post(f"{DOOR}forecast", json=body | {"audience": {"kind": "tag", "tag": "nobody"}}).status_code == 422


def test_the_list_finds_a_broadcast_by_its_name_and_says_for_whom_it_is_and_how_far(
    session: Session, town: towns.Town, tencent: FakeGateway, marketer: Any
) -> None:
    tag = tags.tag(session, town.market.brand)
    happy, refused = make.readers(session, town, 2)
    identity.refuse(session, refused, purpose=Purpose.marketing)
    for one in (happy, refused):
        audience.add(session, one.id, tag.key)
    session.commit()
    draft(marketer, name="另一个 100%", audience={"kind": "list", "customer_ids": [str(happy.id)]})
    began = draft(marketer, audience={"kind": "tag", "tag": tag.key})
    (still, other) = marketer.get(DOOR).json["items"]
    assert (still["share"], still["audience_name"], other["audience_name"]) == (None, tag.label, None)
    assert [one["name"] for one in marketer.get(DOOR, query_string={"q": "0%"}).json["items"]] == ["另一个 100%"]
    marketer.post(f"{DOOR}{began}/schedule", json={})
    begin_due(session)
    make.fed(session)
    towns.send_due(session)
    (row,) = marketer.get(DOOR, query_string={"q": "新车"}).json["items"]
    assert row["share"] == {"people": 2, "done": 2, "sent": 1}
