"""Planted faults of calls: each kind, whom it strikes, and that a percentage strikes the same calls again."""

import contextlib

import pytest
import requests

from tests.platform_sim.support import API, PAY, WORK, Simulator, wait_until

INFO = "/cgi-bin/user/info"


def plant(sim: Simulator, **fault: object) -> int:
    return sim.post("faults", faults=[fault])["planted"][0]


def info(sim: Simulator, token: str, **query: str) -> requests.Response:
    """A call that changes nothing; errcode 40003 means that it was carried out."""
    return sim.call(API, "GET", INFO, access_token=token, openid="nobody", **query)


def code(answer: requests.Response) -> int:
    return answer.json()["errcode"]


@pytest.fixture
def token(sim: Simulator) -> str:
    return sim.token(sim.service)["access_token"]


@pytest.fixture
def begun(sim: Simulator) -> int:
    """The last call before this test."""
    return sim.get("calls", limit=1)["calls"][0]["id"]


def run_of(sim: Simulator, token: str, *, seed: int, calls: int = 60) -> list[int]:
    """Which of so many calls a fault of 30 % strikes."""
    sim.post("faults", clear=True)
    plant(sim, kind="errcode", path=INFO, percent=30, seed=seed, code=-1)
    return [n for n in range(calls) if code(info(sim, token)) == -1]


def test_a_percentage_strikes_the_same_calls_again_and_others_with_another_seed(sim: Simulator, token: str) -> None:
    first = run_of(sim, token, seed=7)
    assert 5 <= len(first) <= 35
    assert run_of(sim, token, seed=7) == first
    assert run_of(sim, token, seed=8) != first


def test_a_percentage_goes_on_where_it_was_after_a_crash(sim: Simulator, token: str) -> None:
    whole = run_of(sim, token, seed=5, calls=40)
    half = run_of(sim, token, seed=5, calls=20)
    sim.kill()
    sim.start()
    rest = [n for n in range(20, 40) if code(info(sim, token)) == -1]
    assert half + rest == whole


def test_calls_of_others_neither_meet_a_fault_nor_move_it_on(sim: Simulator, token: str) -> None:
    whole = run_of(sim, token, seed=3, calls=20)
    sim.post("faults", clear=True)
    plant(sim, kind="errcode", path=INFO, account=sim.service["appid"], host=API, percent=30, seed=3, code=-1)
    mini = sim.token()["access_token"]
    struck = []
    for n in range(20):
        assert code(info(sim, mini)) == 48001
        assert code(sim.call(WORK, "GET", "/cgi-bin/user/get", access_token="x")) == 40014
        if code(info(sim, token)) == -1:
            struck.append(n)
    assert struck == whole


def test_a_storm_strikes_every_token_until_its_seconds_are_over(sim: Simulator, token: str) -> None:
    plant(sim, kind="storm", seconds=100)
    new = sim.token(sim.service, force_refresh=True)["access_token"]
    mini = sim.token()["access_token"]
    assert [code(info(sim, one)) for one in (token, new, mini)] == [40001] * 3
    assert sim.work("/cgi-bin/message/send", {"touser": "adv001"})["errcode"] == 40014
    sim.advance(101)
    assert code(info(sim, new)) == 40003
    assert sim.get("faults")["faults"] == []


def test_a_storm_of_so_many_calls_ends_by_itself(sim: Simulator, token: str) -> None:
    plant(sim, kind="storm", times=3)
    assert [code(info(sim, token)) for _ in range(4)] == [40001, 40001, 40001, 40003]


def test_a_slow_answer_is_late_but_right(sim: Simulator, token: str, begun: int) -> None:
    plant(sim, kind="latency", path=INFO, times=1, ms=700, jitter=100)
    answer = info(sim, token)
    assert (code(answer), answer.elapsed.total_seconds() >= 0.7) == (40003, True)
    [row] = sim.get("calls", after=begun, path=INFO)["calls"]
    assert (row["outcome"], row["fault"]) == ("answered", "latency")


def test_slowness_goes_along_with_a_refusal(sim: Simulator, token: str, begun: int) -> None:
    sim.post("faults", faults=[{"kind": "latency", "ms": 10, "times": 1}, {"kind": "errcode", "code": 45009, "times": 1}])
    assert code(info(sim, token)) == 45009
    assert sim.get("calls", after=begun, path=INFO)["calls"][0]["fault"] == "latency,errcode"


@pytest.mark.parametrize("kind", ["timeout_before", "cut"])
def test_a_call_that_is_not_carried_out_has_no_effect_and_no_answer(sim: Simulator, kind: str, begun: int) -> None:
    user = sim.user()
    login = sim.post(f"users/{user['id']}/login-code", appid=sim.mini["appid"])["code"]
    plant(sim, kind=kind, path="/sns/jscode2session", times=1)
    query = {"appid": sim.mini["appid"], "secret": sim.mini["secret"], "js_code": login, "grant_type": "authorization_code"}
    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        requests.get(f"{sim.base}/{API}/sns/jscode2session", params=query, timeout=1)
    assert "openid" in sim.login(login)
    outcomes = [(row["outcome"], row["fault"]) for row in sim.get("calls", after=begun, path="/sns/jscode2session")["calls"]]
    assert outcomes == [("not carried out", kind), ("answered", None)]


