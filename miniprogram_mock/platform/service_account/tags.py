"""Tags of the service account and who bears them (spec 2.6, [K]: limits and codes not verified)."""

from typing import TYPE_CHECKING

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.service_account.door import OPENID, person, service
from miniprogram_mock.platform.shapes import Field, Int, Many, Object, Text
from miniprogram_mock.platform.store import Row, declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS service_tags (
    appid TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (appid, id), UNIQUE (appid, name));
CREATE TABLE IF NOT EXISTS service_taggings (
    appid TEXT NOT NULL, tag_id INTEGER NOT NULL, openid TEXT NOT NULL, PRIMARY KEY (appid, tag_id, openid));
CREATE INDEX IF NOT EXISTS service_taggings_of_person ON service_taggings (openid);
""")
_SOURCE = "2.6 [K], not verified"
TAGS = limit("tags.per_account", 100, _SOURCE)
PER_PERSON = limit("tags.per_person", 20, _SOURCE)
NAME_BYTES = limit("tags.name_bytes", 30, _SOURCE)
OPENIDS = limit("tags.openids_per_call", 50, _SOURCE)
MOST_TO_DELETE = limit("tags.followers_of_a_deleted_tag", 100_000, "[K], not verified")
PER_PAGE = limit("tags.followers_per_page", 10_000, _SOURCE)
# Smaller ids are Tencent's own (ungrouped, blacklist, starred).
_FIRST_ID = 100
_NAME = Text(most=NAME_BYTES, measure="bytes", too_long=45158, required=True)
_TAG_ID: Field = Int(least=0, most=2**31, required=True, missing=45159, wrong=45159)
_LISTED = {"openid_list": Many(Text(), most=OPENIDS, too_long=40032, wrong=40032, missing=40032, required=True), "tagid": _TAG_ID}


@service("POST", "/cgi-bin/tags/create", fields={"tag": Object({"name": _NAME}, required=True)})
def create(call: Call) -> Result:
    store, appid, name = call.platform.store, call.account.appid, call.data["tag"]["name"]
    _refuse_taken(call, name)
    if store.value("SELECT count(*) FROM service_tags WHERE appid = ?", appid) >= call.platform.limits[TAGS]:
        raise Refusal(45056, "too many tag now, please add tags after delete")
    tag_id = max(_FIRST_ID, 1 + (store.value("SELECT max(id) FROM service_tags WHERE appid = ?", appid) or 0))
    store.insert("service_tags", appid=appid, id=tag_id, name=name)
    return {"tag": {"id": tag_id, "name": name}}


@service("GET", "/cgi-bin/tags/get")
def get(call: Call) -> Result:
    return {"tags": listed(call.platform, call.account.appid)}


@service("POST", "/cgi-bin/tags/update", fields={"tag": Object({"id": _TAG_ID, "name": _NAME}, required=True)})
def update(call: Call) -> Result:
    tag = _tag(call, call.data["tag"]["id"])
    if tag["name"] != call.data["tag"]["name"]:
        _refuse_taken(call, call.data["tag"]["name"])
    call.platform.store.run(
        "UPDATE service_tags SET name = ? WHERE appid = ? AND id = ?", call.data["tag"]["name"], call.account.appid, tag["id"]
    )
    return ok()


@service("POST", "/cgi-bin/tags/delete", fields={"tag": Object({"id": _TAG_ID}, required=True)})
def delete(call: Call) -> Result:
    """Take a tag away from everybody; 45057 when too many people bear it."""
    tag = _tag(call, call.data["tag"]["id"])
    borne = call.platform.store.value("SELECT count(*) FROM service_taggings WHERE appid = ? AND tag_id = ?", call.account.appid, tag["id"])
    if borne > call.platform.limits[MOST_TO_DELETE]:
        raise Refusal(45057, "can't delete the tag that has too many fans")
    for table, column in (("service_taggings", "tag_id"), ("service_tags", "id")):
        call.platform.store.run(f"DELETE FROM {table} WHERE appid = ? AND {column} = ?", call.account.appid, tag["id"])  # noqa: S608
    return ok()


@service("POST", "/cgi-bin/tags/members/batchtagging", fields=_LISTED)
def tag_many(call: Call) -> Result:
    """All of them or, when one cannot be tagged, none."""
    store, tag = call.platform.store, _tag(call, call.data["tagid"])
    openids = [person(call, openid)["openid"] for openid in call.data["openid_list"]]
    for openid in openids:
        borne = of_person(call.platform, openid)
        if tag["id"] not in borne and len(borne) >= call.platform.limits[PER_PERSON]:
            raise Refusal(45059, "can't add this tag, the user has too many tags")
    for openid in openids:
        store.run("INSERT OR IGNORE INTO service_taggings VALUES (?, ?, ?)", call.account.appid, tag["id"], openid)
    return ok()


@service("POST", "/cgi-bin/tags/members/batchuntagging", fields=_LISTED)
def untag_many(call: Call) -> Result:
    tag = _tag(call, call.data["tagid"])
    openids = [person(call, openid)["openid"] for openid in call.data["openid_list"]]
    for openid in openids:
        call.platform.store.run(
            "DELETE FROM service_taggings WHERE appid = ? AND tag_id = ? AND openid = ?", call.account.appid, tag["id"], openid
        )
    return ok()


@service("POST", "/cgi-bin/tags/getidlist", fields={"openid": OPENID})
def tags_of(call: Call) -> Result:
    return {"tagid_list": of_person(call.platform, person(call, call.data["openid"])["openid"])}


@service("POST", "/cgi-bin/user/tag/get", fields={"tagid": _TAG_ID, "next_openid": Text(least=0)})
def tagged(call: Call) -> Result:
    """A page of the followers who bear a tag; the last page has no list."""
    tag, after = _tag(call, call.data["tagid"]), call.data.get("next_openid")
    start = person(call, after)["user_id"] if after else 0
    rows = call.platform.store.all(
        "SELECT o.openid FROM service_taggings t JOIN openids o ON o.openid = t.openid "
        "WHERE t.appid = ? AND t.tag_id = ? AND o.user_id > ? ORDER BY o.user_id LIMIT ?",
        call.account.appid, tag["id"], start, call.platform.limits[PER_PAGE],
    )  # fmt: skip
    openids = [row["openid"] for row in rows]
    return {"count": len(openids), "data": {"openid": openids}, "next_openid": openids[-1]} if openids else {"count": 0}


def of_person(platform: "Platform", openid: str) -> list[int]:
    """The ids of her tags, in the order in which she got them."""
    return [row["tag_id"] for row in platform.store.all("SELECT tag_id FROM service_taggings WHERE openid = ? ORDER BY rowid", openid)]


def listed(platform: "Platform", appid: str) -> list[Row]:
    """Every tag of an account with the number of people who bear it."""
    return platform.store.all(
        "SELECT id, name, (SELECT count(*) FROM service_taggings t WHERE t.appid = s.appid AND t.tag_id = s.id) AS count "
        "FROM service_tags s WHERE appid = ? ORDER BY id", appid,
    )  # fmt: skip


def exists(platform: "Platform", appid: str, tag_id: object) -> bool:
    return bool(platform.store.value("SELECT count(*) FROM service_tags WHERE appid = ? AND id = ?", appid, tag_id))


def _tag(call: Call, tag_id: int) -> Row:
    row = call.platform.store.one("SELECT * FROM service_tags WHERE appid = ? AND id = ?", call.account.appid, tag_id)
    if row is None:
        raise Refusal(45159, "invalid tag id")
    return row


def _refuse_taken(call: Call, name: str) -> None:
    if call.platform.store.value("SELECT count(*) FROM service_tags WHERE appid = ? AND name = ?", call.account.appid, name):
        raise Refusal(45157, "invalid tag name: it is taken")
