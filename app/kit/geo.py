"""Places and distances; every place says its datum, and WGS-84 is turned into GCJ-02, never the other way by stealth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from geopy.distance import EARTH_RADIUS

EARTH_RADIUS_M = EARTH_RADIUS * 1000

# Krasovsky 1940, as the published GCJ-02 description has it.
_A = 6378245.0
_EE = 0.00669342162296594323


class Datum(StrEnum):
    gcj02 = "gcj02"
    wgs84 = "wgs84"


@dataclass(frozen=True)
class Place:
    """Degrees north and east, in GCJ-02."""

    lat: float
    lng: float

    @classmethod
    def of(cls, lat: float, lng: float, datum: Datum) -> Place:
        """A place from coordinates of either datum."""
        return cls(*wgs84_to_gcj02(lat, lng)) if datum is Datum.wgs84 else cls(lat, lng)


@dataclass(frozen=True)
class Box:
    """A rectangle in degrees that holds every point within a radius."""

    south: float
    north: float
    west: float
    east: float


def _offset_applies(lat: float, lng: float) -> bool:
    return 72.004 <= lng <= 137.8347 and 0.8293 <= lat <= 55.8271


def _offset(lat: float, lng: float) -> tuple[float, float]:
    x, y = lng - 105.0, lat - 35.0
    waves = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    d_lat += (waves + 20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    d_lng = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    d_lng += (waves + 20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    d_lng += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    radians = math.radians(lat)
    magic = 1 - _EE * math.sin(radians) ** 2
    root = math.sqrt(magic)
    return (
        d_lat * 180.0 / ((_A * (1 - _EE)) / (magic * root) * math.pi),
        d_lng * 180.0 / (_A / root * math.cos(radians) * math.pi),
    )


def wgs84_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """GCJ-02 (lat, lng) in degrees of a WGS-84 point; unchanged outside the box in which the offset is defined."""
    if not _offset_applies(lat, lng):
        return lat, lng
    d_lat, d_lng = _offset(lat, lng)
    return lat + d_lat, lng + d_lng


def gcj02_to_wgs84(lat: float, lng: float) -> tuple[float, float]:
    """WGS-84 (lat, lng) whose GCJ-02 image is the point given, by fixed-point iteration, to better than 0.1 m."""
    guess_lat, guess_lng = lat, lng
    for _ in range(10):
        there_lat, there_lng = wgs84_to_gcj02(guess_lat, guess_lng)
        guess_lat, guess_lng = guess_lat + lat - there_lat, guess_lng + lng - there_lng
    return guess_lat, guess_lng


def distance_m(a: Place, b: Place) -> float:
    """Great-circle metres between two places of one datum, by the haversine formula."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lng - a.lng) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def box(around: Place, radius_m: float) -> Box:
    """The smallest rectangle of degrees around a circle; good away from the poles, where no dealer is."""
    d_lat = math.degrees(radius_m / EARTH_RADIUS_M)
    d_lng = math.degrees(math.asin(min(1.0, math.sin(radius_m / EARTH_RADIUS_M) / math.cos(math.radians(around.lat)))))
    return Box(around.lat - d_lat, around.lat + d_lat, around.lng - d_lng, around.lng + d_lng)
