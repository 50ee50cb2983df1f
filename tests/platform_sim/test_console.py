"""What an operator sets in the consoles for tokens and callers: whitelists, a frozen secret, quotas that are asked and cleared."""

from collections.abc import Iterator

import pytest

from tests.platform_sim.support import API, WORK, Simulator


@pytest.fixture(autouse=True)
def as_it_was(sim: Simulator) -> Iterator[None]:
    yield
    for account in (sim.mini["appid"], sim.service["appid"], sim.corp["corpid"]):
        switches = {"ip_whitelist_on": False, "ip_whitelist": [], "secret_frozen": False, "ip_confirmation": "none"}
        sim.post(f"accounts/{account}/switches", **switches)
    for name in ("token.stable.per_minute", "token.stable.per_day", "token.plain.per_day"):
        sim.post("limits", name=name)


def plain(sim: Simulator) -> dict:
    query = {"grant_type": "client_credential", "appid": sim.service["appid"], "secret": sim.service["secret"]}
    return sim.call(API, "GET", "/cgi-bin/token", **query).json()


def test_an_account_with_a_whitelist_gives_tokens_to_its_addresses_only(sim: Simulator) -> None:
    path = f"accounts/{sim.service['appid']}/switches"
    before = sim.token(sim.service)["access_token"]
    sim.post(path, ip_whitelist_on=True, ip_whitelist=["203.0.113.7", "198.51.100.0/24"])
    refused = sim.token(sim.service)
    assert (refused["errcode"], "127.0.0.1" in refused["errmsg"]) == (40164, True)
    assert plain(sim)["errcode"] == 40164
    assert "access_token" in sim.token()
    assert sim.call(API, "GET", "/cgi-bin/user/get", access_token=before).json()["total"] >= 0
    sim.post(path, ip_whitelist=["127.0.0.0/8"])
    assert "access_token" in sim.token(sim.service)


def test_wecom_asks_for_the_address_at_every_call(sim: Simulator) -> None:
    query = {"corpid": sim.corp["corpid"], "corpsecret": sim.corp["secret"]}
    token = sim.call(WORK, "GET", "/cgi-bin/gettoken", **query).json()["access_token"]
    sim.post(f"accounts/{sim.corp['corpid']}/switches", ip_whitelist_on=True, ip_whitelist=["203.0.113.7"])
    refused = sim.work("/cgi-bin/message/send", {}, token=token)
    assert (refused["errcode"], "from ip: 127.0.0.1" in refused["errmsg"]) == (60020, True)


@pytest.mark.parametrize(("state", "errcode"), [("waiting", 89503), ("refused_once", 89507), ("refused_twice", 89506)])
def test_an_address_that_its_administrator_did_not_confirm_gets_no_token(sim: Simulator, state: str, errcode: int) -> None:
    sim.post(f"accounts/{sim.mini['appid']}/switches", ip_confirmation=state)
    assert sim.token()["errcode"] == errcode


def test_a_frozen_secret_gives_nothing(sim: Simulator) -> None:
    sim.post(f"accounts/{sim.mini['appid']}/switches", secret_frozen=True)
    assert (sim.token()["errcode"], sim.token(secret="0" * 32)["errcode"]) == (40243, 40125)
    assert sim.login("x")["errcode"] == 40243


def test_tokens_have_their_quotas(sim: Simulator) -> None:
    sim.advance(61)
    sim.post("limits", name="token.stable.per_minute", value=2)
    assert [sim.token().get("errcode") for _ in range(3)] == [None, None, 45011]
    sim.advance(60)
    assert "access_token" in sim.token()
    sim.advance(86_400)
    sim.post("limits", name="token.stable.per_day", value=1)
    assert [sim.token().get("errcode") for _ in range(2)] == [None, 45009]
    assert "access_token" in sim.token(sim.service), "another account has its own"
    sim.post("limits", name="token.plain.per_day", value=2)
    assert [plain(sim).get("errcode") for _ in range(3)] == [None, None, 45009]


@pytest.mark.parametrize("body", [{"force_refresh": "true"}, {"force_refresh": 1}, {"scope": "all"}])
def test_a_token_request_has_no_other_fields_and_types(sim: Simulator, body: dict) -> None:
    assert sim.token(**body)["errcode"] in (47001, 40097)


def test_a_quota_is_asked_for_and_cleared_ten_times_a_month(sim: Simulator) -> None:
    appid = sim.service["appid"]
    assert sim.api("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/none"}, account=sim.service)["errcode"] == 76021
    for path in ("/sns/oauth2/access_token", "/wxa/getwxacodeunlimit"):
        assert sim.api("/cgi-bin/openapi/quota/get", {"cgi_path": path}, account=sim.service)["errcode"] == 76022
    quota = sim.api("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/user/info"}, account=sim.service)["quota"]
    assert set(quota) == {"daily_limit", "used", "remain"}
    assert sim.api("/cgi-bin/clear_quota", {"appid": sim.mini["appid"]}, account=sim.service)["errcode"] == 40013
    sim.post("limits", name="token.plain.per_day", value=1)
    plain(sim)
    assert plain(sim)["errcode"] == 45009
    body = {"appid": appid, "appsecret": sim.service["secret"]}
    assert sim.call(API, "POST", "/cgi-bin/clear_quota/v2", body=body).json()["errcode"] == 0
    assert "access_token" in plain(sim)
    codes = [sim.api("/cgi-bin/clear_quota", {"appid": appid}, account=sim.service)["errcode"] for _ in range(10)]
    assert codes == [0] * 9 + [48006]
