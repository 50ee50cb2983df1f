"""Everybody gets a city if there is one: from the service, from what it told before, from our own table; and nobody is kept in mind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from app.kit import queue
from app.kit.geo import Datum, Place, wgs84_to_gcj02
from app.kit.settings import settings
from app.places import client, districts, kept, service
from app.places.client import LbsError, Trouble, Where
from app.places.fake import FakeLbs
from tests.factories import dealers
from tests.factories import wechat as accounts

SHANGHAI = Place(31.1954, 121.4367)
XUHUI = Where("上海市", "上海市", "徐汇区", "310104", 31.1885, 121.4365)
PUBLIC = "116.228.0.1"
Here = Callable[..., Any]


@pytest.fixture
def lbs(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLbs]:
    """The service, with nothing kept of it yet and quotas of its own."""
    fake = FakeLbs(XUHUI)
    given = settings().model_copy(update={"queue_prefix": f"places-{uuid.uuid4().hex}", "lbs_calls_per_second": 1000})
    monkeypatch.setattr(client, "replacement", fake)
    monkeypatch.setattr(kept, "settings", lambda: given)
    line = queue.connection()
    yield fake
    for key in line.scan_iter(f"{given.queue_prefix}.*"):
        line.delete(key)


@pytest.fixture
def here(session: Session, client: Any) -> Here:
    """GET /here as a visitor whose phone has this address."""
    appid = accounts.account(session, dealers.brand(session)).appid

    def ask(address: str = "127.0.0.1", headers: dict[str, str] | None = None, **query: Any) -> Any:
        session.commit()
        return client.get(
            "/api/visitor/places/here",
            query_string=query,
            headers={"X-Appid": appid} | (headers or {}),
            environ_base={"REMOTE_ADDR": address},
        )

    return ask


def names() -> list[str]:
    return sorted(key.decode().split(".lbs.")[1] for key in queue.connection().scan_iter(f"{kept.settings().queue_prefix}.*"))


def test_her_place_has_a_city_and_stays_her_own(here: Here, lbs: FakeLbs) -> None:
    told = here(lat=SHANGHAI.lat, lng=SHANGHAI.lng).json
    assert told == {
        "city": "上海",
        "district": "徐汇区",
        "province": "上海市",
        "adcode": "310104",
        "lat": SHANGHAI.lat,
        "lng": SHANGHAI.lng,
        "crs": "gcj02",
    }
    (asked,) = lbs.asked
    assert asked == Place(31.195, 121.435)
    assert "31.1954" not in str(names())


def test_a_place_in_wgs84_is_turned_first(here: Here, lbs: FakeLbs) -> None:
    told = here(lat=SHANGHAI.lat, lng=SHANGHAI.lng, crs=Datum.wgs84.value).json
    assert (told["lat"], told["lng"]) == wgs84_to_gcj02(SHANGHAI.lat, SHANGHAI.lng)


def test_neighbours_are_asked_for_once_and_the_answer_is_kept_for_thirty_days(lbs: FakeLbs) -> None:
    assert service.of_place(SHANGHAI) == XUHUI
    assert service.of_place(Place(SHANGHAI.lat + 0.001, SHANGHAI.lng - 0.001)) == XUHUI
    assert len(lbs.asked) == 1
    (key,) = [name for name in names() if name.startswith("place.")]
    left = queue.connection().ttl(f"{kept.settings().queue_prefix}.lbs.{key}")
    assert kept.PLACE_KEPT_SECONDS - 60 <= left <= kept.PLACE_KEPT_SECONDS


def test_a_network_is_asked_for_once_a_day_and_its_address_is_not_kept_in_clear(here: Here, lbs: FakeLbs) -> None:
    for _ in range(2):
        assert here(PUBLIC).json["city"] == "上海"
    assert lbs.asked == [PUBLIC]
    (key,) = [name for name in names() if name.startswith("address.")]
    assert PUBLIC not in key
    assert queue.connection().ttl(f"{kept.settings().queue_prefix}.lbs.{key}") <= kept.ADDRESS_KEPT_SECONDS


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "fe80::1", "no address"])
def test_a_private_network_is_nowhere_and_nobody_is_asked(here: Here, lbs: FakeLbs, address: str) -> None:
    told = here(address)
    assert told.status_code == 200
    assert set(told.json.items()) == {*dict.fromkeys(("city", "district", "province", "adcode", "lat", "lng")).items(), ("crs", "gcj02")}
    assert lbs.asked == []


def test_an_address_that_she_writes_herself_is_not_believed(here: Here, lbs: FakeLbs) -> None:
    assert here("10.1.2.3", headers={"X-Forwarded-For": PUBLIC, "X-Real-IP": PUBLIC}).json["city"] is None
    assert lbs.asked == []


def test_where_nobody_knows_is_remembered_too(lbs: FakeLbs) -> None:
    lbs.answer = None
    assert [service.of_place(SHANGHAI), service.of_address(PUBLIC)] * 2 == [None] * 4
    assert len(lbs.asked) == 2


@pytest.mark.parametrize("trouble", [Trouble.too_fast, Trouble.used_up, Trouble.misconfigured])
def test_a_service_that_says_no_is_left_alone_and_our_table_answers(here: Here, lbs: FakeLbs, trouble: Trouble) -> None:
    lbs.answer = LbsError(trouble, "1")
    for lng in (121.43, 121.45, 121.47):
        assert here(lat=31.2, lng=lng).json["city"] == "上海"
    assert len(lbs.asked) == 1
    left = queue.connection().ttl(f"{kept.settings().queue_prefix}.lbs.closed")
    longest = {Trouble.too_fast: 1, Trouble.used_up: 86_400, Trouble.misconfigured: 600}[trouble]
    assert 0 < left <= longest


def test_a_service_that_does_not_answer_is_left_alone_after_five_times(lbs: FakeLbs) -> None:
    lbs.answer = LbsError(Trouble.away, "timeout")
    for number in range(8):
        where = service.of_place(Place(31.2, 121.4 + number / 100))
        assert where is not None
        assert where.city == "上海市"
    assert len(lbs.asked) == 5


def test_the_quotas_of_second_and_day_are_never_passed(lbs: FakeLbs, monkeypatch: pytest.MonkeyPatch) -> None:
    given = kept.settings().model_copy(update={"lbs_calls_per_day": 3})
    monkeypatch.setattr(kept, "settings", lambda: given)
    for number in range(6):
        assert service.of_place(Place(31.2, 121.4 + number / 100)) is not None
    assert len(lbs.asked) == 3
    more = given.model_copy(update={"lbs_calls_per_day": 1000, "lbs_calls_per_second": 0})
    monkeypatch.setattr(kept, "settings", lambda: more)
    assert service.of_place(Place(39.9, 116.4)) is not None
    assert len(lbs.asked) == 3


def test_who_is_not_asked_in_time_costs_nothing_of_the_day(lbs: FakeLbs, monkeypatch: pytest.MonkeyPatch) -> None:
    given = kept.settings().model_copy(update={"lbs_calls_per_second": 2})
    monkeypatch.setattr(kept, "settings", lambda: given)
    for number in range(20):
        service.of_place(Place(31.2, 121.4 + number / 100))
    (day,) = [name for name in names() if name.startswith("day.")]
    assert int(queue.connection().get(f"{given.queue_prefix}.lbs.{day}") or 0) == len(lbs.asked)


def test_who_comes_while_somebody_else_asks_does_not_ask_again(lbs: FakeLbs) -> None:
    meanwhile: list[Where | None] = []

    def slowly(place: Place) -> Where:
        lbs.asked.append(place)
        meanwhile.append(service.of_place(place))
        return XUHUI

    lbs.of_place = slowly  # type: ignore[method-assign]
    assert service.of_place(SHANGHAI) == XUHUI
    assert len(lbs.asked) == 1
    assert meanwhile[0] is not None
    assert meanwhile[0].city == "上海市"


def test_without_redis_nobody_is_asked_and_our_table_answers(lbs: FakeLbs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept.queue, "connection", lambda: redis.Redis(port=1, retry=Retry(NoBackoff(), 0)))
    where = service.of_place(SHANGHAI)
    assert where is not None
    assert where.city == "上海市"
    assert service.of_address(PUBLIC) is None
    assert lbs.asked == []


def test_without_a_key_our_table_answers(here: Here) -> None:
    assert here(lat=22.5431, lng=114.0579).json["city"] == "深圳"
    assert here(PUBLIC).json["city"] is None


@pytest.mark.parametrize(
    ("lat", "lng", "city"),
    [
        (39.9042, 116.4074, "北京市"),
        (31.3846, 120.9809, "苏州市"),  # 昆山, nearer to Shanghai's centre than many of Shanghai's own districts
        (23.0207, 113.7518, "东莞市"),  # a city without districts
        (19.0974, 109.1757, "昌江黎族自治县"),  # a county of no city
        (29.5630, 106.5516, "重庆市"),
        (43.8256, 87.6168, "乌鲁木齐市"),
    ],
)
def test_the_table_knows_the_cities(lat: float, lng: float, city: str) -> None:
    where = districts.nearest(Place(lat, lng))
    assert where is not None
    assert where.city == city


@pytest.mark.parametrize(("lat", "lng"), [(37.5665, 126.9780), (48.8566, 2.3522), (0.0, 0.0), (25.0, 130.0), (-90.0, 0.0)])
def test_the_sea_and_abroad_have_no_city(here: Here, lat: float, lng: float) -> None:
    assert districts.nearest(Place(lat, lng)) is None
    told = here(lat=lat, lng=lng).json
    assert (told["city"], told["lat"], told["lng"]) == (None, lat, lng)


@pytest.mark.parametrize(
    ("query", "field"),
    [({"lat": "NaN", "lng": 1}, "lat"), ({"lat": 91, "lng": 1}, "lat"), ({"lat": 31}, "lng"), ({"lat": 1, "lng": 1, "crs": "bd09"}, "crs")],
)
def test_a_wrong_field_is_named(here: Here, query: dict[str, Any], field: str) -> None:
    answer = here(**query)
    assert answer.status_code == 422
    assert field in str(answer.json["details"])
