"""Changes of a corp's members and departments, with the `change_contact` events that they set off (spec 4.3).

The codes of refusals and the fields of the events are not in the contract [K].
"""

import json
import re
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Refusal
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.wecom import directory
from miniprogram_mock.platform.wecom.events import main_app, tell

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

DEEPEST = limit("wecom.department_depth", 15, "4.3 [K], not verified")
_USERID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}")
_MOBILE = re.compile(r"(\+?86)?1\d{10}")
_FORBIDDEN = re.compile(r'[\\:*?"<>|]')
_EVENT_NAMES = {"name": "Name", "position": "Position", "gender": "Gender"}


def join(platform: "Platform", corpid: str, data: dict[str, Any]) -> None:
    """A member joins: `userid`, `name`, `department`, and perhaps `mobile`, `email`, `position`, `gender`.

    Refuses a bad or taken userid (40058, 60102), a missing department (60123), a bad or taken mobile (60103, 60104).
    """
    userid = data["userid"]
    if not _USERID.fullmatch(userid):
        raise Refusal(40058, "invalid Request Parameter, userid")
    departments = data.get("department", [directory.ROOT])
    if directory.member(platform, corpid, userid):
        raise Refusal(60102, "UserID already existed")
    _check_departments(platform, corpid, departments)
    _check_mobile(platform, corpid, userid, data.get("mobile"))
    # Somebody who left may come back under her old userid.
    platform.store.run("DELETE FROM wecom_members WHERE corpid = ? AND userid = ?", corpid, userid)
    more = {name: data[name] for name in ("mobile", "email", "position", "gender") if name in data}
    platform.store.insert(
        "wecom_members", corpid=corpid, userid=userid, name=data["name"], departments=json.dumps(departments),
        serves_customers=int(data.get("serves_customers", True)), **more,
    )  # fmt: skip
    directory.refresh_visible(platform, corpid)
    _tell_of(platform, corpid, userid, what="create_user", data={**data, "department": departments})


def change(platform: "Platform", corpid: str, userid: str, data: dict[str, Any]) -> None:
    """Change what `data` names of a member; 60111 when there is no such member."""
    row = existing(platform, corpid, userid)
    if "department" in data:
        _check_departments(platform, corpid, data["department"])
    _check_mobile(platform, corpid, row["userid"], data.get("mobile"))
    columns = {name: data[name] for name in ("name", "mobile", "email", "position", "gender") if name in data}
    columns |= {name: int(data[name]) for name in ("licensed", "serves_customers") if name in data}
    if "department" in data:
        columns["departments"] = json.dumps(data["department"])
    for name, value in columns.items():
        platform.store.run(f"UPDATE wecom_members SET {name} = ? WHERE seq = ?", value, row["seq"])  # noqa: S608
    was_seen = directory.sees(platform, main_app(platform, corpid), userid)
    directory.refresh_visible(platform, corpid)
    _tell_of(platform, corpid, row["userid"], what="update_user", data=data, was_seen=was_seen)


def leave(platform: "Platform", corpid: str, userid: str) -> None:
    """A member leaves the corp; her customers wait for somebody else."""
    row = existing(platform, corpid, userid)
    was_seen = directory.sees(platform, main_app(platform, corpid), userid)
    platform.store.run("UPDATE wecom_members SET left_at = ? WHERE seq = ?", platform.clock.now(), row["seq"])
    directory.refresh_visible(platform, corpid)
    _tell_of(platform, corpid, row["userid"], what="delete_user", data={}, was_seen=was_seen)


def existing(platform: "Platform", corpid: str, userid: str) -> Row:
    row = directory.member(platform, corpid, userid)
    if row is None:
        raise Refusal(60111, f"userid not found: {userid}")
    return row


def open_department(platform: "Platform", corpid: str, data: dict[str, Any]) -> int:
    """A new department under `parentid` (60004); its `id` is given, or the next free one (60008 for a taken id or name)."""
    rows = directory.departments(platform, corpid)
    taken, parentid = {row["id"] for row in rows}, data["parentid"]
    if parentid not in taken:
        raise Refusal(60004, "parent department not found")
    number = data.get("id") or max(taken) + 1
    if number in taken:
        raise Refusal(60008, "department existed")
    _check_name(rows, parentid, data["name"])
    if _depth(rows, parentid) >= platform.limits[DEEPEST]:
        raise Refusal(60010, "department is too deep")
    platform.store.insert(
        "wecom_departments", corpid=corpid, id=number, name=data["name"], name_en=data.get("name_en", ""), parentid=parentid,
        position=data.get("order", number),
    )  # fmt: skip
    directory.refresh_visible(platform, corpid)
    order = data.get("order", number)
    tell(platform, corpid, "change_contact", "create_party", Id=number, Name=data["name"], ParentId=parentid, Order=order)
    return int(number)


