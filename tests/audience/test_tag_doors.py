"""Marketers make tags, are told whom a change concerns before it is saved, and hand in files; all through the doors."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience import service
from app.audience.models import CustomerTag, Tag, TagKind
from app.dealers.models import Brand, Role
from app.events import service as events
from app.kit import clock
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make_journeys
from tests.factories import tags as make

TAGS, FILES = "/api/staff/tags", "/api/staff/people/files"


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def marketer(session: Session, brand: Brand, client: Any) -> Any:
    """The client of somebody who is signed in as the brand's marketer."""
    return signed_in(session, brand, client, Role.marketer)


def signed_in(session: Session, brand: Brand, client: Any, role: Role) -> Any:
    staff = make_dealers.staff(session, brand, role)
    session.commit()
    body = {"username": staff.username, "password": make_dealers.PASSWORD}
    assert client.post("/api/public/staff/login", json=body).status_code == 200
    return client


def test_a_tag_is_made_in_a_folder_changed_and_put_away(marketer: Any) -> None:
    folder = marketer.post(f"{TAGS}/folders", json={"name": "购车意向"}).json
    assert marketer.post(f"{TAGS}/folders", json={"name": "购车意向"}).json == folder
    wanted = {"key": "budget", "label": "预算", "value_type": "choice", "choices": ["30万内", "30-50万"], "folder_id": folder["id"]}
    made = marketer.post(f"{TAGS}/", json=wanted)
    assert made.status_code == 201
    assert (made.json["kind_label"], made.json["folder"], made.json["carriers"]) == ("手动标签", folder, 0)
    again = marketer.post(f"{TAGS}/", json=wanted)
    assert (again.status_code, again.json["message"]) == (409, "已经有标识为「budget」的标签")
    one = f"{TAGS}/{made.json['id']}"
    changed = marketer.patch(one, json={"label": "购车预算", "ttl_days": 90}).json
    assert (changed["label"], changed["ttl_days"], changed["choices"]) == ("购车预算", 90, ["30万内", "30-50万"])
    assert marketer.patch(one, json={"choices": []}).json["error"] == "audience.value_unfit"
    assert marketer.post(f"{one}/archive").json["archived_at"]
    assert marketer.get(f"{TAGS}/").json["items"] == []
    assert [tag["key"] for tag in marketer.get(f"{TAGS}/", query_string={"archived": True}).json["items"]] == ["budget"]


def test_what_stands_on_a_tag_is_named_when_somebody_puts_it_away(session: Session, brand: Brand, marketer: Any) -> None:
    tag = make.tag(session, brand, key="deposit_paid")
    drawn = make_journeys.message_wait_message(trigger=make_journeys.event("tag.added", tag="deposit_paid"))
    journey = make_journeys.journey(session, brand, drawn)
    session.commit()
    refused = marketer.post(f"{TAGS}/{tag.id}/archive")
    assert refused.status_code == 409
    assert f"旅程「{journey.name}」" in refused.json["message"]
    assert refused.json["details"]["used_by"] == [{"kind": "journey", "label": "旅程", "name": journey.name}]


def test_whom_a_change_concerns_is_told_before_it_is_saved(session: Session, brand: Brand, marketer: Any) -> None:
    made = make.of_brand(session, brand)
    for _ in range(3):
        her = make_identity.customer(session, brand)
        events.record(session, "share.opened", brand_id=brand.id, customer_id=her.id)
    session.commit()
    asked = {"event_name": "share.opened", "action": "add"}
    assert marketer.post(f"{TAGS}/{made.ruled.id}/rules/preview", json=asked).json == {"gaining": 3, "losing": 0}
    counted = {"event_name": "share.opened", "at_least": 1, "within_hours": 24}
    assert marketer.post(f"{TAGS}/{made.counting.id}/behaviour/preview", json=counted).json == {"gaining": 3, "losing": 0}
    assert marketer.get(f"{TAGS}/{made.counting.id}").json["behaviour"] is None
    page = marketer.put(f"{TAGS}/{made.counting.id}/behaviour", json=counted).json
    assert (page["behaviour"]["event_label"], page["behaviour"]["within_hours"], page["behaviour"]["counting"]) == ("打开分享", 24, True)
    wrong = marketer.put(f"{TAGS}/{made.counting.id}/behaviour", json=counted | {"event_name": "no.such"})
    assert (wrong.status_code, wrong.json["details"]["fields"]) == (422, "event_name")


