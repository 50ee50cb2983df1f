"""WeCom: departments and members as applications read them, as 通讯录同步 writes them, and as events tell of them."""

import pytest

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.wecom import App

SALES, MANAGERS, HEADQUARTERS = 2, 3, 4


@pytest.fixture(scope="module")
def main(sim: Simulator) -> App:
    return App(sim)


@pytest.fixture(scope="module")
def board(sim: Simulator) -> App:
    return App(sim, "经销商经理看板")


@pytest.fixture(scope="module")
def sync(sim: Simulator) -> App:
    return App(sim, "通讯录同步")


def heard(app: App, change: str, **of: str) -> dict:
    return wait_until(lambda: app.events("change_contact", ChangeType=change, **of), what=change)[0]


def test_an_application_reads_what_it_sees(main: App, board: App, sync: App) -> None:
    seen = {app.id: [one["id"] for one in app.get("department/list")["department"]] for app in (main, board, sync)}
    assert seen == {main.id: [SALES, MANAGERS], board.id: [MANAGERS], sync.id: [1, SALES, MANAGERS, HEADQUARTERS]}
    assert [one["id"] for one in sync.get("department/simplelist", id=SALES)["department_id"]] == [SALES]
    assert board.get("department/list", id=SALES)["errcode"] == 60011
    assert len(main.get("user/simplelist", department_id=MANAGERS)["userlist"]) == 60
    assert board.get("user/list", department_id=SALES)["errcode"] == 60011
    assert (board.get("user/get", userid="adv001")["errcode"], board.get("user/get", userid="mgr001")["errcode"]) == (60011, 0)
    assert main.get("user/get", userid="nobody")["errcode"] == 60111
    assert len(sync.get("user/list", department_id=1, fetch_child=1)["userlist"]) >= 301


def test_mobiles_are_only_for_the_directorys_own_secret(main: App, sync: App) -> None:
    main.sim.post("wecom/members/adv002", mobile="13912340999")
    assert "mobile" not in main.get("user/get", userid="adv002")
    assert sync.get("user/get", userid="adv002")["mobile"] == "13912340999"


def test_a_member_comes_changes_and_goes_and_the_application_hears_of_it(main: App) -> None:
    main.sim.post("wecom/members", userid="newcomer", name="陈晨", department=[SALES], mobile="13800001111")
    event = heard(main, "create_user", UserID="newcomer")
    assert (event["FromUserName"], event["Name"], event["Department"], "Mobile" in event) == ("sys", "陈晨", "2", False)
    assert main.send("newcomer")["errcode"] == 0
    main.sim.post("wecom/members/newcomer", name="陈晨晨", department=[SALES, MANAGERS])
    assert heard(main, "update_user", UserID="newcomer")["Department"] == "2,3"
    main.sim.post("wecom/members/newcomer/leave")
    assert heard(main, "delete_user", UserID="newcomer")
    assert main.send("newcomer")["errcode"] == 81013
    assert main.get("user/get", userid="newcomer")["errcode"] == 60111


def test_of_members_out_of_sight_nothing_is_told_until_they_come_into_it(main: App) -> None:
    main.sim.post("wecom/members", userid="secret1", name="总部甲", department=[HEADQUARTERS])
    main.sim.post("wecom/members", userid="witness", name="见证", department=[SALES])
    heard(main, "create_user", UserID="witness")
    assert main.events("change_contact", UserID="secret1") == []
    main.sim.post("wecom/members/secret1", department=[MANAGERS])
    assert heard(main, "update_user", UserID="secret1")["Department"] == "3"


def test_visibility_can_be_set_anew(main: App, board: App) -> None:
    seen = main.sim.post(f"wecom/apps/{board.agentid}/visibility", users=["adv001"], parties=[HEADQUARTERS])["sees"]
    assert seen[:2] == ["adv001", "hidden01"]
    assert (board.send("adv001")["errcode"], board.send("mgr001")["errcode"]) == (0, 81013)
    main.sim.post(f"wecom/apps/{board.agentid}/visibility", parties=[MANAGERS])
    assert (board.send("adv001")["errcode"], board.send("mgr001")["errcode"]) == (81013, 0)