def change_department(platform: "Platform", corpid: str, number: int, data: dict[str, Any]) -> None:
    """Rename, move or reorder a department; it cannot become its own descendant (60010)."""
    rows = directory.departments(platform, corpid)
    row = next((one for one in rows if one["id"] == number), None)
    if row is None:
        raise Refusal(60003, "department not found")
    parentid = data.get("parentid", row["parentid"])
    if parentid != row["parentid"]:
        if number == directory.ROOT or parentid in directory.subtree(platform, corpid, {number}):
            raise Refusal(60010, "department is its own ancestor")
        if parentid not in {one["id"] for one in rows}:
            raise Refusal(60004, "parent department not found")
    if "name" in data:
        _check_name([one for one in rows if one["id"] != number], parentid, data["name"])
    platform.store.run(
        "UPDATE wecom_departments SET name = ?, name_en = ?, parentid = ?, position = ? WHERE corpid = ? AND id = ?",
        data.get("name", row["name"]), data.get("name_en", row["name_en"]), parentid, data.get("order", row["position"]), corpid, number,
    )  # fmt: skip
    directory.refresh_visible(platform, corpid)
    tell(
        platform, corpid, "change_contact", "update_party",
        Id=number, Name=data.get("name"), ParentId=parentid if "parentid" in data else None,
    )  # fmt: skip


def close_department(platform: "Platform", corpid: str, number: int) -> None:
    """Delete a department without members (60005) and without departments below it (60006); never the root (60007)."""
    rows = directory.departments(platform, corpid)
    if number not in {row["id"] for row in rows}:
        raise Refusal(60003, "department not found")
    if number == directory.ROOT:
        raise Refusal(60007, "cannot delete the root department")
    if any(number in row["departments"] for row in directory.members(platform, corpid)):
        raise Refusal(60005, "department contains user")
    if any(row["parentid"] == number for row in rows):
        raise Refusal(60006, "department contains sub-party")
    platform.store.run("DELETE FROM wecom_departments WHERE corpid = ? AND id = ?", corpid, number)
    directory.refresh_visible(platform, corpid)
    tell(platform, corpid, "change_contact", "delete_party", Id=number)


def tag(platform: "Platform", corpid: str, tagid: int, *, name: str, userids: list[str]) -> None:
    """Create or change a member tag so that it names exactly these members."""
    store = platform.store
    before = set(directory.of_tag(platform, corpid, tagid))
    after = {existing(platform, corpid, userid)["userid"] for userid in userids}
    store.run("INSERT OR REPLACE INTO wecom_member_tags VALUES (?, ?, ?)", corpid, tagid, name)
    store.run("DELETE FROM wecom_tagged_members WHERE corpid = ? AND tagid = ?", corpid, tagid)
    for userid in sorted(after):
        store.insert("wecom_tagged_members", corpid=corpid, tagid=tagid, userid=userid)
    directory.refresh_visible(platform, corpid)
    added, removed = ",".join(sorted(after - before)), ",".join(sorted(before - after))
    tell(platform, corpid, "change_contact", "update_tag", TagId=tagid, AddUserItems=added, DelUserItems=removed)


def _tell_of(platform: "Platform", corpid: str, userid: str, *, what: str, data: dict[str, Any], was_seen: bool = False) -> None:
    """Applications hear only of members whom they see, or saw until now."""
    if not was_seen and not directory.sees(platform, main_app(platform, corpid), userid):
        return
    fields = {_EVENT_NAMES[name]: value for name, value in data.items() if name in _EVENT_NAMES}
    if "department" in data:
        fields["Department"] = ",".join(map(str, data["department"]))
    tell(platform, corpid, "change_contact", what, UserID=userid, **fields)


def _check_departments(platform: "Platform", corpid: str, wanted: list[int]) -> None:
    known = {row["id"] for row in directory.departments(platform, corpid)}
    if not wanted or not set(wanted) <= known:
        raise Refusal(60123, "invalid party id")


def _check_mobile(platform: "Platform", corpid: str, userid: str, mobile: str | None) -> None:
    if mobile is None:
        return
    if not _MOBILE.fullmatch(mobile):
        raise Refusal(60103, "invalid mobile")
    taken = "SELECT 1 FROM wecom_members WHERE corpid = ? AND mobile = ? AND left_at IS NULL AND userid <> ?"
    if platform.store.one(taken, corpid, mobile, userid):
        raise Refusal(60104, "mobile existed")


def _check_name(others: list[Row], parentid: int, name: str) -> None:
    if _FORBIDDEN.search(name):
        raise Refusal(60009, "invalid department name")
    if any((row["parentid"], row["name"]) == (parentid, name) for row in others):
        raise Refusal(60008, "department existed")


def _depth(rows: list[Row], number: int) -> int:
    parents = {row["id"]: row["parentid"] for row in rows}
    depth = 0
    while number in parents:
        number, depth = parents[number], depth + 1
    return depth
