"""Contact ways (联系我): a code or a button by which people add members, with a state that comes back in the event (spec 4.5).

Field lengths, the number of members and the lifetimes of temporary ways are not in the contract [K].
"""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.shapes import Field, Flag, Int, Many, Object, Shape, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.wecom import customers, directory, paging
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.customer_reads import serving

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# `config` is the body as it was given; `turn` is whose turn it is among several members.
declare("""
CREATE TABLE IF NOT EXISTS wecom_contact_ways (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, config_id TEXT NOT NULL UNIQUE, config TEXT NOT NULL, qr_code TEXT NOT NULL,
    created_at REAL NOT NULL, expires_at REAL, turn INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS wecom_contact_ways_of_corp ON wecom_contact_ways (corpid, created_at);
""")

WAYS = limit("wecom.contact_ways", 500_000, "4.5, shared with the ways to join groups")
TEMPORARY_DAY = limit("wecom.temporary_contact_ways_per_day", 100_000, "4.5")
STATE = limit("wecom.state_chars", 30, "4.5")
REMARK = limit("wecom.contact_way_remark_chars", 30, "4.5 [K], not verified")
MEMBERS = limit("wecom.contact_way_members", 100, "4.5 [K], not verified")
EXPIRES = limit("wecom.contact_way_seconds", 7 * 86400, "4.5 [K], not verified")
LONGEST = limit("wecom.contact_way_longest_seconds", 14 * 86400, "4.5 [K], not verified")
DEFAULT_PAGE = limit("wecom.contact_way_default_page", 100, "4.5 [K], not verified")
PAGE = limit("wecom.contact_way_page", 1000, "4.5 [K], not verified")

_FIELDS: Shape = {
    "style": Int(least=1, most=3),
    "remark": Text(least=0, most=REMARK),
    "skip_verify": Flag(),
    "state": Text(least=0, most=STATE),
    "user": Many(Text(), least=0, most=MEMBERS),
    "party": Many(Int(least=1), least=0, most=MEMBERS),
    "expires_in": Int(least=1, most=LONGEST),
    "chat_expires_in": Int(least=1, most=LONGEST),
    "unionid": Text(),
    "mark_source": Flag(),
    "conclusions": Object({name: Field() for name in ("text", "image", "link", "miniprogram")}),
}


@work(
    "POST", "externalcontact/add_contact_way", customers=True,
    fields={
        **_FIELDS, "type": Int(choices=(1, 2), required=True), "scene": Int(choices=(1, 2), required=True), "is_temp": Flag(),
        "is_exclusive": Flag(),
    },
)  # fmt: skip
def add_contact_way(call: Call) -> Result:
    """A new way to one member (type 1) or several (type 2), as a button in a mini-program (scene 1) or a code to scan (scene 2)."""
    data, platform, corpid = call.data, call.platform, call.account.corpid
    _check(call, data)
    if ways_of(platform, corpid) >= platform.limits[WAYS]:
        raise Refusal(45009, "api freq out of limit, too many contact ways")
    is_temp = data.get("is_temp", False)
    if is_temp and platform.store.count_up(f"wecom.temporary_ways:{corpid}", platform.clock.today()) > platform.limits[TEMPORARY_DAY]:
        raise Refusal(45009, "api freq out of limit, too many temporary contact ways")
    now, config_id = platform.clock.now(), crypto.random_text(32)
    qr_code = f"https://wework.qpic.cn/wwpic/{config_id}/0" if data["scene"] == 2 or is_temp else ""
    platform.store.insert(
        "wecom_contact_ways", corpid=corpid, config_id=config_id, config=json.dumps(data, ensure_ascii=False), qr_code=qr_code,
        created_at=now, expires_at=now + data.get("expires_in", platform.limits[EXPIRES]) if is_temp else None,
    )  # fmt: skip
    return ok(config_id=config_id, **({"qr_code": qr_code} if qr_code else {}))


@work("POST", "externalcontact/get_contact_way", customers=True, fields={"config_id": Text(required=True)})
def get_contact_way(call: Call) -> Result:
    row = _existing(call)
    optional = {"qr_code": row["qr_code"]} if row["qr_code"] else {}
    return ok(contact_way={"config_id": row["config_id"], **json.loads(row["config"]), **optional})


@work(
    "POST", "externalcontact/list_contact_way", customers=True,
    fields={"start_time": Int(), "end_time": Int(), "cursor": Text(least=0), "limit": Int(least=1, most=PAGE)},
)  # fmt: skip
def list_contact_way(call: Call) -> Result:
    """The ways that last, by the time they were made; temporary ones are not listed."""
    data, most = call.data, call.data.get("limit", call.platform.limits[DEFAULT_PAGE])
    rows = call.platform.store.all(
        "SELECT seq, config_id FROM wecom_contact_ways WHERE corpid = ? AND expires_at IS NULL AND seq > ? AND created_at >= ? "
        "AND created_at <= ? ORDER BY seq LIMIT ?", call.account.corpid, paging.start(call), data.get("start_time", 0),
        data.get("end_time", 2**40), most + 1,
    )  # fmt: skip
    page, cursor = paging.cut(call, rows, most)
    return ok(contact_way=page, next_cursor=cursor)


