"""A search is saved once, under a name that says what it asks for, and tells when its customer wants to hear."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.interests.service import digests, searches
from app.kit.settings import settings
from app.vehicles import service as vehicles
from tests.factories import orders as make
from tests.factories import vehicles as cars
from tests.interests.watcher import Watcher

Settle = Callable[[], None]
HERE = {"lat": 31.23041, "lng": 121.47372, "label": "人民广场"}


def test_the_same_search_is_saved_once_however_it_is_spelt(her: Watcher) -> None:
    first = her.saves(body=["suv", "coupe"], price_max_fen=300_000_00)
    again = her.saves(price_max_fen=300_000_00, body="coupe,suv,suv", frequency="weekly")
    other = her.saves(body=["suv", "coupe"])
    assert (first.status_code, again.json["id"], again.json["frequency"]) == (201, first.json["id"], "instant")
    assert [one["id"] for one in her.get("/saved-searches/")["items"]] == [other.json["id"], first.json["id"]]


def test_a_place_counts_only_with_a_radius_and_to_a_hundred_metres(her: Watcher) -> None:
    everywhere = her.saves(body=["suv"])
    assert her.saves(body=["suv"], place=HERE).json["id"] == everywhere.json["id"]
    near = her.saves(body=["suv"], place=HERE, radius_km=50).json
    assert near["place"] == {"lat": 31.23, "lng": 121.474, "crs": "gcj02", "label": "人民广场"}
    assert her.saves(body=["suv"], place=HERE | {"lat": 31.23042}, radius_km=50).json["id"] == near["id"]


def test_a_name_is_made_of_what_is_asked_for(session: Session, her: Watcher) -> None:
    series = cars.series(session, her.market.brand, name="帕纳梅拉")
    asked = {"series": [series.key], "condition": ["approved"], "exterior_color": ["white", "black"], "accident_free": True}
    saved = her.saves(**asked, price_min_fen=300_000_00, price_max_fen=555_000_00, place=HERE, radius_km=50).json
    assert saved["summary"] == "帕纳梅拉 · 官方认证 · 曜石黑/云母白 · 30–55.5 万 · 无事故 · 人民广场 50 公里内"
    assert saved["name"] == saved["summary"][:39] + "…"
    assert her.saves().json["name"] == "全部车辆"
    named = her.ask("POST", "/saved-searches/", json={"filters": {"energy": ["electric"]}, "name": "给爸爸看的"}).json
    assert (named["name"], named["summary"], named["frequency"]) == ("给爸爸看的", "纯电", "daily")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "filters"),
        ({"filters": {"wheels": 3}}, "filters"),
        ({"filters": {"radius_km": 50}}, "place"),
        ({"filters": {"radius_km": 50}, "place": {"lat": float("nan"), "lng": 0}}, "place"),
        ({"filters": {"q": "长" * 100}}, "filters"),
        ({"filters": {}, "frequency": "hourly"}, "frequency"),
        ({"filters": {}, "name": "长" * 41}, "name"),
        ({"filters": []}, "filters"),
    ],
)
def test_what_cannot_be_searched_is_not_saved(her: Watcher, body: dict[str, Any], field: str) -> None:
    answer = her.ask("POST", "/saved-searches/", json=body)
    assert (answer.status_code, list(answer.json["details"])) == (422, [field])


def test_nobody_saves_more_than_one_person_may_nor_what_finds_almost_everything(her: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings().__dict__, "saved_searches_per_customer", 2)
    monkeypatch.setitem(settings().__dict__, "saved_search_most_results", 2)
    first = her.saves(body=["coupe"])
    for _ in range(3):
        her.car(body="suv")
    broad = her.saves(body=["suv"])
    assert (broad.status_code, broad.json["error"], broad.json["message"]) == (
        409,
        "interests.search_too_broad",
        "符合条件的车超过 2 辆，请再加几个条件后保存",
    )
    assert her.saves(body=["sedan"]).status_code == 201
    assert her.saves(body=["mpv"]).json["error"] == "interests.search_limit"
    her.ask("DELETE", f"/saved-searches/{first.json['id']}")
    assert her.saves(body=["mpv"]).status_code == 201


def test_it_shows_how_many_it_finds_and_how_many_are_new_since_she_looked(
    session: Session, her: Watcher, settle: Settle, later: Any
) -> None:
    her.car(body="suv")
    search = her.saves(body=["suv"]).json
    assert (search["total"], search["new"]) == (2, 0)
    later(seconds=1)
    her.gets(body="suv")
    settle()
    (shown,) = her.get("/saved-searches/")["items"]
    assert (shown["total"], shown["new"]) == (3, 1)
    assert her.get("/interests/summary")["new_matches"] == 1
    (match,) = her.get(f"/saved-searches/{search['id']}/matches")["items"]
    assert match["is_new"]
    later(seconds=1)
    assert her.ask("POST", f"/saved-searches/{search['id']}/looked").json["new"] == 0
    assert not her.get(f"/saved-searches/{search['id']}/matches")["items"][0]["is_new"]


def test_what_is_deleted_is_gone_and_saving_it_again_starts_anew(session: Session, her: Watcher, settle: Settle) -> None:
    search = her.saves(body=["suv"]).json
    car = her.gets(body="suv")
    settle()
    for _ in range(2):
        assert her.ask("DELETE", f"/saved-searches/{search['id']}").status_code == 204
    assert (her.get("/saved-searches/")["items"], her.alerts()) == ([], [])
    again = her.saves(body=["suv"])
    assert (again.status_code, again.json["id"] != search["id"]) == (201, True)
    vehicles.change_price(session, car.id, 1_000_00)
    settle()
    assert her.alerts() == []


def test_nobody_reaches_the_search_of_another(session: Session, client: Any, market: make.Market, her: Watcher) -> None:
    search, other = her.saves(body=["suv"]).json["id"], Watcher(session, client, market)
    for method, end in (("GET", ""), ("GET", "/matches"), ("POST", "/looked"), ("PUT", "")):
        answer = other.ask(method, f"/saved-searches/{search}{end}", json={"paused": True} if method == "PUT" else None)
        assert (answer.status_code, answer.json["error"]) == (404, "interests.search_unknown")
    assert other.ask("DELETE", f"/saved-searches/{search}").status_code == 204
    assert not her.get(f"/saved-searches/{search}")["paused"]


def test_a_digest_comes_in_the_morning_of_china(session: Session) -> None:
    def due(moment: str, frequency: str) -> str:
        found = searches.due_after(datetime.fromisoformat(moment).astimezone(UTC), frequency)
        return found.astimezone(searches.CHINA).isoformat()

    # 2026-11-22 is a Sunday.
    assert due("2026-11-22T08:59:59+08:00", "daily") == "2026-11-22T09:00:00+08:00"
    assert due("2026-11-22T09:00:00+08:00", "daily") == "2026-11-23T09:00:00+08:00"
    assert due("2026-11-22T23:30:00+08:00", "weekly") == "2026-11-23T09:00:00+08:00"
    assert due("2026-11-23T09:00:00+08:00", "weekly") == "2026-11-30T09:00:00+08:00"
    assert due("2026-12-31T00:30:00+00:00", "daily") == "2026-12-31T09:00:00+08:00"


def test_a_day_of_news_is_told_once_without_what_was_sold_meanwhile(session: Session, her: Watcher, settle: Settle, later: Any) -> None:
    her.saves(frequency="daily", body=["suv"])
    kept, gone = her.gets(body="suv"), her.gets(body="suv")
    settle()
    assert (her.alerts(), digests.tell_due(session)) == ([], 0)
    vehicles.sell(session, gone.id)
    later(days=1)
    assert [digests.tell_due(session), digests.tell_due(session)] == [1, 0]
    (alert,) = her.get("/alerts/")["items"]
    assert (alert["count"], alert["vehicle"]["id"]) == (1, str(kept.id))
    later(days=1)
    settle()
    assert digests.tell_due(session) == 0


def test_a_digest_of_nothing_that_is_left_says_nothing(session: Session, her: Watcher, settle: Settle, later: Any) -> None:
    her.saves(frequency="weekly", body=["suv"])
    vehicles.sell(session, her.gets(body="suv").id)
    settle()
    paused = her.saves(frequency="daily", energy=["petrol"]).json["id"]
    her.gets(body="coupe", energy="petrol")
    settle()
    her.ask("PUT", f"/saved-searches/{paused}", json={"paused": True})
    later(days=8)
    digests.tell_due(session)
    assert her.alerts() == []


def test_another_frequency_moves_what_is_still_to_be_told(session: Session, her: Watcher, settle: Settle) -> None:
    search = her.saves(frequency="weekly", body=["suv"]).json["id"]
    her.gets(body="suv")
    settle()
    her.ask("PUT", f"/saved-searches/{search}", json={"frequency": "instant", "name": "马上告诉我"})
    assert digests.tell_due(session) == 1
    assert her.get("/alerts/")["items"][0]["saved_search"] == {"id": search, "name": "马上告诉我"}


def test_a_search_of_nobody_is_not_there(her: Watcher) -> None:
    assert her.ask("GET", f"/saved-searches/{uuid.uuid4()}").status_code == 404
