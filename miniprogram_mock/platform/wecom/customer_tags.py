"""The corp's tags for customers: groups of tags, and who gave which tag to whom (spec 4.5).

How many tags a corp may have is 3000 in an older document, 10,000 now [K].
"""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Int, Many, Object, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.customer_reads import related
from miniprogram_mock.platform.wecom.events import tell

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS wecom_tag_groups (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, position INTEGER NOT NULL,
    created_at REAL NOT NULL, UNIQUE (corpid, name));
CREATE TABLE IF NOT EXISTS wecom_tags (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, id TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL, name TEXT NOT NULL,
    position INTEGER NOT NULL, created_at REAL NOT NULL, UNIQUE (group_id, name));
CREATE TABLE IF NOT EXISTS wecom_customer_tags (
    corpid TEXT NOT NULL, external_userid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, tag_id TEXT NOT NULL,
    PRIMARY KEY (corpid, external_userid, userid, tag_id));
""")

MOST_TAGS = limit("wecom.corp_tags", 10_000, "4.5 [K], not verified")
NAME = limit("wecom.tag_name_chars", 30, "4.5 [K], not verified")
EVENT = "change_external_tag"
_ORDER = Int(least=0, most=2**32 - 1)


@work(
    "POST", "externalcontact/get_corp_tag_list", customers=True,
    fields={"tag_id": Many(Text(), least=0), "group_id": Many(Text(), least=0)},
)  # fmt: skip
def get_corp_tag_list(call: Call) -> Result:
    """All groups with their tags, or those that are named; tags win over groups."""
    tags, groups = call.data.get("tag_id", []), call.data.get("group_id", [])
    listed = [group(call.platform, row) for row in _groups(call)]
    if tags:
        listed = [{**one, "tag": [tag for tag in one["tag"] if tag["id"] in tags]} for one in listed]
        return ok(tag_group=[one for one in listed if one["tag"]])
    return ok(tag_group=[one for one in listed if not groups or one["group_id"] in groups])


@work(
    "POST", "externalcontact/add_corp_tag", customers=True,
    fields={
        "group_id": Text(), "group_name": Text(most=NAME), "order": _ORDER, "agentid": Int(),
        "tag": Many(Object({"name": Text(most=NAME, required=True), "order": _ORDER}), required=True),
    },
)  # fmt: skip
def add_corp_tag(call: Call) -> Result:
    """Add tags to a group, which is made when only its name is given and no group has it; 40071 for a name that the group has."""
    data, platform, corpid = call.data, call.platform, call.account.corpid
    names = [tag["name"] for tag in data["tag"]]
    if len(set(names)) < len(names):
        raise Refusal(40071, "tag name already existed")
    used = platform.store.value("SELECT count(*) FROM wecom_tags WHERE corpid = ?", corpid)
    if used + len(names) > platform.limits[MOST_TAGS]:
        raise Refusal(40070, "too many tags")
    row = _group_for(call)
    if row is not None:
        taken = {tag["name"] for tag in group(platform, row)["tag"]}
        if taken & set(names):
            raise Refusal(40071, "tag name already existed")
    else:
        row = new_group(platform, corpid, data["group_name"], position=data.get("order", 0))
    made = [new_tag(platform, corpid, row["id"], tag["name"], position=tag.get("order", 0)) for tag in data["tag"]]
    described = group(platform, row)
    return ok(tag_group={**described, "tag": [tag for tag in described["tag"] if tag["id"] in made]})


@work(
    "POST", "externalcontact/edit_corp_tag", customers=True,
    fields={"id": Text(required=True), "name": Text(most=NAME), "order": _ORDER, "agentid": Int()},
)  # fmt: skip
def edit_corp_tag(call: Call) -> Result:
    """Rename or reorder a tag or a group."""
    data, store = call.data, call.platform.store
    for table, others in (("wecom_tags", "group_id"), ("wecom_tag_groups", "corpid")):
        row = store.one(f"SELECT * FROM {table} WHERE corpid = ? AND id = ?", call.account.corpid, data["id"])  # noqa: S608
        if row is None:
            continue
        name = data.get("name", row["name"])
        if store.one(f"SELECT 1 FROM {table} WHERE {others} = ? AND name = ? AND id <> ?", row[others], name, row["id"]):  # noqa: S608
            raise Refusal(40071, "tag name already existed")
        position = data.get("order", row["position"])
        store.run(f"UPDATE {table} SET name = ?, position = ? WHERE seq = ?", name, position, row["seq"])  # noqa: S608
        tell(call.platform, call.account.corpid, EVENT, "update", Id=row["id"], TagType="tag" if table == "wecom_tags" else "tag_group")
        return ok()
    raise Refusal(40068, "invalid tagid")


@work(
    "POST", "externalcontact/del_corp_tag", customers=True,
    fields={"tag_id": Many(Text(), least=0), "group_id": Many(Text(), least=0), "agentid": Int()},
)  # fmt: skip
def del_corp_tag(call: Call) -> Result:
    """Delete tags, and groups with all their tags; a group whose last tag goes goes with it. Customers lose them."""
    platform, corpid = call.platform, call.account.corpid
    tags, groups = call.data.get("tag_id", []), call.data.get("group_id", [])
    if not tags and not groups:
        raise Refusal(40058, "invalid Request Parameter, tag_id and group_id are both empty")
    known = [group(platform, row) for row in _groups(call)]
    every = {tag["id"] for one in known for tag in one["tag"]}
    if not set(tags) <= every or not set(groups) <= {one["group_id"] for one in known}:
        raise Refusal(40068, "invalid tagid")
    for one in known:
        inside = {tag["id"] for tag in one["tag"]}
        gone = inside if one["group_id"] in groups else inside & set(tags)
        for tag_id in sorted(gone):
            platform.store.run("DELETE FROM wecom_tags WHERE id = ?", tag_id)
            platform.store.run("DELETE FROM wecom_customer_tags WHERE tag_id = ?", tag_id)
            tell(platform, corpid, EVENT, "delete", Id=tag_id, TagType="tag")
        if one["group_id"] in groups or (gone and gone == inside):
            platform.store.run("DELETE FROM wecom_tag_groups WHERE id = ?", one["group_id"])
            tell(platform, corpid, EVENT, "delete", Id=one["group_id"], TagType="tag_group")
    return ok()


@work(
    "POST", "externalcontact/mark_tag", customers=True,
    fields={
        "userid": Text(required=True), "external_userid": Text(required=True), "add_tag": Many(Text(), least=0),
        "remove_tag": Many(Text(), least=0),
    },
)  # fmt: skip
def mark_tag(call: Call) -> Result:
    """Give a customer tags in a member's name, and take others away; every tag must be one of the corp (40068)."""
    add, remove = call.data.get("add_tag", []), call.data.get("remove_tag", [])
    if not add and not remove:
        raise Refusal(40058, "invalid Request Parameter, add_tag and remove_tag are both empty")
    row = related(call, call.data["external_userid"], call.data["userid"])
    known = {one["id"] for one in call.platform.store.all("SELECT id FROM wecom_tags WHERE corpid = ?", row["corpid"])}
    if not {*add, *remove} <= known:
        raise Refusal(40068, "invalid tagid")
    mark(call.platform, row, add=add, remove=remove)
    return ok()


