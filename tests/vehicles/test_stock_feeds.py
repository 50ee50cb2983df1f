"""Feeds are handed in over HTTP, taken over by a worker, told row by row, and held when they would empty a dealer's stock."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Store
from app.kit import db
from app.kit.states import Transition
from app.vehicles import reading, service
from app.vehicles.errors import FeedRefused
from app.vehicles.models import FeedFormat, ImportChunk, ImportRow, ImportRun, Vehicle
from app.vehicles.service import runs
from tests.factories import dealers
from tests.vehicles.test_feed import vin
from tests.vehicles.test_stock import Office, office

CAR = {
    "stock_number": "A1",
    "title": "J5 2024款 长续航版",
    "series": "极曜 J5",
    "model": "J5 长续航",
    "condition": "used",
    "model_year": 2024,
    "price_fen": 258_000_00,
    "first_registration_date": "2024-03-01",
    "odometer_km": 12_000,
    "seats": 5,
    "warranty_until": "2027-03",
    "options": ["tow_bar", "fragrance"],
    "specifications": {"power_kw": 240},
}


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


class FeedDesk(Office):
    """Hands feeds in, and works them off as a worker would."""

    def send(self, cars: Any, expect: int = 202, *, query: str = "", kind: str = "application/json") -> Any:
        data = cars if isinstance(cars, bytes) else json.dumps(cars).encode()
        answer = self.client.post(f"/api/staff/stock/feeds/{query}", data=data, content_type=kind)
        assert answer.status_code == expect, answer.text[:400]
        return answer.json

    def taken(self, cars: Any, **how: Any) -> Any:
        run = self.send(cars, **how)
        runs.take_up(uuid.UUID(run["id"]))
        return self.ask("GET", f"feeds/{run['id']}")

    def car(self, number: str) -> Vehicle:
        return self.session.execute(select(Vehicle).filter_by(dealer_id=self.store.dealer_id, stock_number=number)).scalar_one()

    def on_sale(self) -> set[str]:  # type: ignore[override]
        found = select(Vehicle.stock_number).filter_by(dealer_id=self.store.dealer_id, status="listed")
        return set(self.session.execute(found).scalars())


@pytest.fixture
def desk(app: Any, session: Session, store: Store) -> FeedDesk:
    return FeedDesk(**vars(office(app, session, store)))


def cars(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [CAR | {"stock_number": f"A{number}"} | more for number in numbers]


def test_a_feed_is_taken_over_by_a_job_with_all_that_it_says(desk: FeedDesk, rings: Any) -> None:
    waiting = desk.send(cars(1), query="?file_name=today.json")
    assert (waiting["status"], waiting["progress"]) == ("waiting", 0)
    assert rings == [("vehicles.take_over_feed", {"run_id": waiting["id"]})]
    runs.take_up(uuid.UUID(waiting["id"]))
    done = desk.ask("GET", f"feeds/{waiting['id']}")
    assert (done["status"], done["created"], done["progress"], done["file_name"]) == ("done", 1, 100, "today.json")
    car = desk.car("A1")
    assert (car.status, car.feed, car.model, car.seats, str(car.warranty_until)) == ("listed", "standard", "J5 长续航", 5, "2027-03-01")
    assert (car.options, car.specifications) == (["tow_bar", "fragrance"], {"power_kw": "240"})
    first = desk.session.execute(select(Transition).filter_by(subject_type="vehicles", subject_id=car.id)).scalar_one()
    assert (first.before, first.after, first.actor_type, first.reason) == ("", "listed", "staff", "feed")
    assert desk.session.execute(select(func.count()).select_from(ImportChunk)).scalar_one() == 0
    assert [one["id"] for one in desk.ask("GET", "feeds/")["items"]] == [waiting["id"]]


def test_the_same_feed_again_changes_nothing_however_it_is_written(desk: FeedDesk) -> None:
    desk.taken(cars(1, 2))
    versions = {number: desk.car(number).version for number in ("A1", "A2")}
    lines = "\n".join(json.dumps(car, ensure_ascii=False) for car in cars(1, 2)).encode()
    again = desk.taken(lines, kind="application/x-ndjson")
    assert (again["status"], again["unchanged"], again["updated"]) == ("done", 2, 0)
    flat = {key: value for key, value in CAR.items() if key != "specifications"} | {"specifications.power_kw": 240}
    table = io.StringIO()
    rows = csv.DictWriter(table, list(flat))
    rows.writeheader()
    rows.writerows(flat | {"stock_number": f"A{n}", "options": "tow_bar, fragrance"} for n in (1, 2))
    as_csv = desk.taken(table.getvalue().encode(), kind="text/csv")
    assert (as_csv["status"], as_csv["unchanged"], as_csv["updated"]) == ("done", 2, 0)
    assert {number: desk.car(number).version for number in ("A1", "A2")} == versions


def test_a_file_that_waits_is_not_queued_twice(desk: FeedDesk) -> None:
    first = desk.send(cars(1))
    assert desk.send(cars(1))["id"] == first["id"]
    assert desk.session.execute(select(func.count()).select_from(ImportRun)).scalar_one() == 1


def test_a_form_with_a_file_is_taken_as_well(desk: FeedDesk) -> None:
    form = {"file": (io.BytesIO(json.dumps(cars(1)).encode()), "stock.json")}
    answer = desk.client.post("/api/staff/stock/feeds/", data=form, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["file_name"], answer.json["format"]) == (202, "stock.json", "json")


def test_every_row_that_does_not_hold_is_told_and_the_others_go_on(desk: FeedDesk) -> None:
    rows = [*cars(1), *cars(2, price_fen="=1+1"), "a word", *cars(3, condition="scrap"), *cars(1), *cars(4, odometer_km=None)]
    run = desk.taken(rows)
    assert (run["created"], run["rejected"]) == (1, 5)
    told, cursor = [], ""
    while True:
        page = desk.ask("GET", f"feeds/{run['id']}/rows?limit=2{cursor}")
        told += [(row["line"], row["field"], row["reason"]) for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert told == [
        (2, "price_fen", "not_a_number"),
        (3, "row", "not_an_object"),
        (4, "condition", "unknown_value"),
        (5, "stock_number", "duplicate"),
        (6, "odometer_km", "history"),
    ]
    file = desk.client.get(f"/api/staff/stock/feeds/{run['id']}/rows.csv")
    lines = list(csv.reader(io.StringIO(file.get_data().decode("utf-8-sig"))))
    assert lines[0] == ["行号", "库存号", "字段", "内容", "原因"]
    assert lines[1] == ["2", "A2", "price_fen", "'=1+1", "不是数字"]
    assert len(lines) == 6


def test_a_vin_that_is_live_elsewhere_is_named_to_its_own_dealer_only(app: Any, session: Session, brand: Brand, desk: FeedDesk) -> None:
    desk.taken(cars(1, vin=vin(1)))
    own = desk.taken([*cars(1, vin=vin(1)), *cars(2, vin=vin(1))])
    assert desk.ask("GET", f"feeds/{own['id']}/rows")["items"][0]["value"] == f"{vin(1)} = A1"
    other = FeedDesk(**vars(office(app, session, dealers.store(session, dealers.dealer(session, brand)))))
    theirs = other.taken([*cars(7, vin=vin(1)), *cars(8)])
    told = other.ask("GET", f"feeds/{theirs['id']}/rows")["items"]
    assert [(row["reason"], row["value"]) for row in told] == [("vin_taken", vin(1))]
    for path in (f"feeds/{own['id']}", f"feeds/{own['id']}/rows"):
        assert other.ask("GET", path, 404)["error"] == "vehicles.run_unknown"
    assert other.client.get(f"/api/staff/stock/feeds/{own['id']}/rows.csv").status_code == 404
    for step in ("confirm", "discard"):
        assert other.ask("POST", f"feeds/{own['id']}/{step}", 404)["error"] == "vehicles.run_unknown"
    assert [one["id"] for one in other.ask("GET", "feeds/")["items"]] == [theirs["id"]]


def test_a_feed_that_would_empty_the_stock_waits_for_a_persons_word(desk: FeedDesk) -> None:
    desk.taken(cars(*range(10)))
    held = None
    for day in range(3):
        held = desk.taken(cars(0, odometer_km=12_000 + day))
    assert held is not None
    assert (held["status"], held["withdrawn"]) == ("held", 9)
    assert len(desk.on_sale()) == 10
    assert desk.car("A0").odometer_km == 12_001
    assert desk.ask("POST", f"feeds/{held['id']}/confirm")["status"] == "waiting"
    runs.take_up(uuid.UUID(held["id"]))
    done = desk.ask("GET", f"feeds/{held['id']}")
    assert (done["status"], done["withdrawn"]) == ("done", 9)
    assert desk.on_sale() == {"A0"}
    moved = desk.session.execute(select(func.count()).select_from(Transition).filter_by(after="withdrawn", reason="missing_in_feed"))
    assert moved.scalar_one() == 9
    assert desk.ask("POST", f"feeds/{held['id']}/confirm", 409)["error"] == "vehicles.run_not_held"


def test_a_held_feed_that_is_discarded_leaves_the_stock_as_it_was(desk: FeedDesk) -> None:
    desk.taken(cars(*range(5)), query="?withdraw_after=1")
    held = desk.taken(cars(0), query="?withdraw_after=1")
    assert held["status"] == "held"
    assert desk.ask("POST", f"feeds/{held['id']}/discard")["status"] == "discarded"
    runs.take_up(uuid.UUID(held["id"]))
    assert len(desk.on_sale()) == 5


@pytest.mark.parametrize(
    ("file", "kind", "error"),
    [
        (b"[]", "application/json", "vehicles.mapping_invalid"),
        (b'[{"stock_number": "A1"', "application/json", "vehicles.feed_refused"),
        (b"[] trailing", "application/json", "vehicles.feed_refused"),
        (b"no json at all", "application/json", "vehicles.feed_refused"),
        (b'[{"stock_number": NaN}]', "application/json", "vehicles.feed_refused"),
        pytest.param(b"[" * 5000, "application/json", "vehicles.feed_refused", id="deeper than anybody reads"),
        (b"stock_number,title\nA1,J5\n", "text/csv", "vehicles.mapping_invalid"),
        (b"\xff\xfe\x00", "text/csv", "vehicles.feed_refused"),
        (",".join(CAR).encode() + b",colour\n", "text/csv", "vehicles.mapping_invalid"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_reason_and_the_stock_stays(desk: FeedDesk, file: bytes, kind: str, error: str) -> None:
    desk.taken(cars(1))
    run = desk.taken(file, kind=kind)
    assert (run["status"], run["error"]["error"]) == ("refused", error)
    assert desk.on_sale() == {"A1"}


def test_what_cannot_be_a_feed_is_not_kept_at_all(app: Any, session: Session, store: Store, desk: FeedDesk, monkeypatch: Any) -> None:
    assert desk.send(b"", 422)["error"] == "vehicles.feed_too_long"
    assert desk.send(b"x", 422, kind="image/png")["details"].keys() == {"Content-Type"}
    assert desk.send(cars(1), 422, query="?mapping=../secrets")["details"].keys() == {"mapping"}
    adviser = FeedDesk(**vars(office(app, session, store, Role.adviser)))
    assert adviser.send(cars(1), 403)["error"] == "vehicles.managers_only"
    assert session.execute(select(func.count()).select_from(ImportRun)).scalar_one() == 0
    assert session.execute(select(func.count()).select_from(ImportChunk)).scalar_one() == 0


def test_a_feed_of_the_brand_names_the_dealer_and_never_bears_a_dealers_name(
    app: Any, session: Session, brand: Brand, desk: FeedDesk
) -> None:
    desk.taken(cars(1))
    head = FeedDesk(**vars(office(app, session, desk.store, Role.admin)))
    assert head.send(cars(2, dealer=desk.store.dealer.name), 422)["error"] == "vehicles.feed_refused"
    elsewhere = dealers.dealer(session, dealers.brand(session))
    assert head.send(cars(2), 404, query=f"?feed=x&dealer_id={elsewhere.id}")["error"] == "dealers.dealer_unknown"
    other = dealers.store(session, dealers.dealer(session, brand))
    rows = [*cars(2, dealer=desk.store.dealer.name), *cars(2, dealer=other.dealer.name), *cars(3, dealer="无此经销商"), *cars(4)]
    run = head.taken(rows, query="?feed=brand")
    assert (run["created"], run["rejected"]) == (2, 2)
    placed = session.execute(select(Vehicle.dealer_id, Vehicle.store_id).filter_by(stock_number="A2")).all()
    assert set(placed) == {(desk.store.dealer_id, desk.store.id), (other.dealer_id, other.id)}


def test_a_worker_that_dies_leaves_a_feed_that_another_one_takes_up(desk: FeedDesk, later: Any, monkeypatch: Any) -> None:
    run = desk.send(cars(1))
    with monkeypatch.context() as broken:
        broken.setattr(runs, "_feed", lambda *_: (_ for _ in ()).throw(SystemExit("killed")))
        with pytest.raises(SystemExit):
            runs.take_up(uuid.UUID(run["id"]))
    desk.session.expire_all()
    runs.take_up_waiting()
    assert desk.session.get_one(ImportRun, uuid.UUID(run["id"])).status == "running"
    later(minutes=31)
    runs.take_up_waiting()
    desk.session.expire_all()
    assert desk.session.get_one(ImportRun, uuid.UUID(run["id"])).status == "done"
    assert desk.on_sale() == {"A1"}


def test_a_feed_at_which_every_worker_breaks_is_given_up(desk: FeedDesk, later: Any, monkeypatch: Any) -> None:
    run = desk.send(cars(1))
    monkeypatch.setattr(runs, "_feed", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    for _ in range(runs.MOST_TRIES):
        with pytest.raises(OSError, match="space"):
            runs.take_up(uuid.UUID(run["id"]))
        later(minutes=31)
    desk.session.expire_all()
    assert desk.session.get_one(ImportRun, uuid.UUID(run["id"])).status == "refused"
    runs.take_up_waiting()


def test_reports_are_dropped_after_their_days_and_the_figures_stay(desk: FeedDesk, later: Any) -> None:
    run = desk.taken([*cars(1), *cars(2, seats=0)])
    later(days=91)
    with db.transaction() as session:
        runs.forget_old(session)
    assert desk.session.execute(select(func.count()).select_from(ImportRow)).scalar_one() == 0
    assert desk.session.get_one(ImportRun, uuid.UUID(run["id"])).rejected == 1


def test_a_relisted_car_of_a_feed_is_as_old_as_it_was_also_under_another_number(desk: FeedDesk, later: Any) -> None:
    desk.taken([*cars(1, vin=vin(1)), *cars(2)], query="?withdraw_after=1")
    since = desk.car("A1").listed_at
    later(days=9)
    desk = FeedDesk(**vars(office(desk.client.application, desk.session, desk.store)))
    desk.taken(cars(2), query="?withdraw_after=1")
    assert desk.car("A1").status == "withdrawn"
    desk.taken([*cars(7, vin=vin(1), price_fen=300_000_00), *cars(2)], query="?withdraw_after=1")
    copied = desk.car("A7")
    assert (copied.status, copied.listed_at) == ("listed", since)
    assert [(one["old_price_fen"], one["new_price_fen"]) for one in desk.ask("GET", f"vehicles/{copied.id}")["prices"]] == [
        (258_000_00, 300_000_00)
    ]
    desk.session.execute(update(Vehicle).filter_by(id=copied.id).values(vin=None))
    desk.session.commit()
    desk.taken([*cars(1, vin=vin(1)), *cars(2)], query="?withdraw_after=1")
    assert (desk.car("A1").status, desk.car("A1").listed_at) == ("listed", since)


def test_json_is_read_object_by_object_wherever_a_piece_ends(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "feed.json"
    said = [{"a": "一,]}", "n": 28.10, "deep": {"x": [1, "2", None, True]}}, {"b": None}, {"a": '\\u00e9"', "n": 10**30}]
    wanted = [["一,]}", "28.1", "1,2,,true", ""], ["", "", "", ""], ['\\u00e9"', str(10**30), "", ""]]
    for text in (json.dumps(said), json.dumps(said, indent=2), "\n".join(json.dumps(one) for one in said) + "\n\n"):
        path.write_text(text, encoding="utf-8")
        for piece in (1, 2, 7, 65_536):
            monkeypatch.setattr(reading, "_PIECE", piece)
            with reading.opened(path, FeedFormat.json, encoding="utf-8") as table:
                assert table.header == ["a", "n", "deep.x", "b"]
                assert [cells for _, cells in table.rows] == wanted
    path.write_text('[{"a": "\\ud800"}]')
    with reading.opened(path, FeedFormat.json, encoding="utf-8") as table:
        assert list(table.rows) == [(1, ["?"])]
    path.write_text("")
    with reading.opened(path, FeedFormat.json, encoding="utf-8") as table:
        assert list(table.rows) == []


def test_an_object_that_never_ends_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_text('[{"a": "' + "x" * (reading.LONGEST_OBJECT + 70_000))
    with pytest.raises(FeedRefused), reading.opened(path, FeedFormat.json, encoding="utf-8"):
        pass


def test_the_command_takes_json_and_says_when_it_would_withdraw_too_many(
    session: Session, brand: Brand, store: Store, app: Any, tmp_path: Path
) -> None:
    path, runner = tmp_path / "stock.jsonl", app.test_cli_runner()
    session.commit()
    arguments = ["vehicles", "import", str(path), "--dealer", str(store.dealer_id), "--mapping", "standard", "--brand", brand.key]
    arguments += ["--withdraw-after", "1"]
    path.write_text("\n".join(json.dumps(car) for car in cars(1, 2, 3, 4)))
    assert runner.invoke(args=arguments).exit_code == 0
    path.write_text(json.dumps(cars(1)[0]))
    refused = runner.invoke(args=arguments)
    assert refused.exit_code == 1
    assert "超过一半" in refused.output
    assert runner.invoke(args=[*arguments, "--withdraw-many"]).exit_code == 0
    left = session.execute(select(func.count()).select_from(Vehicle).filter_by(status="listed")).scalar_one()
    assert left == 1
    assert service.WITHDRAW_AFTER == 3


def test_a_file_with_the_columns_that_the_template_names_can_be_read(desk: FeedDesk) -> None:
    ways = {way["key"]: way["columns"] for way in desk.ask("GET", "feeds/mappings")["items"]}
    assert set(ways) == {"standard", "guazi"}
    assert "ask_price_wan" in ways["guazi"]

    row = dict.fromkeys(ways["standard"], "") | {name: value for name, value in CAR.items() if name in ways["standard"]}
    written = io.StringIO()
    table = csv.DictWriter(written, ways["standard"])
    table.writeheader()
    table.writerow(row | {"options": "tow_bar,fragrance"})
    run = desk.taken(written.getvalue().encode(), kind="text/csv")
    assert (run["status"], run["created"], run["rejected"]) == ("done", 1, 0)
