"""Live service notices: one card for a payment, without a dialog, and only for that payment's buyer."""

import itertools
import json
from typing import Any

import pytest

from tests.platform_sim.mini import limited, notices, openid, visitor
from tests.platform_sim.support import Simulator, wait_until

SET, EXTEND, GET = "/wxa/set_user_notify", "/wxa/set_user_notifyext", "/wxa/get_user_notify"
PICKUP = 2002
_numbers = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def templates(sim: Simulator) -> None:
    answer = sim.api("/wxaapi/newtmpl/addtemplate", {"tid": "10000002", "kidList": []})
    assert answer["errcode"] == 0


def payment(sim: Simulator) -> tuple[dict[str, Any], str]:
    """A buyer and the transaction_id of what she paid."""
    user, number = visitor(sim), f"CARD{next(_numbers):06}"
    sim.paid(user, number)
    orders = sim.get(f"mini-programs/{sim.mini['appid']}/orders")["orders"]
    return user, next(one["transaction_id"] for one in orders if one["merchant_trade_no"] == number)


def card(sim: Simulator, of: tuple[dict[str, Any], str], path: str = SET, **changed: Any) -> dict[str, Any]:
    user, code = of
    body = {"openid": openid(sim, user), "notify_type": PICKUP, "notify_code": code}
    if path == SET:
        body |= {"content_json": json.dumps({"cur_status": 1}), "check_json": json.dumps({"pay_amount": 200_000})}
    whole = {name: value for name, value in {**body, **changed}.items() if value is not ...}
    # A text inside a text must not become \\u escapes on its way.
    return dict(sim.api(path, whole))


def test_a_card_is_shown_without_a_dialog_and_changes_in_place(sim: Simulator) -> None:
    of = payment(sim)
    assert card(sim, of)["errcode"] == 0
    assert card(sim, of, content_json='{"cur_status": 2, "门店": "上海"}', check_json=...)["errcode"] == 0
    (shown,) = notices(sim, of[0])
    assert (shown["title"], shown["card"]) == ("购物(自提)", {"cur_status": 2, "门店": "上海"})


def test_its_state_can_be_asked_for(sim: Simulator) -> None:
    of = payment(sim)
    before = card(sim, of, GET)["notify_info"]
    card(sim, of)
    after = card(sim, of, GET)["notify_info"]
    assert (before["code_state"], before["content_json"]) == (0, "")
    assert (after["code_state"], json.loads(after["content_json"]), after["notify_type"]) == (1, {"cur_status": 1}, PICKUP)
    assert after["code_expire_time"] == before["code_expire_time"]


def test_a_card_that_is_not_shown_takes_no_extension(sim: Simulator) -> None:
    of = payment(sim)
    assert card(sim, of, EXTEND, ext_json="{}")["errcode"] == 85437
    card(sim, of)
    assert card(sim, of, EXTEND, ext_json='{"a": 1}')["errcode"] == 0
    assert card(sim, of, EXTEND, ext_json="[]")["errcode"] == 40097
    assert card(sim, of, EXTEND)["errcode"] == 40097


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"openid": "o-nobody"}, 40003),
        ({"openid": ...}, 40003),
        ({"notify_code": "4200000000"}, 85437),
        ({"notify_code": 1}, 47001),
        ({"notify_type": 2004}, 40097),
        ({"notify_type": "2002"}, 47001),
        ({"notify_type": 2001}, 40037),
        ({"content_json": {"cur_status": 1}}, 47001),
        ({"content_json": "cur_status=1"}, 40097),
        ({"content_json": "[]"}, 40097),
        ({"content_json": ...}, 40097),
        ({"check_json": ...}, 40097),
        ({"check_json": "x"}, 40097),
        ({"check_json": '{"pay_amount": 1}'}, 40097),
        ({"check_json": '{"pay_time": 1}'}, 40097),
        ({"check_json": "{}"}, 0),
        ({"page": "x"}, 40097),
    ],
)
def test_a_wrong_card_is_refused_and_shows_nothing(sim: Simulator, changed: dict[str, Any], errcode: int) -> None:
    of = payment(sim)
    assert card(sim, of, **changed)["errcode"] == errcode
    assert len(notices(sim, of[0])) == (0 if errcode else 1)


def test_a_payment_of_somebody_else_or_one_that_never_came_is_no_code(sim: Simulator) -> None:
    _, code = payment(sim)
    stranger = visitor(sim)
    assert card(sim, (stranger, code))["errcode"] == 85437
    user, number = visitor(sim), f"CARD{next(_numbers):06}"
    assert sim.prepay(user, number)[0] == 200
    assert card(sim, (user, number))["errcode"] == 85437


def test_after_its_time_a_card_is_not_changed_any_more(sim: Simulator) -> None:
    of = payment(sim)
    card(sim, of)
    with limited(sim, "notify_code_seconds", 60):
        sim.advance(61)
        assert card(sim, of)["errcode"] == 85437
        assert card(sim, of, GET)["notify_info"]["code_state"] == 2


def test_the_settled_deposit_is_one_card_through_its_whole_life(sim: Simulator) -> None:
    of = payment(sim)
    for status in range(1, 6):
        assert card(sim, of, content_json=json.dumps({"cur_status": status}))["errcode"] == 0
    (shown,) = wait_until(lambda: notices(sim, of[0]), what="the card is shown")
    assert shown["card"]["cur_status"] == 5
