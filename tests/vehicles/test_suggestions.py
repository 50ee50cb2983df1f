"""As one types, what is suggested leads to cars, and to as many as it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.vehicles import service
from app.vehicles.models import CountedWords, Vehicle
from app.vehicles.queries import Filters, known, search, suggestions
from tests.factories import dealers, vehicles

Typed = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def stock(session: Session, brand: Brand) -> dict[str, Vehicle]:
    """Five cars at two cities, their words counted."""
    dealer = dealers.dealer(session, brand)
    shanghai, beijing = (dealers.store(session, dealer, city=city) for city in ("上海", "北京"))
    porsche = vehicles.series(session, brand, key="911", name="保时捷 911")
    cayenne = vehicles.series(session, brand, key="cayenne", name="Cayenne")
    j5 = vehicles.series(session, brand, key="j5", name="极曜 J5")

    def car(at: Any, of: Any, model: str, **fields: Any) -> Vehicle:
        title = f"{of.name} {fields.get('model_year', 2021)}款 {model}"
        told = {"title": title, "model": model, "trim": "", "exterior_color": "black", "body": "coupe", "model_year": 2021}
        return vehicles.vehicle(session, at, of, **told | fields)

    cars = {
        "white 4s": car(shanghai, porsche, "911 Carrera 4S", exterior_color="white"),
        "black 4s": car(beijing, porsche, "911 Carrera 4S", price_fen=99_000_000),
        "turbo": car(shanghai, porsche, "911 Turbo S"),
        "cayenne": car(shanghai, cayenne, "Cayenne S", body="suv", exterior_color="white"),
        "j5": car(beijing, j5, "", body="suv", energy="range_extender", model_year=2024),
    }
    count(session, brand)
    return cars


def count(session: Session, brand: Brand) -> None:
    session.flush()
    service.count_words(session, brand.id)
    known.forget()


@pytest.fixture
def typed(session: Session, brand: Brand, stock: dict[str, Vehicle]) -> Typed:
    return lambda q: suggestions(session, brand.id, q)


def found(session: Session, brand: Brand, filters: dict[str, Any]) -> int:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in filters.items()}
    return search(session, brand.id, Filters(**values), with_facets=False).total


@pytest.mark.parametrize(
    ("q", "label", "filters"),
    [
        ("保", "保时捷 911", {"series": ["911"]}),
        ("bao", "保时捷 911", {"series": ["911"]}),
        ("bsj", "保时捷 911", {"series": ["911"]}),
        ("911", "保时捷 911", {"series": ["911"]}),
        ("91", "保时捷 911", {"series": ["911"]}),
        ("911 car", "911 Carrera 4S", {"series": ["911"], "model": ["911 Carrera 4S"]}),
        ("卡", "Cayenne", {"series": ["cayenne"]}),
        ("kay", "Cayenne", {"series": ["cayenne"]}),
        ("CAY", "Cayenne", {"series": ["cayenne"]}),
        ("极", "极曜 J5", {"series": ["j5"]}),
        ("jiy", "极曜 J5", {"series": ["j5"]}),
        ("j", "极曜 J5", {"series": ["j5"]}),
        ("越", "SUV", {"body": ["suv"]}),
        ("增程", "增程", {"energy": ["range_extender"]}),
        ("白", "云母白", {"exterior_color": ["white"]}),
        ("上", "上海", {"city": ["上海"]}),
        ("shangh", "上海", {"city": ["上海"]}),
        ("2024", "2024款", {"model_year": [2024]}),
        ("白色 卡", "Cayenne", {"series": ["cayenne"], "q": "白色"}),
        ("上海91", "保时捷 911", {"series": ["911"], "q": "上海"}),
        ("30万以内", "30万以内", {"price_max_fen": 30_000_000}),
        ("20-30万", "20-30万", {"price_min_fen": 20_000_000, "price_max_fen": 30_000_000}),
        ("j5 二十万以上", "20万以上", {"price_min_fen": 20_000_000, "q": "j5"}),
    ],
)
def test_what_is_begun_is_suggested_first(typed: Typed, q: str, label: str, filters: dict[str, Any]) -> None:
    first = typed(q)[0]
    assert (first["label"], first["filters"]) == (label, filters)


def test_a_slip_of_the_finger_is_corrected(typed: Typed) -> None:
    for q, label in {"cayanne": "Cayenne", "baoshijei": "保时捷 911", "保时接": "保时捷 911", "jiayo": "极曜 J5"}.items():
        first = typed(q)[0]
        assert (first["kind"], first["label"]) == ("correction", label), q


def test_a_count_is_what_the_search_finds(session: Session, brand: Brand, typed: Typed) -> None:
    asked = ["", "保", "9", "c", "卡", "s", "j", "白", "上海", "白色 ", "20", "1000万", "四驱", "911 白", "电"]
    for q in asked:
        items = typed(q)
        assert len(items) <= 10
        for item in items:
            assert item["count"] == found(session, brand, item["filters"]) > 0, (q, item)


def test_a_car_that_was_sold_is_not_counted_though_nobody_has_counted_the_words_since(
    session: Session, typed: Typed, stock: dict[str, Vehicle]
) -> None:
    assert typed("911")[0]["count"] == 3
    stock["turbo"].status = "sold"
    session.flush()
    assert typed("911")[0]["count"] == 2
    stock["cayenne"].status = "sold"
    session.flush()
    assert typed("caye") == []


def test_nothing_typed_suggests_the_series_with_the_most_cars(typed: Typed) -> None:
    assert [(item["label"], item["count"]) for item in typed(" ")][:1] == [("保时捷 911", 3)]


def test_what_means_nothing_suggests_nothing(typed: Typed) -> None:
    assert [typed(q) for q in ("xyzzy", "%", "的", "9110", "🚗")] == [[]] * 5


def test_the_door_answers_strangers_and_refuses_what_is_too_long(get: Callable[..., Any], stock: dict[str, Vehicle]) -> None:
    answer = get("/vehicles/suggestions", q="卡")
    assert answer.status_code == 200
    assert answer.json["items"][0] == {
        "kind": "series",
        "text": "Cayenne",
        "label": "Cayenne",
        "filters": {"series": ["cayenne"]},
        "count": 1,
    }
    assert get("/vehicles/suggestions").status_code == 200
    refused = get("/vehicles/suggestions", q="卡" * 500)
    assert refused.status_code == 422
    assert "q" in str(refused.json["details"])


def test_words_are_due_when_the_stock_or_the_catalogue_has_changed(session: Session, brand: Brand, stock: dict[str, Vehicle]) -> None:
    assert service.words_are_due(session, brand.id) == (False, False)
    stock["j5"].price_fen += 100
    session.flush()
    session.execute(update(CountedWords).values(stock=CountedWords.stock - 1))
    assert service.words_are_due(session, brand.id) == (False, True)
    session.execute(update(CountedWords).values(catalogue="older"))
    assert service.words_are_due(session, brand.id) == (True, True)
    assert service.words_are_due(session, dealers.brand(session).id) == (True, True)


def test_old_texts_are_written_anew_and_then_found(session: Session, brand: Brand, stock: dict[str, Vehicle]) -> None:
    session.execute(update(Vehicle).filter_by(brand_id=brand.id).values(search_text="as an older release wrote it"))
    assert found(session, brand, {"q": "卡宴"}) == 0
    assert service.reword(session, brand.id) is None
    assert found(session, brand, {"q": "卡宴"}) == 1
    texts = session.execute(select(Vehicle.search_text).filter_by(brand_id=brand.id).order_by(Vehicle.number)).scalars().all()
    assert service.reword(session, brand.id) is None
    assert session.execute(select(Vehicle.search_text).filter_by(brand_id=brand.id).order_by(Vehicle.number)).scalars().all() == texts


def test_a_word_is_found_as_it_is_meant_in_the_stock(session: Session, brand: Brand, stock: dict[str, Vehicle]) -> None:
    totals = {
        "911 卡雷拉 4S 白": 1,
        "kayan": 1,
        "kaiyan": 1,
        "caynne": 1,
        "上海 911": 2,
        "北京": 2,
        "9110": 0,
        "suv": 2,
        "帕梅": 0,
        "99": 0,
    }
    assert {q: found(session, brand, {"q": q}) for q in totals} == totals
