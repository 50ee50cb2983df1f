"""The map's data: where the demo has stores, and China whole."""

import json

from dev.environment import ROOT

DATA = ROOT / "miniprogram_mock" / "phone" / "web" / "map" / "data"


def test_every_city_with_a_store_of_the_demo_is_marked():
    parameters = json.loads((ROOT / "app" / "console" / "demo" / "parameters.json").read_text())
    cities = json.loads((DATA / "cities.json").read_text())

    assert {one["name"] for one in cities if one.get("stores")} == {store["city"] for store in parameters["stores"]}


def test_all_provinces_have_outlines_and_each_its_districts():
    provinces = json.loads((DATA / "china.json").read_text())["areas"]

    assert len(provinces) == 34
    assert {"台湾", "香港", "澳门"} <= {one["name"] for one in provinces}
    for province in provinces:
        districts = json.loads((DATA / "provinces" / f"{province['id']}.json").read_text())["areas"]
        assert districts, province["name"]
        assert all(len(ring) >= 6 for area in [province, *districts] for ring in area["rings"]), province["name"]
