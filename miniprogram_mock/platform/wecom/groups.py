"""Customer groups (客户群): their members, the ways into them, and the events when they change (spec 4.5).

Field names of the events, scenes and the length of texts are not in the contract [K].
"""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.shapes import Flag, Int, Many, Object, Shape, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.wecom import customers, directory, paging
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.contact_ways import STATE, WAYS, ways_of
from miniprogram_mock.platform.wecom.events import tell

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# A group member is somebody of the corp (type 1, by userid) or a customer (type 2, by external_userid, with her `user_id`).
declare("""
CREATE TABLE IF NOT EXISTS wecom_groups (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, chat_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, notice TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL COLLATE NOCASE, created_at REAL NOT NULL, version INTEGER NOT NULL DEFAULT 1, dismissed_at REAL);
CREATE TABLE IF NOT EXISTS wecom_group_members (
    seq INTEGER PRIMARY KEY, chat_id TEXT NOT NULL, id TEXT NOT NULL, type INTEGER NOT NULL, user_id INTEGER, joined_at REAL NOT NULL,
    join_scene INTEGER NOT NULL, invitor TEXT, state TEXT NOT NULL, UNIQUE (chat_id, id));
CREATE TABLE IF NOT EXISTS wecom_join_ways (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, config_id TEXT NOT NULL UNIQUE, config TEXT NOT NULL, created_at REAL NOT NULL);
""")

PAGE = limit("wecom.groups_page", 1000, "4.5 [K], not verified")
OWNERS = limit("wecom.groups_owner_filter", 100, "4.5 [K], not verified")
JOIN_GROUPS = limit("wecom.join_way_groups", 5, "4.5")
REMARK = limit("wecom.join_way_remark_chars", 30, "4.5 [K], not verified")
ROOM_NAME = limit("wecom.join_way_room_name_chars", 40, "4.5 [K], not verified")
EVENT = "change_external_chat"
INVITED, BY_LINK, BY_CODE = 1, 2, 3


@work(
    "POST", "externalcontact/groupchat/list", customers=True,
    fields={
        "status_filter": Int(choices=(0, 1, 2, 3)), "owner_filter": Object({"userid_list": Many(Text(), most=OWNERS)}),
        "cursor": Text(least=0), "limit": Int(least=1, most=PAGE, required=True),
    },
)  # fmt: skip
def list_groups(call: Call) -> Result:
    """The groups of owners in visibility; `status_filter` 1 those whose owner has left, 0 all. Handing over is never under way here."""
    owners = {userid.lower() for userid in call.data.get("owner_filter", {}).get("userid_list", [])}
    rows = call.platform.store.all(
        "SELECT * FROM wecom_groups WHERE corpid = ? AND dismissed_at IS NULL AND seq > ? ORDER BY seq",
        call.account.corpid,
        paging.start(call),
    )
    listed = [
        {"seq": row["seq"], "chat_id": row["chat_id"], "status": _status(call, row)}
        for row in rows
        if (not owners or row["owner"].lower() in owners) and _in_sight(call, row)
    ]
    wanted = call.data.get("status_filter", 0)
    page, cursor = paging.cut(call, [one for one in listed if wanted in (0, one["status"])], call.data["limit"])
    return ok(group_chat_list=page, next_cursor=cursor)


@work(
    "POST", "externalcontact/groupchat/get", customers=True,
    fields={"chat_id": Text(required=True), "need_name": Int(choices=(0, 1))},
)  # fmt: skip
def get_group(call: Call) -> Result:
    """A group with its members; a customer's unionid only when the corp has bound a 微信开发者ID, names only with `need_name`."""
    row = existing(call, call.data["chat_id"])
    if not _in_sight(call, row):
        raise Refusal(84074, "no permission to external contact")
    listed = [_described(call, member) for member in _members(call.platform, row["chat_id"])]
    return ok(group_chat={
        "chat_id": row["chat_id"], "name": row["name"], "owner": row["owner"], "create_time": int(row["created_at"]),
        "notice": row["notice"], "member_list": listed, "admin_list": [], "member_version": str(row["version"]),
    })  # fmt: skip


_WAY: Shape = {
    "scene": Int(choices=(1, 2), required=True),
    "remark": Text(least=0, most=REMARK),
    "auto_create_room": Int(choices=(0, 1)),
    "room_base_name": Text(least=0, most=ROOM_NAME),
    "room_base_id": Int(least=0),
    "chat_id_list": Many(Text(), most=JOIN_GROUPS, required=True),
    "state": Text(least=0, most=STATE),
    "mark_source": Flag(),
}


