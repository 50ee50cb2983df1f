"""Places and distances; every place says its datum, and WGS-84 is turned into GCJ-02, never the other way by stealth."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# The WGS-84 ellipsoid: its greater half-axis in metres, and the square of its eccentricity. GCJ-02 moves neighbours alike, so that
# distances are reckoned on the same one.
_WGS84_A = 6378137.0
_E2 = 0.0066943799901413165
_DIAMETER_M = 2 * _WGS84_A

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
    """WGS-84 (lat, lng) whose GCJ-02 image is the point given, by fixed-point iteration, to better than 0.1 m.

    For a store that was given in GCJ-02 only, whose table keeps both; nobody's own place is ever turned back.
    """
    guess_lat, guess_lng = lat, lng
    for _ in range(10):
        there_lat, there_lng = wgs84_to_gcj02(guess_lat, guess_lng)
        guess_lat, guess_lng = guess_lat + lat - there_lat, guess_lng + lng - there_lng
    return guess_lat, guess_lng


def distance_m(a: Place, b: Place) -> float:
    """Metres along the earth between two places of one datum.

    The straight line through the WGS-84 ellipsoid, bent to an arc of a circle with the equator's radius: the geodesic's length
    to two millionths up to 300 km, and to 0.02 % from one end of China to the other. It wants no iteration and no special case, so that
    a list of thousands has the very same.
    """
    return arc_m(_straight(_through_earth(a.lat, a.lng), _through_earth(b.lat, b.lng)))


def arc_m(chord: float) -> float:
    """Metres along the earth between the ends of a chord, which is given in diameters of the equator."""
    return _DIAMETER_M * math.asin(chord)


def chord(metres: float) -> float:
    """`arc_m` the other way; nothing on earth is farther than its other side."""
    return math.sin(min(metres / _DIAMETER_M, math.pi / 2))


class Points:
    """Many places that are measured from again and again, such as the stores of a brand: thirty microseconds for 5,000."""

    def __init__(self, lats: Iterable[float], lngs: Iterable[float]) -> None:
        # A tenth of a second to import, which most processes that know of places never need.
        import numpy

        self._points = [_through_earth(lat, lng) for lat, lng in zip(lats, lngs, strict=True)]
        self._numpy, self._axes = numpy, numpy.array(self._points, dtype=float).reshape(-1, 3).T.copy()

    def __len__(self) -> int:
        return len(self._points)

    def distances_m(self, place: Place) -> list[float]:
        """`distance_m` of each from a place, in their order."""
        return [arc_m(far) for far in self._chords(place).tolist()]

    def chord(self, which: int, place: Place) -> float:
        """How far one is from a place straight through the earth, for `arc_m`: which of two is nearer, it says already."""
        return _straight(self._points[which], _through_earth(place.lat, place.lng))

    def within(self, place: Place, metres: float) -> list[tuple[float, int]]:
        """(chord, which) of those that are no farther, the nearest first."""
        chords = self._chords(place)
        (which,) = (chords <= chord(metres) * (1 + 1e-9)).nonzero()  # the sine is a little finer or coarser than the arc it came from
        which = which[self._numpy.argsort(chords[which], kind="stable")]
        found = list(zip(chords[which].tolist(), which.tolist(), strict=True))
        while found and arc_m(found[-1][0]) > metres:
            found.pop()
        return found

    def _chords(self, place: Place) -> Any:
        """`chord` of each, to the last bit: added up in the same order."""
        x, y, z = (of_all - of_place for of_all, of_place in zip(self._axes, _through_earth(place.lat, place.lng), strict=True))
        return self._numpy.minimum(self._numpy.sqrt(x * x + y * y + z * z), 1.0)


def _straight(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """The chord between two points in the earth; rounding makes no chord longer than the diameter."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return min(1.0, math.sqrt(x * x + y * y + z * z))


def _through_earth(lat: float, lng: float) -> tuple[float, float, float]:
    """Where a point of the ellipsoid is from the earth's centre, in diameters of the equator."""
    phi, along = math.radians(lat), math.radians(lng)
    sine = math.sin(phi)
    normal = 0.5 / math.sqrt(1 - _E2 * sine * sine)
    across = normal * math.cos(phi)
    return across * math.cos(along), across * math.sin(along), (1 - _E2) * normal * sine


def box(around: Place, radius_m: float) -> Box:
    """A rectangle of degrees that holds the whole circle, and little more; all around the earth where a pole is in it."""
    # No degree on the ellipsoid is shorter than at the equator along a meridian: reckoned with it, no side comes too close.
    radius = radius_m / (_WGS84_A * (1 - _E2))
    d_lat = math.degrees(radius)
    south, north = around.lat - d_lat, around.lat + d_lat
    if south <= -90 or north >= 90:
        return Box(max(south, -90.0), min(north, 90.0), -180.0, 180.0)
    d_lng = math.degrees(math.asin(min(1.0, math.sin(radius) / math.cos(math.radians(around.lat)))))
    west, east = around.lng - d_lng, around.lng + d_lng
    return Box(south, north, west, east) if west >= -180 and east <= 180 else Box(south, north, -180.0, 180.0)
