"""Customers of a corp: people in WeChat who are friends with members, how that begins, goes on and ends (spec 4.5)."""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.wecom import directory
from miniprogram_mock.platform.wecom.events import tell
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# A follow is one member's friendship with one customer; it stays when it ends (`ended_at`) until a new beginning takes its place.
# A request is somebody who asked to be added and waits for the member. A chat's `peer` is a customer or a group.
declare("""
CREATE TABLE IF NOT EXISTS wecom_openids (
    corpid TEXT NOT NULL, user_id INTEGER NOT NULL, openid TEXT NOT NULL, PRIMARY KEY (corpid, user_id));
CREATE TABLE IF NOT EXISTS wecom_customers (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, external_userid TEXT NOT NULL UNIQUE, user_id INTEGER NOT NULL,
    type INTEGER NOT NULL DEFAULT 1, UNIQUE (corpid, user_id));
CREATE TABLE IF NOT EXISTS wecom_follows (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, external_userid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE,
    created_at REAL NOT NULL, add_way INTEGER NOT NULL, state TEXT NOT NULL, oper_userid TEXT NOT NULL, remark TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '', remark_company TEXT NOT NULL DEFAULT '', remark_mobiles TEXT NOT NULL DEFAULT '[]',
    chatted_at REAL, ended_at REAL, ended_by TEXT, UNIQUE (corpid, external_userid, userid));
CREATE INDEX IF NOT EXISTS wecom_follows_of_member ON wecom_follows (corpid, userid, seq);
CREATE TABLE IF NOT EXISTS wecom_requests (
    id INTEGER PRIMARY KEY, corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, user_id INTEGER NOT NULL, add_way INTEGER NOT NULL,
    state TEXT NOT NULL, asked_at REAL NOT NULL, is_half INTEGER NOT NULL, answered_at REAL);
CREATE TABLE IF NOT EXISTS wecom_welcome_codes (
    code TEXT PRIMARY KEY, corpid TEXT NOT NULL, userid TEXT NOT NULL, external_userid TEXT NOT NULL, issued_at REAL NOT NULL,
    used_at REAL);
CREATE TABLE IF NOT EXISTS wecom_chats (
    id INTEGER PRIMARY KEY, corpid TEXT NOT NULL, peer TEXT NOT NULL, userid TEXT NOT NULL, sender TEXT NOT NULL, kind TEXT NOT NULL,
    content TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS wecom_chats_of_peer ON wecom_chats (peer, id);
""")

ADMIN_WELCOME = switch("wecom.admin_welcome", False, "管理员已在后台配置欢迎语：回调里没有 WelcomeCode")
UNIONID_BOUND = switch("wecom.unionid_bound", True, "企业已绑定微信开发者 ID：客户带 unionid")
BY_QR_CODE, BY_SEARCH, BY_ASSIGNMENT = 1, 2, 202
EVENT = "change_external_contact"


def openid(platform: "Platform", corpid: str, user_id: int) -> str:
    """What a corp calls somebody who is no member: the same at every visit."""
    platform.store.run("INSERT OR IGNORE INTO wecom_openids VALUES (?, ?, ?)", corpid, user_id, f"o{crypto.random_text(27)}")
    return str(platform.store.value("SELECT openid FROM wecom_openids WHERE corpid = ? AND user_id = ?", corpid, user_id))


def external_userid(platform: "Platform", app: Corp, user_id: int) -> str | None:
    """Her id as a customer, if somebody whom the application sees follows her."""
    row = platform.store.one("SELECT external_userid FROM wecom_customers WHERE corpid = ? AND user_id = ?", app.corpid, user_id)
    return row["external_userid"] if row and visible_followers(platform, app, row["external_userid"]) else None


def customer(platform: "Platform", corpid: str, external: str) -> Row | None:
    return platform.store.one("SELECT * FROM wecom_customers WHERE corpid = ? AND external_userid = ?", corpid, external)


