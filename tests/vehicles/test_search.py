"""The search finds what is near, shows a car as it is now, never shows one twice, and takes no page marker but its own."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from geopy.distance import geodesic
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.kit.errors import Invalid
from app.kit.geo import Datum, Place, gcj02_to_wgs84
from app.kit.json import dumps, loads
from app.kit.paging import CursorInvalid, decode, encode
from app.vehicles.queries import Filters, Sort, filters_of, get, list_card, nearest_city, search
from app.vehicles.queries import known as memory
from app.vehicles.search.engine import Asked, Hits
from tests.factories import dealers, vehicles
from tests.vehicles import skewed

SHANGHAI = skewed.CITIES["上海"]


@pytest.fixture
def town(session: Session, brand: Brand) -> skewed.Town:
    return skewed.build(session, brand, seed=7, cars=100)


def everything(session: Session, brand: Brand, filters: Filters | None = None, **asked: Any) -> list[dict[str, Any]]:
    """All pages of a search, thirty cars at a time."""
    cars: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = search(session, brand.id, filters or Filters(), limit=30, cursor=cursor, with_facets=False, **asked)
        cars.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return cars


def rows(page: Any, facet: str) -> list[dict[str, Any]]:
    """The values of a facet as a phone reads them."""
    values: list[dict[str, Any]] = loads(dumps(page.facets.values))[facet]
    return values


def test_distances_are_those_of_the_geodesic_and_the_nearest_comes_first(session: Session, brand: Brand, town: skewed.Town) -> None:
    here = (31.0, 121.0)
    found = everything(session, brand, near=Place(*here))
    assert len(found) == len(town.stock.cars)
    metres = [car["distance_m"] for car in found]
    assert metres == sorted(metres)
    places = {str(shop.id): shop.at for shop in town.stock.shops}
    for car in found:
        assert car["distance_m"] == pytest.approx(geodesic(here, places[car["store"]["id"]]).meters, rel=0.003)


def test_the_same_spot_in_either_datum_gives_the_same_distances(session: Session, brand: Brand, town: skewed.Town) -> None:
    as_gcj = everything(session, brand, near=Place.of(*SHANGHAI, Datum.gcj02))
    as_wgs = everything(session, brand, near=Place.of(*gcj02_to_wgs84(*SHANGHAI), Datum.wgs84))
    for one, other in zip(as_gcj, as_wgs, strict=True):
        assert one["distance_m"] == pytest.approx(other["distance_m"], abs=1)
    misread = everything(session, brand, near=Place.of(*gcj02_to_wgs84(*SHANGHAI), Datum.gcj02))
    assert misread[0]["distance_m"] > 300  # so the agreement above is not there by chance


def test_without_a_place_the_newest_come_first_and_distance_is_unknown(session: Session, brand: Brand, town: skewed.Town) -> None:
    page = search(session, brand.id, Filters(), sort=Sort.distance)
    assert page.sort is Sort.newest
    assert {car["distance_m"] for car in page.items} == {None}


def test_a_car_in_a_list_is_told_as_everywhere_else(session: Session, brand: Brand, town: skewed.Town) -> None:
    for told in search(session, brand.id, Filters(), near=Place(*SHANGHAI)).items:
        assert told == list_card(get(session, brand.id, told["id"]), told["distance_m"])


def test_recommended_prefers_the_well_described_car_and_listing_again_wins_nothing(session: Session, brand: Brand) -> None:
    store = dealers.store(session, dealers.dealer(session, brand))
    full = [{"url": f"/{n}.svg", "alt": "图"} for n in range(3)]
    good = vehicles.vehicle(session, store, photos=full, listed_at=datetime(2025, 1, 1, tzinfo=UTC))
    bare = vehicles.vehicle(session, store, photos=[], condition="used", accident_free=None, listed_at=datetime(2026, 6, 1, tzinfo=UTC))
    assert [car["id"] for car in everything(session, brand, sort=Sort.recommended)] == [str(good.id), str(bare.id)]


@pytest.mark.parametrize("sort", list(Sort))
def test_every_car_is_seen_once_while_others_come_and_go(session: Session, brand: Brand, town: skewed.Town, sort: Sort) -> None:
    seen: list[str] = []
    gone: set[str] = set()
    cursor = None
    all_of_them = {car["id"] for car in everything(session, brand)}
    for _ in range(30):
        page = search(session, brand.id, Filters(), near=Place(*SHANGHAI), sort=sort, cursor=cursor, limit=9, with_facets=False)
        assert not gone & {car["id"] for car in page.items}
        seen += [car["id"] for car in page.items]
        pivot = get(session, brand.id, page.items[0]["id"])
        # The same price, moment and store as a car already shown: the hardest place to stay stable.
        vehicles.vehicle(session, pivot.store, pivot.series, price_fen=pivot.price_fen, listed_at=pivot.listed_at)
        # The very car after which the next page begins is sold, and one that was not yet shown.
        sold = {page.items[-1]["id"], min(all_of_them - set(seen) - gone, default=page.items[-1]["id"])}
        for car_id in sold:
            get(session, brand.id, car_id).status = "sold"  # type: ignore[arg-type]
        session.flush()
        gone |= sold
        cursor = page.next_cursor
        if cursor is None:
            break
    assert cursor is None
    assert len(seen) == len(set(seen))
    assert all_of_them - gone <= set(seen)


def test_a_page_marker_of_another_search_or_of_nobody_is_refused(session: Session, brand: Brand, town: skewed.Town) -> None:
    cursor = search(session, brand.id, Filters(), sort=Sort.price_asc, limit=5).next_cursor
    assert cursor
    value, number, signature = decode(cursor, 3)
    other = dealers.brand(session)
    forged = [
        encode(value + 1, number, signature),
        encode(value, number, "0" * len(signature)),
        encode(value, number, None),
        encode(True, number, signature),
        encode(2**63, number, signature),
        encode(-1, number, signature),
        encode("price_asc", value, str(town.brand.id)),
        encode([1], "x", signature),
        "bm9uc2Vuc2U",
        "\x00",
        "价格",
        cursor[:-4],
    ]
    asked: dict[str, Any] = {"sort": Sort.price_asc, "cursor": cursor}
    assert search(session, brand.id, Filters(), **asked).items
    for brand_id, filters, changed in [
        (brand.id, Filters(), {"sort": Sort.price_desc}),
        (brand.id, Filters(), {"near": Place(*SHANGHAI)}),
        (brand.id, Filters(has_photos=True), {}),
        (other.id, Filters(), {}),
        *((brand.id, Filters(), {"cursor": one}) for one in forged),
    ]:
        with pytest.raises(CursorInvalid) as refused:
            search(session, brand_id, filters, **{**asked, **changed})
        assert "cursor" in refused.value.details


def test_a_choice_that_leads_nowhere_is_shown_with_zero(session: Session, brand: Brand, town: skewed.Town) -> None:
    page = search(session, brand.id, Filters(price_max_fen=1))
    assert page.facets is not None
    assert page.total == 0
    colours = {car.exterior_color for car in town.stock.cars} - {None}
    assert {row["value"]: row["count"] for row in rows(page, "exterior_color")} == dict.fromkeys(colours, 0)
    assert rows(page, "series")[0]["label"].startswith("车系")


def test_the_longest_facets_are_cut_but_never_what_is_chosen(session: Session, brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.vehicles.queries import facets

    monkeypatch.setattr(facets, "MOST_VALUES", 2)
    store = dealers.store(session, dealers.dealer(session, brand))
    for trim in ("a", "b", "b", "c", "c", "c", "d"):
        vehicles.vehicle(session, store, trim=trim)
    page = search(session, brand.id, Filters(trim=("d",)))
    assert page.facets is not None
    assert [(row["value"], row["count"]) for row in rows(page, "trim")] == [("c", 3), ("b", 2), ("d", 1)]


def test_without_an_index_a_very_large_stock_is_searched_but_not_counted(
    session: Session, brand: Brand, town: skewed.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.vehicles.queries.sql.MOST_COUNTED", len(town.stock.cars) - 1)
    page = search(session, brand.id, Filters(), limit=5)
    assert (len(page.items), page.total, page.facets) == (5, len(town.stock.cars), None)


def test_another_brands_cars_are_never_found_nor_counted(session: Session, brand: Brand, town: skewed.Town) -> None:
    other = dealers.brand(session)
    car = vehicles.vehicle(session, dealers.store(session, dealers.dealer(session, other)))
    page = search(session, other.id, Filters(), near=Place(*SHANGHAI))
    assert [found["id"] for found in page.items] == [str(car.id)]
    assert page.facets is not None
    assert [row["count"] for row in rows(page, "series")] == [1]
    there = Filters(store_ids=(town.stock.shops[0].id,))
    assert search(session, other.id, there).total == 0


def test_filters_survive_as_json_in_one_spelling() -> None:
    filters = Filters(series=("j5", "j1"), options=("tow_bar", "a,b\\c"), price_max_fen=30_000_000, q="白")
    assert filters.as_json() == Filters(series=("j1", "j5"), options=("a,b\\c", "tow_bar"), price_max_fen=30_000_000, q="白").as_json()
    assert set(filters_of(filters.as_json()).options) == {"tow_bar", "a,b\\c"}
    everything = Filters(
        model=("Macan",),
        seats=(5, 2),
        store_ids=(uuid.uuid4(), uuid.uuid4()),
        registered_from=datetime(2024, 2, 29, tzinfo=UTC).date(),
        in_warranty=False,
        listed_within_days=7,
        radius_km=1.5,
    )
    assert filters_of(everything.as_json()).as_json() == everything.as_json()
    with pytest.raises(Invalid) as refused:
        filters_of({"price_max_fen": "cheap", "condition": ["rusty"]})
    assert set(refused.value.details) == {"price_max_fen", "condition"}


def test_the_nearest_city_is_that_of_the_nearest_store(session: Session, brand: Brand, town: skewed.Town) -> None:
    assert nearest_city(session, brand.id, Place(31.2, 121.4)) == "上海"
    assert nearest_city(session, dealers.brand(session).id, Place(30.3, 120.2)) is None


def test_a_store_that_moved_is_where_it_is_when_the_memory_is_read_anew(
    session: Session, brand: Brand, town: skewed.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Place(*SHANGHAI)
    before = everything(session, brand, near=here)[0]
    store = session.get_one(Store, before["store"]["id"])
    store.lat_gcj02, store.name = store.lat_gcj02 + 5, "搬走了"
    session.flush()
    assert everything(session, brand, near=here)[0]["distance_m"] == before["distance_m"]
    monkeypatch.setattr(memory, "REMEMBERED_S", 0)
    moved = next(car for car in everything(session, brand, near=here) if car["store"]["id"] == before["store"]["id"])
    assert moved["distance_m"] > 500_000
    assert moved["store"]["name"] == "搬走了"


class Late:
    """An index that has not yet heard of the last changes: it names all cars of the brand in one steady order."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    def find(self, asked: Asked) -> Hits:
        keys = [(at, number) for at, number in enumerate(self.numbers) if asked.after is None or (at, number) > asked.after]
        return Hits(keys[: asked.limit + 1], len(self.numbers))

    def by_store(self, asked: Asked) -> dict[int, tuple[int, int]]:
        return {}


