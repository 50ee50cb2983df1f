"""The real client of the location service against the simulator: what it signs, and what it makes of every answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kit.geo import Place
from app.kit.settings import settings
from app.places import http
from app.places.client import LbsError, Trouble
from app.places.http import HttpLbs, signature
from miniprogram_mock.platform import lbs
from tests import simulator as platform

PLACE, ADDRESS = Place(31.195, 121.435), "116.228.0.1"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[platform.Simulator]:
    folder: Path = tmp_path_factory.mktemp("simulator")
    with platform.running(folder, "http://127.0.0.1:9") as running:
        running.ask("limits", name="map.per_second", value=1000)
        yield running


@pytest.fixture
def line(simulator: platform.Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpLbs]:
    given = settings().model_copy(
        update={
            "lbs_base": simulator.settings["LBS_BASE"],
            "lbs_key": _secret(lbs.KEY),
            "lbs_secret": _secret(lbs.SECRET),
            "lbs_timeout_seconds": 0.5,
        }
    )
    monkeypatch.setattr(http, "settings", lambda: given)
    yield HttpLbs()
    simulator.ask("faults", clear=True)
    simulator.ask(f"accounts/{lbs.KEY}/switches", map_webservice_on=True, map_signature_on=True, ip_whitelist_on=False)
    for name in ("map.per_second", "map.per_day"):
        simulator.ask("limits", name=name, value=1000)


def _secret(value: str) -> object:
    return type(settings().lbs_key)(value)


def test_a_place_and_an_address_are_told_in_words(line: HttpLbs, simulator: platform.Simulator) -> None:
    where = line.of_place(PLACE)
    assert where is not None
    assert (where.province, where.city, where.district, where.adcode) == ("上海市", "上海市", "徐汇区", "310104")
    network = line.of_address(ADDRESS)
    assert network is not None
    assert network == line.of_address("116.228.255.1")
    calls = simulator.look("calls", host="apis.map.qq.com", limit=3)["calls"]
    assert {call["errcode"] for call in calls} == {"0"}
    assert ADDRESS not in str(calls)


def test_the_signature_is_over_the_plain_values_in_the_order_of_their_names() -> None:
    by_hand = hashlib.md5(b"/ws/geocoder/v1/?get_poi=0&key=K&location=31.195000,121.435000SK", usedforsecurity=False).hexdigest()
    assert signature("/ws/geocoder/v1/", {"location": "31.195000,121.435000", "key": "K", "get_poi": "0"}, "SK") == by_hand


def test_a_private_address_and_the_sea_are_known_to_nobody(line: HttpLbs) -> None:
    assert line.of_address("10.0.0.1") is None
    assert line.of_place(Place(20.0, 140.0)) is None


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (110, Trouble.misconfigured),
        (111, Trouble.misconfigured),
        (112, Trouble.misconfigured),
        (113, Trouble.misconfigured),
        (120, Trouble.too_fast),
        (121, Trouble.used_up),
        (123, Trouble.misconfigured),
        (190, Trouble.misconfigured),
        (199, Trouble.misconfigured),
        (311, Trouble.misconfigured),
        (500, Trouble.away),
        (9999, Trouble.away),
    ],
)
def test_what_each_status_means(line: HttpLbs, simulator: platform.Simulator, code: int, trouble: Trouble) -> None:
    simulator.ask("faults", faults=[{"kind": "errcode", "host": "apis.map.qq.com", "code": code, "times": 1}])
    with pytest.raises(LbsError) as refused:
        line.of_place(PLACE)
    assert (refused.value.trouble, refused.value.code) == (trouble, str(code))


@pytest.mark.parametrize("kind", ["http", "cut", "timeout_before"])
def test_no_answer_is_no_answer_within_the_time_that_somebody_waits(line: HttpLbs, simulator: platform.Simulator, kind: str) -> None:
    simulator.ask("faults", faults=[{"kind": kind, "host": "apis.map.qq.com", "times": 1}])
    with pytest.raises(LbsError) as refused:
        line.of_address(ADDRESS)
    assert refused.value.trouble is Trouble.away
    assert lbs.KEY not in str(refused.value)


def test_the_simulator_is_as_strict_as_its_console_says(line: HttpLbs, simulator: platform.Simulator) -> None:
    def refused() -> str:
        with pytest.raises(LbsError) as refusal:
            line.of_place(PLACE)
        return refusal.value.code

    line._secret = "another"
    assert refused() == "111"
    simulator.ask(f"accounts/{lbs.KEY}/switches", map_signature_on=False)
    assert line.of_place(PLACE) is not None
    simulator.ask(f"accounts/{lbs.KEY}/switches", ip_whitelist_on=True)
    assert refused() == "112"
    simulator.ask(f"accounts/{lbs.KEY}/switches", ip_whitelist_on=False, map_webservice_on=False)
    assert refused() == "199"
    simulator.ask(f"accounts/{lbs.KEY}/switches", map_webservice_on=True)
    for key, code in (("AAAAAA-AAAAA", "311"), ("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", "190"), ("", "301")):
        line._key = key
        assert refused() == code
    line._key = lbs.KEY
    simulator.ask("limits", name="map.per_day", value=0)
    assert refused() == "121"
    simulator.ask("limits", name="map.per_second", value=0)
    assert refused() == "120"