def follow(platform: "Platform", corpid: str, external: str, userid: str) -> Row | None:
    """The friendship as it is now, or None when there is none (any more)."""
    return platform.store.one(
        "SELECT * FROM wecom_follows WHERE corpid = ? AND external_userid = ? AND userid = ? AND ended_at IS NULL", corpid, external, userid
    )


def followers(platform: "Platform", corpid: str, external: str) -> list[Row]:
    """The friendships of a customer with members who have not left, oldest first."""
    return platform.store.all(
        "SELECT f.* FROM wecom_follows f JOIN wecom_members m ON m.corpid = f.corpid AND m.userid = f.userid AND m.left_at IS NULL "
        "WHERE f.corpid = ? AND f.external_userid = ? AND f.ended_at IS NULL ORDER BY f.seq", corpid, external,
    )  # fmt: skip


def visible_followers(platform: "Platform", app: Corp, external: str) -> list[Row]:
    return [row for row in followers(platform, app.corpid, external) if directory.sees(platform, app, row["userid"])]


def ask(platform: "Platform", corpid: str, userid: str, user_id: int, *, state: str, add_way: int, is_half: bool) -> int:
    """Somebody in WeChat asks a member to be added; `is_half`: she is a friend at once, the member has only not confirmed it yet.

    Gives the id of the request. A friend at once tells the application with `add_half_external_contact`.
    """
    serving(platform, corpid, userid)
    request = platform.store.insert(
        "wecom_requests", corpid=corpid, userid=userid, user_id=user_id, add_way=add_way, state=state, asked_at=platform.clock.now(),
        is_half=int(is_half),
    )  # fmt: skip
    if is_half:
        external = known_as(platform, corpid, user_id)
        code = _welcome_code(platform, corpid, userid, external)
        tell(
            platform, corpid, EVENT, "add_half_external_contact", UserID=userid, ExternalUserID=external, State=state or None,
            WelcomeCode=code,
        )  # fmt: skip
    return request


def accept(platform: "Platform", userid: str, request_id: int) -> str:
    """The member confirms a request; gives the external_userid."""
    row = platform.store.one("SELECT * FROM wecom_requests WHERE id = ? AND userid = ? AND answered_at IS NULL", request_id, userid)
    if row is None:
        raise NotPossible("没有待通过的好友申请", status=404)
    platform.store.run("UPDATE wecom_requests SET answered_at = ? WHERE id = ?", platform.clock.now(), request_id)
    return befriend(platform, row["corpid"], userid, row["user_id"], state=row["state"], add_way=row["add_way"], welcome=not row["is_half"])


def befriend(
    platform: "Platform", corpid: str, userid: str, user_id: int, *, state: str = "", add_way: int = BY_SEARCH,
    oper_userid: str | None = None, welcome: bool = True, type_: int = 1,
) -> str:  # fmt: skip
    """A member and somebody in WeChat become friends; pushes `add_external_contact` and gives the external_userid.

    `oper_userid` is who began it: the customer herself unless it says otherwise.
    """
    serving(platform, corpid, userid)
    external, store = known_as(platform, corpid, user_id, type_=type_), platform.store
    if follow(platform, corpid, external, userid):
        raise NotPossible("已经是好友")
    store.run("DELETE FROM wecom_follows WHERE corpid = ? AND external_userid = ? AND userid = ?", corpid, external, userid)
    store.insert(
        "wecom_follows", corpid=corpid, external_userid=external, userid=userid, created_at=platform.clock.now(), add_way=add_way,
        state=state, oper_userid=oper_userid or external, remark=people.get(platform, user_id)["nickname"],
    )  # fmt: skip
    code = _welcome_code(platform, corpid, userid, external) if welcome else None
    tell(platform, corpid, EVENT, "add_external_contact", UserID=userid, ExternalUserID=external, State=state or None, WelcomeCode=code)
    return external