def mark(platform: "Platform", row: Row, *, add: list[str], remove: list[str]) -> None:
    """Give and take tags within one friendship."""
    whose = (row["corpid"], row["external_userid"], row["userid"])
    for tag_id in remove:
        platform.store.run(
            "DELETE FROM wecom_customer_tags WHERE corpid = ? AND external_userid = ? AND userid = ? AND tag_id = ?", *whose, tag_id
        )
    for tag_id in add:
        platform.store.run("INSERT OR IGNORE INTO wecom_customer_tags VALUES (?, ?, ?, ?)", *whose, tag_id)


def new_group(platform: "Platform", corpid: str, name: str, *, position: int = 0) -> Row:
    row = {"corpid": corpid, "id": f"et{crypto.random_text(30)}", "name": name, "position": position, "created_at": platform.clock.now()}
    platform.store.insert("wecom_tag_groups", **row)
    tell(platform, corpid, EVENT, "create", Id=row["id"], TagType="tag_group")
    return row


def new_tag(platform: "Platform", corpid: str, group_id: str, name: str, *, position: int = 0) -> str:
    tag_id, now = f"et{crypto.random_text(30)}", platform.clock.now()
    platform.store.insert("wecom_tags", corpid=corpid, id=tag_id, group_id=group_id, name=name, position=position, created_at=now)
    tell(platform, corpid, EVENT, "create", Id=tag_id, TagType="tag")
    return tag_id


def group(platform: "Platform", row: Row) -> dict[str, Any]:
    """A group with its tags, those with the higher order first."""
    tags = platform.store.all("SELECT * FROM wecom_tags WHERE group_id = ? ORDER BY position DESC, seq", row["id"])
    listed = [{"id": tag["id"], "name": tag["name"], "create_time": int(tag["created_at"]), "order": tag["position"]} for tag in tags]
    return {
        "group_id": row["id"], "group_name": row["name"], "create_time": int(row["created_at"]), "order": row["position"], "tag": listed,
    }  # fmt: skip


def _groups(call: Call) -> list[Row]:
    return call.platform.store.all("SELECT * FROM wecom_tag_groups WHERE corpid = ? ORDER BY position DESC, seq", call.account.corpid)


def _group_for(call: Call) -> Row | None:
    """The group that is meant, None when it has yet to be made; 40068 for an unknown id."""
    if "group_id" in call.data:
        row = next((row for row in _groups(call) if row["id"] == call.data["group_id"]), None)
        if row is None:
            raise Refusal(40068, "invalid tagid, group_id")
        return row
    if "group_name" not in call.data:
        raise Refusal(40058, "missing group_id or group_name")
    return next((row for row in _groups(call) if row["name"] == call.data["group_name"]), None)
