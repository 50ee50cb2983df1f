"""Whatever a stranger sends to the search is answered, or refused with the name of the field at fault; it is never an error of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.vehicles import schemas
from tests.factories import dealers, vehicles

Get = Callable[..., Any]

NAMED: list[tuple[str, dict[str, Any]]] = [
    ("colour", {"colour": "white"}),
    ("q", {"q": "卡" * 500}),
    ("q", {"q": ""}),
    ("q", {"q": "白\x00"}),
    ("series", {"series": "j\x005"}),
    ("series", {"series": ",".join(f"s{number}" for number in range(21))}),
    ("trim", {"trim": [f"s{number}" for number in range(5_000)]}),
    ("trim", {"trim": "长" * 81}),
    ("city", {"city": "," * 10_000 + "长" * 100}),
    ("condition", {"condition": "used,rusty"}),
    ("lat", {"lat": "nan", "lng": 121}),
    ("lng", {"lat": 31, "lng": "inf"}),
    ("lng", {"lat": 31, "lng": "-inf"}),
    ("lat", {"lat": 91, "lng": 121}),
    ("lng", {"lat": 31, "lng": 180.001}),
    ("lng", {"lat": 31}),
    ("lat", {"lng": 121}),
    ("crs", {"crs": "bd09", "lat": 31, "lng": 121}),
    ("radius_km", {"radius_km": 1e9, "lat": 31, "lng": 121}),
    ("radius_km", {"radius_km": "nan", "lat": 31, "lng": 121}),
    ("radius_km", {"radius_km": 0, "lat": 31, "lng": 121}),
    ("radius_km", {"radius_km": 10}),
    ("price_max_fen", {"price_max_fen": "9" * 30}),
    ("price_max_fen", {"price_max_fen": "9" * 5_000}),
    ("price_min_fen", {"price_min_fen": -1}),
    ("monthly_max_fen", {"monthly_max_fen": 2**53 + 1}),
    ("mileage_min_km", {"mileage_min_km": 2**31}),
    ("model_year", {"model_year": 2**63}),
    ("model_year", {"model_year": "2020,-5"}),
    ("model_year_min", {"model_year_min": 1949}),
    ("seats", {"seats": "five"}),
    ("seats", {"seats": 100}),
    ("store_ids", {"store_ids": "all"}),
    ("store_id", {"store_id": "1"}),
    ("registered_from", {"registered_from": "2024-02-30"}),
    ("registered_from", {"registered_from": "0001-01-01"}),
    ("registered_to", {"registered_to": "9999-12-31"}),
    ("listed_within_days", {"listed_within_days": 0}),
    ("listed_within_days", {"listed_within_days": 10**9}),
    ("previous_owners_max", {"previous_owners_max": -1}),
    ("accident_free", {"accident_free": "perhaps"}),
    ("in_warranty", {"in_warranty": "2"}),
    ("sort", {"sort": "prettiest"}),
    ("limit", {"limit": 0}),
    ("limit", {"limit": 101}),
    ("facets", {"facets": "some"}),
    ("cursor", {"cursor": "x" * 301}),
    ("cursor", {"cursor": "WzEsMl0"}),
    ("cursor", {"cursor": "\x00"}),
    ("cursor", {"cursor": "价"}),
    ("cursor", {"cursor": "W" * 300}),
]
ANSWERED: list[dict[str, Any]] = [
    {"q": " "},
    {"q": "%_\\'\"; DROP TABLE vehicles --"},
    {"q": "🚗" * 60},
    {"q": b"\xed\xa0\x80"},
    {"series": ",,,"},
    {"trim": "\\"},
    {"trim": "a\\,b"},
    {"city": "上海'"},
    {"price_min_fen": 2**53, "price_max_fen": 0},
    {"mileage_max_km": 2**31 - 1},
    {"registered_from": "2100-12-31", "registered_to": "1950-01-01"},
    {"listed_within_days": 3650},
    {"store_ids": "00000000-0000-0000-0000-000000000000"},
    {"lat": 90, "lng": 180, "radius_km": 5000},
    {"lat": -90, "lng": -180, "sort": "recommended"},
    {"lat": 0, "lng": 0, "crs": "wgs84", "radius_km": 1e-300},
    {"sort": "distance"},
    {"model_year": " 2023 , 2023"},
]


@pytest.fixture
def car(session: Session, brand: Brand) -> str:
    return str(vehicles.vehicle(session, dealers.store(session, dealers.dealer(session, brand))).id)


def test_what_does_not_hold_is_refused_by_name_in_the_list_and_on_the_map(get: Get, car: str) -> None:
    of_the_list_only = {"sort", "limit", "facets", "cursor"}
    for field, query in NAMED:
        for path in ("/vehicles/", "/vehicles/stores"):
            if field not in of_the_list_only or path == "/vehicles/":
                answer = get(path, **query)
                assert (answer.status_code, field in answer.json["details"]) == (422, True), (path, query, answer.json)
                assert answer.json["message"]


def test_what_is_odd_but_holds_is_answered(get: Get, car: str) -> None:
    for query in ANSWERED:
        assert get("/vehicles/", **query).status_code == 200, query
        if "sort" not in query:
            assert get("/vehicles/stores", **query).status_code == 200, query


def test_an_answer_is_what_its_schema_says(get: Get, car: str) -> None:
    for query in ({}, {"lat": 31.2, "lng": 121.5}, {"facets": "false"}, {"q": "never heard of"}):
        told = get("/vehicles/", **query).json
        assert schemas.SearchOut().dump(told) == told
        told = get("/vehicles/stores", **{name: value for name, value in query.items() if name != "facets"}).json
        assert schemas.StoresCarsOut().dump(told) == told


def test_choices_in_json_are_plain_values() -> None:
    for hostile in ([{"a": 1}], [["j5"]], [None], [True], [1.5], ["j5"] * 5_000, {"a": 1}, "\ud800", ["\udfff"]):
        assert "series" in schemas.FiltersIn().validate({"series": hostile}), hostile