def test_a_file_of_people_is_handed_in_followed_told_row_by_row_and_its_tags_taken_back(
    session: Session, brand: Brand, marketer: Any
) -> None:
    make.tag(session, brand, key="vip", label="重点客户")
    session.commit()
    content = "手机号,CRM编号,标签\n13800138000,C1,重点客户\n12345,C2,\n13900139000,C3,没有的\n".encode()
    run = marketer.post(f"{FILES}/", data={"file": (BytesIO(content), "客户.csv")})
    assert (run.status_code, run.json["status_label"], run.json["progress"], run.json["file_name"]) == (202, "排队中", 0, "客户.csv")
    service.take_up_waiting()
    told = marketer.get(f"{FILES}/{run.json['id']}").json
    assert {name: told[name] for name in ("status", "progress", "rows", "created", "rejected", "tags_added")} == {
        "status": "done",
        "progress": 100,
        "rows": 3,
        "created": 2,
        "rejected": 1,
        "tags_added": 1,
    }
    first = marketer.get(f"{FILES}/{run.json['id']}/rows", query_string={"limit": 1}).json
    rest = marketer.get(f"{FILES}/{run.json['id']}/rows", query_string={"cursor": first["next_cursor"]}).json
    assert [(one["line"], one["field_label"], one["label"]) for one in first["items"] + rest["items"]] == [
        (3, "手机号", "不是电话号码"),
        (4, "标签", "没有这个标签"),
    ]
    written = marketer.get(f"{FILES}/{run.json['id']}/rows.csv").text.splitlines()
    assert written[1:] == ["3,手机号,12345,不是电话号码,整行未导入", "4,标签,没有的,没有这个标签,仅此项未导入"]
    assert marketer.post(f"{FILES}/{run.json['id']}/undo").json["error"] == "audience.run_not_undone"
    tagging = "手机号,标签\n13900139000,重点客户\n".encode()
    tags = marketer.post(f"{FILES}/", query_string={"kind": "tags"}, data=tagging, content_type="text/csv").json
    service.take_up_waiting()
    assert marketer.post(f"{FILES}/{tags['id']}/undo").json["status_label"] == "撤销中"
    service.take_up_waiting()
    assert marketer.get(f"{FILES}/{tags['id']}").json["taken_back"] == 1
    assert [one["status"] for one in marketer.get(f"{FILES}/").json["items"]] == ["undone", "done"]


def test_finance_and_strangers_of_another_brand_reach_no_tag(session: Session, brand: Brand, client: Any) -> None:
    tag = make.tag(session, brand)
    finance = signed_in(session, brand, client, Role.finance)
    assert finance.get(f"{TAGS}/{tag.id}").json["error"] == "audience.marketers_only"
    other = signed_in(session, make_dealers.brand(session), client, Role.marketer)
    assert other.get(f"{TAGS}/{tag.id}").status_code == 404


def test_one_customer_is_given_a_value_until_a_day_and_many_are_given_a_tag_at_once(session: Session, brand: Brand, marketer: Any) -> None:
    tag = make.tag(session, brand, key="budget", value_type="number")
    her, other = (make_identity.customer(session, brand) for _ in range(2))
    session.commit()
    door = f"/api/staff/customers/{her.id}/tags"
    assert marketer.post(door, json={"tag": "budget", "value": "很多"}).json["error"] == "audience.value_unfit"
    ends = (clock.now(session) + timedelta(days=1)).isoformat()
    assert marketer.post(door, json={"tag": "budget", "value": "30", "expires_at": ends}).status_code == 204
    hers = session.get_one(CustomerTag, (her.id, tag.id))
    assert (hers.value, hers.expires_at and hers.expires_at.isoformat()) == ("30", ends)
    stranger = str(uuid.UUID(int=7))
    many = {"customer_ids": [str(her.id), str(other.id), stranger], "value": "30"}
    assert marketer.post(f"{TAGS}/{tag.id}/people", json=many).json == {"changed": 1, "nobody": [stranger]}
    assert marketer.get(f"{TAGS}/{tag.id}").json["carriers"] == 2


def test_another_system_gives_and_takes_tags_with_its_key_by_id_and_by_number(session: Session, client: Any) -> None:
    brand, elsewhere = make_dealers.brand(session), make_dealers.brand(session)
    first, second = (make_identity.customer(session, brand, phone=f"+861390000000{n}") for n in (1, 2))
    stranger = make_identity.customer(session, elsewhere, phone="+8613900000009")
    vip, ruled = make.tag(session, brand), make.tag(session, brand, kind=TagKind.rule)
    _, token = make_dealers.partner_key(session, make_dealers.staff(session, brand, Role.admin))
    session.commit()

    def told(tag: Tag, status: int = 200, **body: Any) -> Any:
        answer = client.post(f"/api/partner/tags/{tag.key}/people", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, answer.text
        return answer.json

    named = {"customer_ids": [str(first.id), str(stranger.id)], "phones": ["139 0000 0002", "13900000002", "13900000009", "no number"]}
    assert told(vip, **named) == {"changed": 2, "nobody": [str(stranger.id), "13900000009", "no number"]}
    assert told(vip, **named)["changed"] == 0
    rows = select(CustomerTag.customer_id, CustomerTag.active, CustomerTag.source).order_by(CustomerTag.customer_id)
    assert session.execute(rows).all() == [(one.id, True, "api") for one in (first, second)]
    assert told(vip, phones=["13900000002"], action="remove")["changed"] == 1
    assert told(ruled, 409, phones=["13900000002"])["error"] == "audience.tag_by_rule"
    assert told(vip, 422)["details"] == {"customer_ids": ["with phones: 1 to 1000"]}
    assert told(vip, 422, phones=["1"] * 600, customer_ids=[str(first.id)] * 600)["error"] == "request.invalid"
    assert client.post(f"/api/partner/tags/{vip.key}/people", json={"phones": ["1"]}).status_code == 401
