"""Login, phone number and mini-program code: codes that work once, and every refusal."""

import struct
import zlib

import pytest

from tests.platform_sim.support import API, Simulator


def code(sim: Simulator, user: dict, kind: str = "login") -> str:
    return sim.post(f"users/{user['id']}/{kind}-code", appid=sim.mini["appid"])["code"]


def test_a_login_code_gives_openid_and_unionid_and_no_errcode(sim: Simulator) -> None:
    user = sim.user()
    answer = sim.login(code(sim, user))
    assert set(answer) == {"session_key", "openid", "unionid"}
    assert (answer["openid"], answer["unionid"]) == (user["openids"][sim.mini["appid"]], user["unionid"])


def test_one_person_has_one_unionid_and_an_openid_per_account(sim: Simulator) -> None:
    user = sim.user()
    assert len({*user["openids"].values(), user["unionid"]}) == 3
    info = sim.call(API, "GET", "/cgi-bin/user/info", access_token=sim.token(sim.service)["access_token"],
                    openid=user["openids"][sim.service["appid"]]).json()  # fmt: skip
    assert info["unionid"] == user["unionid"]


def test_the_session_key_changes_with_every_login(sim: Simulator) -> None:
    user = sim.user()
    assert sim.login(code(sim, user))["session_key"] != sim.login(code(sim, user))["session_key"]


def test_a_login_code_works_once(sim: Simulator) -> None:
    used = code(sim, sim.user())
    sim.login(used)
    assert sim.login(used)["errcode"] == 40163


def test_a_login_code_dies_after_five_minutes(sim: Simulator) -> None:
    old = code(sim, sim.user())
    sim.advance(301)
    assert sim.login(old)["errcode"] == 40029


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"js_code": "no-such-code"}, 40029),
        ({"secret": "0" * 32}, 40125),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"appid": None}, 41002),
        ({"secret": None}, 41004),
        ({"js_code": None}, 41008),
        ({"grant_type": "client_credential"}, 40002),
    ],
)
def test_a_wrong_login_is_refused_and_uses_no_code(sim: Simulator, changed: dict, errcode: int) -> None:
    good = code(sim, sim.user())
    answer = sim.login(**{"code": good, **changed})
    assert (answer["errcode"], "rid: " in answer["errmsg"]) == (errcode, True)
    assert "openid" in sim.login(good)


def test_the_hundred_and_first_login_of_a_minute_is_refused(sim: Simulator) -> None:
    user = sim.user()
    answers = [sim.login(code(sim, user)).get("errcode") for _ in range(210)]
    assert 45011 in answers
    assert answers[:100] == [None] * 100


def test_a_phone_code_gives_the_number_once(sim: Simulator) -> None:
    phone_code = code(sim, sim.user(phone="13712345678"), "phone")
    answer = sim.api("/wxa/business/getuserphonenumber", {"code": phone_code})
    info = answer["phone_info"]
    assert (answer["errcode"], info["purePhoneNumber"], info["watermark"]["appid"]) == (0, "13712345678", sim.mini["appid"])
    assert sim.api("/wxa/business/getuserphonenumber", {"code": phone_code})["errcode"] == 40029


def test_a_phone_code_dies_after_five_minutes_and_a_login_code_is_none(sim: Simulator) -> None:
    user = sim.user()
    old = code(sim, user, "phone")
    assert sim.api("/wxa/business/getuserphonenumber", {"code": code(sim, user)})["errcode"] == 40029
    assert sim.login(old)["errcode"] == 40029
    sim.advance(301)
    assert sim.api("/wxa/business/getuserphonenumber", {"code": old})["errcode"] == 40029


def test_a_phone_code_of_somebody_else_is_refused_when_the_openid_says_so(sim: Simulator) -> None:
    user, other = sim.user(), sim.user("周宇航")
    phone_code = code(sim, user, "phone")
    body = {"code": phone_code, "openid": other["openids"][sim.mini["appid"]]}
    assert sim.api("/wxa/business/getuserphonenumber", body)["errcode"] == 40003
    assert sim.api("/wxa/business/getuserphonenumber", {"code": phone_code})["errcode"] == 0


def test_the_service_accounts_token_opens_no_mini_program_endpoint(sim: Simulator) -> None:
    answer = sim.api("/wxa/business/getuserphonenumber", {"code": "x"}, account=sim.service)
    assert answer["errcode"] == 48001


def test_a_user_without_a_phone_has_no_phone_code(sim: Simulator) -> None:
    user = sim.user(phone=None)
    answer = sim.http.post(f"{sim.base}/_sim/users/{user['id']}/phone-code", json={"appid": sim.mini["appid"]}, timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (409, "该用户没有绑定手机号")


def mini_program_code(sim: Simulator, **body: object) -> tuple[str, bytes]:
    token = sim.token()["access_token"]
    answer = sim.call(API, "POST", "/wxa/getwxacodeunlimit", body={"scene": "s=abc", **body}, access_token=token)
    return answer.headers["Content-Type"], answer.content


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and raw lines of a PNG with one data chunk; fails on a broken checksum."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        chunks[kind] = content
        at += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    return width, height, zlib.decompress(chunks[b"IDAT"])


def test_a_mini_program_code_is_a_picture_of_the_wanted_size_and_the_same_for_the_same_scene(sim: Simulator) -> None:
    kind, first = mini_program_code(sim, width=600)
    width, height, raw = pixels(first)
    assert (kind, width, height, len(raw)) == ("image/png", 600, 600, 600 * 601)
    assert mini_program_code(sim, width=600)[1] == first
    assert pixels(mini_program_code(sim, width=600, scene="s=abd")[1])[2] != raw


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"scene": ""}, 40169),
        ({"scene": "x" * 33}, 40169),
        ({"scene": 7}, 40169),
        ({"scene": "车"}, 40129),
        ({"scene": "a%20b"}, 40129),
        ({"page": "pages/unknown/index"}, 41030),
        ({"page": "/pages/index/index"}, 41030),
        ({"page": "pages/index/index?a=1", "check_path": False}, 41030),
        ({"width": 200}, 40097),
        ({"env_version": "beta"}, 40097),
        ({"line_color": {"r": 300, "g": 0, "b": 0}}, 40097),
        ({"pages": "pages/index/index"}, 40097),
    ],
)
def test_a_wrong_mini_program_code_is_refused(sim: Simulator, changed: dict, errcode: int) -> None:
    kind, body = mini_program_code(sim, **changed)
    assert kind.startswith("application/json")
    assert f'"errcode":{errcode}' in body.decode()


def test_an_unpublished_page_is_allowed_without_the_check(sim: Simulator) -> None:
    assert mini_program_code(sim, page="pages/unknown/index", check_path=False)[0] == "image/png"
