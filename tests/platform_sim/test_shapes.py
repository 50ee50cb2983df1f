"""Shapes of bodies and rates of calls: what is wrong is refused with Tencent's code, and the field is named."""

from types import SimpleNamespace
from typing import Any

import pytest

from miniprogram_mock.platform.clock import Clock
from miniprogram_mock.platform.endpoints import API, WORK, Refusal
from miniprogram_mock.platform.limits import Limits, limit
from miniprogram_mock.platform.rates import count, of_address, per_day, per_minute
from miniprogram_mock.platform.shapes import Decimal, Either, Field, Flag, Int, Many, Map, Object, Text, checked
from miniprogram_mock.platform.store import Store

LONGEST = limit("test.longest", 5, "this test")
OFTEN = limit("test.often", 3, "this test")
SHAPE: dict[str, Field] = {
    "to": Text(required=True, missing=41999),
    "kind": Text(choices=("a", "b")),
    "short": Text(most=LONGEST),
    "bytes": Text(most=6, measure="bytes", too_long=45158),
    "code": Text(pattern=r"[0-9]{3}", wrong=40029),
    "age": Int(least=0, most=120),
    "price": Decimal(),
    "yes": Flag(),
    "who": Either((Text(), Int(least=1))),
    "data": Map(Object({"value": Text(required=True, most=3)}), most=2),
    "list": Many(Object({"n": Int(required=True)}), most=2),
    "any": Field(),
}


@pytest.fixture
def call(tmp_path: Any) -> Any:
    store = Store(tmp_path / "state.sqlite")
    platform = SimpleNamespace(limits=Limits(store), store=store, clock=Clock(store))
    return SimpleNamespace(platform=platform, host=API, account=SimpleNamespace(appid="wx1"), remote="10.0.0.1", query={})


def test_what_fits_is_given_back_as_it_came(call: Any) -> None:
    data = {
        "to": "她", "kind": "a", "short": "12345", "bytes": "车车", "code": "123", "age": 0, "price": 1.5, "yes": False, "who": 7,
        "data": {"thing1": {"value": "abc"}}, "list": [{"n": 1}, {"n": 2}], "any": [None],
    }  # fmt: skip
    assert checked(call, data, SHAPE) is data


@pytest.mark.parametrize(
    ("wrong", "errcode", "named"),
    [
        ({"to": None}, 47001, "to"),
        ({"to": ""}, 40097, "to"),
        ({"to": 1}, 47001, "to"),
        ({"kind": "c"}, 40097, "kind"),
        ({"short": "123456"}, 45002, "short"),
        ({"bytes": "车车车"}, 45158, "bytes"),
        ({"code": "12a"}, 40029, "code"),
        ({"age": True}, 47001, "age"),
        ({"age": 1.0}, 47001, "age"),
        ({"age": 121}, 40097, "age"),
        ({"price": "1"}, 47001, "price"),
        ({"yes": 1}, 47001, "yes"),
        ({"who": 0}, 40097, "who"),
        ({"who": []}, 47001, "who"),
        ({"data": []}, 47001, "data"),
        ({"data": {"thing1": {}}}, 40097, "data.thing1.value"),
        ({"data": {"thing1": {"value": "abcd"}}}, 45002, "data.thing1.value"),
        ({"data": {"thing1": {"value": "a", "colour": "red"}}}, 40097, "data.thing1.colour"),
        ({"data": {str(n): {"value": "a"} for n in range(3)}}, 45002, "data"),
        ({"list": []}, 40097, "list"),
        ({"list": [{"n": 1}, {"n": "2"}]}, 47001, "list[1].n"),
        ({"list": [{"n": 1}] * 3}, 45002, "list"),
        ({"tos": "x"}, 40097, "tos"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(call: Any, wrong: dict[str, Any], errcode: int, named: str) -> None:
    with pytest.raises(Refusal) as refusal:
        checked(call, {"to": "x", **wrong}, SHAPE)
    assert (refusal.value.errcode, named in refusal.value.errmsg) == (errcode, True)


def test_a_missing_field_has_its_own_code_and_wecom_its_own_for_arguments(call: Any) -> None:
    with pytest.raises(Refusal) as missing:
        checked(call, {}, SHAPE)
    call.host = WORK
    with pytest.raises(Refusal) as unknown:
        checked(call, {"to": "x", "nobody": 1}, SHAPE)
    assert (missing.value.errcode, unknown.value.errcode) == (41999, 40058)


def test_a_limit_that_is_changed_holds_at_once(call: Any) -> None:
    call.platform.limits.set("test.longest", 6)
    assert checked(call, {"to": "x", "short": "123456"}, SHAPE)


def test_each_account_and_each_minute_has_its_own_count(call: Any) -> None:
    rates = (per_minute(OFTEN),)
    for _ in range(3):
        count(call, rates)
    with pytest.raises(Refusal) as refusal:
        count(call, rates)
    assert refusal.value.errcode == 45011
    call.account = SimpleNamespace(appid="wx2")
    count(call, rates)
    call.account = SimpleNamespace(appid="wx1")
    call.platform.clock.advance(60)
    count(call, rates)


def test_a_day_and_an_address_are_counted_with_the_codes_they_have(call: Any) -> None:
    for rates, errcode in (((per_day(OFTEN),), 45009), ((per_minute(OFTEN, errcode=45033, of=of_address),), 45033)):
        for _ in range(3):
            count(call, rates)
        with pytest.raises(Refusal) as refusal:
            count(call, rates)
        assert refusal.value.errcode == errcode
