"""Access tokens: two families that never meet, their ends, and what a body must look like."""

from datetime import datetime, timedelta

import pytest

from tests.platform_sim.support import API, Simulator

PHONE = "/wxa/business/getuserphonenumber"


def plain(sim: Simulator) -> str:
    query = {"grant_type": "client_credential", "appid": sim.mini["appid"], "secret": sim.mini["secret"]}
    return sim.call(API, "GET", "/cgi-bin/token", **query).json()["access_token"]


def errcode(sim: Simulator, token: str) -> int:
    """What a business endpoint says to the token; 40029 means that the token was accepted."""
    return sim.api(PHONE, {"code": "x"}, token=token)["errcode"]


def test_the_stable_token_stays_the_same_until_five_minutes_before_its_end(sim: Simulator) -> None:
    sim.advance(7200)
    first = sim.token()
    assert first["expires_in"] == 7200
    sim.advance(6800)
    later = sim.token()
    assert (later["access_token"], 300 <= later["expires_in"] <= 400) == (first["access_token"], True)
    sim.advance(150)
    new = sim.token()["access_token"]
    assert new != first["access_token"]
    assert (errcode(sim, first["access_token"]), errcode(sim, new)) == (40029, 40029)
    sim.advance(300)
    assert (errcode(sim, first["access_token"]), errcode(sim, new)) == (42001, 40029)


def test_a_forced_refresh_kills_the_old_token_at_once_but_not_twice_in_thirty_seconds(sim: Simulator) -> None:
    sim.advance(31)
    old = sim.token()["access_token"]
    new = sim.token(force_refresh=True)["access_token"]
    assert (errcode(sim, old), errcode(sim, new)) == (40001, 40029)
    assert sim.token(force_refresh=True)["access_token"] == new
    sim.advance(31)
    assert sim.token(force_refresh=True)["access_token"] != new


def test_the_twenty_first_forced_refresh_of_a_day_changes_nothing(sim: Simulator) -> None:
    now = datetime.fromisoformat(sim.get("clock")["now"])
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=1, second=0, microsecond=0)
    sim.advance((midnight - now).total_seconds())
    tokens = []
    for _ in range(22):
        tokens.append(sim.token(force_refresh=True)["access_token"])
        sim.advance(31)
    assert len(set(tokens[:20])) == 20
    assert tokens[20] == tokens[21] == tokens[19]


def test_each_plain_token_leaves_the_last_one_five_minutes_and_the_stable_one_alone(sim: Simulator) -> None:
    stable, first = sim.token()["access_token"], plain(sim)
    second = plain(sim)
    assert first != second
    assert [errcode(sim, token) for token in (stable, first, second)] == [40029] * 3
    sim.advance(301)
    assert [errcode(sim, token) for token in (first, second)] == [40001, 40029]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"secret": "0" * 32}, 40125),
        ({"appid": "wx0"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"grant_type": "x"}, 40002),
    ],
)
def test_a_token_is_not_given_to_a_stranger(sim: Simulator, changed: dict, expected: int) -> None:
    assert sim.token(**changed)["errcode"] == expected


@pytest.mark.parametrize(("token", "expected"), [("", 41001), ("x" * 160, 40001), ("not a token!", 40014)])
def test_a_wrong_token_is_refused(sim: Simulator, token: str, expected: int) -> None:
    assert errcode(sim, token) == expected


def test_the_body_is_read_whatever_its_content_type(sim: Simulator) -> None:
    token = sim.token()["access_token"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json", None):
        headers = {"Content-Type": kind}
        answer = sim.http.post(f"{sim.base}/{API}{PHONE}?access_token={token}", data=b'{"code":"x"}', headers=headers, timeout=60)
        assert answer.json()["errcode"] == 40029


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", 44002),
        (b"{", 47001),
        (b"[1]", 47001),
        (b'{"code":"x","cod":1}', 40097),
        (b'{"code":"\\u8f66"}', 40033),
        (b'{"code":"a\\\\u8f66"}', 40029),
    ],
)
def test_a_body_that_the_platform_would_not_read_is_refused(sim: Simulator, body: bytes, expected: int) -> None:
    assert sim.api(PHONE, body)["errcode"] == expected


def test_a_wrong_method_and_an_unknown_path_are_told(sim: Simulator) -> None:
    assert sim.call(API, "GET", PHONE).json()["errcode"] == 43002
    assert sim.call(API, "POST", "/sns/jscode2session", body={}).json()["errcode"] == 43001
    assert sim.call(API, "GET", "/cgi-bin/no/such").json()["errcode"] == 40066
    assert sim.call("example.com", "GET", "/").status_code == 404
