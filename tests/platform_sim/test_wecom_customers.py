"""WeCom: people add members by contact ways, are welcomed, tagged, noted down, read and lost."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.wecom import App, limited

EVENT = "change_external_contact"


@pytest.fixture(scope="module")
def app(sim: Simulator) -> App:
    return App(sim)


@pytest.fixture(scope="module")
def board(sim: Simulator) -> App:
    return App(sim, "经销商经理看板")


@pytest.fixture(scope="module")
def picture(sim: Simulator) -> str:
    return sim.post("wecom/media", kind="image")["media_id"]


def way(app: App, *users: str, **more: object) -> str:
    answer = app.customer("add_contact_way", type=1 if len(users) == 1 else 2, scene=2, user=list(users), **more)
    assert (answer["errcode"], answer["qr_code"].startswith("https://")) == (0, True), answer
    return answer["config_id"]


def scan(app: App, config_id: str, user: dict | None = None, **how: object) -> dict:
    return app.sim.post(f"wecom/contact-ways/{config_id}/scan", user=(user or app.sim.user())["id"], **how)


def heard(app: App, change: str, external: str) -> dict:
    found = wait_until(lambda: app.events(EVENT, ChangeType=change, ExternalUserID=external), what=change)
    return found[-1]


def befriend(app: App, userid: str, user: dict | None = None) -> str:
    return app.sim.post(f"staff/{userid}/customers", user=(user or app.sim.user())["id"])["external_userid"]


def chats(app: App, external: str) -> list[dict]:
    return app.sim.get(f"wecom/customers/{external}/chats")["chats"]


def test_the_state_of_a_contact_way_comes_back_with_the_customer(app: App) -> None:
    user = app.sim.user("王芳")
    added = scan(app, way(app, "adv060", state="store-12", skip_verify=True), user)
    event = heard(app, "add_external_contact", added["external_userid"])
    assert (event["UserID"], event["State"], event["ToUserName"], bool(event["WelcomeCode"])) == ("adv060", "store-12", app.corpid, True)
    got = app.get("externalcontact/get", external_userid=added["external_userid"])
    contact, [follow] = got["external_contact"], got["follow_user"]
    assert (contact["name"], contact["type"], contact["unionid"]) == ("王芳", 1, user["unionid"])
    assert (follow["userid"], follow["state"], follow["add_way"], follow["tags"]) == ("adv060", "store-12", 1, [])


def test_with_verification_the_member_accepts_first(app: App) -> None:
    asked = scan(app, way(app, "adv061", skip_verify=False, state="s"))
    assert app.get("externalcontact/list", userid="adv061")["errcode"] == 84061
    [request] = app.sim.get("staff/adv061/requests")["requests"]
    external = app.sim.post(f"staff/adv061/requests/{request['id']}/accept")["external_userid"]
    assert (request["id"], bool(heard(app, "add_external_contact", external)["WelcomeCode"])) == (asked["request"], True)
    assert app.get("externalcontact/list", userid="adv061")["external_userid"] == [external]
    assert app.sim.get("staff/adv061/requests")["requests"] == []


def test_a_member_who_has_yet_to_confirm_is_told_of_by_half(app: App) -> None:
    scan(app, way(app, "adv062", state="half"), half=True)
    event = wait_until(lambda: app.events(EVENT, ChangeType="add_half_external_contact"), what="half")[-1]
    assert (event["UserID"], event["State"]) == ("adv062", "half")
    assert app.customer("send_welcome_msg", welcome_code=event["WelcomeCode"], text={"content": "您好"})["errcode"] == 0
    [request] = app.sim.get("staff/adv062/requests")["requests"]
    external = app.sim.post(f"staff/adv062/requests/{request['id']}/accept")["external_userid"]
    assert (external, "WelcomeCode" in heard(app, "add_external_contact", external)) == (event["ExternalUserID"], False)


def test_members_of_a_way_take_turns_unless_it_is_exclusive(app: App) -> None:
    turns, exclusive = way(app, "adv063", "adv064"), way(app, "adv063", "adv064", is_exclusive=True)
    assert [scan(app, turns)["userid"] for _ in range(3)] == ["adv063", "adv064", "adv063"]
    user = app.sim.user()
    assert scan(app, exclusive, user)["userid"] == "adv063"
    again = app.sim.http.post(f"{app.sim.base}/_sim/wecom/contact-ways/{exclusive}/scan", json={"user": user["id"]}, timeout=60)
    assert (again.status_code, scan(app, exclusive)["userid"]) == (409, "adv064")


def test_a_temporary_way_ends_and_may_be_for_one_person(app: App) -> None:
    user = app.sim.user()
    config_id = way(app, "adv065", is_temp=True, expires_in=600, unionid=user["unionid"])

    def status(who: dict) -> int:
        path = f"{app.sim.base}/_sim/wecom/contact-ways/{config_id}/scan"
        return int(app.sim.http.post(path, json={"user": who["id"]}, timeout=60).status_code)

    assert (status(app.sim.user()), status(user)) == (409, 200)
    app.sim.advance(601)
    assert status(user) == 404


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"user": ["adv060", "adv061"]}, 40058),
        ({"user": []}, 40058),
        ({"user": ["nobody"]}, 60111),
        ({"user": ["hidden01"]}, 60011),
        ({"state": "s" * 31}, 45002),
        ({"expires_in": 600}, 40058),
        ({"type": 2, "is_temp": True}, 40058),
        ({"type": 2, "user": [], "party": [4]}, 60011),
        ({"scene": 3}, 40058),
        ({"skip_verify": "true"}, 47001),
        ({"colour": 1}, 40058),
    ],
)
def test_a_contact_way_that_breaks_a_rule_is_refused(app: App, changed: dict, errcode: int) -> None:
    assert app.customer("add_contact_way", **{"type": 1, "scene": 2, "user": ["adv060"], **changed})["errcode"] == errcode


def test_contact_ways_are_read_changed_listed_and_removed(app: App) -> None:
    config_id = way(app, "adv066", remark="展厅")
    assert app.customer("update_contact_way", config_id=config_id, state="new", user=["adv067"])["errcode"] == 0
    shown = app.customer("get_contact_way", config_id=config_id)["contact_way"]
    assert (shown["state"], shown["user"], shown["remark"]) == ("new", ["adv067"], "展厅")
    listed, cursor = [], ""
    while True:
        page = app.customer("list_contact_way", limit=2, cursor=cursor)
        listed += [one["config_id"] for one in page["contact_way"]]
        if not (cursor := page["next_cursor"]):
            break
    assert (config_id in listed, len(listed) == len(set(listed))) == (True, True)
    assert app.customer("list_contact_way", cursor="made-up")["errcode"] == 40058
    assert app.customer("del_contact_way", config_id=config_id)["errcode"] == 0
    assert app.customer("get_contact_way", config_id=config_id)["errcode"] == 40058


def test_a_corp_has_only_so_many_contact_ways(app: App) -> None:
    with limited(app.sim, "wecom.contact_ways", 0):
        assert app.customer("add_contact_way", type=1, scene=2, user=["adv060"])["errcode"] == 45009
    with limited(app.sim, "wecom.temporary_contact_ways_per_day", 0):
        assert app.customer("add_contact_way", type=1, scene=2, user=["adv060"], is_temp=True)["errcode"] == 45009


def welcome_code(app: App, userid: str) -> tuple[str, str]:
    external = befriend(app, userid)
    return external, heard(app, "add_external_contact", external)["WelcomeCode"]


def test_a_customer_is_welcomed_once_within_20_seconds(app: App) -> None:
    external, code = welcome_code(app, "adv068")
    assert app.customer("send_welcome_msg", welcome_code=code, text={"content": "欢迎"})["errcode"] == 0
    assert app.customer("send_welcome_msg", welcome_code=code, text={"content": "欢迎"})["errcode"] == 41050
    assert [(chat["kind"], chat["content"]["text"]["content"]) for chat in chats(app, external)] == [("welcome", "欢迎")]
    external, code = welcome_code(app, "adv068")
    app.sim.advance(21)
    assert app.customer("send_welcome_msg", welcome_code=code, text={"content": "欢迎"})["errcode"] == 41050
    assert chats(app, external) == []


def test_of_many_welcomes_at_once_one_is_delivered(app: App) -> None:
    external, code = welcome_code(app, "adv082")
    token = app.gettoken()["access_token"]
    body = {"welcome_code": code, "text": {"content": "welcome"}}

    def send(_: int) -> int:
        return int(app.sim.work("/cgi-bin/externalcontact/send_welcome_msg", body, token=token)["errcode"])

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(send, range(50)))
    assert (codes.count(0), codes.count(41050), len(chats(app, external))) == (1, 49, 1)
    [row] = [row for row in app.sim.get("duplicates", kind="wecom_welcome")["duplicates"] if row["attempts"] == 50]
    assert row["effects"] == 1


def test_whoever_has_begun_to_chat_is_not_welcomed(app: App) -> None:
    external, code = welcome_code(app, "adv069")
    app.sim.post(f"staff/adv069/customers/{external}/chat", by="customer", text="在吗")
    assert app.customer("send_welcome_msg", welcome_code=code, text={"content": "欢迎"})["errcode"] == 41051


@pytest.fixture
def admin_welcome(app: App) -> Iterator[None]:
    app.switch("wecom.admin_welcome", True)
    yield
    app.switch("wecom.admin_welcome", False)


@pytest.mark.usefixtures("admin_welcome")
def test_there_is_no_welcome_code_when_the_administrator_welcomes(app: App) -> None:
    assert "WelcomeCode" not in heard(app, "add_external_contact", befriend(app, "adv070"))


LINK = {"msgtype": "link", "link": {"title": "车型手册", "url": "https://example.com"}}


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        ({}, 44004),
        ({"text": {"content": "长" * 1334}}, 45002),
        ({"attachments": [LINK] * 10}, 45002),
        ({"attachments": [{"msgtype": "link", "link": {"title": "无地址"}}]}, 40058),
        ({"attachments": [{"msgtype": "voice", "voice": {}}]}, 40008),
        ({"attachments": [{"msgtype": "image", "image": {}}]}, 40058),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "never-uploaded"}}]}, 40007),
        ({"attachments": [{**LINK, "image": {"pic_url": "https://example.com/a.png"}}]}, 40058),
        ({"text": "您好"}, 47001),
    ],
)
def test_a_welcome_that_breaks_a_rule_is_refused_and_can_be_put_right(app: App, content: dict, errcode: int) -> None:
    external, code = welcome_code(app, "adv071")
    assert app.customer("send_welcome_msg", welcome_code=code, **content)["errcode"] == errcode
    assert chats(app, external) == []
    assert app.customer("send_welcome_msg", welcome_code=code, attachments=[LINK] * 9)["errcode"] == 0


def test_a_mini_program_is_attached_with_an_uploaded_picture(app: App, picture: str) -> None:
    _, code = welcome_code(app, "adv072")
    part = {"title": "看车", "pic_media_id": picture, "appid": app.sim.mini["appid"], "page": "pages/home/index"}

    def send(**changed: str) -> int:
        attachment = {"msgtype": "miniprogram", "miniprogram": {**part, **changed}}
        return app.customer("send_welcome_msg", welcome_code=code, attachments=[attachment])["errcode"]

    assert [send(appid="wx0"), send(pic_media_id="x"), send()] == [40013, 40007, 0]


def test_customers_are_read_in_batches_page_by_page(app: App) -> None:
    wanted = [befriend(app, userid) for userid in ("adv073", "adv074", "adv073")]
    got, cursor = [], ""
    for size in (2, 1):
        page = app.customer("batch/get_by_user", userid_list=["adv073", "adv074"], limit=2, cursor=cursor)
        assert len(page["external_contact_list"]) == size
        got += page["external_contact_list"]
        cursor = page["next_cursor"]
    assert ([one["external_contact"]["external_userid"] for one in got], cursor) == (wanted, "")
    assert [one["follow_info"]["userid"] for one in got] == ["adv073", "adv074", "adv073"]
    assert app.customer("batch/get_by_user", userid_list=["adv073"], limit=101)["errcode"] == 40058
    assert app.customer("batch/get_by_user", userid_list=["adv073"], cursor="x")["errcode"] == 40058
    assert app.customer("batch/get_by_user", userid_list=["nobody"])["errcode"] == 60111
    assert app.customer("batch/get_by_user", userid_list=[f"adv{n:03}" for n in range(1, 102)])["errcode"] == 45002


def test_unionids_are_shown_only_to_a_corp_that_is_bound(app: App) -> None:
    external = befriend(app, "adv075")
    app.switch("wecom.unionid_bound", False)
    hidden = app.get("externalcontact/get", external_userid=external)["external_contact"]
    app.switch("wecom.unionid_bound", True)
    assert "unionid" not in hidden
    other = app.sim.post("staff/adv075/customers", user=app.sim.user()["id"], type=2)["external_userid"]
    assert "unionid" not in app.get("externalcontact/get", external_userid=other)["external_contact"]


def test_customers_of_members_out_of_sight_are_not_shown(app: App) -> None:
    external = befriend(app, "mgr010")
    assert app.get("externalcontact/get", external_userid=external)["errcode"] == 0
    app.sim.post(f"wecom/apps/{app.agentid}/visibility", parties=[2])
    codes = [
        app.get("externalcontact/get", external_userid=external)["errcode"],
        app.get("externalcontact/list", userid="mgr010")["errcode"],
    ]
    app.sim.post(f"wecom/apps/{app.agentid}/visibility", parties=[2, 3])
    assert codes == [84074, 60011]
    assert app.get("externalcontact/get", external_userid="wm-nobody")["errcode"] == 40096


def test_those_who_serve_customers_are_listed(app: App) -> None:
    app.sim.post("wecom/members/adv076", serves_customers=False)
    listed = app.get("externalcontact/get_follow_user_list")["follow_user"]
    assert ("adv075" in listed, "adv076" in listed, "hidden01" in listed) == (True, False, False)
    assert app.get("externalcontact/list", userid="adv076")["errcode"] == 84074


def test_what_the_member_noted_is_changed_here_and_there(app: App) -> None:
    external = befriend(app, "adv077")
    noted = {"remark": "王先生 S7", "description": "周末到店", "remark_mobiles": ["13800010001"]}
    assert app.customer("remark", userid="adv077", external_userid=external, **noted)["errcode"] == 0
    [follow] = app.get("externalcontact/get", external_userid=external)["follow_user"]
    assert {name: follow[name] for name in noted} == noted
    assert app.events(EVENT, ChangeType="edit_external_contact", ExternalUserID=external) == []
    app.sim.post(f"staff/adv077/customers/{external}", remark="王总")
    assert heard(app, "edit_external_contact", external)["UserID"] == "adv077"
    assert app.customer("remark", userid="adv077", external_userid=external, remark="长" * 21)["errcode"] == 45002
    assert app.customer("remark", userid="adv077", external_userid=external)["errcode"] == 40058
    assert app.customer("remark", userid="adv078", external_userid=external, remark="x")["errcode"] == 84061


@pytest.mark.parametrize(("by", "change"), [("staff", "del_external_contact"), ("customer", "del_follow_user")])
def test_a_friendship_ends_from_either_side_and_may_begin_again(app: App, by: str, change: str) -> None:
    user = app.sim.user()
    external = befriend(app, "adv079", user)
    app.sim.post(f"staff/adv079/customers/{external}/delete", by=by)
    assert "Source" not in heard(app, change, external)
    assert app.get("externalcontact/get", external_userid=external)["errcode"] == 84061
    assert befriend(app, "adv079", user) == external
    assert app.get("externalcontact/get", external_userid=external)["errcode"] == 0


def test_the_record_of_calls_keeps_no_mobile_and_no_ticket(app: App) -> None:
    external = befriend(app, "adv084")
    app.sim.post("wecom/members/adv084", mobile="13855550084")
    app.customer("remark", userid="adv084", external_userid=external, remark_mobiles=["13866660084"])
    assert app.get("externalcontact/get", external_userid=external)["follow_user"][0]["remark_mobiles"] == ["13866660084"]
    code = app.sim.post("staff/adv084/oauth-code", scope="snsapi_privateinfo")["code"]
    ticket = app.get("auth/getuserinfo", code=code)["user_ticket"]
    assert app.post("auth/getuserdetail", user_ticket=ticket)["mobile"] == "13855550084"
    recorded = json.dumps(app.sim.get("calls", limit=20))
    assert "externalcontact/remark" in recorded
    assert [secret for secret in ("13855550084", "13866660084", ticket, app.secret) if secret in recorded] == []


def test_a_customer_who_agrees_to_be_archived_is_told_of(app: App) -> None:
    external = befriend(app, "adv083")
    app.sim.post(f"staff/adv083/customers/{external}/consent")
    assert heard(app, "msg_audit_approved", external)["UserID"] == "adv083"


def tag(app: App, group: str, *names: str) -> list[str]:
    made = app.customer("add_corp_tag", group_name=group, tag=[{"name": name} for name in names])
    return [one["id"] for one in made["tag_group"]["tag"]]


def test_tags_are_made_renamed_listed_and_deleted(app: App) -> None:
    first, second = tag(app, "意向车型", "S7", "E5")
    [third] = tag(app, "意向车型", "G6")
    [group] = app.customer("get_corp_tag_list", tag_id=[first, third])["tag_group"]
    assert (group["group_name"], [one["name"] for one in group["tag"]]) == ("意向车型", ["S7", "G6"])
    assert wait_until(lambda: app.events("change_external_tag", ChangeType="create", Id=second), what="the tag")[0]["TagType"] == "tag"
    assert app.customer("edit_corp_tag", id=second, name="E5 Pro")["errcode"] == 0
    assert app.customer("edit_corp_tag", id=second, name="S7")["errcode"] == 40071
    assert app.customer("add_corp_tag", group_name="意向车型", tag=[{"name": "S7"}])["errcode"] == 40071
    assert app.customer("add_corp_tag", group_name="新组", tag=[{"name": "长" * 31}])["errcode"] == 45002
    assert app.customer("del_corp_tag", tag_id=[first, "et-unknown"])["errcode"] == 40068
    assert app.customer("del_corp_tag", tag_id=[first, second, third])["errcode"] == 0
    assert app.customer("get_corp_tag_list", group_id=[group["group_id"]])["tag_group"] == []


def test_a_corp_has_only_so_many_tags(app: App) -> None:
    made = tag(app, "等级", "甲")
    with limited(app.sim, "wecom.corp_tags", 1):
        assert app.customer("add_corp_tag", group_name="等级", tag=[{"name": "乙"}])["errcode"] == 40070
    assert app.customer("del_corp_tag", tag_id=made)["errcode"] == 0


def test_a_customer_is_tagged_in_a_members_name(app: App) -> None:
    hot, cold = tag(app, "热度", "高", "低")
    external = befriend(app, "adv080")
    who = {"userid": "adv080", "external_userid": external}
    assert app.customer("mark_tag", **who, add_tag=[hot, cold])["errcode"] == 0
    assert app.customer("mark_tag", **who, remove_tag=[cold])["errcode"] == 0
    [follow] = app.get("externalcontact/get", external_userid=external)["follow_user"]
    assert follow["tags"] == [{"group_name": "热度", "tag_name": "高", "tag_id": hot, "type": 1}]
    assert app.customer("mark_tag", **who, add_tag=["et-unknown"])["errcode"] == 40068
    assert app.customer("mark_tag", **who)["errcode"] == 40058
    assert app.customer("mark_tag", userid="adv081", external_userid=external, add_tag=[hot])["errcode"] == 84061
    assert app.customer("mark_tag", userid="adv080", external_userid="wm-nobody", add_tag=[hot])["errcode"] == 40096
    app.customer("del_corp_tag", tag_id=[hot])
    assert app.get("externalcontact/get", external_userid=external)["follow_user"][0]["tags"] == []


def test_tags_made_in_the_console_are_told(app: App) -> None:
    made = app.sim.post("wecom/tags", group="来源", tags=["展厅", "线上"])
    told = wait_until(lambda: app.events("change_external_tag", ChangeType="create", Id=made["group_id"]), what="the group")
    assert (told[0]["TagType"], [one["name"] for one in made["tag"]]) == ("tag_group", ["展厅", "线上"])


def test_customers_are_nothing_for_an_application_that_was_not_given_them(board: App) -> None:
    paths = ("batch/get_by_user", "add_contact_way", "send_welcome_msg", "get_corp_tag_list", "groupchat/list", "add_msg_template")
    bodies = [
        {"userid_list": ["mgr001"]}, {"type": 1, "scene": 2, "user": ["mgr001"]}, {"welcome_code": "x", "text": {"content": "x"}}, {},
        {"limit": 1}, {"sender": "mgr001", "text": {"content": "x"}},
    ]  # fmt: skip
    assert [board.customer(path, **body)["errcode"] for path, body in zip(paths, bodies, strict=True)] == [48002] * 6
