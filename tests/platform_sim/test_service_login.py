"""Web login of the service account: the authorize page, a code that works once, tokens that are hers alone."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.platform_sim.service import authorize_url, browse, cannot, does, openid, swap, switched, web_code
from tests.platform_sim.support import API, Simulator


def sns(sim: Simulator, path: str, **query: str) -> dict:
    return sim.call(API, "GET", path, **query).json()


def userinfo(sim: Simulator, token: dict, **changed: str) -> dict:
    return sns(sim, "/sns/userinfo", **{"access_token": token["access_token"], "openid": token["openid"], "lang": "zh_CN", **changed})


def refresh(sim: Simulator, token: dict) -> dict:
    query = {"appid": sim.service["appid"], "grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    return sns(sim, "/sns/oauth2/refresh_token", **query)


def test_she_comes_back_with_a_code_and_the_state(sim: Simulator) -> None:
    location = does(sim, sim.user(), "authorize", url=authorize_url(sim))["location"]
    query = parse_qs(urlsplit(location).query)
    assert location.startswith("https://127.0.0.1/h5/car?id=1&code=")
    assert (query["id"], query["state"], len(query["code"])) == (["1"], ["car1"], 1)


def test_the_code_gives_her_openid_and_a_token_that_shows_her_name(sim: Simulator) -> None:
    user = sim.user("林晓雯")
    token = swap(sim, web_code(sim, user))
    assert (token["openid"], token["unionid"], token["scope"]) == (openid(sim, user), user["unionid"], "snsapi_userinfo")
    assert token["expires_in"] == 7200
    profile = userinfo(sim, token)
    assert (profile["nickname"], profile["unionid"], profile["sex"], profile["city"]) == ("林晓雯", user["unionid"], 0, "")


def test_the_silent_scope_tells_the_openid_alone(sim: Simulator) -> None:
    user = sim.user()
    token = swap(sim, web_code(sim, user, scope="snsapi_base"))
    assert (token["openid"], "unionid" in token) == (openid(sim, user), False)
    assert userinfo(sim, token)["errcode"] == 48001


def test_an_account_that_is_not_bound_to_the_open_platform_tells_no_unionid(sim: Simulator) -> None:
    user = sim.user()
    with switched(sim, open_platform=False):
        token = swap(sim, web_code(sim, user))
        assert "unionid" not in token
        assert "unionid" not in userinfo(sim, token)


def test_a_code_works_once(sim: Simulator) -> None:
    code = web_code(sim, sim.user())
    assert [swap(sim, code).get("errcode"), swap(sim, code).get("errcode")] == [None, 40163]


def test_a_code_dies_after_five_minutes(sim: Simulator) -> None:
    user = sim.user()
    fresh = web_code(sim, user)
    sim.advance(299)
    assert "access_token" in swap(sim, fresh)
    stale = web_code(sim, user)
    sim.advance(301)
    assert swap(sim, stale)["errcode"] == 42003


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"code": "x" * 32}, 40029),
        ({"code": ""}, 41008),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"secret": "0" * 32}, 40125),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"grant_type": "client_credential"}, 40002),
    ],
)
def test_a_wrong_swap_is_refused_and_leaves_the_code(sim: Simulator, changed: dict, errcode: int) -> None:
    code = web_code(sim, sim.user())
    assert swap(sim, **{"code": code, **changed})["errcode"] == errcode
    assert "access_token" in swap(sim, code)


def test_a_code_of_the_mini_program_is_none_of_the_web_login(sim: Simulator) -> None:
    user = sim.user()
    code = sim.post(f"users/{user['id']}/login-code", appid=sim.mini["appid"])["code"]
    assert swap(sim, code)["errcode"] == 40029


def test_her_token_opens_nothing_of_the_accounts(sim: Simulator) -> None:
    token = swap(sim, web_code(sim, sim.user()))
    answer = sim.call(API, "GET", "/cgi-bin/user/get", access_token=token["access_token"]).json()
    assert answer["errcode"] in (40001, 40014)


def test_her_token_is_good_for_her_alone_and_for_two_hours(sim: Simulator) -> None:
    token, other = swap(sim, web_code(sim, sim.user())), sim.user("周宇航")

    def auth(**changed: str) -> int:
        return int(sns(sim, "/sns/auth", **{"access_token": token["access_token"], "openid": token["openid"], **changed})["errcode"])

    assert auth() == 0
    assert auth(openid=openid(sim, other)) == userinfo(sim, token, openid=openid(sim, other))["errcode"] == 40003
    assert auth(access_token="x" * 110) == 40001
    sim.advance(7201)
    assert auth() == userinfo(sim, token)["errcode"] == 42001


def test_a_living_token_is_prolonged_and_an_expired_one_replaced(sim: Simulator) -> None:
    token = swap(sim, web_code(sim, sim.user()))
    sim.advance(7000)
    assert refresh(sim, token)["access_token"] == token["access_token"]
    sim.advance(7000)
    assert "nickname" in userinfo(sim, token)
    sim.advance(7201)
    renewed = refresh(sim, token)
    assert renewed["access_token"] != token["access_token"]
    assert "nickname" in userinfo(sim, renewed)


def test_a_refresh_token_dies_after_thirty_days(sim: Simulator) -> None:
    token = swap(sim, web_code(sim, sim.user()))
    assert refresh(sim, {"refresh_token": "x" * 110})["errcode"] == 40030
    sim.advance(30 * 86400 + 1)
    assert refresh(sim, token)["errcode"] == 42002


def test_a_snapshot_gives_a_virtual_user_who_says_so(sim: Simulator) -> None:
    user = sim.user("林晓雯")
    token = swap(sim, web_code(sim, user, snapshot=True))
    assert token["is_snapshotuser"] == 1
    assert token["openid"] != openid(sim, user)
    assert token["unionid"] != user["unionid"]
    assert userinfo(sim, token)["nickname"] != "林晓雯"
    assert "is_snapshotuser" not in swap(sim, web_code(sim, user))


def test_who_refuses_comes_back_without_a_code(sim: Simulator) -> None:
    location = does(sim, sim.user(), "authorize", url=authorize_url(sim), allow=False)["location"]
    assert parse_qs(urlsplit(location).query) == {"id": ["1"], "state": ["car1"]}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"redirect_uri": "https://evil.example/h5"}, "10003"),
        ({"redirect_uri": "javascript://127.0.0.1/"}, "10003"),
        ({"redirect_uri": "https://127.0.0.1.evil.example/"}, "10003"),
        ({"scope": "snsapi_login"}, "Scope"),
        ({"appid": "wx0000000000000000"}, "AppID"),
        ({"response_type": "token"}, "response_type"),
        ({"state": "x" * 129}, "state"),
    ],
)
def test_a_wrong_authorize_url_shows_an_error_and_no_code(sim: Simulator, changed: dict, words: str) -> None:
    user = sim.user()
    status, said = cannot(sim, f"users/{user['id']}/service/authorize", url=authorize_url(sim, **changed))
    assert (status, words in said) == (422, True)


def test_the_order_of_the_parameters_and_the_fragment_matter(sim: Simulator) -> None:
    user, url = sim.user(), authorize_url(sim)
    path = f"users/{user['id']}/service/authorize"
    address, _, query = url.partition("?")
    first, second, *rest = query.split("&")
    assert cannot(sim, path, url=f"{address}?{'&'.join((second, first, *rest))}")[0] == 422
    assert cannot(sim, path, url=url.removesuffix("#wechat_redirect"))[0] == 422
    assert cannot(sim, path, url=url.replace("&state=", "&foo=1&state="))[0] == 422


def test_only_domains_named_in_the_console_get_codes(sim: Simulator) -> None:
    with switched(sim, web_domains=["h5.jiyao.example"]):
        code = web_code(sim, sim.user(), redirect_uri="https://h5.jiyao.example/car")
        assert "access_token" in swap(sim, code)
        status, said = cannot(sim, "users/1/service/authorize", url=authorize_url(sim))
        assert (status, "10003" in said) == (422, True)


def test_a_browser_is_sent_back_when_it_is_somebodys_wechat(sim: Simulator) -> None:
    user = sim.user()
    answer = browse(sim, authorize_url(sim), cookies={"wechat_user": str(user["id"])})
    assert answer.status_code == 302
    assert swap(sim, parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0])["openid"] == openid(sim, user)


def test_a_browser_that_is_nobodys_wechat_is_told_so(sim: Simulator) -> None:
    answer = browse(sim, authorize_url(sim))
    assert (answer.status_code, "请在微信客户端打开链接" in answer.text) == (200, True)
    wrong = browse(sim, authorize_url(sim, redirect_uri="https://evil.example/"), cookies={"wechat_user": "1"})
    assert (wrong.status_code, "10003" in wrong.text) == (200, True)


def test_the_record_of_calls_shows_neither_her_code_nor_her_tokens(sim: Simulator) -> None:
    code = web_code(sim, sim.user())
    token = swap(sim, code)
    assert "nickname" in userinfo(sim, refresh(sim, token))
    recorded = str(sim.get("calls", path="/sns/*", limit=5))
    assert "/sns/oauth2/access_token" in recorded
    assert not [secret for secret in (code, token["access_token"], token["refresh_token"], sim.service["secret"]) if secret in recorded]
