"""What members and customers do with each other in WeCom: add, chat, tag, part, confirm a task, refuse a transfer, meet in groups."""

import json
from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, times, user_id
from miniprogram_mock.platform.sim_api.staff import corp_id
from miniprogram_mock.platform.sim_api.wecom import corp_of, texts, user_of
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.wecom import contact_ways, customer_tags, customers, groups, inbox, mass, transfer

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_NEVER = 2**62
_REMARKS = {"remark": str, "description": str, "remark_company": str, "remark_mobiles": list}


def _newest(request: web.Request, platform: "Platform", table: str) -> list[Row]:
    """A page of a table's rows, newest first; `after` is the `seq` at which the page before ended."""
    after = number(request, "after", _NEVER)
    return platform.store.all(f"SELECT * FROM {table} WHERE seq < ? ORDER BY seq DESC LIMIT ?", after, number(request, "limit", 100))  # noqa: S608


@route("POST", "/_sim/wecom/contact-ways/{config_id}/scan")
def scan(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Somebody in WeChat adds a member by a contact way: `{user}`; with `half` the member has yet to confirm."""
    return contact_ways.scan(platform, request.match_info["config_id"], user_of(body), is_half=body.get("half") is True)


@route("GET", "/_sim/wecom/contact-ways")
def list_contact_ways(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = _newest(request, platform, "wecom_contact_ways")
    return {"contact_ways": [{**times(row, "created_at", "expires_at"), "config": json.loads(row["config"])} for row in rows]}


@route("GET", "/_sim/staff/{userid}/requests")
def requests(request: web.Request, platform: "Platform", _: Body) -> Body:
    """People who asked the member to be added and wait."""
    rows = platform.store.all(
        "SELECT r.id, r.user_id, u.nickname, r.state, r.asked_at FROM wecom_requests r JOIN users u ON u.id = r.user_id "
        "WHERE r.corpid = ? AND r.userid = ? AND r.answered_at IS NULL ORDER BY r.id DESC",
        corp_id(request, platform), request.match_info["userid"],
    )  # fmt: skip
    return {"requests": [times(row, "asked_at") for row in rows]}


@route("POST", r"/_sim/staff/{userid}/requests/{id:\d+}/accept")
def accept(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"external_userid": customers.accept(platform, request.match_info["userid"], int(request.match_info["id"]))}


@route("GET", "/_sim/staff/{userid}/customers")
def customers_of(request: web.Request, platform: "Platform", _: Body) -> Body:
    """A member's customers as she sees them on her phone, newest first."""
    userid = request.match_info["userid"]
    rows = platform.store.all(
        "SELECT f.external_userid, u.id AS user_id, u.nickname, f.remark, f.state, f.add_way, f.created_at, f.chatted_at "
        "FROM wecom_follows f JOIN wecom_customers c ON c.external_userid = f.external_userid JOIN users u ON u.id = c.user_id "
        "WHERE f.corpid = ? AND f.userid = ? AND f.ended_at IS NULL ORDER BY f.seq DESC LIMIT ?",
        corp_id(request, platform), userid, number(request, "limit", 100),
    )  # fmt: skip
    return {"customers": [times(row, "created_at", "chatted_at") for row in rows]}


@route("POST", "/_sim/staff/{userid}/customers")
def add(request: web.Request, platform: "Platform", body: Body) -> Body:
    """The member adds somebody in WeChat (`{user}`), who accepts; `type` 2 is somebody of another corp."""
    userid, type_ = request.match_info["userid"], body.get("type", 1)
    if type_ not in (1, 2):
        raise NotPossible("type 只能是 1 或 2", status=422)
    return {
        "external_userid": customers.befriend(platform, corp_id(request, platform), userid, user_of(body), oper_userid=userid, type_=type_)
    }


@route("POST", "/_sim/staff/{userid}/customers/{external}")
def edit(request: web.Request, platform: "Platform", body: Body) -> Body:
    """The member changes her remark: `{remark, description, remark_company, remark_mobiles}`, and tags: `{add_tag, remove_tag}`."""
    userid, external = request.match_info["userid"], request.match_info["external"]
    changes = {name: body[name] for name in _REMARKS if name in body}
    if not all(isinstance(value, _REMARKS[name]) for name, value in changes.items()):
        raise NotPossible("备注的类型不对", status=422)
    corpid = corp_id(request, platform)
    customers.edit(platform, corpid, external, userid, changes=changes, on_phone=True)
    row = customers.follow(platform, corpid, external, userid)
    assert row is not None
    customer_tags.mark(platform, row, add=texts(body, "add_tag"), remove=texts(body, "remove_tag"))
    return {"result": "ok"}


@route("POST", "/_sim/staff/{userid}/customers/{external}/delete")
def part(request: web.Request, platform: "Platform", body: Body) -> Body:
    """The friendship ends: `{"by": "staff"}` or `{"by": "customer"}`."""
    userid = request.match_info["userid"]
    if body.get("by") not in ("staff", "customer"):
        raise NotPossible("by 只能是 staff 或 customer", status=422)
    customers.part(platform, corp_id(request, platform), request.match_info["external"], userid, by=body["by"])
    return {"result": "ok"}


@route("POST", "/_sim/staff/{userid}/customers/{external}/consent")
def consent(request: web.Request, platform: "Platform", _: Body) -> Body:
    """The customer agrees that her chats with the member are archived (会话存档)."""
    customers.consent(platform, corp_id(request, platform), request.match_info["external"], request.match_info["userid"])
    return {"result": "ok"}


@route("POST", "/_sim/staff/{userid}/customers/{external}/chat")
def chat(request: web.Request, platform: "Platform", body: Body) -> Body:
    """One of the two writes to the other: `{"by": "staff" | "customer", "text"}`."""
    userid, external = request.match_info["userid"], request.match_info["external"]
    corpid = corp_id(request, platform)
    if body.get("by") not in ("staff", "customer"):
        raise NotPossible("by 只能是 staff 或 customer", status=422)
    if customers.follow(platform, corpid, external, userid) is None:
        raise NotPossible("不是好友")
    sender = userid if body["by"] == "staff" else external
    customers.say(platform, corpid, external, userid, sender=sender, kind="chat", content={"text": {"content": text(body, "text")}})
    return {"result": "ok"}


@route("GET", "/_sim/wecom/customers")
def list_customers(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Every friendship, ended ones too, newest first."""
    return {"customers": [times(row, "created_at", "chatted_at", "ended_at") for row in _newest(request, platform, "wecom_follows")]}


@route("GET", "/_sim/wecom/customers/{external}/chats")
def chats(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What a customer sees in WeChat from members and in her groups, newest first: welcome, chat, mass, transfer."""
    external = request.match_info["external"]
    rows = platform.store.all(
        "SELECT * FROM wecom_chats WHERE peer = ? OR peer IN (SELECT chat_id FROM wecom_group_members WHERE id = ?) "
        "ORDER BY id DESC LIMIT ?",
        external, external, number(request, "limit", 100),
    )  # fmt: skip
    return {"chats": [{**times(row, "at"), "content": json.loads(row["content"])} for row in rows]}


@route("GET", r"/_sim/users/{id:\d+}/wecom")
def of_user(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Somebody in WeChat as the corps know her: members whom she has as friends, and customer groups that she is in."""
    rows = platform.store.all("SELECT corpid, external_userid FROM wecom_customers WHERE user_id = ? ORDER BY seq", user_id(request))
    for row in rows:
        row["friends"] = [one["userid"] for one in customers.followers(platform, row["corpid"], row["external_userid"])]
        row["groups"] = platform.store.all(
            "SELECT g.chat_id, g.name FROM wecom_groups g JOIN wecom_group_members m ON m.chat_id = g.chat_id "
            "WHERE m.id = ? AND g.dismissed_at IS NULL ORDER BY g.seq", row["external_userid"],
        )  # fmt: skip
    return {"corps": rows}


@route("GET", "/_sim/staff/{userid}/tasks")
def tasks(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"tasks": mass.tasks(platform, corp_id(request, platform), request.match_info["userid"])}


@route("POST", "/_sim/staff/{userid}/tasks/{msgid}/confirm")
def confirm(request: web.Request, platform: "Platform", body: Body) -> Body:
    """The member sends what the corp prepared; `chosen` are some of the task's targets, where she may choose."""
    chosen = texts(body, "chosen") if "chosen" in body else None
    userid, msgid = request.match_info["userid"], request.match_info["msgid"]
    return {"results": mass.confirm(platform, corp_id(request, platform), userid, msgid, chosen=chosen)}


@route("GET", "/_sim/wecom/mass")
def list_mass(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Messages to many, newest first, with how many targets stand at each status."""
    rows = _newest(request, platform, "wecom_mass")
    for row in rows:
        counts = platform.store.all("SELECT status, count(*) AS n FROM wecom_mass_targets WHERE msgid = ? GROUP BY status", row["msgid"])
        row["targets"] = {str(one["status"]): one["n"] for one in counts}
    return {"mass": [{**times(row, "created_at", "cancelled_at"), "content": json.loads(row["content"])} for row in rows]}


@route("GET", "/_sim/wecom/transfers")
def transfers(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"transfers": [times(row, "at", "done_at") for row in _newest(request, platform, "wecom_transfers")]}


@route("POST", "/_sim/wecom/customers/{external}/refuse-transfer")
def refuse_transfer(request: web.Request, platform: "Platform", _: Body) -> Body:
    transfer.refuse(platform, request.match_info["external"])
    return {"result": "ok"}


@route("GET", "/_sim/wecom/tags")
def tags(request: web.Request, platform: "Platform", _: Body) -> Body:
    corp = corp_of(platform, request.query.get("corpid"))
    rows = platform.store.all("SELECT * FROM wecom_tag_groups WHERE corpid = ? ORDER BY seq", corp.corpid)
    return {"groups": [customer_tags.group(platform, row) for row in rows]}


@route("POST", "/_sim/wecom/tags")
def add_tags(_: web.Request, platform: "Platform", body: Body) -> Body:
    """The administrator makes a group of tags in the console: `{group, tags}`."""
    corp, name = corp_of(platform, body.get("corpid")), text(body, "group")
    if platform.store.one("SELECT 1 FROM wecom_tag_groups WHERE corpid = ? AND name = ?", corp.corpid, name):
        raise NotPossible("标签组已存在")
    row = customer_tags.new_group(platform, corp.corpid, name)
    for tag in dict.fromkeys(texts(body, "tags")):
        customer_tags.new_tag(platform, corp.corpid, row["id"], tag)
    return customer_tags.group(platform, row)


@route("GET", "/_sim/wecom/groups")
def list_groups(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = _newest(request, platform, "wecom_groups")
    for row in rows:
        members = platform.store.all("SELECT id FROM wecom_group_members WHERE chat_id = ? ORDER BY seq", row["chat_id"])
        row["members"] = [member["id"] for member in members]
    return {"groups": [times(row, "created_at", "dismissed_at") for row in rows]}


@route("POST", "/_sim/wecom/groups")
def open_group(_: web.Request, platform: "Platform", body: Body) -> Body:
    """A member opens a customer group: `{owner, name}`."""
    owner = text(body, "owner")
    return {
        "chat_id": groups.open_group(platform, inbox.corp_of(platform, owner, body.get("corpid")), owner=owner, name=text(body, "name"))
    }


@route("POST", "/_sim/wecom/groups/{chat_id}/{what:join|leave|change|dismiss}")
def change_group(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Somebody joins (`{user}`) or leaves (`{member}`), the group is changed (`{name?, notice?, owner?}`) or dismissed."""
    row = platform.store.one("SELECT * FROM wecom_groups WHERE chat_id = ? AND dismissed_at IS NULL", request.match_info["chat_id"])
    if row is None:
        raise NotPossible("没有这个群", status=404)
    match request.match_info["what"]:
        case "join":
            return {"external_userid": groups.come_in(platform, row, user_of(body))}
        case "leave":
            groups.go_out(platform, row, text(body, "member"))
        case "change":
            given = {name: text(body, name) for name in ("name", "notice", "owner") if name in body}
            if "owner" in given:
                given["owner"] = customers.serving(platform, row["corpid"], given["owner"])["userid"]
            groups.change(platform, row, **given)
        case "dismiss":
            groups.dismiss(platform, row)
    return {"result": "ok"}


@route("POST", "/_sim/wecom/join-ways/{config_id}/scan")
def scan_join_way(request: web.Request, platform: "Platform", body: Body) -> Body:
    return groups.scan_join_way(platform, request.match_info["config_id"], user_of(body))
