"""What WeChat would refuse is refused here first, and the field is named."""

from __future__ import annotations

import pytest

from app.messaging.values import ValueRefused, fit


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thing1", "极曜 J5 2023款 长续航版"),
        ("number1", "3.5"),
        ("character_string3", "D20261121-0001"),
        ("time4", "2026年11月22日 09:05"),
        ("time3", "2026年11月22日 09:00~18:00"),
        ("date1", "2026年11月22日"),
        ("amount2", "¥1000"),
        ("amount2", "1000.50元"),
        ("phone_number4", "021-60000000"),
        ("car_number5", "沪A12345"),
        ("name6", "林晓雯"),
        ("phrase4", "已退款"),
    ],
)
def test_a_value_of_the_right_form_stands_as_it_is(field: str, value: str) -> None:
    assert fit(field, value) == value


def test_a_long_thing_is_cut_to_twenty_characters_with_an_ellipsis() -> None:
    assert fit("thing1", "极" * 20) == "极" * 20
    assert fit("thing1", "极" * 21) == "极" * 19 + "…"


def test_line_breaks_become_spaces() -> None:
    assert fit("thing1", "极曜\n J5\r\n旗舰版") == "极曜 J5 旗舰版"


def test_what_people_put_between_the_parts_of_a_number_is_left_out() -> None:
    assert fit("phone_number4", "400 888 8888") == "4008888888"
    assert fit("car_number5", "沪A·12345") == "沪A12345"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("thing1", "  \n ", "empty"),
        ("character_string3", "订单一", "form"),
        ("amount2", "¥1,000", "form"),
        ("amount2", "¥12345678901", "form"),
        ("time4", "2026-11-22 09:05", "form"),
        ("time4", "25:00", "form"),
        ("date1", "2026年13月1日", "form"),
        ("number1", "-3", "form"),
        ("phone_number4", "1" * 18, "form"),
        ("phrase4", "已经全部退款", "form"),
        ("phrase4", "OK", "form"),
        ("thing", "没有编号", "unknown_type"),
        ("remark1", "微信不认识", "unknown_type"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_by_the_name_of_its_field(field: str, value: str, reason: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        fit(field, value)
    assert (refused.value.field, refused.value.reason) == (field, reason)
