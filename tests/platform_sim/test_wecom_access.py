"""WeCom: tokens of several applications, what each may do, frequency, tickets, and who opened a page."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.platform_sim.support import WORK, Simulator, Sink
from tests.platform_sim.wecom import App, limited

BOARD, SYNC = "经销商经理看板", "通讯录同步"


@pytest.fixture(scope="module")
def main(sim: Simulator) -> App:
    return App(sim)


@pytest.fixture(scope="module")
def board(sim: Simulator) -> App:
    return App(sim, BOARD)


def test_every_application_has_a_token_of_its_own(main: App, board: App) -> None:
    tokens = {app.gettoken()["access_token"] for app in (main, board, main, board)}
    assert len(tokens) == 2


def test_a_token_sends_only_as_its_own_application(main: App, board: App) -> None:
    as_other = board.post("message/send", touser="mgr001", msgtype="text", agentid=main.agentid, text={"content": "x"})
    as_nobody = board.post("message/send", touser="mgr001", msgtype="text", agentid=1, text={"content": "x"})
    assert (as_other["errcode"], as_nobody["errcode"]) == (301002, 40056)
    assert board.send("mgr001|adv001")["invaliduser"] == "adv001"
    assert board.send("adv001")["errcode"] == 81013


def test_customers_and_writing_are_for_the_applications_that_were_given_them(main: App, board: App) -> None:
    assert board.get("externalcontact/get_follow_user_list")["errcode"] == 48002
    assert main.get("user/delete", userid="adv001")["errcode"] == 48002
    assert main.get("externalcontact/get_follow_user_list")["errcode"] == 0


def test_a_disabled_application_is_refused_until_it_is_on_again(main: App, board: App) -> None:
    board.switch("wecom.app_disabled", True)
    assert (board.send("mgr001")["errcode"], main.send("mgr001")["errcode"]) == (50003, 0)
    board.switch("wecom.app_disabled", False)
    assert board.send("mgr001")["errcode"] == 0


def test_what_is_missing_or_wrong_in_gettoken_is_said(main: App, board: App) -> None:
    codes = [
        main.gettoken(**changed)["errcode"] for changed in ({"corpid": ""}, {"corpsecret": ""}, {"corpid": "ww0"}, {"corpsecret": "x"})
    ]
    assert codes == [41002, 41004, 40013, 40001]
    assert main.gettoken(corpid=board.id)["errcode"] == 40013


def test_guessing_secrets_blocks_the_corp_for_an_hour(main: App, board: App) -> None:
    with limited(main.sim, "wecom.bad_secrets_per_hour", 3):
        # An hour of the clock in which nobody has guessed yet.
        main.sim.advance(3600)
        assert [main.gettoken(corpsecret="guess")["errcode"] for _ in range(4)] == [40001, 40001, 40001, 45009]
        assert (main.gettoken()["errcode"], board.gettoken()["errcode"]) == (45009, 45009)
        main.sim.advance(3601)
        assert main.gettoken()["errcode"] == 0


def test_the_base_frequency_counts_each_endpoint_and_the_address(main: App) -> None:
    token = main.gettoken()["access_token"]

    def ask(path: str) -> int:
        return int(main.sim.call(WORK, "GET", f"/cgi-bin/{path}", access_token=token, userid="adv001").json()["errcode"])

    with limited(main.sim, "wecom.calls_per_corp_api_minute", 2):
        main.sim.advance(60)
        assert [ask("user/get") for _ in range(3)] == [0, 0, 45009]
        assert ask("tag/list") == 0
        main.sim.advance(60)
        assert ask("user/get") == 0
    with limited(main.sim, "wecom.calls_per_address_minute", 1):
        main.sim.advance(60)
        assert [ask("user/get"), ask("tag/list")] == [0, 45009]


def test_tickets_stay_the_same_and_may_not_be_asked_for_too_often(main: App, board: App) -> None:
    first = main.get("get_jsapi_ticket")
    assert (first["errcode"], board.get("get_jsapi_ticket")["ticket"]) == (0, first["ticket"])
    tickets = {app.get("ticket/get", type="agent_config")["ticket"] for app in (main, board, main)}
    assert (len(tickets), first["ticket"] in tickets) == (2, False)
    assert main.get("ticket/get", type="jsapi")["errcode"] == 40058
    with limited(main.sim, "wecom.jsapi_tickets_per_hour", 1), limited(main.sim, "wecom.agent_tickets_per_hour", 1):
        main.sim.advance(3600)
        assert [app.get("get_jsapi_ticket")["errcode"] for app in (main, board)] == [0, 45009]
        assert [app.get("ticket/get", type="agent_config")["errcode"] for app in (main, board, board)] == [0, 0, 45009]
    main.sim.advance(7201)
    assert main.get("get_jsapi_ticket")["ticket"] != first["ticket"]


def test_a_member_who_opens_a_page_is_named_once(main: App) -> None:
    code = main.sim.post("staff/adv001/oauth-code")["code"]
    assert main.get("auth/getuserinfo", code=code) == {"errcode": 0, "errmsg": "ok", "userid": "adv001"}
    assert main.get("auth/getuserinfo", code=code)["errcode"] == 40029
    old = main.sim.post("staff/adv001/oauth-code")["code"]
    main.sim.advance(301)
    assert main.get("auth/getuserinfo", code=old)["errcode"] == 40029
    assert main.get("auth/getuserinfo", code="never-issued")["errcode"] == 40029


def test_a_code_is_for_the_application_that_asked_and_names_members_out_of_sight_too(main: App, board: App) -> None:
    code = main.sim.post("staff/adv001/oauth-code", agentid=board.agentid)["code"]
    assert main.get("auth/getuserinfo", code=code)["errcode"] == 40029
    assert board.get("auth/getuserinfo", code=code)["userid"] == "adv001"


def test_details_need_consent_and_sight(main: App, board: App) -> None:
    main.sim.post("wecom/members/mgr002", mobile="13912340002")
    agreed = main.sim.post("staff/mgr002/oauth-code", scope="snsapi_privateinfo")["code"]
    ticket = main.get("auth/getuserinfo", code=agreed)["user_ticket"]
    assert main.post("auth/getuserdetail", user_ticket=ticket)["mobile"] == "13912340002"
    assert board.post("auth/getuserdetail", user_ticket=ticket)["errcode"] == 40094
    unseen = main.sim.post("staff/adv003/oauth-code", scope="snsapi_privateinfo", agentid=board.agentid)["code"]
    hidden = board.get("auth/getuserinfo", code=unseen)["user_ticket"]
    assert board.post("auth/getuserdetail", user_ticket=hidden)["errcode"] == 60011
    main.sim.advance(1801)
    assert main.post("auth/getuserdetail", user_ticket=ticket)["errcode"] == 40094


def test_a_stranger_is_an_openid_and_a_customer_an_external_userid(main: App) -> None:
    user = main.sim.user()

    def opened() -> dict:
        code = main.sim.post("wecom/oauth-code", user=user["id"])["code"]
        return main.get("auth/getuserinfo", code=code)

    stranger = opened()
    assert set(stranger) == {"errcode", "errmsg", "openid"}
    external = main.sim.post("staff/adv001/customers", user=user["id"])["external_userid"]
    assert opened() == {**stranger, "external_userid": external}


AUTHORIZE = "connect/oauth2/authorize"


def page(main: App, **changed: str) -> str:
    query = {
        "appid": main.corpid, "redirect_uri": f"{main.sim.sink.url}/staff/login?next=%2Fleads", "response_type": "code",
        "scope": "snsapi_base", "state": "s1", "agentid": str(main.agentid), **changed,
    }  # fmt: skip
    return f"https://open.weixin.qq.com/{AUTHORIZE}?{urlencode(query)}#wechat_redirect"


def arrived(location: str) -> dict[str, str]:
    assert urlsplit(location).path == "/staff/login"
    return dict(parse_qsl(urlsplit(location).query))


def test_the_authorize_page_sends_a_member_back_with_code_and_state(main: App) -> None:
    back = arrived(main.sim.post("staff/adv004/authorize", url=page(main))["location"])
    assert (back["next"], back["state"]) == ("/leads", "s1")
    assert main.get("auth/getuserinfo", code=back["code"])["userid"] == "adv004"


def test_in_a_browser_the_member_is_the_one_of_the_cookie(main: App) -> None:
    url = page(main).replace("https://", f"{main.sim.base}/").partition("#")[0]
    answer = main.sim.http.get(url, headers={"Cookie": "wecom_member=mgr004"}, allow_redirects=False, timeout=60)
    back = arrived(answer.headers["Location"])
    assert (answer.status_code, main.get("auth/getuserinfo", code=back["code"])["userid"]) == (302, "mgr004")


def test_somebody_in_wechat_who_opens_it_is_a_stranger(main: App) -> None:
    user = main.sim.user()
    back = arrived(main.sim.post(f"users/{user['id']}/service/authorize", url=page(main))["location"])
    assert "userid" not in main.get("auth/getuserinfo", code=back["code"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"redirect_uri": "http://127.0.0.1:1/staff/login"}, "50001"),
        ({"redirect_uri": "https://evil.example/staff/login"}, "50001"),
        ({"agentid": "1"}, "没有这个应用"),
        ({"scope": "snsapi_userinfo"}, "scope"),
        ({"response_type": "token"}, "response_type"),
        ({"appid": "ww0000000000000000"}, "appid"),
    ],
)
def test_a_wrong_authorize_url_shows_why(main: App, changed: dict, said: str) -> None:
    answer = main.sim.http.post(f"{main.sim.base}/_sim/staff/adv004/authorize", json={"url": page(main, **changed)}, timeout=60)
    assert (answer.status_code, said in answer.json()["error"]) == (422, True)


def test_an_address_that_is_not_trusted_is_refused_everywhere(main: App) -> None:
    token = main.gettoken()["access_token"]
    main.sim.post("faults", faults=[{"kind": "ip_not_allowed", "host": WORK}])
    answers = [main.gettoken(), main.sim.work("/cgi-bin/message/send", {"touser": "adv001"}, token=token)]
    assert [(answer["errcode"], "from ip: 127.0.0.1" in answer["errmsg"]) for answer in answers] == [(60020, True)] * 2


def test_a_world_of_an_earlier_version_still_loads_and_gets_what_it_lacks(tmp_path: Path, sink: Sink) -> None:
    simulator = Simulator(tmp_path / "platform", sink)
    file = tmp_path / "platform" / "world.json"
    world = json.loads(file.read_text())
    older = {"corpid", "agentid", "name", "secret", "token", "aes_key", "visible", "hidden"}
    world["corps"] = [{name: value for name, value in corp.items() if name in older} for corp in world["corps"]]
    file.write_text(json.dumps(world))
    simulator.start()
    try:
        assert App(simulator).send("adv001|hidden01")["invaliduser"] == "hidden01"
    finally:
        assert simulator.stop() == 0
    renewed = Simulator(tmp_path / "platform", sink)
    assert renewed.corp == simulator.corp
    assert [app["name"] for app in renewed.credentials["corp_apps"]] == [BOARD, SYNC]
