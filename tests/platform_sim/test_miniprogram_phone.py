"""Phone numbers: what the account pays for, foreign ones, and what a wrong body gets."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.platform_sim.mini import console, did, does, limited, switched
from tests.platform_sim.support import API, Simulator

PATH = "/wxa/business/getuserphonenumber"


def left(sim: Simulator) -> int:
    return int(console(sim)["phone_numbers_left"])


def test_the_button_reports_1400001_when_the_accounts_numbers_are_used_up(sim: Simulator) -> None:
    user = sim.user()
    with limited(sim, "phone_numbers_free", 1000 - left(sim) + 1):
        assert left(sim) == 1
        code = did(sim, user, "phone-code")["code"]
        refused = does(sim, user, "phone-code")
        assert (refused.status_code, refused.json()["errno"]) == (409, 1400001)
        assert sim.api(PATH, {"code": code})["errcode"] == 0
        assert (left(sim), "code" in did(sim, user, "login-code")) == (0, True)


def test_bought_numbers_come_on_top_of_the_free_ones(sim: Simulator) -> None:
    before = left(sim)
    with switched(sim, "mini_program.phone_numbers_bought", 50):
        assert left(sim) == before + 50


def test_a_foreign_number_carries_its_countrys_code(sim: Simulator) -> None:
    user = sim.user(phone="+852-91234567")
    info = sim.api(PATH, {"code": did(sim, user, "phone-code")["code"]})["phone_info"]
    assert (info["phoneNumber"], info["purePhoneNumber"], info["countryCode"]) == ("+85291234567", "91234567", 852)


def test_the_countrys_code_may_come_as_a_text(sim: Simulator) -> None:
    user = sim.user()
    with switched(sim, "mini_program.country_code_as_text", True):
        assert sim.api(PATH, {"code": did(sim, user, "phone-code")["code"]})["phone_info"]["countryCode"] == "86"


@pytest.mark.parametrize(
    ("body", "errcode"),
    [({}, 40029), ({"code": ""}, 40029), ({"code": 7}, 47001), ({"code": "x", "codes": "y"}, 40097), ({"code": "x", "openid": 1}, 47001)],
)
def test_a_wrong_question_for_a_number_is_refused(sim: Simulator, body: dict[str, Any], errcode: int) -> None:
    assert sim.api(PATH, body)["errcode"] == errcode


def test_two_hundred_swaps_of_one_code_at_once_give_one_number(sim: Simulator) -> None:
    code, token = did(sim, sim.user(), "phone-code")["code"], sim.token()["access_token"]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: sim.api(PATH, {"code": code}, token=token), range(200)))
    assert sorted(one["errcode"] for one in answers) == [0] + [40029] * 199


def test_the_record_of_calls_keeps_no_number(sim: Simulator) -> None:
    user = sim.user(phone="13600009999")
    sim.api(PATH, {"code": did(sim, user, "phone-code")["code"]})
    assert "13600009999" not in json.dumps(sim.get("calls", path=PATH, limit=1000))


def test_a_call_in_the_wrong_form_is_told_so(sim: Simulator) -> None:
    token = sim.token()["access_token"]
    assert sim.call(API, "GET", PATH, access_token=token).json()["errcode"] == 43002
    assert sim.call(API, "POST", PATH, access_token=token).json()["errcode"] == 44002
    assert sim.call(API, "POST", PATH, access_token=token, body=b"code=x").json()["errcode"] == 47001
    assert sim.call(API, "POST", PATH, access_token=token, body=b'{"code":"\\u6c49"}').json()["errcode"] == 40033
    assert sim.call(API, "POST", PATH, body={"code": "x"}).json()["errcode"] == 41001
