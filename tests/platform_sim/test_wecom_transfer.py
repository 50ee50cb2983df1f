"""WeCom: customers and groups that move to another member, and groups themselves."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.platform_sim.support import Simulator, Sink, wait_until
from tests.platform_sim.wecom import App, limited

DAY = 86_400
CUSTOMER, GROUP = "change_external_contact", "change_external_chat"


@pytest.fixture(scope="module")
def app(sim: Simulator) -> App:
    return App(sim)


def befriend(app: App, userid: str) -> str:
    return app.sim.post(f"staff/{userid}/customers", user=app.sim.user()["id"])["external_userid"]


def hand_over(app: App, external: str, giver: str, taker: str, *, resigned: bool = False) -> int:
    path = "resigned/transfer_customer" if resigned else "transfer_customer"
    [one] = app.customer(path, handover_userid=giver, takeover_userid=taker, external_userid=[external])["customer"]
    return int(one["errcode"])


def status(app: App, external: str, giver: str, taker: str, *, resigned: bool = False) -> int | None:
    path = "resigned/transfer_result" if resigned else "transfer_result"
    listed = app.customer(path, handover_userid=giver, takeover_userid=taker)["customer"]
    return next((one["status"] for one in reversed(listed) if one["external_userid"] == external), None)


def settled(app: App, external: str, giver: str, taker: str, *, resigned: bool = False) -> int:
    return wait_until(lambda: (now := status(app, external, giver, taker, resigned=resigned)) != 2 and now, what="the transfer is settled")


def heard(app: App, event: str, **of: str) -> dict:
    return wait_until(lambda: app.events(event, **of), what=str(of))[0]


def test_a_customer_moves_after_a_day(app: App) -> None:
    external = befriend(app, "adv120")
    assert (hand_over(app, external, "adv120", "adv121"), status(app, external, "adv120", "adv121")) == (0, 2)
    app.sim.advance(DAY - 60)
    assert app.get("externalcontact/list", userid="adv121")["errcode"] == 84061
    app.sim.advance(61)
    assert settled(app, external, "adv120", "adv121") == 1
    assert app.get("externalcontact/list", userid="adv120")["errcode"] == 84061
    [follow] = app.get("externalcontact/get", external_userid=external)["follow_user"]
    assert (follow["userid"], follow["add_way"]) == ("adv121", 202)
    gone = heard(app, CUSTOMER, ChangeType="del_external_contact", ExternalUserID=external)
    assert (gone["UserID"], gone["Source"]) == ("adv120", "DELETE_BY_TRANSFER")
    come = heard(app, CUSTOMER, ChangeType="add_external_contact", ExternalUserID=external, UserID="adv121")
    assert "WelcomeCode" not in come


def test_a_customer_may_refuse_within_the_day(app: App) -> None:
    external = befriend(app, "adv122")
    hand_over(app, external, "adv122", "adv123")
    app.sim.post(f"wecom/customers/{external}/refuse-transfer")
    event = heard(app, CUSTOMER, ChangeType="transfer_fail", ExternalUserID=external)
    assert (event["UserID"], event["FailReason"]) == ("adv123", "customer_refused")
    app.sim.advance(DAY + 1)
    assert status(app, external, "adv122", "adv123") == 3
    assert app.get("externalcontact/list", userid="adv122")["external_userid"] == [external]
    late = app.sim.http.post(f"{app.sim.base}/_sim/wecom/customers/{external}/refuse-transfer", json={}, timeout=60)
    assert late.status_code == 409


def test_a_member_with_too_many_customers_gets_no_more(app: App) -> None:
    external = befriend(app, "adv124")
    with limited(app.sim, "wecom.customers_per_member", 0):
        hand_over(app, external, "adv124", "adv125")
        app.sim.advance(DAY + 1)
        assert settled(app, external, "adv124", "adv125") == 4
    event = heard(app, CUSTOMER, ChangeType="transfer_fail", ExternalUserID=external)
    assert event["FailReason"] == "customer_limit_exceed"


def test_within_90_days_a_customer_moves_twice(app: App) -> None:
    external, members = befriend(app, "adv126"), ["adv126", "adv127", "adv128"]
    for giver, taker in pairwise(members):
        assert hand_over(app, external, giver, taker) == 0
        app.sim.advance(DAY + 1)
        assert settled(app, external, giver, taker) == 1
    assert hand_over(app, external, "adv128", "adv126") == 40128
    app.sim.advance(90 * DAY)
    assert hand_over(app, external, "adv128", "adv126") == 0


def test_each_customer_who_cannot_be_handed_over_is_said(app: App) -> None:
    mine, theirs = befriend(app, "adv129"), befriend(app, "adv130")
    hand_over(app, mine, "adv129", "adv131")
    body = {"handover_userid": "adv129", "takeover_userid": "adv131", "external_userid": [mine, theirs, "wm-nobody"]}
    assert [one["errcode"] for one in app.customer("transfer_customer", **body)["customer"]] == [40129, 40131, 40096]
    assert hand_over(app, theirs, "adv130", "adv130") == 40130
    assert app.customer("transfer_customer", **{**body, "takeover_userid": "nobody"})["errcode"] == 60111
    assert app.customer("transfer_customer", **{**body, "external_userid": [f"wm{n}" for n in range(101)]})["errcode"] == 45002
    assert app.customer("transfer_customer", **body, transfer_success_msg="长" * 201)["errcode"] == 45002
    assert hand_over(app, theirs, "adv130", "adv131") == 0


def test_customers_of_a_member_who_left_wait_and_are_taken_over(app: App) -> None:
    externals = [befriend(app, "adv132") for _ in range(3)]
    assert app.customer("resigned/transfer_result", handover_userid="adv132", takeover_userid="adv133")["errcode"] == 40003
    app.sim.post("wecom/members/adv132/leave")
    first = app.customer("get_unassigned_list", page_size=2)
    rest = app.customer("get_unassigned_list", page_size=2, cursor=first["next_cursor"])
    assert [one["external_userid"] for page in (first, rest) for one in page["info"]] == externals
    assert (first["is_last"], rest["is_last"], first["info"][0]["handover_userid"]) == (False, True, "adv132")
    assert app.get("externalcontact/get", external_userid=externals[0])["errcode"] == 84061
    assert hand_over(app, externals[0], "adv132", "adv133", resigned=True) == 0
    app.sim.advance(DAY + 1)
    assert settled(app, externals[0], "adv132", "adv133", resigned=True) == 1
    waiting = [one["external_userid"] for one in app.customer("get_unassigned_list")["info"]]
    assert waiting == externals[1:]


def group(app: App, owner: str, name: str = "车友群") -> str:
    return app.sim.post("wecom/groups", owner=owner, name=name)["chat_id"]


def shown(app: App, chat_id: str, **how: int) -> dict:
    return app.customer("groupchat/get", chat_id=chat_id, **how)["group_chat"]


def test_a_group_is_opened_joined_changed_left_and_dismissed(app: App) -> None:
    chat_id, user = group(app, "adv134", "S7 车友群"), app.sim.user("李强")
    assert heard(app, GROUP, ChangeType="create", ChatId=chat_id)
    external = app.sim.post(f"wecom/groups/{chat_id}/join", user=user["id"])["external_userid"]
    event = heard(app, GROUP, ChangeType="update", ChatId=chat_id, UpdateDetail="add_member")
    assert (event["MemChangeCnt"], event["MemChangeList"]) == ("1", {"Item": external})
    got = shown(app, chat_id, need_name=1)
    [corp] = app.sim.get(f"users/{user['id']}/wecom")["corps"]
    assert (corp["external_userid"], corp["friends"], corp["groups"]) == (external, [], [{"chat_id": chat_id, "name": "S7 车友群"}])
    assert [(one["userid"], one["type"], one["name"]) for one in got["member_list"]] == [("adv134", 1, "顾问134"), (external, 2, "李强")]
    assert (got["member_list"][1]["unionid"], got["member_version"]) == (user["unionid"], event["CurMemVer"])
    app.sim.post(f"wecom/groups/{chat_id}/change", name="S7 交付群")
    assert heard(app, GROUP, ChatId=chat_id, UpdateDetail="change_name")
    assert shown(app, chat_id)["name"] == "S7 交付群"
    assert "name" not in shown(app, chat_id)["member_list"][0]
    app.sim.post(f"wecom/groups/{chat_id}/leave", member=external)
    assert heard(app, GROUP, ChatId=chat_id, UpdateDetail="del_member")
    app.sim.post(f"wecom/groups/{chat_id}/dismiss")
    assert heard(app, GROUP, ChangeType="dismiss", ChatId=chat_id)
    assert app.customer("groupchat/get", chat_id=chat_id)["errcode"] == 40050


def test_groups_are_listed_by_owner_page_by_page(app: App) -> None:
    made = [group(app, "adv135") for _ in range(3)]
    mine = {"owner_filter": {"userid_list": ["adv135"]}}
    first = app.customer("groupchat/list", **mine, limit=2)
    second = app.customer("groupchat/list", **mine, limit=2, cursor=first["next_cursor"])
    assert [one["chat_id"] for page in (first, second) for one in page["group_chat_list"]] == made
    assert (bool(first["next_cursor"]), second["next_cursor"]) == (True, "")
    assert app.customer("groupchat/list")["errcode"] == 40058
    assert app.customer("groupchat/list", limit=1001)["errcode"] == 40058


def test_a_way_into_groups_brings_its_state(app: App) -> None:
    gone, chat_id = group(app, "adv136"), group(app, "adv136")
    way = {"scene": 2, "chat_id_list": [gone, chat_id], "state": "poster-3"}
    config_id = app.customer("groupchat/add_join_way", **way)["config_id"]
    app.sim.post(f"wecom/groups/{gone}/dismiss")
    joined = app.sim.post(f"wecom/join-ways/{config_id}/scan", user=app.sim.user()["id"])
    member = shown(app, chat_id)["member_list"][-1]
    assert (joined["chat_id"], member["userid"], member["state"]) == (chat_id, joined["external_userid"], "poster-3")
    assert app.customer("groupchat/get_join_way", config_id=config_id)["join_way"]["state"] == "poster-3"
    new = {**way, "chat_id_list": [chat_id], "state": "poster-4"}
    assert app.customer("groupchat/update_join_way", config_id=config_id, **new)["errcode"] == 0
    assert app.customer("groupchat/get_join_way", config_id=config_id)["join_way"]["state"] == "poster-4"
    assert app.customer("groupchat/add_join_way", **{**way, "chat_id_list": [chat_id] * 6})["errcode"] == 45002
    assert app.customer("groupchat/add_join_way", **way)["errcode"] == 40050
    assert app.customer("groupchat/del_join_way", config_id=config_id)["errcode"] == 0
    assert app.customer("groupchat/get_join_way", config_id=config_id)["errcode"] == 40058


def test_groups_get_a_new_owner_when_theirs_left_or_while_she_is_there(app: App) -> None:
    orphan, living, own = group(app, "adv137"), group(app, "adv138"), group(app, "adv139")
    app.sim.post("wecom/members/adv137/leave")
    listed = app.customer("groupchat/list", status_filter=1, limit=100)["group_chat_list"]
    assert [one["chat_id"] for one in listed] == [orphan]

    def move(path: str) -> dict[str, int]:
        chats = {"chat_id_list": [orphan, living, own, "wr-nobody"], "new_owner": "adv139"}
        return {one["chat_id"]: one["errcode"] for one in app.customer(path, **chats)["failed_chat_list"]}

    assert move("groupchat/transfer") == {living: 90500, own: 90500, "wr-nobody": 90501}
    assert move("groupchat/onjob_transfer") == {orphan: 90504, own: 90504, "wr-nobody": 90501}
    assert [shown(app, chat_id)["owner"] for chat_id in (orphan, living)] == ["adv139", "adv139"]
    assert heard(app, GROUP, ChatId=orphan, UpdateDetail="change_owner")


def test_an_owner_takes_over_only_so_many_groups_a_day(app: App) -> None:
    made = [group(app, "adv140") for _ in range(2)]
    with limited(app.sim, "wecom.transferred_groups_per_owner_day", 1):
        answer = app.customer("groupchat/onjob_transfer", chat_id_list=made, new_owner="adv141")
    assert [(one["chat_id"], one["errcode"]) for one in answer["failed_chat_list"]] == [(made[1], 90507)]


def test_what_waits_outlives_a_crash(tmp_path: Path, sink: Sink) -> None:
    simulator = Simulator(tmp_path / "platform", sink).start()
    app = App(simulator)
    external = befriend(app, "adv001")
    msgid = app.customer("add_msg_template", sender="adv001", text={"content": "您好"})["msgid"]
    assert hand_over(app, external, "adv001", "adv002") == 0
    simulator.kill()
    again = App(Simulator(tmp_path / "platform", sink).start())
    try:
        assert [task["msgid"] for task in again.sim.get("staff/adv001/tasks")["tasks"]] == [msgid]
        again.sim.advance(DAY + 1)
        assert settled(again, external, "adv001", "adv002") == 1
    finally:
        assert again.sim.stop() == 0
