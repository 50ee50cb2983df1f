"""Where a place is and where an address in the internet is: the district whose centre is nearest, and a district made up for a network.

The districts are the public facts of app/places/districts.csv, read as a file.
"""

import csv
import functools
import ipaddress
import math
from pathlib import Path
from typing import Any
from zlib import crc32

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.lbs.wire import MapRefusal, map_endpoint

_TABLE = Path(__file__).resolve().parents[3] / "app" / "places" / "districts.csv"
_FARTHEST_KM = 300
_KM_OF_A_DEGREE = 111.2
_NATION_CODE = 156


@map_endpoint("/ws/geocoder/v1/")
def geocoder(call: Call) -> dict[str, Any]:
    """Reverse geocoding. What is at sea or abroad has no result here; what Tencent tells there is not verified."""
    if "location" not in call.query:
        raise MapRefusal(306)
    try:
        lat, lng = (float(part) for part in call.query["location"].split(","))
    except ValueError:
        raise MapRefusal(310) from None
    if not abs(lat) <= 90:
        raise MapRefusal(365)
    if not abs(lng) <= 180:
        raise MapRefusal(366)
    far, one = min((_km(lat, lng, one), index) for index, one in enumerate(_districts()))
    if far > _FARTHEST_KM:
        raise MapRefusal(347)
    found = _districts()[one]
    names = {name: found[name] for name in ("province", "city", "district")}
    whole = "".join(dict.fromkeys(names.values()))
    return {
        "location": {"lat": lat, "lng": lng},
        "address": whole,
        "formatted_addresses": {"recommend": whole, "rough": whole},
        "address_component": {"nation": "中国", **names, "street": "", "street_number": ""},
        "ad_info": {
            "nation_code": str(_NATION_CODE), "adcode": found["adcode"], "city_code": f"{_NATION_CODE}{found['adcode'][:4]}00",
            "name": ",".join(["中国", *names.values()]), "location": {"lat": found["lat"], "lng": found["lng"]}, "nation": "中国", **names,
        },
    }  # fmt: skip


@map_endpoint("/ws/location/v1/ip")
def by_address(call: Call) -> dict[str, Any]:
    """The same network of 65,536 addresses is always in the same district; without `ip` it is the caller's own."""
    try:
        address = ipaddress.ip_address(call.query.get("ip") or call.remote)
    except ValueError:
        raise MapRefusal(310) from None
    if not address.is_global:
        raise MapRefusal(375)
    found = _districts()[crc32(address.packed[:2]) % len(_districts())]
    names = {name: found[name] for name in ("province", "city", "district")}
    return {
        "ip": str(address),
        "location": {"lat": found["lat"], "lng": found["lng"]},
        "ad_info": {"nation": "中国", **names, "adcode": int(found["adcode"]), "nation_code": _NATION_CODE},
    }


@functools.cache
def _districts() -> list[dict[str, Any]]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return [{**row, "lat": float(row["lat"]), "lng": float(row["lng"])} for row in csv.DictReader(file)]


def _km(lat: float, lng: float, there: dict[str, Any]) -> float:
    """Near enough to tell which centre is next."""
    across = (there["lng"] - lng) * math.cos(math.radians(lat))
    return math.hypot(there["lat"] - lat, across) * _KM_OF_A_DEGREE