def test_what_the_index_has_not_heard_of_is_on_no_page(session: Session, brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.vehicles.queries import asking

    store = dealers.store(session, dealers.dealer(session, brand))
    cars = [vehicles.vehicle(session, store, price_fen=10_000_00) for _ in range(12)]
    monkeypatch.setattr(asking, "engines", lambda _session: [Late([car.number for car in cars])])
    for car in cars[1:4]:
        car.status = "sold"
    cars[4].price_fen = 90_000_00
    cars[5].status = "reserved"
    session.flush()
    wanted = Filters(price_max_fen=50_000_00)
    first = search(session, brand.id, wanted, sort=Sort.price_asc, limit=5, with_facets=False)
    assert [car["id"] for car in first.items] == [str(cars[at].id) for at in (0, 5, 6, 7, 8)]  # filled up with those behind
    assert first.items[1]["status"]["key"] == "reserved"
    rest = search(session, brand.id, wanted, sort=Sort.price_asc, limit=5, cursor=first.next_cursor, with_facets=False)
    assert [car["id"] for car in rest.items] == [str(cars[at].id) for at in (9, 10, 11)]
    assert rest.next_cursor is None


def test_a_search_asks_the_database_few_things(session: Session, brand: Brand, town: skewed.Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.vehicles.queries import asking

    monkeypatch.setattr(asking, "engines", lambda _session: [Late([car.number for car in town.stock.cars])])
    search(session, brand.id, Filters(), near=Place(*SHANGHAI), with_facets=False)
    session.flush()
    statements: list[str] = []
    connection = session.connection()
    listen = lambda *args: statements.append(args[2])  # noqa: E731  # the same object has to be removed again
    event.listen(connection, "before_cursor_execute", listen)
    try:
        search(session, brand.id, Filters(price_min_fen=1), near=Place(*SHANGHAI), with_facets=False)
    finally:
        event.remove(connection, "before_cursor_execute", listen)
    assert len(statements) == 1, statements  # the rows of the page
