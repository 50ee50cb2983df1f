"""The districts of China with their centres (GCJ-02): the city of a place without asking anybody, right but near the borders of cities.

The table and where it comes from: districts.csv, bench/derive_districts.py, districts.LICENSE.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path

from app.kit.geo import Place, Points
from app.places.client import Where

_TABLE = Path(__file__).with_name("districts.csv")
# Whose next centre is farther away is in the desert, at sea or abroad.
FARTHEST_M = 100_000


@functools.cache
def _districts() -> tuple[list[Where], Points]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            Where(row["province"], row["city"], row["district"], row["adcode"], float(row["lat"]), float(row["lng"]))
            for row in csv.DictReader(file)
        ]
    return rows, Points([row.lat for row in rows], [row.lng for row in rows])


def nearest(place: Place) -> Where | None:
    """The district whose centre is nearest, None when even that is far; half a millisecond."""
    rows, points = _districts()
    metres, index = min((metres, index) for index, metres in enumerate(points.distances_m(place)))
    return rows[index] if metres <= FARTHEST_M else None