def test_a_broken_gateway_answers_with_a_page(sim: Simulator, token: str) -> None:
    plant(sim, kind="http", path=INFO, times=1, status=503)
    answer = info(sim, token)
    assert (answer.status_code, answer.headers["Content-Type"], "<html>" in answer.text) == (503, "text/html", True)
    assert code(info(sim, token)) == 40003


def test_an_address_that_is_not_allowed_gets_no_token_and_wecom_no_answer(sim: Simulator, token: str) -> None:
    work = sim.call(WORK, "GET", "/cgi-bin/gettoken", corpid=sim.corp["corpid"], corpsecret=sim.corp["secret"]).json()["access_token"]
    fault = plant(sim, kind="ip_not_allowed")
    assert sim.token()["errcode"] == 40164
    assert sim.work("/cgi-bin/message/send", {}, token=work)["errcode"] == 60020
    assert code(info(sim, token)) == 40003
    sim.http.delete(f"{sim.base}/_sim/faults/{fault}", timeout=60)
    assert sim.token()["expires_in"] > 0


def test_faults_are_cleared_one_by_one(sim: Simulator, token: str) -> None:
    slow, refused = plant(sim, kind="latency", ms=1), plant(sim, kind="errcode", code=45009)
    assert [fault["id"] for fault in sim.post("faults", clear=[refused])["faults"]] == [slow]
    assert code(info(sim, token)) == 40003


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"}, {"kind": "latency"}, {"kind": "latency", "ms": 1, "hight": 3}, {"kind": "errcode"},
        {"kind": "storm", "times": "x"}, {"kind": "storm", "percent": 101}, {"kind": "storm", "times": -1}, {"kind": "weather"},
        {"kind": "callback_weather", "times": 3}, "storm", {"kind": "cut", "path": 1},
    ],
)  # fmt: skip
def test_a_fault_that_is_not_understood_is_refused_and_nothing_is_planted(sim: Simulator, fault: object) -> None:
    answer = sim.http.post(f"{sim.base}/_sim/faults", json={"faults": [{"kind": "cut", "path": "/none"}, fault]}, timeout=60)
    assert (answer.status_code, sim.get("faults")["faults"]) == (422, [])


def in_weather(sim: Simulator, token: str, *, seed: int, calls: int = 40) -> list[str | None]:
    """The fault that each of so many calls met in weather of 50 %."""
    sim.post("faults", clear=True)
    sim.post("faults", weather={"percent": 50, "seed": seed})
    after = sim.get("calls", limit=1)["calls"][0]["id"]
    for _ in range(calls):
        with contextlib.suppress(requests.Timeout, requests.ConnectionError):
            requests.get(f"{sim.base}/{API}{INFO}", params={"access_token": token, "openid": "nobody"}, timeout=0.5)
    rows = wait_until(lambda: len(got := sim.get("calls", after=after, path=INFO)["calls"]) == calls and got, what="all calls")
    return [row["fault"] for row in rows]


def test_weather_is_a_mix_and_the_same_seed_brings_the_same(sim: Simulator, token: str) -> None:
    first = in_weather(sim, token, seed=11)
    struck = [fault for fault in first if fault]
    assert (10 <= len(struck) <= 30, len(set(struck)) >= 4) == (True, True)
    assert in_weather(sim, token, seed=11) == first


def test_weather_over_callbacks_does_not_move_that_over_calls(sim: Simulator, token: str) -> None:
    struck = in_weather(sim, token, seed=4, calls=12)
    sim.post("faults", clear=True)
    sim.post("faults", weather={"percent": 50, "seed": 4})
    user, after = sim.user(follow=False), sim.get("calls", limit=1)["calls"][0]["id"]
    for n in range(12):
        sim.post(f"users/{user['id']}/{'unfollow' if n % 2 else 'follow'}", appid=sim.service["appid"])
        with contextlib.suppress(requests.Timeout, requests.ConnectionError):
            requests.get(f"{sim.base}/{API}{INFO}", params={"access_token": token, "openid": "nobody"}, timeout=0.5)
    rows = wait_until(lambda: len(got := sim.get("calls", after=after, path=INFO)["calls"]) == 12 and got, what="all calls")
    assert [row["fault"] for row in rows] == struck
    assert any(row["fault"] for row in sim.callbacks(recipient=user["openids"][sim.service["appid"]]))


def test_weather_leaves_the_tokens_alone_and_strikes_pay_in_its_own_words(sim: Simulator) -> None:
    sim.post("faults", weather={"percent": 100, "seed": 2})
    assert sim.token()["expires_in"] > 0
    after = sim.get("calls", limit=1)["calls"][0]["id"]
    for _ in range(20):
        with contextlib.suppress(requests.Timeout, requests.ConnectionError):
            requests.get(f"{sim.base}/{PAY}/v3/refund/domestic/refunds/NONE", timeout=0.5)
    rows = wait_until(lambda: len(got := sim.get("calls", after=after, host=PAY)["calls"]) == 20 and got, what="20 calls")
    refused = {row["errcode"] for row in rows if row["fault"] in ("errcode", "storm")}
    assert refused <= {"SYSTEM_ERROR", "FREQUENCY_LIMITED"}
    assert refused
