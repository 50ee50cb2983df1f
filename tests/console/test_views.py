"""A list with its filters under a name: one's own, or shared with those who see as much."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.console import service
from app.console.errors import TooManyViews, ViewNameTaken
from app.console.queries import views
from app.console.view_schemas import LISTS
from app.dealers.models import Role, Staff
from tests.factories import dealers
from tests.house.sources import ROOT

VIEWS = "/api/staff/views/"


@pytest.fixture
def team(session: Session, app: Any) -> Callable[..., Any]:
    """A browser in which somebody of this brand, or of one of its dealers, is signed in."""
    brand = dealers.brand(session)
    places = {None: brand, "one": dealers.dealer(session, brand), "other": dealers.dealer(session, brand)}

    def somebody(role: Role, at: str | None = None) -> Any:
        person = dealers.staff(session, places[at], role)
        session.commit()
        client = app.test_client()
        client.post("/api/public/staff/login", json={"username": person.username, "password": dealers.PASSWORD})
        return client

    return somebody


def keep(client: Any, name: str = "高意向", **more: Any) -> Any:
    body = {"list": "customers", "name": name, "query": "tag=vip"} | more
    return client.post(VIEWS, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})


def names(client: Any, of: str = "customers") -> list[str]:
    return [one["name"] for one in client.get(VIEWS, query_string={"list": of}).json["items"]]


def test_what_is_kept_for_oneself_nobody_else_sees_nor_reaches(team: Callable[..., Any]) -> None:
    owner, colleague, manager = team(Role.adviser, "one"), team(Role.adviser, "one"), team(Role.dealer_manager, "one")
    kept = keep(owner).json

    assert names(owner) == ["高意向"]
    for other in (colleague, manager, team(Role.admin)):
        assert names(other) == []
        assert other.patch(VIEWS + kept["id"], json={"name": "我的"}).status_code == 404
        assert other.delete(VIEWS + kept["id"]).status_code == 404


def test_a_shared_view_ends_at_the_dealer_and_the_brands_own_stays_with_the_brand(team: Callable[..., Any]) -> None:
    at_one, at_other, at_home = team(Role.adviser, "one"), team(Role.dealer_manager, "other"), team(Role.marketer)
    kept = keep(at_one, "本店", is_shared=True).json
    keep(at_home, "总部", is_shared=True)

    assert names(team(Role.adviser, "one")) == ["本店"]
    assert names(team(Role.finance)) == ["总部"]
    assert names(at_other) == []
    for stranger in (at_other, at_home, team(Role.admin)):
        assert stranger.delete(VIEWS + kept["id"]).status_code == 404


def test_who_sees_a_shared_view_does_not_change_it_and_who_answers_for_them_may_remove_it(team: Callable[..., Any]) -> None:
    kept = keep(team(Role.adviser, "one"), is_shared=True).json
    colleague, manager = team(Role.adviser, "one"), team(Role.dealer_manager, "one")

    for client in (colleague, manager):
        assert client.patch(VIEWS + kept["id"], json={"query": ""}).json["error"] == "console.not_your_view"
    assert colleague.delete(VIEWS + kept["id"]).json["error"] == "console.not_your_view"
    (shown,) = manager.get(VIEWS, query_string={"list": "customers"}).json["items"]
    assert (shown["is_yours"], shown["may_remove"]) == (False, True)
    assert manager.delete(VIEWS + kept["id"]).status_code == 204
    assert names(colleague) == []


def test_who_went_to_another_dealer_tells_the_first_nothing_of_what_she_does_there(session: Session) -> None:
    brand = dealers.brand(session)
    before, after = (dealers.dealer(session, brand) for _ in range(2))
    owner, left = dealers.staff(session, before), dealers.staff(session, before)
    view = dealers.view(session, owner)
    owner.dealer_id = after.id
    service.change(session, owner, view, query="tag=new")

    assert views.of_list(session, left, "customers") == []
    assert [one["query"] for one in views.of_list(session, owner, "customers")] == ["tag=new"]


@pytest.mark.parametrize(
    "query",
    [
        "tag",
        "=vip",
        "tag=%FF",
        "tag=a&tag=b",
        "Tag=vip",
        "__proto__=1",
        "tag=a%0Ab",
        "tag=" + "x" * 101,
        "&".join(f"a{'b' * one}=1" for one in range(21)),
        "q=13800138000",
        "q=138-0013%208000",
    ],
)
def test_what_is_no_set_of_filters_or_holds_a_phone_number_is_refused_by_name(team: Callable[..., Any], query: str) -> None:
    answer = keep(team(Role.marketer), query=query)

    assert (answer.status_code, list(answer.json["details"])) == (422, ["query"]), answer.json


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("name", "  "), ("name", "x" * 41), ("name", "a\x00b"), ("list", "secrets")])
def test_a_name_is_one_line_and_a_list_one_of_the_consoles(team: Callable[..., Any], field: str, value: str) -> None:
    answer = keep(team(Role.marketer), **{field: value})

    assert (answer.status_code, list(answer.json["details"])) == (422, [field])


def test_filters_are_kept_in_one_spelling(team: Callable[..., Any]) -> None:
    client = team(Role.marketer)

    assert keep(client, query="tag=%E9%AB%98&q=&a=1").json["query"] == "a=1&tag=%E9%AB%98"
    assert keep(client, "全部", query="").json["query"] == ""


def test_a_name_is_ones_own_once_a_list(team: Callable[..., Any]) -> None:
    client = team(Role.marketer)
    first = keep(client).json
    second = keep(client, "另一个").json

    assert keep(client).json["error"] == "console.view_name_taken"
    assert client.patch(VIEWS + second["id"], json={"name": first["name"]}).json["error"] == "console.view_name_taken"
    assert client.patch(VIEWS + first["id"], json={"name": first["name"]}).status_code == 200
    assert keep(client, list="orders").status_code == 200
    assert keep(team(Role.marketer)).status_code == 200


def test_of_browsers_that_keep_one_name_at_once_one_does(committed: Callable[[], Any]) -> None:
    with committed() as session:
        staff_id = dealers.staff(session, dealers.brand(session), Role.marketer).id

    def kept(_: int) -> str:
        try:
            with committed() as session:
                service.keep(session, session.get_one(Staff, staff_id), list="orders", name="同名", query="", is_shared=False)
        except ViewNameTaken:
            return "taken"
        return "kept"

    with ThreadPoolExecutor(4) as browsers:
        assert sorted(browsers.map(kept, range(4))) == ["kept", "taken", "taken", "taken"]


def test_nobody_keeps_more_than_a_list_can_show(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    person = dealers.staff(session, dealers.brand(session), Role.marketer)
    for name in "ab":
        service.keep(session, person, list="orders", name=name, query="", is_shared=False)

    with pytest.raises(TooManyViews):
        service.keep(session, person, list="orders", name="c", query="", is_shared=False)


def test_every_list_that_may_be_kept_is_a_page_of_the_console() -> None:
    pages = (ROOT / "console/src/app/App.tsx").read_text()

    for key in LISTS:
        assert all(f'path: "{part}"' in pages for part in key.split("/")), key
