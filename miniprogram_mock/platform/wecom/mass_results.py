"""What became of messages to many customers: which there were, who confirmed, and whom they reached (spec 4.5)."""

import json

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Int, Text
from miniprogram_mock.platform.wecom import paging
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.contacts import in_sight
from miniprogram_mock.platform.wecom.mass import existing

LIST_PAGE = limit("wecom.mass_list_page", 100, "4.5 [K], not verified")
LIST_SECONDS = limit("wecom.mass_list_window_seconds", 31 * 86400, "4.5 [K], not verified")
RESULT_PAGE = limit("wecom.mass_result_page", 1000, "4.5 [K], not verified")
DEFAULT_PAGE = limit("wecom.mass_default_page", 50, "4.5 [K], not verified")


@work(
    "POST", "externalcontact/get_groupmsg_list_v2", customers=True,
    fields={
        "chat_type": Text(choices=("single", "group"), required=True), "start_time": Int(required=True), "end_time": Int(required=True),
        "creator": Text(), "filter_type": Int(choices=(0, 1, 2)), "limit": Int(least=1, most=LIST_PAGE), "cursor": Text(least=0),
    },
)  # fmt: skip
def get_groupmsg_list(call: Call) -> Result:
    """The corp's messages of a window of at most a month; members' own (`filter_type` 1) do not exist here."""
    data = call.data
    if not 0 <= data["end_time"] - data["start_time"] <= call.platform.limits[LIST_SECONDS]:
        raise Refusal(40058, "invalid Request Parameter, start_time and end_time: at most a month")
    most = data.get("limit", call.platform.limits[DEFAULT_PAGE])
    nothing = data.get("filter_type") == 1 or "creator" in data
    rows = call.platform.store.all(
        "SELECT * FROM wecom_mass WHERE corpid = ? AND chat_type = ? AND created_at >= ? AND created_at < ? AND seq > ? "
        "ORDER BY seq LIMIT ?",
        call.account.corpid, data["chat_type"], data["start_time"], data["end_time"] + 1, paging.start(call), 0 if nothing else most + 1,
    )  # fmt: skip
    page, cursor = paging.cut(call, rows, most)
    listed = [
        {"msgid": row["msgid"], "creator": "", "create_time": int(row["created_at"]), "create_type": 0, **json.loads(row["content"])}
        for row in page
    ]
    return ok(group_msg_list=listed, next_cursor=cursor)


@work(
    "POST", "externalcontact/get_groupmsg_task", customers=True,
    fields={"msgid": Text(required=True), "limit": Int(least=1, most=RESULT_PAGE), "cursor": Text(least=0)},
)  # fmt: skip
def get_groupmsg_task(call: Call) -> Result:
    """Who has confirmed: `status` 0 not yet, 2 sent."""
    row, most = existing(call), call.data.get("limit", call.platform.limits[DEFAULT_PAGE])
    rows = call.platform.store.all(
        "SELECT * FROM wecom_mass_tasks WHERE msgid = ? AND seq > ? ORDER BY seq LIMIT ?", row["msgid"], paging.start(call), most + 1
    )
    page, cursor = paging.cut(call, rows, most)
    listed = [
        {"userid": one["userid"], "status": 2 if one["sent_at"] else 0, **({"send_time": int(one["sent_at"])} if one["sent_at"] else {})}
        for one in page
    ]
    return ok(task_list=listed, next_cursor=cursor)


@work(
    "POST", "externalcontact/get_groupmsg_send_result", customers=True,
    fields={"msgid": Text(required=True), "userid": Text(required=True), "limit": Int(least=1, most=RESULT_PAGE), "cursor": Text(least=0)},
)  # fmt: skip
def get_groupmsg_send_result(call: Call) -> Result:
    """Whom a member's task reached: `status` 0 unsent, 1 sent, 2 no friend, 3 had as many as allowed."""
    row, member, most = existing(call), in_sight(call, call.data["userid"]), call.data.get("limit", call.platform.limits[DEFAULT_PAGE])
    rows = call.platform.store.all(
        "SELECT * FROM wecom_mass_targets WHERE msgid = ? AND userid = ? AND seq > ? ORDER BY seq LIMIT ?",
        row["msgid"], member["userid"], paging.start(call), most + 1,
    )  # fmt: skip
    page, cursor = paging.cut(call, rows, most)
    name = "chat_id" if row["chat_type"] == "group" else "external_userid"
    listed = [
        {
            name: one["target"], "userid": one["userid"], "status": one["status"],
            **({"send_time": int(one["sent_at"])} if one["sent_at"] else {}),
        }
        for one in page
    ]  # fmt: skip
    return ok(send_list=listed, next_cursor=cursor)
