"""Messages to many customers (企业群发): the corp makes a task, each member has to confirm her part, and the cap per customer (spec 4.5).

Not verified in the contract [K]: 41048, three reminders a day as 45009, a list's window of a month. The contract gives two caps,
one message a day counted by the month (the default), or other numbers that an administrator sets: the limit here is what is set.
"""

import json
from calendar import monthrange
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.shapes import Flag, Many, Object, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.wecom import customers, groups, media
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.customer_reads import serving

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# A target is one customer or one group in one member's task.
declare("""
CREATE TABLE IF NOT EXISTS wecom_mass (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, msgid TEXT NOT NULL UNIQUE, chat_type TEXT NOT NULL, content TEXT NOT NULL,
    allow_select INTEGER NOT NULL, created_at REAL NOT NULL, cancelled_at REAL);
CREATE TABLE IF NOT EXISTS wecom_mass_tasks (
    seq INTEGER PRIMARY KEY, msgid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, sent_at REAL, reminded INTEGER NOT NULL DEFAULT 0,
    UNIQUE (msgid, userid));
CREATE TABLE IF NOT EXISTS wecom_mass_targets (
    seq INTEGER PRIMARY KEY, msgid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, target TEXT NOT NULL,
    status INTEGER NOT NULL DEFAULT 0, sent_at REAL, UNIQUE (msgid, userid, target));
CREATE TABLE IF NOT EXISTS wecom_reminders (id INTEGER PRIMARY KEY, msgid TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS wecom_mass_targets_sent ON wecom_mass_targets (target, status, sent_at);
""")

CUSTOMERS = limit("wecom.mass_customers", 10_000, "4.5")
GROUPS = limit("wecom.mass_groups", 2000, "4.5")
PER_MONTH = limit("wecom.mass_per_customer_month", 0, "4.5: 0 is as many as the month has days")
REMINDERS = limit("wecom.mass_reminders_per_day", 3, "4.5")

UNSENT, SENT, NO_FRIEND, OVER_LIMIT = 0, 1, 2, 3


@work(
    "POST", "externalcontact/add_msg_template", customers=True,
    fields={
        "chat_type": Text(choices=("single", "group")), "external_userid": Many(Text(), least=0, most=CUSTOMERS),
        "chat_id_list": Many(Text(), least=0, most=GROUPS), "sender": Text(), "allow_select": Flag(),
        "tag_filter": Object({"group_list": Many(Object({"tag_list": Many(Text(), required=True)}))}), **media.FIELDS,
    },
)  # fmt: skip
def add_msg_template(call: Call) -> Result:
    """Make a task for every member concerned; nothing is sent. `fail_list` are those who cannot be reached; 41048 when nobody can."""
    data, platform, corpid = call.data, call.platform, call.account.corpid
    content = media.checked_content(call)
    if "sender" in data:
        data["sender"] = serving(call, data["sender"])["userid"]
    is_group = data.get("chat_type") == "group"
    by_member, failed = _groups_by_member(call) if is_group else _customers_by_member(call)
    if not by_member:
        raise Refusal(41048, "no customer to send")
    msgid = f"msg{crypto.random_text(32)}"
    platform.store.insert(
        "wecom_mass", corpid=corpid, msgid=msgid, chat_type="group" if is_group else "single", created_at=platform.clock.now(),
        content=json.dumps(content, ensure_ascii=False), allow_select=int(data.get("allow_select", False)),
    )  # fmt: skip
    for userid, targets in by_member.items():
        platform.store.insert("wecom_mass_tasks", msgid=msgid, userid=userid)
        for target in targets:
            platform.store.insert("wecom_mass_targets", msgid=msgid, userid=userid, target=target)
    return ok(fail_list=failed, msgid=msgid)


