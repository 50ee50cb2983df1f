"""Lists of tags and segments are paged by the server, searched, and sorted; a brand sees its own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.audience.service import segments
from app.dealers.models import Brand, Role
from app.wechat.models import AccountKind
from tests.factories import dealers
from tests.factories import journeys as make_journeys
from tests.factories import segments as make_segments
from tests.factories import tags as make
from tests.factories import vehicles as make_vehicles
from tests.factories import wechat as make_wechat

TAGS, SEGMENTS = "/api/staff/tags/", "/api/staff/segments/"


@pytest.fixture
def brand(session: Session) -> Brand:
    return dealers.brand(session)


@pytest.fixture
def marketer(app: Any, session: Session, brand: Brand) -> Any:
    """A browser in which a marketer of the brand is signed in."""
    member = dealers.staff(session, brand, Role.marketer)
    session.commit()
    client = app.test_client()
    assert client.post("/api/public/staff/login", json={"username": member.username, "password": dealers.PASSWORD}).status_code == 200
    return client


def paged(client: Any, path: str, **query: Any) -> list[list[str]]:
    """The keys of each page, until there is no more."""
    pages, cursor = [], ""
    while cursor is not None:
        found = client.get(path, query_string=query | ({"cursor": cursor} if cursor else {})).json
        pages.append([one["key"] for one in found["items"]])
        cursor = found["next_cursor"]
    return pages


def test_every_tag_is_on_one_page_of_the_list_in_either_order(session: Session, brand: Brand, marketer: Any) -> None:
    # Two of one label: the page between them loses neither.
    for key, label in (("c", "预算"), ("a", "预算"), ("b", "试驾"), ("d", "家庭用车"), ("e", "意向")):
        make.tag(session, brand, key=key, label=label)
    make.tag(session, dealers.brand(session), key="theirs", label="预算")
    session.commit()
    by_label = paged(marketer, TAGS, limit=2)
    assert [len(page) for page in by_label] == [2, 2, 1]
    assert sorted(key for page in by_label for key in page) == ["a", "b", "c", "d", "e"]
    assert paged(marketer, TAGS, limit=2, sort="newest") == [["e", "d"], ["b", "a"], ["c"]]
    assert paged(marketer, TAGS, limit=1, q="预") == [["a"], ["c"]]
    assert paged(marketer, TAGS, q="%") == [[]]
    assert paged(marketer, TAGS, kind="behavioural") == [[]]
    assert marketer.get(TAGS, query_string={"cursor": "nonsense"}).status_code == 422
    assert marketer.get(TAGS, query_string={"sort": "carriers"}).json["details"].keys() == {"sort"}


def test_every_segment_is_on_one_page_of_the_list_and_is_found_by_a_part_of_its_name(session: Session, brand: Brand, marketer: Any) -> None:
    staff = dealers.staff(session, brand, Role.admin)
    tree = make_segments.leaf("event", event="vehicle.viewed")
    for key, name in (("a", "看过车的人"), ("b", "看过价格的人"), ("c", "老车主")):
        segments.create(session, staff, name=name, tree=tree, key=key)
    session.commit()
    assert paged(marketer, SEGMENTS, limit=2) == [["c", "b"], ["a"]]
    assert paged(marketer, SEGMENTS, limit=1, q="看过") == [["b"], ["a"]]
    assert paged(marketer, SEGMENTS, kind="snapshot") == [[]]
    assert marketer.get(SEGMENTS, query_string={"cursor": "nonsense"}).status_code == 422


def test_the_words_that_a_condition_may_ask_for_are_the_brands_own(session: Session, brand: Brand, marketer: Any) -> None:
    series = make_vehicles.series(session, brand, key="j5", name="纪要 J5")
    make_vehicles.series(session, dealers.brand(session), key="theirs", name="别家的车")
    session.commit()
    told = marketer.get(f"{SEGMENTS}choices").json
    assert told["series"] == [{"value": series.key, "label": "纪要 J5"}] == told["words"]["last_series"]
    assert {"value": "200k_300k", "label": "20–30 万"} in told["words"]["budget_band"]


def test_what_stands_on_a_segment_is_told_with_it(session: Session, brand: Brand, marketer: Any) -> None:
    staff = dealers.staff(session, brand, Role.admin)
    inner = segments.create(session, staff, name="看过车的人", tree=make_segments.leaf("event", event="vehicle.viewed"))
    segments.create(session, staff, name="老车主", tree=make_segments.leaf("in_segment", segment_id=str(inner.id)))
    session.commit()
    told = marketer.get(f"{SEGMENTS}{inner.id}").json
    assert told["uses"] == ["人群「老车主」"]


def test_a_segment_that_starts_a_journey_is_not_put_away(session: Session, brand: Brand, marketer: Any) -> None:
    staff = dealers.staff(session, brand, Role.admin)
    segment = segments.create(session, staff, name="看过车的人", tree=make_segments.leaf("event", event="vehicle.viewed"))
    trigger = {"kind": "segment", "config": {"segment_id": str(segment.id), "change": "entered"}}
    journey = make_journeys.journey(session, brand, make_journeys.message_wait_message(trigger=trigger))
    session.commit()
    refused = marketer.post(f"{SEGMENTS}{segment.id}/archive")
    assert refused.status_code == 409
    assert f"旅程「{journey.name}」" in refused.json["message"]
    assert marketer.get(f"{SEGMENTS}{segment.id}").json["uses"] == [f"旅程「{journey.name}」"]


def test_a_tag_is_linked_with_the_brands_own_accounts_only(session: Session, brand: Brand, marketer: Any) -> None:
    ours = make_wechat.account(session, brand, AccountKind.service_account)
    make_wechat.account(session, dealers.brand(session), AccountKind.service_account)
    make_wechat.account(session, brand, AccountKind.mini_program)
    session.commit()
    assert marketer.get(f"{TAGS}accounts").json["items"] == [{"id": str(ours.id), "kind": "service_account", "name": ours.name}]
