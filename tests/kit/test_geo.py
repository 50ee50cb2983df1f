"""Places keep their datum, and distances are right to half a percent."""

from __future__ import annotations

import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from app.kit.geo import Datum, Place, box, distance_m, gcj02_to_wgs84, wgs84_to_gcj02

IN_CHINA = (st.floats(18.2, 53.5), st.floats(73.6, 134.7))


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # The points that the published implementations of the transform agree on: Shanghai, Shenzhen, Beijing.
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_wgs84_becomes_gcj02_to_within_a_centimetre_of_published_points(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert distance_m(Place(*wgs84_to_gcj02(*wgs84)), Place(*gcj02)) < 0.01


@given(*IN_CHINA)
def test_there_and_back_is_the_same_place_to_a_decimetre(lat: float, lng: float) -> None:
    there = wgs84_to_gcj02(lat, lng)
    assert distance_m(Place(*gcj02_to_wgs84(*there)), Place(lat, lng)) < 0.1


@given(*IN_CHINA)
def test_the_two_datums_are_never_mixed_up_silently(lat: float, lng: float) -> None:
    moved = distance_m(Place.of(lat, lng, Datum.gcj02), Place.of(lat, lng, Datum.wgs84))
    assert 20 < moved < 1200


def test_outside_china_the_datums_are_one() -> None:
    assert wgs84_to_gcj02(48.8584, 2.2945) == (48.8584, 2.2945)


@given(*IN_CHINA, *IN_CHINA)
def test_distance_agrees_with_geopy(lat_a: float, lng_a: float, lat_b: float, lng_b: float) -> None:
    ours = distance_m(Place(lat_a, lng_a), Place(lat_b, lng_b))
    assert ours == pytest.approx(great_circle((lat_a, lng_a), (lat_b, lng_b)).m, rel=0.005, abs=0.5)


@given(*IN_CHINA, st.floats(100, 300_000), st.floats(0, 360))
def test_the_box_holds_every_point_of_the_circle(lat: float, lng: float, radius: float, bearing: float) -> None:
    edge = great_circle(meters=radius * 0.999).destination((lat, lng), bearing)
    around = box(Place(lat, lng), radius)
    assert around.south <= edge.latitude <= around.north
    assert around.west <= edge.longitude <= around.east