@work("POST", "externalcontact/groupchat/add_join_way", customers=True, fields=_WAY)
def add_join_way(call: Call) -> Result:
    """A way into up to five groups: a button in a mini-program (scene 1) or a code (scene 2)."""
    platform, corpid = call.platform, call.account.corpid
    for chat_id in call.data["chat_id_list"]:
        existing(call, chat_id)
    if ways_of(platform, corpid) >= platform.limits[WAYS]:
        raise Refusal(45009, "api freq out of limit, too many contact ways")
    config_id = crypto.random_text(32)
    platform.store.insert(
        "wecom_join_ways",
        corpid=corpid,
        config_id=config_id,
        config=json.dumps(call.data, ensure_ascii=False),
        created_at=platform.clock.now(),
    )
    return ok(config_id=config_id)


@work("POST", "externalcontact/groupchat/get_join_way", customers=True, fields={"config_id": Text(required=True)})
def get_join_way(call: Call) -> Result:
    row = _join_way(call)
    qr_code = f"https://wework.qpic.cn/wwpic/{row['config_id']}/0"
    return ok(join_way={"config_id": row["config_id"], "qr_code": qr_code, **json.loads(row["config"])})


@work("POST", "externalcontact/groupchat/update_join_way", customers=True, fields={"config_id": Text(required=True), **_WAY})
def update_join_way(call: Call) -> Result:
    row = _join_way(call)
    for chat_id in call.data["chat_id_list"]:
        existing(call, chat_id)
    config = {name: value for name, value in call.data.items() if name != "config_id"}
    call.platform.store.run("UPDATE wecom_join_ways SET config = ? WHERE seq = ?", json.dumps(config, ensure_ascii=False), row["seq"])
    return ok()


@work("POST", "externalcontact/groupchat/del_join_way", customers=True, fields={"config_id": Text(required=True)})
def del_join_way(call: Call) -> Result:
    call.platform.store.run("DELETE FROM wecom_join_ways WHERE seq = ?", _join_way(call)["seq"])
    return ok()


def existing(call: Call, chat_id: str) -> Row:
    row = group(call.platform, call.account.corpid, chat_id)
    if row is None:
        raise Refusal(40050, "invalid chat_id")
    return row


def group(platform: "Platform", corpid: str, chat_id: str) -> Row | None:
    found = "SELECT * FROM wecom_groups WHERE corpid = ? AND chat_id = ? AND dismissed_at IS NULL"
    return platform.store.one(found, corpid, chat_id)


def open_group(platform: "Platform", corpid: str, *, owner: str, name: str) -> str:
    """A member opens a group; gives its chat_id."""
    row = customers.serving(platform, corpid, owner)
    chat_id, now = f"wr{crypto.random_text(30)}", platform.clock.now()
    platform.store.insert("wecom_groups", corpid=corpid, chat_id=chat_id, name=name, owner=row["userid"], created_at=now)
    platform.store.insert(
        "wecom_group_members", chat_id=chat_id, id=row["userid"], type=1, joined_at=now, join_scene=INVITED, invitor=row["userid"], state=""
    )
    tell(platform, corpid, EVENT, "create", ChatId=chat_id)
    return chat_id


def come_in(platform: "Platform", row: Row, user_id: int, *, state: str = "", scene: int = INVITED) -> str:
    """Somebody in WeChat joins a group; gives her external_userid."""
    external = customers.known_as(platform, row["corpid"], user_id)
    if platform.store.one("SELECT 1 FROM wecom_group_members WHERE chat_id = ? AND id = ?", row["chat_id"], external):
        raise NotPossible("已经在群里")
    platform.store.insert(
        "wecom_group_members", chat_id=row["chat_id"], id=external, type=2, user_id=user_id, joined_at=platform.clock.now(),
        join_scene=scene, invitor=row["owner"] if scene == INVITED else None, state=state,
    )  # fmt: skip
    _tell_change(platform, row, "add_member", JoinScene=0 if scene == INVITED else scene, MemChangeCnt=1, changed=[external])
    return external