@work("POST", "externalcontact/update_contact_way", customers=True, fields={"config_id": Text(required=True), **_FIELDS})
def update_contact_way(call: Call) -> Result:
    row = _existing(call)
    config = {**json.loads(row["config"]), **{name: value for name, value in call.data.items() if name != "config_id"}}
    _check(call, config)
    call.platform.store.run("UPDATE wecom_contact_ways SET config = ? WHERE seq = ?", json.dumps(config, ensure_ascii=False), row["seq"])
    return ok()


@work("POST", "externalcontact/del_contact_way", customers=True, fields={"config_id": Text(required=True)})
def del_contact_way(call: Call) -> Result:
    call.platform.store.run("DELETE FROM wecom_contact_ways WHERE seq = ?", _existing(call)["seq"])
    return ok()


def ways_of(platform: "Platform", corpid: str) -> int:
    """How many of the corp's ways there are: to members that last, and into groups."""
    ways = platform.store.value("SELECT count(*) FROM wecom_contact_ways WHERE corpid = ? AND expires_at IS NULL", corpid)
    return int(ways + platform.store.value("SELECT count(*) FROM wecom_join_ways WHERE corpid = ?", corpid))


def scan(platform: "Platform", config_id: str, user_id: int, *, is_half: bool = False) -> dict[str, Any]:
    """Somebody in WeChat opens a contact way and adds the member.

    Without verification they are friends at once; else, and when the member has to confirm (`is_half`), a request waits for her.
    """
    row = platform.store.one("SELECT * FROM wecom_contact_ways WHERE config_id = ?", config_id)
    if row is None or (row["expires_at"] is not None and row["expires_at"] <= platform.clock.now()):
        raise NotPossible("这个「联系我」不存在或已过期", status=404)
    config = json.loads(row["config"])
    if config.get("unionid") not in (None, people.get(platform, user_id)["unionid"]):
        raise NotPossible("这个「联系我」是给别人的")
    userid = _whose_turn(platform, row, config, user_id)
    state = config.get("state", "")
    if is_half or not config.get("skip_verify", True):
        request = customers.ask(platform, row["corpid"], userid, user_id, state=state, add_way=customers.BY_QR_CODE, is_half=is_half)
        return {"userid": userid, "request": request}
    external = customers.befriend(platform, row["corpid"], userid, user_id, state=state, add_way=customers.BY_QR_CODE)
    return {"userid": userid, "external_userid": external}


def _whose_turn(platform: "Platform", row: Row, config: dict[str, Any], user_id: int) -> str:
    """The members take turns; an exclusive way sends somebody always to the member who has her already."""
    candidates = _members(platform, row["corpid"], config)
    if not candidates:
        raise NotPossible("这个「联系我」的成员都已离职")
    if config.get("is_exclusive"):
        corpid = row["corpid"]
        known = platform.store.value("SELECT external_userid FROM wecom_customers WHERE corpid = ? AND user_id = ?", corpid, user_id)
        mine = [userid for userid in candidates if known and customers.follow(platform, corpid, known, userid)]
        if mine:
            return mine[0]
    platform.store.run("UPDATE wecom_contact_ways SET turn = turn + 1 WHERE seq = ?", row["seq"])
    return candidates[row["turn"] % len(candidates)]


def _members(platform: "Platform", corpid: str, config: dict[str, Any]) -> list[str]:
    parties = set(config.get("party", []))
    named = [*config.get("user", []), *(directory.of_departments(platform, corpid, parties) if parties else [])]
    rows = [directory.member(platform, corpid, userid) for userid in named]
    return list(dict.fromkeys(row["userid"] for row in rows if row and row["serves_customers"]))


def _check(call: Call, config: dict[str, Any]) -> None:
    users, parties = config.get("user", []), config.get("party", [])
    if config["type"] == 1 and (len(users) != 1 or parties):
        raise Refusal(40058, "invalid Request Parameter, user: exactly one for type 1")
    if not users and not parties:
        raise Refusal(40058, "invalid Request Parameter, user and party are both empty")
    for userid in users:
        serving(call, userid)
    if not set(parties) <= directory.visible_departments(call.platform, call.account):
        raise Refusal(60011, "no privilege to access/modify contact/party/agent")
    if config.get("is_temp"):
        if config["type"] != 1:
            raise Refusal(40058, "invalid Request Parameter, is_temp: only for type 1")
    elif {"expires_in", "chat_expires_in", "unionid", "conclusions"} & set(config):
        raise Refusal(40058, "invalid Request Parameter, expires_in, chat_expires_in, unionid and conclusions need is_temp")


def _existing(call: Call) -> Row:
    row = call.platform.store.one(
        "SELECT * FROM wecom_contact_ways WHERE corpid = ? AND config_id = ?", call.account.corpid, call.data["config_id"]
    )
    if row is None:
        raise Refusal(40058, "invalid Request Parameter, config_id")
    return row