def test_the_directorys_secret_writes(main: App, sync: App) -> None:
    made = sync.post("department/create", name="杭州滨江店", parentid=SALES)
    assert (made["errcode"], heard(main, "create_party", Id=str(made["id"]))["ParentId"]) == (0, "2")
    new = {"userid": "zhao.lei", "name": "赵磊", "mobile": "13800002222", "department": [made["id"]]}
    assert sync.post("user/create", **new)["errcode"] == 0
    assert heard(main, "create_user", UserID="zhao.lei")["Department"] == str(made["id"])
    assert main.send("zhao.lei")["errcode"] == 0
    assert sync.get("department/delete", id=made["id"])["errcode"] == 60005
    assert sync.post("user/update", userid="Zhao.Lei", department=[SALES])["errcode"] == 0
    assert sync.get("user/delete", userid="zhao.lei")["errcode"] == 0
    assert sync.get("department/delete", id=made["id"])["errcode"] == 0
    assert heard(main, "delete_party", Id=str(made["id"]))


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("user/create", {"userid": "adv001", "name": "重名", "mobile": "13800003333"}, 60102),
        ("user/create", {"userid": "ADV001", "name": "重名", "mobile": "13800003333"}, 60102),
        ("user/create", {"userid": "x1", "name": "无联系方式"}, 60129),
        ("user/create", {"userid": "x1", "name": "坏号码", "mobile": "12345"}, 60103),
        ("user/create", {"userid": "x1", "name": "占用", "mobile": "13911110001"}, 60104),
        ("user/create", {"userid": "x1", "name": "无部门", "mobile": "13800003333", "department": [99]}, 60123),
        ("user/create", {"userid": "有中文", "name": "甲", "mobile": "13800003333"}, 40058),
        ("user/create", {"userid": "x1", "name": "甲", "mobile": 13800003333}, 47001),
        ("user/create", {"userid": "x1", "name": "甲", "telefon": "1"}, 40058),
        ("user/update", {"userid": "nobody", "name": "甲"}, 60111),
        ("user/batchdelete", {"useridlist": ["adv001", "nobody"]}, 60111),
        ("department/create", {"name": "门店销售", "parentid": 1}, 60008),
        ("department/create", {"name": "新", "parentid": 99}, 60004),
        ("department/create", {"name": "a*b", "parentid": 1}, 60009),
        ("department/create", {"name": "新", "parentid": 1, "id": 2}, 60008),
        ("department/update", {"id": 99, "name": "新"}, 60003),
        ("department/update", {"id": 1, "parentid": 2}, 60010),
    ],
)
def test_what_the_directory_refuses(main: App, sync: App, path: str, body: dict, errcode: int) -> None:
    main.sim.post("wecom/members/mgr003", mobile="13911110001")
    assert sync.post(path, **body)["errcode"] == errcode
    assert sync.get("user/get", userid="adv001")["name"] == "顾问001"


def test_the_root_and_departments_with_departments_stay(sync: App) -> None:
    made = sync.post("department/create", name="华东", parentid=1)["id"]
    below = sync.post("department/create", name="浙江", parentid=made)["id"]
    assert [sync.get("department/delete", id=number)["errcode"] for number in (1, made, below, made)] == [60007, 60006, 0, 0]
    assert sync.post("department/update", id=made, parentid=1)["errcode"] == 60003


def test_what_the_console_cannot_do_is_said_there_too(main: App) -> None:
    answer = main.sim.http.post(f"{main.sim.base}/_sim/wecom/members", json={"userid": "adv001", "name": "重名"}, timeout=60)
    assert (answer.status_code, "60102" in answer.json()["error"]) == (409, True)
    answer = main.sim.http.post(f"{main.sim.base}/_sim/wecom/members/adv001", json={"department": "2"}, timeout=60)
    assert answer.status_code == 422
