"""The console finds customers, shows no more of them than it should, and tags them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.audience.models import TagKind
from app.events.models import Event
from app.identity import service as identity
from app.identity.models import Purpose
from tests.console.conftest import lead
from tests.factories import dealers as make
from tests.factories import identity as people


def _names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["nickname"] for item in answer.json["items"]]


def test_headquarters_sees_all_customers_of_the_brand_and_an_adviser_those_of_her_dealer(
    session: Session, world: Any, adviser: Any, marketer: Any
) -> None:
    people.customer(session, make.brand(session), nickname="别家客户")
    people.customer(session, world.brand, nickname="路人")
    session.commit()
    assert _names(marketer.get("customers/")) == ["路人", "周宇航", "林晓雯"]
    assert _names(adviser.get("customers/")) == ["林晓雯"]


def test_an_adviser_opens_no_other_dealers_customer_by_any_door(world: Any, adviser: Any) -> None:
    path = f"customers/{world.their_customer.id}"
    answers = [
        adviser.get(path),
        adviser.get(f"{path}/timeline"),
        adviser.post(f"{path}/tags", tag="vip"),
        adviser.delete(f"{path}/tags/vip"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
    assert {answer.json["error"] for answer in answers} == {"console.customer_unknown"}


@pytest.mark.parametrize(
    ("q", "found"), [("晓雯", ["林晓雯"]), ("138 0000 0002", ["周宇航"]), ("%", []), ("_晓雯", []), ("13800000009", [])]
)
def test_customers_are_found_by_a_part_of_the_name_or_by_the_whole_phone_number(marketer: Any, q: str, found: list[str]) -> None:
    assert _names(marketer.get("customers/", q=q)) == found


def test_she_is_found_by_the_number_of_a_profile_that_was_merged_into_hers(session: Session, world: Any, adviser: Any) -> None:
    other = people.customer(session, world.brand, phone="+8613800000003")
    identity.merge(session, world.our_customer, other)
    session.commit()
    for q in ("13800000001", "13800000003"):
        assert _names(adviser.get("customers/", q=q)) == ["林晓雯"]


def test_a_phone_number_is_never_shown_whole(world: Any, marketer: Any) -> None:
    for answer in (marketer.get("customers/"), marketer.get(f"customers/{world.our_customer.id}"), marketer.get("leads/")):
        assert "138****0001" in answer.text
        assert "13800000001" not in answer.text


def test_pages_neither_repeat_nor_miss_anyone_while_new_customers_arrive(session: Session, world: Any, marketer: Any) -> None:
    for number in range(5):
        people.customer(session, world.brand, nickname=f"老客{number}")
    session.commit()
    first = marketer.get("customers/", limit=3)
    people.customer(session, world.brand, nickname="刚来")
    session.commit()
    second = marketer.get("customers/", limit=3, cursor=first.json["next_cursor"])
    third = marketer.get("customers/", limit=3, cursor=second.json["next_cursor"])
    assert _names(first) + _names(second) + _names(third) == ["老客4", "老客3", "老客2", "老客1", "老客0", "周宇航", "林晓雯"]
    assert third.json["next_cursor"] is None
    assert first.json["total"] == 7


@pytest.mark.parametrize("cursor", ["nonsense", "WzFd", "WyJ4Il0"])
def test_a_page_marker_that_is_not_ours_is_refused(marketer: Any, cursor: str) -> None:
    answer = marketer.get("customers/", cursor=cursor)
    assert answer.status_code == 422
    assert answer.json["error"] == "request.cursor"


def test_who_was_merged_or_erased_is_not_listed_and_a_merged_id_leads_on(session: Session, world: Any, marketer: Any) -> None:
    merged = people.customer(session, world.brand, nickname="旧档案", merged_into_id=world.our_customer.id)
    people.customer(session, world.brand, nickname=None, unionid=None, erased_at=datetime.now(UTC))
    session.commit()
    assert _names(marketer.get("customers/")) == ["周宇航", "林晓雯"]
    assert marketer.get(f"customers/{merged.id}").json["id"] == str(world.our_customer.id)


def test_a_customers_page_shows_her_lead_and_her_tags(session: Session, world: Any, adviser: Any) -> None:
    audience.define(session, world.brand.id, key="vip", label="重点客户", kind=TagKind.manual)
    session.commit()
    assert adviser.post(f"customers/{world.our_customer.id}/tags", tag="vip").status_code == 204
    shown = adviser.get(f"customers/{world.our_customer.id}").json
    assert shown["tags"] == [{"key": "vip", "label": "重点客户", "kind": "manual"}]
    assert shown["lead"] == {
        "id": str(world.our_lead.id),
        "status": "assigned",
        "grade": "B",
        "adviser": "王晨",
        "dealer": world.ours.name,
    }
    assert shown["wechat"] == {"followed": False}
    assert shown["orders"] == shown["consents"] == shown["refusals"] == []
    assert shown["reach"] == {"mini_program": False, "phone": True}


def test_a_customers_page_shows_what_she_said_of_each_channel_and_how_we_know(session: Session, world: Any, adviser: Any) -> None:
    her = world.our_customer
    identity.publish_text(session, world.brand.id, purpose=Purpose.marketing, version="v1", words="同意接收营销信息")
    identity.want(session, her, purpose=Purpose.marketing, channel=None, text_version="v1", evidence=identity.Evidence(scene="home"))
    written = identity.Evidence(source="staff", recorded_by=world.adviser.id)
    identity.refuse(session, her, purpose=Purpose.marketing, channel="sms", evidence=written)
    session.commit()
    shown = adviser.get(f"customers/{her.id}").json
    (agreed,), (refused,) = shown["consents"], shown["refusals"]
    assert {name: agreed[name] for name in ("purpose", "channel", "text_version", "source", "scene", "recorded_by")} == {
        "purpose": "marketing", "channel": None, "text_version": "v1", "source": "customer", "scene": "home", "recorded_by": None,
    }  # fmt: skip
    assert (refused["channel"], refused["source"], refused["recorded_by"], refused["lifted_at"]) == ("sms", "staff", "王晨", None)


def test_a_tag_given_and_taken_again_is_recorded_as_the_work_of_the_staff_member(session: Session, world: Any, adviser: Any) -> None:
    audience.define(session, world.brand.id, key="vip", label="重点客户", kind=TagKind.manual)
    session.commit()
    path = f"customers/{world.our_customer.id}/tags"
    assert adviser.post(path, tag="vip").status_code == 204
    assert adviser.post(path, tag="vip").status_code == 204
    assert _names(adviser.get("customers/", tag="vip")) == ["林晓雯"]
    assert adviser.delete(f"{path}/vip").status_code == 204
    assert _names(adviser.get("customers/", tag="vip")) == []
    done = session.execute(select(Event.name, Event.actor_id).where(Event.name.startswith("tag.")).order_by(Event.id)).all()
    assert done == [("tag.added", str(world.adviser.id)), ("tag.removed", str(world.adviser.id))]


def test_a_tag_that_the_brand_does_not_have_is_refused_in_chinese(world: Any, adviser: Any) -> None:
    answer = adviser.post(f"customers/{world.our_customer.id}/tags", tag="nothing")
    assert answer.status_code == 404
    assert answer.json["message"] == "没有这个标签"


@pytest.mark.parametrize("who", ["adviser", "marketer"])
def test_a_tag_that_rules_give_is_not_given_or_taken_by_hand(
    session: Session, world: Any, request: pytest.FixtureRequest, who: str
) -> None:
    audience.define(session, world.brand.id, key="deposit_paid", label="已付意向金", kind=TagKind.rule)
    session.commit()
    desk, path = request.getfixturevalue(who), f"customers/{world.our_customer.id}/tags"
    for answer in (desk.post(path, tag="deposit_paid"), desk.delete(f"{path}/deposit_paid")):
        assert (answer.status_code, answer.json["error"]) == (409, "audience.tag_by_rule")
        assert answer.json["message"] == "标签「已付意向金」由系统规则自动维护，不能手动添加或移除"
    assert session.execute(select(Event).where(Event.name.startswith("tag."))).first() is None


def test_the_filter_offers_the_tags_of_the_own_brand_only(session: Session, world: Any, marketer: Any) -> None:
    audience.define(session, world.brand.id, key="vip", label="重点客户", kind=TagKind.manual)
    audience.define(session, make.brand(session).id, key="other", label="别家", kind=TagKind.manual)
    session.commit()
    assert marketer.get("customers/tags").json == {"items": [{"key": "vip", "label": "重点客户", "kind": "manual"}]}


def test_a_marketer_is_told_what_goes_over_before_two_are_made_one_and_an_adviser_makes_nobody_one(
    session: Session, world: Any, adviser: Any, marketer: Any
) -> None:
    kept, path = world.our_customer, f"customers/{world.our_customer.id}/merge"
    other = people.customer(session, world.brand, nickname="林晓雯（线下）")
    audience.define(session, world.brand.id, key="vip", label="重点客户", kind=TagKind.manual)
    audience.add(session, other.id, "vip", actor=("staff", None))
    session.commit()
    assert adviser.post(f"{path}/preview", other_id=str(other.id)).status_code == 403
    assert adviser.post(path, other_id=str(other.id)).status_code == 403
    told = marketer.post(f"{path}/preview", other_id=str(other.id)).json
    assert (told["kept"]["id"], told["merged"]["nickname"], told["tags"], told["orders"]) == (str(kept.id), "林晓雯（线下）", 1, 0)
    assert marketer.post(path, other_id=str(other.id)).status_code == 204
    assert marketer.post(path, other_id=str(other.id)).status_code == 204
    assert marketer.get(f"customers/{other.id}").json["id"] == str(kept.id)
    merges = session.execute(select(Event.actor_type, Event.actor_id).where(Event.name == "customer.merged")).all()
    assert [kind for kind, _ in merges] == ["staff"]


def test_a_marketer_is_told_what_goes_back_and_what_stays_before_one_is_two_again(
    session: Session, world: Any, adviser: Any, marketer: Any, deliver: Any, later: Any
) -> None:
    kept, path = world.our_customer, f"customers/{world.our_customer.id}/merge"
    other = people.customer(session, world.brand, nickname="林晓雯（线下）")
    # One from before merges were kept is not there, and cannot be undone.
    people.customer(session, world.brand, merged_into_id=kept.id)
    for key in ("vip", "gone"):
        audience.define(session, world.brand.id, key=key, label=key, kind=TagKind.manual)
        audience.add(session, other.id, key, actor=("staff", None))
    audience.remove(session, other.id, "gone", actor=("staff", None))
    session.commit()
    marketer.post(path, other_id=str(other.id))
    assert marketer.get(path).json["items"][0]["why_not"] == "合并的内容还在后台转移，请一分钟后再试"
    deliver()
    (told,) = marketer.get(path).json["items"]
    assert (told["merged"]["nickname"], told["by"], told["why_not"]) == ("林晓雯（线下）", world.marketer.name, None)
    assert {name: n for name, n in told["goes_back"].items() if n} == {"tags": 1}
    later(minutes=1)
    lead(session, kept, world.adviser, status="won")
    session.commit()
    assert marketer.get(path).json["items"][0]["stays"] == {"orders": 0, "leads": 1, "messages": 0}
    undo = f"{path}/{told['id']}/undo"
    assert (adviser.get(path).status_code, adviser.post(undo).status_code) == (403, 403)
    assert marketer.post(f"customers/{world.their_customer.id}/merge/{told['id']}/undo").status_code == 404
    assert marketer.post(undo).status_code == 204
    again = marketer.post(undo)
    assert (again.status_code, again.json["message"]) == (409, "这次合并已经拆分过")
    assert marketer.get(f"customers/{other.id}").json["id"] == str(other.id)
    assert [one["key"] for one in marketer.get(f"customers/{other.id}").json["tags"]] == ["vip"]


def test_nobody_is_merged_with_herself_or_with_another_brands_customer(session: Session, world: Any, marketer: Any) -> None:
    path = f"customers/{world.our_customer.id}/merge"
    stranger = people.customer(session, make.brand(session))
    session.commit()
    refused = marketer.post(path, other_id=str(world.our_customer.id))
    assert (refused.status_code, list(refused.json["details"])) == (422, ["other_id"])
    assert marketer.post(path, other_id=str(stranger.id)).status_code == 404
    assert marketer.post(path).json["details"].keys() == {"other_id"}