def _customers_by_member(call: Call) -> tuple[dict[str, list[str]], list[str]]:
    """Of those who follow a customer, only the member who last chatted with her gets the task (or the one who added her last)."""
    data, sender = call.data, call.data.get("sender")
    if "chat_id_list" in data:
        raise Refusal(40058, "invalid Request Parameter, chat_id_list: only for chat_type group")
    if not data.get("external_userid") and sender is None and "tag_filter" not in data:
        raise Refusal(40058, "invalid Request Parameter, external_userid, sender and tag_filter are all empty")
    named = list(dict.fromkeys(data.get("external_userid") or _everybody(call)))
    groups_of_tags = [one["tag_list"] for one in data.get("tag_filter", {}).get("group_list", [])]
    by_member: dict[str, list[str]] = {}
    failed = []
    for external in named:
        follows = [
            row
            for row in customers.visible_followers(call.platform, call.account, external)
            if sender in (None, row["userid"]) and _has_tags(call, row, groups_of_tags)
        ]
        if follows:
            last = max(follows, key=lambda row: (row["chatted_at"] or row["created_at"], row["seq"]))
            by_member.setdefault(last["userid"], []).append(external)
        elif "external_userid" in data:
            failed.append(external)
    return by_member, failed


def _everybody(call: Call) -> list[str]:
    """Without names it is for all customers, of the sender if one is named."""
    rows = call.platform.store.all(
        "SELECT DISTINCT external_userid FROM wecom_follows WHERE corpid = ? AND ended_at IS NULL AND (? IS NULL OR userid = ?)",
        call.account.corpid, call.data.get("sender"), call.data.get("sender"),
    )  # fmt: skip
    return [row["external_userid"] for row in rows]


def _has_tags(call: Call, row: Row, groups_of_tags: list[list[str]]) -> bool:
    """One tag of every group of the filter, in this member's view."""
    if not groups_of_tags:
        return True
    tagged = call.platform.store.all(
        "SELECT tag_id FROM wecom_customer_tags WHERE corpid = ? AND external_userid = ? AND userid = ?",
        row["corpid"], row["external_userid"], row["userid"],
    )  # fmt: skip
    has = {one["tag_id"] for one in tagged}
    return all(has & set(tags) for tags in groups_of_tags)


def _groups_by_member(call: Call) -> tuple[dict[str, list[str]], list[str]]:
    """Only to groups that the sender owns."""
    data = call.data
    if "sender" not in data:
        raise Refusal(40058, "missing sender")
    if data.get("external_userid") or "tag_filter" in data:
        raise Refusal(40058, "invalid Request Parameter, external_userid and tag_filter: only for chat_type single")
    rows = call.platform.store.all(
        "SELECT chat_id FROM wecom_groups WHERE corpid = ? AND owner = ? AND dismissed_at IS NULL ORDER BY seq",
        call.account.corpid, data["sender"],
    )  # fmt: skip
    owned = [row["chat_id"] for row in rows]
    named = list(dict.fromkeys(data.get("chat_id_list") or owned))
    mine = [chat_id for chat_id in named if chat_id in owned]
    return ({data["sender"]: mine} if mine else {}), [chat_id for chat_id in named if chat_id not in owned]


@work("POST", "externalcontact/remind_groupmsg_send", customers=True, fields={"msgid": Text(required=True)})
def remind(call: Call) -> Result:
    """Remind the members who have not confirmed; three times in 24 hours."""
    platform, row = call.platform, existing(call)
    since = platform.clock.now() - 86400
    platform.store.run("DELETE FROM wecom_reminders WHERE at <= ?", since)
    if platform.store.value("SELECT count(*) FROM wecom_reminders WHERE msgid = ?", row["msgid"]) >= platform.limits[REMINDERS]:
        raise Refusal(45009, "api freq out of limit")
    platform.store.insert("wecom_reminders", msgid=row["msgid"], at=platform.clock.now())
    platform.store.run("UPDATE wecom_mass_tasks SET reminded = reminded + 1 WHERE msgid = ? AND sent_at IS NULL", row["msgid"])
    return ok()


@work("POST", "externalcontact/cancel_groupmsg_send", customers=True, fields={"msgid": Text(required=True)})
def cancel(call: Call) -> Result:
    """Stop a task: whoever has not confirmed cannot any more."""
    row = existing(call)
    call.platform.store.run("UPDATE wecom_mass SET cancelled_at = ? WHERE seq = ?", call.platform.clock.now(), row["seq"])
    return ok()


