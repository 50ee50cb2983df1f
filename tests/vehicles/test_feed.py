"""A feed is taken over whole or not at all, and the same feed again changes nothing."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.events.models import Event
from app.kit import db
from app.kit.geo import Place
from app.vehicles import mapping, service
from app.vehicles.errors import FeedRefused, MappingInvalid
from app.vehicles.models import ImportRow, ImportRun, Vehicle
from app.vehicles.queries import Filters, get, price_history, search
from app.vehicles.service import merge
from app.vehicles.vin import check_digit
from dev.environment import REAL_DATA
from tests.factories import dealers, vehicles

MAPPING = """
name = "dms"
[stock_number]
column = "no"
[fields]
title = { column = "title" }
series = { column = "title", regex = '^(\\S+)' }
condition = { column = "kind", values = { "新车" = "new", "二手" = "used" } }
model_year = { column = "year" }
price_fen = { column = "price_wan", factor = 1000000 }
odometer_km = { column = "km" }
first_registration_date = { column = "registered" }
exterior_color = { column = "color" }
vin = { column = "vin" }
options = { column = "options" }
[specifications]
displacement = { column = "engine" }
"""
HEADER = ["no", "title", "kind", "year", "price_wan", "km", "registered", "color", "vin", "options", "engine"]
GOOD = {
    "no": "A1",
    "title": "J5 2022款 四驱版",
    "kind": "二手",
    "year": "2022",
    "price_wan": "28.18",
    "km": "30000",
    "registered": "2022-03",
    "color": "white",
    "vin": "",
    "options": "tow_bar, fragrance",
    "engine": "2.0T",
}


def vin(serial: int) -> str:
    bare = f"LJ9TEST0_{serial:08d}".replace("_", "0")
    return bare[:8] + check_digit(bare) + bare[9:]


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


class Desk:
    """Writes feeds and hands them in."""

    def __init__(self, session: Session, brand: Brand, folder: Path) -> None:
        self.session, self.brand, self.folder = session, brand, folder
        (folder / "dms.toml").write_text(MAPPING, encoding="utf-8")
        self.refused: list[tuple[int, str, str]] = []

    def write(self, *rows: dict[str, str]) -> Path:
        path = self.folder / "feed.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(HEADER)
            lines.writerows([(GOOD | row).get(name, "") for name in HEADER] for row in rows)
        return path

    def feed(self, path: Path, **fields: Any) -> service.Feed:
        self.refused = []
        return service.Feed(
            path,
            mapping.load(str(self.folder / "dms.toml")),
            refused=lambda line, error: self.refused.append((line, error.field, error.reason)),
            **fields,
        )

    def hand_in(self, *rows: dict[str, str], **fields: Any) -> ImportRun:
        run = service.take_over(self.session, self.brand.id, self.feed(self.write(*rows), **fields))
        self.session.expire_all()
        return run

    def car(self, number: str) -> Vehicle:
        return self.session.execute(select(Vehicle).filter_by(brand_id=self.brand.id, stock_number=number)).scalar_one()

    def facts(self) -> Counter[str]:
        return Counter(self.session.execute(select(Event.name).filter_by(brand_id=self.brand.id)).scalars())


@pytest.fixture
def desk(session: Session, brand: Brand, store: Store, tmp_path: Path) -> Desk:
    return Desk(session, brand, tmp_path)


def test_a_row_becomes_a_car_on_sale(session: Session, brand: Brand, store: Store, desk: Desk) -> None:
    run = desk.hand_in({"vin": vin(1)}, dealer_id=store.dealer_id)
    assert (run.rows, run.created, run.rejected) == (1, 1, 0)
    car = desk.car("A1")
    assert (car.status, car.condition, car.store_id) == ("listed", "used", store.id)
    assert (car.price_fen, car.odometer_km, car.model_year) == (281_800_00, 30_000, 2022)
    assert (str(car.first_registration_date), car.options, car.specifications) == (
        "2022-03-01",
        ["tow_bar", "fragrance"],
        {"displacement": "2.0T"},
    )
    assert car.vin == vin(1)
    assert car.series.name == "J5"
    assert [found["id"] for found in search(session, brand.id, Filters(q="j5 云母白")).items] == [str(car.id)]
    assert desk.facts() == {"vehicle.listed": 1}


def test_the_same_feed_again_changes_nothing(session: Session, store: Store, desk: Desk) -> None:
    rows = [{"no": f"A{n}"} for n in range(3)]
    desk.hand_in(*rows, dealer_id=store.dealer_id)
    before = {car.id: car.version for car in session.execute(select(Vehicle)).scalars()}
    again = desk.hand_in(*rows, dealer_id=store.dealer_id)
    assert (again.created, again.updated, again.unchanged, again.withdrawn) == (0, 0, 3, 0)
    assert {car.id: car.version for car in session.execute(select(Vehicle)).scalars()} == before
    assert desk.facts() == {"vehicle.listed": 3}


def test_another_price_is_kept_in_the_history(session: Session, store: Store, desk: Desk) -> None:
    desk.hand_in({}, {"no": "A2"}, dealer_id=store.dealer_id)
    run = desk.hand_in({"price_wan": "26.00"}, {"no": "A2"}, dealer_id=store.dealer_id)
    assert (run.updated, run.unchanged) == (1, 1)
    car = desk.car("A1")
    assert [(change.old_price_fen, change.new_price_fen) for change in price_history(session, car.id)] == [(281_800_00, 260_000_00)]
    assert desk.facts() == {"vehicle.listed": 2, "vehicle.price_changed": 1}


@pytest.mark.parametrize("correction", [{"kind": "新车"}, {"title": "J7 2022款 四驱版"}, {"year": "2021"}])
def test_a_correction_that_leaves_the_price_brings_another_monthly_instalment(
    session: Session, brand: Brand, store: Store, desk: Desk, correction: dict[str, str]
) -> None:
    vehicles.plan(session, brand, conditions=["used"], series=["j5"], model_year_min=2022)
    desk.hand_in({}, {"no": "A2"}, dealer_id=store.dealer_id)
    before = desk.car("A1").monthly_fen
    assert before is not None
    desk.hand_in(correction, {"no": "A2"}, dealer_id=store.dealer_id)
    assert (desk.car("A1").monthly_fen, desk.car("A2").monthly_fen) == (None, before)
    desk.hand_in({}, {"no": "A2"}, dealer_id=store.dealer_id)
    assert desk.car("A1").monthly_fen == before


def test_what_people_wrote_and_the_mapping_does_not_fill_stays(session: Session, store: Store, desk: Desk) -> None:
    desk.hand_in({}, dealer_id=store.dealer_id)
    desk.car("A1").highlights = ["一手车"]
    session.flush()
    desk.hand_in({"km": "30500"}, dealer_id=store.dealer_id)
    assert desk.car("A1").highlights == ["一手车"]
    assert desk.car("A1").odometer_km == 30_500


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        ({"no": ""}, "stock_number", "missing"),
        ({"no": "GOOD"}, "stock_number", "duplicate"),
        ({"title": ""}, "title", "missing"),
        ({"kind": "报废"}, "condition", "unknown_value"),
        ({"price_wan": "面议"}, "price_fen", "not_a_number"),
        ({"price_wan": "0"}, "price_fen", "out_of_range"),
        ({"price_wan": "-3"}, "price_fen", "out_of_range"),
        ({"price_wan": "NaN"}, "price_fen", "out_of_range"),
        ({"price_wan": "0.00000012"}, "price_fen", "out_of_range"),
        ({"year": "22"}, "model_year", "out_of_range"),
        ({"km": "很多"}, "odometer_km", "not_a_number"),
        ({"km": ""}, "odometer_km", "history"),
        ({"registered": "2022-13"}, "first_registration_date", "not_a_date"),
        ({"vin": "LJ9TEST0000000001"}, "vin", "vin"),
        ({"title": "x" * 300}, "title", "too_long"),
    ],
)
def test_a_row_that_does_not_hold_is_told_with_line_and_field_and_the_others_go_on(
    store: Store, desk: Desk, bad: dict[str, str], field: str, reason: str
) -> None:
    run = desk.hand_in({"no": "GOOD"}, {"no": "BAD"} | bad, {"no": "LAST"}, dealer_id=store.dealer_id)
    assert desk.refused == [(3, field, reason)]
    assert (run.created, run.rejected) == (2, 1)


def test_a_row_with_too_few_cells_is_told(store: Store, desk: Desk) -> None:
    path = desk.write({})
    path.write_text(path.read_text(encoding="utf-8") + "A2,J5 2022款\n", encoding="utf-8")
    run = service.take_over(desk.session, desk.brand.id, desk.feed(path, dealer_id=store.dealer_id))
    assert (run.created, desk.refused) == (1, [(3, "columns", "columns")])


def test_a_vin_of_another_live_car_is_told_not_stumbled_over(store: Store, desk: Desk) -> None:
    desk.hand_in({"no": "A1", "vin": vin(1)}, dealer_id=store.dealer_id)
    desk.hand_in({"no": "A1", "vin": vin(1)}, {"no": "A2", "vin": vin(1)}, dealer_id=store.dealer_id)
    assert desk.refused == [(3, "vin", "vin_taken")]


def test_a_file_that_breaks_off_in_the_middle_leaves_nothing_behind(session: Session, store: Store, desk: Desk) -> None:
    desk.hand_in({"no": "OLD"}, dealer_id=store.dealer_id)
    session.commit()
    path = desk.write(*[{"no": f"N{n}"} for n in range(50)])
    path.write_bytes(path.read_bytes() + b"\xff\xfe broken")

    def run() -> None:
        with db.transaction() as inner:
            service.take_over(inner, desk.brand.id, desk.feed(path, dealer_id=store.dealer_id))

    with pytest.raises(FeedRefused):
        run()
    assert list(session.execute(select(Vehicle.stock_number)).scalars()) == ["OLD"]


@pytest.mark.parametrize("step", ["into_stock", "count_missing"])
def test_a_crash_at_any_step_leaves_nothing_behind(
    session: Session, store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    desk.hand_in({"no": "OLD"}, dealer_id=store.dealer_id)
    session.commit()
    done = getattr(merge, step)

    def crash(*args: Any, **kwargs: Any) -> None:
        done(*args, **kwargs)
        raise RuntimeError("the power went")

    monkeypatch.setattr(merge, step, crash)

    def run() -> None:
        with db.transaction() as inner:
            feed = desk.feed(desk.write({"no": "OLD", "price_wan": "1"}, {"no": "NEW"}), dealer_id=store.dealer_id)
            service.take_over(inner, desk.brand.id, feed)

    with pytest.raises(RuntimeError, match="power"):
        run()
    session.expire_all()
    assert list(session.execute(select(Vehicle.stock_number)).scalars()) == ["OLD"]
    assert desk.car("OLD").price_fen == 281_800_00
    assert desk.facts() == {"vehicle.listed": 1}
    assert session.execute(select(func.count()).select_from(ImportRun)).scalar_one() == 1


def test_a_feed_of_which_no_row_holds_is_refused(store: Store, desk: Desk) -> None:
    with pytest.raises(FeedRefused):
        desk.hand_in({"price_wan": "?"}, {"no": "A2", "price_wan": "?"}, dealer_id=store.dealer_id)


def test_a_file_without_a_mapped_column_is_refused_by_name(store: Store, desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("no,title\nA1,J5\n", encoding="utf-8")
    with pytest.raises(MappingInvalid, match="price_wan"):
        service.take_over(desk.session, desk.brand.id, desk.feed(path, dealer_id=store.dealer_id))


def test_a_mapping_with_a_field_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(MAPPING + '[fields.colour]\ncolumn = "color"\n', encoding="utf-8")
    with pytest.raises(MappingInvalid, match="colour"):
        mapping.load(str(path))


def test_a_car_that_three_feeds_did_not_bring_is_withdrawn_and_comes_back(store: Store, desk: Desk) -> None:
    desk.hand_in({"no": "A1"}, {"no": "A2"}, dealer_id=store.dealer_id)
    for n in range(3):
        assert desk.car("A2").status == "listed"
        desk.hand_in({"no": "A1", "km": f"{31_000 + n}"}, dealer_id=store.dealer_id)
    assert desk.car("A2").status == "withdrawn"
    desk.hand_in({"no": "A1"}, {"no": "A2"}, dealer_id=store.dealer_id)
    assert (desk.car("A2").status, desk.car("A2").missed_feeds) == ("listed", 0)
    assert desk.facts()["vehicle.withdrawn"] == 1
    assert desk.facts()["vehicle.listed"] == 3


def test_the_same_file_sent_thrice_withdraws_nothing(store: Store, desk: Desk) -> None:
    desk.hand_in({"no": "A1"}, {"no": "A2"}, dealer_id=store.dealer_id)
    for _ in range(4):
        desk.hand_in({"no": "A1"}, dealer_id=store.dealer_id)
    assert desk.car("A2").status == "listed"


def test_a_rejected_row_does_not_count_as_missing(store: Store, desk: Desk) -> None:
    desk.hand_in({"no": "A1"}, {"no": "A2"}, dealer_id=store.dealer_id)
    for n in range(3):
        desk.hand_in({"no": "A1", "km": str(n)}, {"no": "A2", "km": "?"}, dealer_id=store.dealer_id)
    assert desk.car("A2").missed_feeds == 0


@pytest.mark.parametrize("status", ["reserved", "sold"])
def test_a_feed_never_takes_a_held_or_sold_car_from_its_buyer(session: Session, store: Store, desk: Desk, status: str) -> None:
    desk.hand_in({"no": "A1"}, {"no": "A2"}, dealer_id=store.dealer_id)
    desk.car("A2").status = status
    session.flush()
    for n in range(3):
        desk.hand_in({"no": "A1", "km": str(n)}, dealer_id=store.dealer_id)
    assert desk.car("A2").status == status
    desk.hand_in({"no": "A1"}, {"no": "A2", "price_wan": "1"}, dealer_id=store.dealer_id)
    assert desk.car("A2").status == status
    assert desk.car("A2").price_fen == (1_000_000 if status == "reserved" else 281_800_00)


def test_two_dealers_with_one_system_keep_their_cars_apart(session: Session, brand: Brand, store: Store, desk: Desk) -> None:
    other = dealers.store(session, dealers.dealer(session, brand))
    desk.hand_in({"vin": vin(1)}, {"no": "A2"}, dealer_id=store.dealer_id)
    for _ in range(2):
        run = desk.hand_in({"vin": vin(1)}, {"no": "A3", "vin": vin(2)}, dealer_id=other.dealer_id)
        assert desk.refused == [(2, "vin", "vin_taken")]
    assert (run.unchanged, run.withdrawn) == (1, 0)
    cars = session.execute(select(Vehicle.dealer_id, Vehicle.stock_number, Vehicle.missed_feeds)).all()
    assert set(cars) == {(store.dealer_id, "A1", 0), (store.dealer_id, "A2", 0), (other.dealer_id, "A3", 0)}
    desk.hand_in({"no": "A2"}, dealer_id=other.dealer_id)
    assert session.execute(select(func.count()).select_from(Vehicle).filter_by(stock_number="A2")).scalar_one() == 2


def test_a_dealer_with_several_stores_needs_a_column_for_them(session: Session, store: Store, desk: Desk) -> None:
    dealers.store(session, store.dealer)
    with pytest.raises(FeedRefused):
        desk.hand_in({}, dealer_id=store.dealer_id)
    assert desk.refused == [(2, "store", "which_store")]


def test_searches_are_planned_for_the_cars_that_a_feed_has_just_brought(session: Session, store: Store, desk: Desk) -> None:
    desk.hand_in(*[{"no": f"A{n}", "title": "J5 2022款 刚到店"} for n in range(5)], dealer_id=store.dealer_id)
    known = text("SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'vehicles' AND attname = 'title'")
    assert "刚到店" in session.execute(known).scalar_one()


def test_cars_without_a_number_are_recognised_by_what_does_not_change(session: Session, brand: Brand, tmp_path: Path) -> None:
    shanghai = dealers.store(session, dealers.dealer(session, brand, city="上海"))
    beijing = dealers.store(session, dealers.dealer(session, brand, city="北京"), at=(39.9, 116.4))
    header = "title,model_year,new_price_wan,ask_price_wan,reg_year,mileage_wan_km,displacement,gearbox,defect_groups,defects,city\n"
    twice = "星河 J5 2020款 GLB 200 动感型,2020,34.17,{price},2020,1.39,1.3T,自动,6,14,shanghai\n"
    imported = "星河 猛禽  3.5T 自动（平行进口）,,,50.88,2019,2.41,3.5L,自动,3,11,beijing\n"
    nowhere = "星河 J3 2018款 1.5T,2018,12.00,8.00,2018,3.1,1.5T,手动,1,2,wuhan\n"
    path = tmp_path / "guazi.csv"

    def hand_in(price: str) -> ImportRun:
        path.write_text(header + twice.format(price=price) * 2 + imported + nowhere, encoding="utf-8")
        return service.take_over(session, brand.id, service.Feed(path, mapping.load("guazi")))

    first = hand_in("28.18")
    assert (first.created, first.rejected) == (3, 1)
    report = session.execute(select(ImportRow).filter_by(run_id=first.id)).scalar_one()
    assert (report.line, report.field, report.value, report.reason) == (5, "city", "武汉", "no_store")
    cars = session.execute(select(Vehicle).filter_by(brand_id=brand.id).order_by(Vehicle.price_fen)).scalars().all()
    assert [car.store_id for car in cars] == [shanghai.id, shanghai.id, beijing.id]
    assert (cars[0].trim, cars[0].series.name, cars[0].odometer_km) == ("GLB 200 动感型", "星河 J5", 13_900)
    assert (cars[2].model_year, cars[2].series.name) == (2019, "星河 猛禽")
    assert len({car.stock_number for car in cars}) == 3
    again = hand_in("27.00")
    assert (again.created, again.updated, again.unchanged) == (0, 2, 1)
    session.expire_all()
    assert [change.new_price_fen for change in price_history(session, cars[0].id)] == [270_000_00]


LISTINGS = REAL_DATA / "guazi_china_10cities_2021.csv"

if LISTINGS.exists():  # these rows are nobody's to pass on, so they are not part of the project

    def test_the_real_listings_of_ten_cities_are_taken_over_and_found(session: Session, brand: Brand, app: Any) -> None:
        # Nobody vacuums it meanwhile: autovacuum would wait at its end for our change of pg_class, and our ANALYZE for it: a deadlock.
        session.execute(text("LOCK TABLE vehicles IN SHARE UPDATE EXCLUSIVE MODE"))
        # As after cars were deleted: the planner believes that no page of the table has a row, and did this for a quarter of an hour.
        session.execute(text("UPDATE pg_class SET relpages = 3000, reltuples = 0 WHERE oid = 'vehicles'::regclass"))
        runner = app.test_cli_runner()
        session.commit()
        placed = runner.invoke(args=["dealers", "import", str(REAL_DATA / "china_dealer_locations_ford2018.csv"), "--brand", brand.key])
        assert placed.exit_code == 0, placed.output
        arguments = ["vehicles", "import", str(LISTINGS), "--dealer", "by-city", "--mapping", "guazi", "--brand", brand.key]
        taken = runner.invoke(args=arguments)
        assert taken.exit_code == 0, taken.output
        run = session.execute(select(ImportRun)).scalar_one()
        assert run.rows == 19_320
        assert run.created + run.rejected == run.rows
        refused = session.execute(select(ImportRow.field, ImportRow.reason).filter_by(run_id=run.id)).all()
        assert Counter(tuple(row) for row in refused) == {
            ("title", "missing"): 4,
            ("odometer_km", "history"): 7,
        }
        here = search(session, brand.id, Filters(city=("上海",), price_max_fen=10_000_000, q="高尔夫"), near=Place(31.23, 121.47))
        assert here.total > 10
        assert here.facets is not None
        assert all(car["store"]["city"] == "上海" and "高尔夫" in car["title"] for car in here.items)
        assert get(session, brand.id, here.items[0]["id"]).feed == "guazi"
        assert runner.invoke(args=arguments).exit_code == 0
        again = session.execute(select(ImportRun).order_by(ImportRun.id.desc()).limit(1)).scalar_one()
        assert (again.created, again.updated, again.unchanged) == (0, 0, run.created)
