"""The record: every call and callback can be found by what is known of it, and counted in groups."""

import json

import pytest

from tests.platform_sim.support import API, WORK, Simulator, wait_until

SEND = "/cgi-bin/message/template/send"


@pytest.fixture
def begun(sim: Simulator) -> int:
    """The last call before this test."""
    sim.token()
    return sim.get("calls", limit=1)["calls"][0]["id"]


def send(sim: Simulator, *, key: str, request_id: str) -> str:
    """A template message to somebody new; her openid."""
    openid = sim.user()["openids"][sim.service["appid"]]
    fields = {"thing1": "极曜 S7", "amount2": "2000.00元", "character_string3": "MQ1", "phrase4": "已退款"}
    body = {
        "touser": openid, "template_id": sim.credentials["templates"]["deposit_refunded"], "client_msg_id": key,
        "data": {name: {"value": value} for name, value in fields.items()},
    }  # fmt: skip
    answer = sim.http.post(
        f"{sim.base}/{API}{SEND}", params={"access_token": sim.token(sim.service)["access_token"]}, timeout=60,
        data=json.dumps(body, ensure_ascii=False).encode(), headers={"X-Request-Id": request_id},
    )  # fmt: skip
    assert answer.json()["errcode"] == 0
    return openid


def test_a_call_is_found_by_what_its_caller_knows(sim: Simulator, begun: int) -> None:
    first, second = send(sim, key="k1", request_id="r-1"), send(sim, key="k2", request_id="r-2")
    for filters in ({"request_id": "r-1"}, {"key": "k1", "path": SEND}, {"recipient": first, "host": API}):
        [row] = sim.get("calls", after=begun, **filters)["calls"]
        assert (row["request_id"], row["key"], row["recipient"], row["account"]) == ("r-1", "k1", first, sim.service["appid"])
        assert (row["outcome"], row["errcode"], row["ms"] > 0) == ("answered", "0", True)
    assert [row["recipient"] for row in sim.get("calls", after=begun, path="*/template/*", errcode="0")["calls"]] == [first, second]


def test_calls_are_found_by_account_errcode_outcome_fault_and_time(sim: Simulator, begun: int) -> None:
    since = sim.get("clock")["now"]
    sim.advance(100)
    sim.post("faults", errcode={"path": "/cgi-bin/user/info", "code": -1, "times": 1})
    for _ in range(2):
        sim.call(API, "GET", "/cgi-bin/user/info", access_token=sim.token(sim.service)["access_token"], openid="nobody")
    sim.call(WORK, "GET", "/cgi-bin/gettoken", corpid=sim.corp["corpid"], corpsecret="wrong")
    rows = {
        name: [(row["path"], row["errcode"]) for row in sim.get("calls", after=begun, since=since, **filters)["calls"]]
        for name, filters in {
            "fault": {"fault": "errcode"}, "outcome": {"outcome": "fault"}, "errcode": {"errcode": "40003"},
            "account": {"account": sim.corp["corpid"]}, "until": {"until": since},
        }.items()
    }  # fmt: skip
    assert rows["fault"] == rows["outcome"] == [("/cgi-bin/user/info", "-1")]
    assert rows["errcode"] == [("/cgi-bin/user/info", "40003")]
    assert rows["account"] == [("/cgi-bin/gettoken", "40001")]
    assert rows["until"] == []


def test_calls_are_counted_in_groups(sim: Simulator, begun: int) -> None:
    for n in range(3):
        send(sim, key=f"group{n}", request_id="r")
    assert sim.http.get(f"{sim.base}/_sim/calls/summary", params={"by": "path,password"}, timeout=60).status_code == 422
    counted = sim.get("calls/summary", by="path,errcode", after=begun)["summary"]
    assert {(row["path"], row["errcode"]): row["calls"] for row in counted} == {
        (SEND, "0"): 3,
        ("/cgi-bin/stable_token", "0"): 3,
    }


def test_only_so_many_calls_are_kept(sim: Simulator, begun: int) -> None:
    sim.post("limits", name="recorder.keep", value=100)
    for _ in range(500):
        sim.call(API, "GET", "/cgi-bin/none")
    kept = sim.get("calls", limit=1000)["calls"]
    assert (100 <= len(kept) < 600, kept[0]["id"] >= begun + 500) == (True, True)
    sim.post("limits", name="recorder.keep")


def test_what_happened_twice_is_told_apart_from_what_was_asked_twice(sim: Simulator) -> None:
    send(sim, key="once", request_id="r-a")
    assert sim.get("duplicates", kind="template", twice=1)["duplicates"] == []
    assert [row["effects"] for row in sim.get("duplicates", kind="template")["duplicates"] if row["key"].endswith(":once")] == [1]


def test_a_callback_is_found_by_event_recipient_and_account(sim: Simulator) -> None:
    openid = send(sim, key="told", request_id="r-b")
    filters = {"event": "TEMPLATESENDJOBFINISH", "recipient": openid, "account": sim.service["appid"], "wire": "message"}
    [row] = wait_until(lambda: sim.get("callbacks", state="delivered", **filters)["callbacks"], what="the report is delivered")
    shown = sim.get(f"callbacks/{row['id']}")
    assert ("<Status><![CDATA[success]]></Status>" in shown["content"], len(shown["tried"])) == (True, 1)
    assert sim.http.get(f"{sim.base}/_sim/callbacks/999999", timeout=60).status_code == 404


def test_a_secret_cut_in_the_middle_is_masked_too(sim: Simulator, begun: int) -> None:
    secret = "0123456789abcdef" * 400
    sim.call(API, "POST", "/cgi-bin/stable_token", body={"grant_type": "client_credential", "appid": "wx0", "secret": secret})
    [row] = sim.get("calls", after=begun)["calls"]
    assert (row["errcode"], secret[:16] in json.dumps(row)) == ("40013", False)


def test_a_secret_by_any_of_its_names_is_masked(sim: Simulator, begun: int) -> None:
    sim.call(API, "POST", "/cgi-bin/clear_quota/v2", body={"appid": sim.mini["appid"], "appsecret": sim.mini["secret"]})
    sim.call(WORK, "GET", "/cgi-bin/gettoken", corpid=sim.corp["corpid"], corpsecret=sim.corp["secret"])
    sim.call(API, "GET", "/sns/oauth2/access_token", appid=sim.service["appid"], secret=sim.service["secret"], code="0a1b2c3d")
    rows = sim.get("calls", after=begun)["calls"]
    everything = json.dumps(rows)
    assert len(rows) == 3
    assert not any(secret in everything for secret in (sim.mini["secret"], sim.corp["secret"], sim.service["secret"], "0a1b2c3d"))
