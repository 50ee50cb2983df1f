"""Dealers and their stores are placed from a file, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import service
from app.dealers.models import Dealer, Store
from app.kit.geo import Datum, wgs84_to_gcj02
from tests.factories import dealers as make

HEADER = "region,province,city,dealer_name,address,lat_bd09_or_gcj02,lng_bd09_or_gcj02\n"


def test_each_row_becomes_a_dealer_with_a_store_whose_datum_is_said_to_be_unknown(session: Session, app: Any, tmp_path: Path) -> None:
    brand = make.brand(session)
    session.commit()
    path = tmp_path / "dealers.csv"
    good = "东区,上海,上海,上海星河汽车有限公司 ,上海市松江区1号,31.2119,121.5501\n"
    path.write_text(HEADER + good + "东区,上海,上海,某公司,某路,北纬,121\n东区,上海,,无城市公司,某路,31,121\n", encoding="utf-8")
    arguments = ["dealers", "import", str(path), "--brand", brand.key]
    first = app.test_cli_runner().invoke(args=arguments)
    assert "1 stores placed, 0 were there, 2 rows rejected" in first.output
    assert "line 3" in first.output
    assert "line 4, city" in first.output
    store = session.execute(select(Store).filter_by(brand_id=brand.id)).scalar_one()
    assert (store.name, store.datum_source, store.lat_gcj02) == ("上海星河汽车有限公司", "unknown", 31.2119)
    assert "0 stores placed, 1 were there" in app.test_cli_runner().invoke(args=arguments).output
    assert session.execute(select(Dealer).filter_by(brand_id=brand.id)).scalar_one().city == "上海"


def test_a_store_without_a_telephone_gets_the_one_that_is_given_for_all(session: Session, app: Any, tmp_path: Path) -> None:
    brand = make.brand(session)
    session.commit()
    path = tmp_path / "dealers.csv"
    rows = ("有,021-60000000", "没有,", "错,请致电前台")
    path.write_text(
        "city,address,lat_bd09_or_gcj02,lng_bd09_or_gcj02,dealer_name,phone\n" + "".join(f"上海,某路,31,121,{row}\n" for row in rows),
        encoding="utf-8",
    )
    done = app.test_cli_runner().invoke(args=["dealers", "import", str(path), "--brand", brand.key, "--phone", "400-000-0000"])
    assert "line 4, phone" in done.output
    stores = session.execute(select(Store).filter_by(brand_id=brand.id)).scalars()
    assert {store.name: store.phone for store in stores} == {"有": "021-60000000", "没有": "400-000-0000"}


@pytest.mark.parametrize(("place", "field"), [("91,121", "lat_bd09_or_gcj02"), ("31,nan", "lng_bd09_or_gcj02"), ("31", "columns")])
def test_a_row_that_is_nowhere_on_earth_or_too_short_is_told_and_the_others_go_on(
    session: Session, app: Any, tmp_path: Path, place: str, field: str
) -> None:
    brand = make.brand(session)
    session.commit()
    path = tmp_path / "dealers.csv"
    path.write_text(f"{HEADER}东区,上海,上海,坏,某路,{place}\n东区,上海,上海,好,某路,31,121\n", encoding="utf-8")
    done = app.test_cli_runner().invoke(args=["dealers", "import", str(path), "--brand", brand.key])
    assert f"line 2, {field}: " in done.output
    assert session.execute(select(Store.name).filter_by(brand_id=brand.id)).scalars().all() == ["好"]


def test_a_brand_is_made_when_it_is_named_and_asked_for_when_it_is_not_clear(session: Session, app: Any, tmp_path: Path) -> None:
    path = tmp_path / "dealers.csv"
    path.write_text(HEADER, encoding="utf-8")
    run = app.test_cli_runner().invoke
    assert run(args=["dealers", "import", str(path), "--brand", "xinghe", "--brand-name", "星河"]).exit_code == 0
    make.brand(session)
    session.commit()
    unclear = run(args=["dealers", "import", str(path)])
    assert unclear.exit_code != 0
    assert "xinghe" in unclear.output


@pytest.mark.parametrize("datum", list(Datum))
def test_a_store_knows_its_place_in_both_datums_whichever_was_given(session: Session, datum: Datum) -> None:
    dealer = make.dealer(session, make.brand(session))
    store, new = service.place_store(session, dealer, name="店", city="上海", address="某路", lat=31.2, lng=121.4, datum=datum)
    assert new
    assert store.datum_source == datum
    assert wgs84_to_gcj02(store.lat_wgs84, store.lng_wgs84) == pytest.approx((store.lat_gcj02, store.lng_gcj02), abs=1e-6)
    assert (store.lat_gcj02, store.lng_gcj02) != (store.lat_wgs84, store.lng_wgs84)
    assert service.place_store(session, dealer, name="店", city="上海", address="", lat=0, lng=0, datum=datum) == (store, False)