def scan_join_way(platform: "Platform", config_id: str, user_id: int) -> dict[str, Any]:
    """Somebody in WeChat scans the code of a way into groups, and is in the first of them that still is there."""
    way = platform.store.one("SELECT * FROM wecom_join_ways WHERE config_id = ?", config_id)
    if way is None:
        raise NotPossible("没有这个入群方式", status=404)
    config = json.loads(way["config"])
    for chat_id in config["chat_id_list"]:
        if row := group(platform, way["corpid"], chat_id):
            external = come_in(platform, row, user_id, state=config.get("state", ""), scene=BY_CODE)
            return {"chat_id": chat_id, "external_userid": external}
    raise NotPossible("这些群都已解散")


def go_out(platform: "Platform", row: Row, member: str) -> None:
    """A member of the group leaves it."""
    if not platform.store.run("DELETE FROM wecom_group_members WHERE chat_id = ? AND id = ?", row["chat_id"], member):
        raise NotPossible("不在群里")
    _tell_change(platform, row, "del_member", QuitScene=0, MemChangeCnt=1, changed=[member])


def change(platform: "Platform", row: Row, *, name: str | None = None, notice: str | None = None, owner: str | None = None) -> None:
    """Rename a group, change its notice, or give it another owner."""
    for column, value, detail in (("name", name, "change_name"), ("notice", notice, "change_notice"), ("owner", owner, "change_owner")):
        if value is not None:
            platform.store.run(f"UPDATE wecom_groups SET {column} = ? WHERE seq = ?", value, row["seq"])  # noqa: S608
            _tell_change(platform, row, detail)
    if owner is not None:
        platform.store.run(
            "INSERT OR IGNORE INTO wecom_group_members (chat_id, id, type, joined_at, join_scene, state) VALUES (?, ?, 1, ?, ?, '')",
            row["chat_id"], owner, platform.clock.now(), INVITED,
        )  # fmt: skip


def dismiss(platform: "Platform", row: Row) -> None:
    platform.store.run("UPDATE wecom_groups SET dismissed_at = ? WHERE seq = ?", platform.clock.now(), row["seq"])
    tell(platform, row["corpid"], EVENT, "dismiss", ChatId=row["chat_id"])


def _tell_change(platform: "Platform", row: Row, detail: str, *, changed: list[str] | None = None, **fields: Any) -> None:
    more: dict[str, Any] = dict(fields)
    if changed is not None:
        last = platform.store.value("UPDATE wecom_groups SET version = version + 1 WHERE seq = ? RETURNING version", row["seq"])
        more |= {"MemChangeList": {"Item": changed}, "LastMemVer": str(last - 1), "CurMemVer": str(last)}
    tell(platform, row["corpid"], EVENT, "update", ChatId=row["chat_id"], UpdateDetail=detail, **more)


def _members(platform: "Platform", chat_id: str) -> list[Row]:
    return platform.store.all("SELECT * FROM wecom_group_members WHERE chat_id = ? ORDER BY seq", chat_id)


def _described(call: Call, row: Row) -> dict[str, Any]:
    described = {
        "userid": row["id"], "type": row["type"], "join_time": int(row["joined_at"]), "join_scene": row["join_scene"], "group_nickname": "",
    }  # fmt: skip
    if row["invitor"]:
        described["invitor"] = {"userid": row["invitor"]}
    if row["state"]:
        described["state"] = row["state"]
    user = call.platform.store.one("SELECT nickname, unionid FROM users WHERE id = ?", row["user_id"]) if row["type"] == 2 else None
    if user and call.platform.switches[call.account.corpid, customers.UNIONID_BOUND]:
        described["unionid"] = user["unionid"]
    if call.data.get("need_name") == 1:
        member = None if user else directory.member(call.platform, call.account.corpid, row["id"])
        described["name"] = user["nickname"] if user else member["name"] if member else ""
    return described


def _status(call: Call, row: Row) -> int:
    return 0 if directory.member(call.platform, row["corpid"], row["owner"]) else 1


def _in_sight(call: Call, row: Row) -> bool:
    """An owner who has left is out of every visibility; her groups are shown to whoever may reassign them."""
    return _status(call, row) == 1 or directory.sees(call.platform, call.account, row["owner"])


def _join_way(call: Call) -> Row:
    row = call.platform.store.one(
        "SELECT * FROM wecom_join_ways WHERE corpid = ? AND config_id = ?", call.account.corpid, call.data["config_id"]
    )
    if row is None:
        raise Refusal(40058, "invalid Request Parameter, config_id")
    return row
