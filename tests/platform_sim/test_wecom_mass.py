"""WeCom: messages to many customers are tasks that members confirm; whom they reach, how often, and what is told of them."""

from datetime import datetime

import pytest

from tests.platform_sim.support import Simulator
from tests.platform_sim.wecom import App, limited

TEXT = {"content": "春季试驾会本周六开始"}
MONTH = 31 * 86_400


@pytest.fixture(scope="module")
def app(sim: Simulator) -> App:
    return App(sim)


def befriend(app: App, userid: str, user: dict | None = None) -> str:
    return app.sim.post(f"staff/{userid}/customers", user=(user or app.sim.user())["id"])["external_userid"]


def template(app: App, **more: object) -> dict:
    return app.customer("add_msg_template", text=TEXT, **more)


def tasks(app: App, userid: str) -> list[str]:
    return [task["msgid"] for task in app.sim.get(f"staff/{userid}/tasks")["tasks"]]


def confirm(app: App, userid: str, msgid: str, **how: object) -> dict[str, int]:
    results = app.sim.post(f"staff/{userid}/tasks/{msgid}/confirm", **how)["results"]
    return {one["target"]: one["status"] for one in results}


def results(app: App, userid: str, msgid: str) -> dict[str, int]:
    listed = app.customer("get_groupmsg_send_result", msgid=msgid, userid=userid)["send_list"]
    return {one.get("external_userid") or one["chat_id"]: one["status"] for one in listed}


def received(app: App, external: str) -> int:
    return sum(chat["kind"] == "mass" for chat in app.sim.get(f"wecom/customers/{external}/chats")["chats"])


def test_nothing_is_sent_until_the_member_confirms(app: App) -> None:
    external = befriend(app, "adv090")
    answer = template(app, external_userid=[external, "wm-nobody"])
    assert (answer["errcode"], answer["fail_list"], received(app, external)) == (0, ["wm-nobody"], 0)
    msgid = answer["msgid"]
    assert app.customer("get_groupmsg_task", msgid=msgid)["task_list"] == [{"userid": "adv090", "status": 0}]
    assert results(app, "adv090", msgid) == {external: 0}
    assert confirm(app, "adv090", msgid) == {external: 1}
    [task] = app.customer("get_groupmsg_task", msgid=msgid)["task_list"]
    assert (task["status"], results(app, "adv090", msgid), received(app, external)) == (2, {external: 1}, 1)
    again = app.sim.http.post(f"{app.sim.base}/_sim/staff/adv090/tasks/{msgid}/confirm", json={}, timeout=60)
    assert (again.status_code, received(app, external)) == (404, 1)


def test_only_the_member_who_last_chatted_gets_the_customer(app: App) -> None:
    user = app.sim.user()
    external = befriend(app, "adv091", user)
    befriend(app, "adv092", user)
    latest = template(app, external_userid=[external])["msgid"]
    assert (latest in tasks(app, "adv091"), latest in tasks(app, "adv092")) == (False, True)
    app.sim.advance(60)
    app.sim.post(f"staff/adv091/customers/{external}/chat", by="customer", text="还有优惠吗")
    chatted = template(app, external_userid=[external])["msgid"]
    assert (chatted in tasks(app, "adv091"), chatted in tasks(app, "adv092")) == (True, False)


def test_a_sender_alone_means_all_her_customers(app: App) -> None:
    externals = {befriend(app, "adv093") for _ in range(3)}
    msgid = template(app, sender="adv093")["msgid"]
    assert set(confirm(app, "adv093", msgid)) == externals


def test_a_customer_gets_as_many_a_month_as_allowed(app: App) -> None:
    external = befriend(app, "adv094")
    with limited(app.sim, "wecom.mass_per_customer_month", 2):
        sent = [confirm(app, "adv094", template(app, sender="adv094")["msgid"])[external] for _ in range(3)]
        assert (sent, received(app, external)) == ([1, 1, 3], 2)
        app.sim.advance(MONTH)
        assert confirm(app, "adv094", template(app, sender="adv094")["msgid"]) == {external: 1}


def test_by_default_that_is_as_many_as_the_month_has_days(app: App) -> None:
    external = befriend(app, "adv095")
    app.sim.advance(MONTH)
    sent = [confirm(app, "adv095", template(app, sender="adv095")["msgid"])[external] for _ in range(32)]
    assert (sent.count(1) in (28, 29, 30, 31), set(sent[28:]) <= {1, 3}, sent[-1]) == (True, True, 3)


def test_a_customer_who_left_meanwhile_is_not_reached(app: App) -> None:
    stays, leaves = befriend(app, "adv096"), befriend(app, "adv096")
    msgid = template(app, external_userid=[stays, leaves])["msgid"]
    app.sim.post(f"staff/adv096/customers/{leaves}/delete", by="customer")
    assert confirm(app, "adv096", msgid) == {stays: 1, leaves: 2}