def part(platform: "Platform", corpid: str, external: str, userid: str, *, by: str) -> None:
    """The friendship ends, by the `staff` (`del_external_contact`), the `customer` (`del_follow_user`) or a `transfer`."""
    row = follow(platform, corpid, external, userid)
    if row is None:
        raise NotPossible("不是好友")
    platform.store.run("UPDATE wecom_follows SET ended_at = ?, ended_by = ? WHERE seq = ?", platform.clock.now(), by, row["seq"])
    platform.store.run("DELETE FROM wecom_customer_tags WHERE corpid = ? AND external_userid = ? AND userid = ?", corpid, external, userid)
    change = "del_follow_user" if by == "customer" else "del_external_contact"
    source = "DELETE_BY_TRANSFER" if by == "transfer" else None
    tell(platform, corpid, EVENT, change, UserID=row["userid"], ExternalUserID=external, Source=source)


def edit(platform: "Platform", corpid: str, external: str, userid: str, *, changes: dict[str, Any], on_phone: bool = False) -> None:
    """Change remark, description, remark_company or remark_mobiles; what the member changes on her phone is pushed."""
    row = follow(platform, corpid, external, userid)
    if row is None:
        raise NotPossible("不是好友")
    for name, value in changes.items():
        value = json.dumps(value) if isinstance(value, list) else value
        platform.store.run(f"UPDATE wecom_follows SET {name} = ? WHERE seq = ?", value, row["seq"])  # noqa: S608
    if on_phone:
        tell(platform, corpid, EVENT, "edit_external_contact", UserID=row["userid"], ExternalUserID=external, State=row["state"] or None)


def consent(platform: "Platform", corpid: str, external: str, userid: str) -> None:
    """The customer agrees that her chats with the member are archived; nothing else comes of it here."""
    row = follow(platform, corpid, external, userid)
    if row is None:
        raise NotPossible("不是好友")
    tell(platform, corpid, EVENT, "msg_audit_approved", UserID=row["userid"], ExternalUserID=external)


def say(platform: "Platform", corpid: str, peer: str, userid: str, *, sender: str, kind: str, content: dict[str, Any]) -> None:
    """Something passes between a member and a customer or a group; only what a person wrote (`kind` chat) begins a conversation."""
    now = platform.clock.now()
    if kind == "chat":
        platform.store.run(
            "UPDATE wecom_follows SET chatted_at = ? WHERE corpid = ? AND external_userid = ? AND userid = ?", now, corpid, peer, userid
        )
    platform.store.insert(
        "wecom_chats", corpid=corpid, peer=peer, userid=userid, sender=sender, kind=kind,
        content=json.dumps(content, ensure_ascii=False), at=now,
    )  # fmt: skip


def serving(platform: "Platform", corpid: str, userid: str) -> Row:
    """The member, if she is there and may serve customers."""
    row = directory.member(platform, corpid, userid)
    if row is None:
        raise NotPossible("没有这个成员", status=404)
    if not row["serves_customers"]:
        raise NotPossible("该成员没有客户联系功能")
    return row


def known_as(platform: "Platform", corpid: str, user_id: int, *, type_: int = 1) -> str:
    """The external_userid of somebody in WeChat, which she gets when the corp first meets her; `type_` 2 is somebody of another corp."""
    people.get(platform, user_id)
    store = platform.store
    found = store.value("SELECT external_userid FROM wecom_customers WHERE corpid = ? AND user_id = ?", corpid, user_id)
    if found is None:
        found = f"{'wm' if type_ == 1 else 'wo'}{crypto.random_text(30)}"
        store.insert("wecom_customers", corpid=corpid, external_userid=found, user_id=user_id, type=type_)
    return str(found)


def _welcome_code(platform: "Platform", corpid: str, userid: str, external: str) -> str | None:
    """None when the administrator configured a welcome text in the console."""
    if platform.switches[corpid, ADMIN_WELCOME]:
        return None
    code = crypto.random_text(43)
    platform.store.insert(
        "wecom_welcome_codes", code=code, corpid=corpid, userid=userid, external_userid=external, issued_at=platform.clock.now()
    )
    return code