def existing(call: Call) -> Row:
    """The message that the body names."""
    row = call.platform.store.one("SELECT * FROM wecom_mass WHERE corpid = ? AND msgid = ?", call.account.corpid, call.data["msgid"])
    if row is None:
        raise Refusal(40058, "invalid Request Parameter, msgid")
    return row


def tasks(platform: "Platform", corpid: str, userid: str) -> list[dict[str, Any]]:
    """A member's tasks that wait for her, newest first, each with whom it is for."""
    rows = platform.store.all(
        "SELECT m.*, t.reminded FROM wecom_mass_tasks t JOIN wecom_mass m ON m.msgid = t.msgid "
        "WHERE m.corpid = ? AND t.userid = ? AND t.sent_at IS NULL AND m.cancelled_at IS NULL ORDER BY m.seq DESC", corpid, userid,
    )  # fmt: skip
    return [
        {
            "msgid": row["msgid"], "chat_type": row["chat_type"], "created_at": platform.clock.rfc3339(row["created_at"]),
            "allow_select": bool(row["allow_select"]), "reminded": row["reminded"], **json.loads(row["content"]),
            "targets": [target["target"] for target in _targets(platform, row["msgid"], userid)],
        }
        for row in rows
    ]  # fmt: skip


def confirm(platform: "Platform", corpid: str, userid: str, msgid: str, *, chosen: list[str] | None = None) -> list[dict[str, Any]]:
    """The member confirms her task, for the targets she chose if she may choose; gives each target's status.

    A customer who is no friend any more is 2, one who has had as many this month as allowed is 3.
    """
    waiting = {task["msgid"]: task for task in tasks(platform, corpid, userid)}
    if msgid not in waiting:
        raise NotPossible("没有待发送的群发任务", status=404)
    task, targets = waiting[msgid], _targets(platform, msgid, userid)
    if chosen is not None:
        if not task["allow_select"]:
            raise NotPossible("这个任务不能选择客户")
        targets = [target for target in targets if target["target"] in chosen]
    now = platform.clock.now()
    platform.store.run("UPDATE wecom_mass_tasks SET sent_at = ? WHERE msgid = ? AND userid = ?", now, msgid, userid)
    results = []
    for target in targets:
        status = _send(platform, userid, target["target"], corpid=corpid, task=task)
        platform.store.run("UPDATE wecom_mass_targets SET status = ?, sent_at = ? WHERE seq = ?", status, now, target["seq"])
        results.append({"target": target["target"], "status": status})
    return results


def _send(platform: "Platform", userid: str, target: str, *, corpid: str, task: dict[str, Any]) -> int:
    content = {name: task[name] for name in ("text", "attachments") if name in task}
    is_group = task["chat_type"] == "group"
    if is_group:
        row = groups.group(platform, corpid, target)
        if row is None or row["owner"].lower() != userid.lower():
            return NO_FRIEND
    elif customers.follow(platform, corpid, target, userid) is None:
        return NO_FRIEND
    if _had_this_month(platform, target) >= _monthly(platform):
        return OVER_LIMIT
    customers.say(platform, corpid, target, userid, sender=userid, kind="mass", content=content)
    return SENT


def _had_this_month(platform: "Platform", target: str) -> int:
    first = platform.clock.local(platform.clock.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    had = "SELECT count(*) FROM wecom_mass_targets WHERE target = ? AND status = 1 AND sent_at >= ?"
    return int(platform.store.value(had, target, first))


def _monthly(platform: "Platform") -> int:
    today = platform.clock.local(platform.clock.now())
    return platform.limits[PER_MONTH] or monthrange(today.year, today.month)[1]


def _targets(platform: "Platform", msgid: str, userid: str) -> list[Row]:
    return platform.store.all("SELECT * FROM wecom_mass_targets WHERE msgid = ? AND userid = ? ORDER BY seq", msgid, userid)