def test_a_member_may_choose_only_where_it_is_allowed(app: App) -> None:
    one, other = befriend(app, "adv097"), befriend(app, "adv097")
    fixed, free = (template(app, sender="adv097", allow_select=select)["msgid"] for select in (False, True))
    refused = app.sim.http.post(f"{app.sim.base}/_sim/staff/adv097/tasks/{fixed}/confirm", json={"chosen": [one]}, timeout=60)
    assert (refused.status_code, confirm(app, "adv097", free, chosen=[one])) == (409, {one: 1})
    assert results(app, "adv097", free) == {one: 1, other: 0}


def test_tags_choose_whom_it_is_for(app: App) -> None:
    both, single = befriend(app, "adv098"), befriend(app, "adv098")
    made = [app.customer("add_corp_tag", group_name=name, tag=[{"name": "是"}])["tag_group"]["tag"][0]["id"] for name in ("新能源", "置换")]
    app.customer("mark_tag", userid="adv098", external_userid=both, add_tag=made)
    app.customer("mark_tag", userid="adv098", external_userid=single, add_tag=made[:1])
    groups = {"group_list": [{"tag_list": [made[0]]}, {"tag_list": [made[1], "et-unknown"]}]}
    assert set(confirm(app, "adv098", template(app, sender="adv098", tag_filter=groups)["msgid"])) == {both}


def test_members_are_reminded_three_times_a_day_and_stopped_once(app: App) -> None:
    befriend(app, "adv099")
    msgid = template(app, sender="adv099")["msgid"]
    assert [app.customer("remind_groupmsg_send", msgid=msgid)["errcode"] for _ in range(4)] == [0, 0, 0, 45009]
    app.sim.advance(86_401)
    assert app.customer("remind_groupmsg_send", msgid=msgid)["errcode"] == 0
    assert app.sim.get("staff/adv099/tasks")["tasks"][0]["reminded"] == 4
    assert app.customer("cancel_groupmsg_send", msgid=msgid)["errcode"] == 0
    assert tasks(app, "adv099") == []
    assert app.customer("remind_groupmsg_send", msgid="msg-unknown")["errcode"] == 40058


def test_messages_of_a_month_are_listed_page_by_page(app: App) -> None:
    befriend(app, "adv100")
    made = [template(app, sender="adv100")["msgid"] for _ in range(3)]
    end = int(datetime.fromisoformat(app.sim.get("health")["now"]).timestamp()) + 1
    window = {"chat_type": "single", "start_time": end - 60, "end_time": end}
    first = app.customer("get_groupmsg_list_v2", **window, limit=2)
    second = app.customer("get_groupmsg_list_v2", **window, limit=100, cursor=first["next_cursor"])
    listed = [one["msgid"] for page in (first, second) for one in page["group_msg_list"]]
    assert (set(made) <= set(listed), len(listed) == len(set(listed)), second["next_cursor"]) == (True, True, "")
    assert app.customer("get_groupmsg_list_v2", **{**window, "start_time": end - MONTH - 1})["errcode"] == 40058
    assert app.customer("get_groupmsg_list_v2", **window, filter_type=1)["group_msg_list"] == []


def test_a_group_gets_it_from_its_owner(app: App) -> None:
    chat_id = app.sim.post("wecom/groups", owner="adv101", name="S7 车友群")["chat_id"]
    other = app.sim.post("wecom/groups", owner="adv102", name="别人的群")["chat_id"]
    external = app.sim.post(f"wecom/groups/{chat_id}/join", user=app.sim.user()["id"])["external_userid"]
    answer = template(app, chat_type="group", sender="adv101", chat_id_list=[chat_id, other])
    assert (answer["errcode"], answer["fail_list"]) == (0, [other])
    assert confirm(app, "adv101", answer["msgid"]) == {chat_id: 1}
    assert (results(app, "adv101", answer["msgid"]), received(app, external)) == ({chat_id: 1}, 1)


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"text": TEXT}, 40058),
        ({"external_userid": ["wm-nobody"], "text": TEXT}, 41048),
        ({"sender": "adv119", "text": TEXT}, 41048),
        ({"sender": "nobody", "text": TEXT}, 60111),
        ({"sender": "adv090"}, 44004),
        ({"chat_type": "group", "text": TEXT}, 40058),
        ({"chat_type": "group", "sender": "adv119", "text": TEXT}, 41048),
        ({"chat_type": "room", "sender": "adv090", "text": TEXT}, 40058),
        ({"external_userid": ["x"] * 10_001, "text": TEXT}, 45002),
        ({"sender": "adv090", "text": {"content": "长" * 1334}}, 45002),
        ({"sender": "adv090", "text": TEXT, "when": 1}, 40058),
    ],
)
def test_a_task_that_breaks_a_rule_is_refused(app: App, body: dict, errcode: int) -> None:
    assert app.customer("add_msg_template", **body)["errcode"] == errcode
