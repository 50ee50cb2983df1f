"""Reading customers: who serves them, their list, details one by one and in batches, and the member's remark (spec 4.5)."""

import json
from typing import Any

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Int, Many, Text
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.wecom import customers, directory, paging
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.contacts import in_sight

BATCH_USERS = limit("wecom.customers_batch_userids", 100, "4.5")
BATCH_PAGE = limit("wecom.customers_batch_page", 100, "4.5")
BATCH_DEFAULT = limit("wecom.customers_batch_default_page", 50, "4.5 [K], not verified")
FOLLOWERS_PAGE = limit("wecom.followers_page", 500, "4.5 [K], not verified")
REMARK = limit("wecom.remark_chars", 20, "4.5 [K], not verified")
REMARK_TEXT = limit("wecom.remark_description_chars", 150, "4.5 [K], not verified")


@work("GET", "externalcontact/get_follow_user_list", customers=True)
def get_follow_user_list(call: Call) -> Result:
    """The members in visibility who may serve customers."""
    rows = directory.members(call.platform, call.account.corpid)
    seen = set(directory.visible(call.platform, call.account))
    return ok(follow_user=[row["userid"] for row in rows if row["serves_customers"] and row["userid"] in seen])


@work("GET", "externalcontact/list", customers=True)
def list_customers(call: Call) -> Result:
    """A member's customers; 84061 when she has none."""
    member = serving(call, call.query.get("userid", ""))
    rows = call.platform.store.all(
        "SELECT external_userid FROM wecom_follows WHERE corpid = ? AND userid = ? AND ended_at IS NULL ORDER BY seq",
        call.account.corpid, member["userid"],
    )  # fmt: skip
    if not rows:
        raise Refusal(84061, "not external contact")
    return ok(external_userid=[row["external_userid"] for row in rows])


@work("GET", "externalcontact/get", customers=True)
def get_customer(call: Call) -> Result:
    """A customer with those who follow her, as far as the application sees them, page by page."""
    external = call.query.get("external_userid", "")
    row, store = existing(call, external), call.platform.store
    if not customers.followers(call.platform, call.account.corpid, external):
        raise Refusal(84061, "not external contact")
    seen = {one["seq"] for one in customers.visible_followers(call.platform, call.account, external)}
    if not seen:
        raise Refusal(84074, "no permission to external contact")
    most = call.platform.limits[FOLLOWERS_PAGE]
    rows = store.all("SELECT * FROM wecom_follows WHERE external_userid = ? AND seq > ? ORDER BY seq", external, paging.start(call))
    page, cursor = paging.cut(call, [one for one in rows if one["seq"] in seen], most)
    return {**ok(external_contact=_contact(call, row), follow_user=[_follow_user(call, one) for one in page]), "next_cursor": cursor}


@work(
    "POST", "externalcontact/batch/get_by_user", customers=True,
    fields={
        "userid_list": Many(Text(), most=BATCH_USERS, required=True), "cursor": Text(least=0), "limit": Int(least=1, most=BATCH_PAGE),
    },
)  # fmt: skip
def get_customers_by_user(call: Call) -> Result:
    """The customers of several members, each with the member's own view of her."""
    userids = [serving(call, userid)["userid"] for userid in call.data["userid_list"]]
    most = call.data.get("limit", call.platform.limits[BATCH_DEFAULT])
    marks = ", ".join("?" * len(userids))
    rows = call.platform.store.all(
        f"SELECT * FROM wecom_follows WHERE corpid = ? AND userid IN ({marks}) AND ended_at IS NULL AND seq > ? "  # noqa: S608
        "ORDER BY seq LIMIT ?", call.account.corpid, *userids, paging.start(call), most + 1,
    )  # fmt: skip
    page, cursor = paging.cut(call, rows, most)
    listed = [
        {"external_contact": _contact(call, existing(call, one["external_userid"])), "follow_info": _follow_info(call, one)} for one in page
    ]
    return ok(external_contact_list=listed, next_cursor=cursor)


@work(
    "POST", "externalcontact/remark", customers=True,
    fields={
        "userid": Text(required=True), "external_userid": Text(required=True), "remark": Text(least=0, most=REMARK),
        "description": Text(least=0, most=REMARK_TEXT), "remark_company": Text(least=0, most=REMARK),
        "remark_mobiles": Many(Text(least=0), least=0), "remark_pic_mediaid": Text(),
    },
)  # fmt: skip
def remark(call: Call) -> Result:
    """Change what the member noted down; a list of mobiles with one empty text clears them."""
    data = call.data
    changes = {name: data[name] for name in ("remark", "description", "remark_company", "remark_mobiles") if name in data}
    if not changes:
        raise Refusal(40058, "invalid Request Parameter, nothing to change")
    if "remark_mobiles" in changes:
        changes["remark_mobiles"] = [mobile for mobile in changes["remark_mobiles"] if mobile]
    row = related(call, data["external_userid"], data["userid"])
    customers.edit(call.platform, call.account.corpid, data["external_userid"], row["userid"], changes=changes)
    return ok()


def serving(call: Call, userid: str) -> Row:
    """A member in sight (60111, 60011) who may serve customers (84074)."""
    row = in_sight(call, userid)
    if not row["serves_customers"]:
        raise Refusal(84074, f"no permission to external contact, userid: {userid}")
    return row


def existing(call: Call, external: str) -> Row:
    row = customers.customer(call.platform, call.account.corpid, external)
    if row is None:
        raise Refusal(40096, "invalid external userid")
    return row


def related(call: Call, external: str, userid: str) -> Row:
    """The friendship of a member in sight with a customer; 84061 when there is none."""
    member = serving(call, userid)
    existing(call, external)
    row = customers.follow(call.platform, call.account.corpid, external, member["userid"])
    if row is None:
        raise Refusal(84061, "not external contact")
    return row


def _contact(call: Call, row: Row) -> dict[str, Any]:
    """`unionid` only of people in WeChat, and only when the corp has bound a 微信开发者ID."""
    user = call.platform.store.one("SELECT nickname, unionid FROM users WHERE id = ?", row["user_id"])
    assert user is not None
    contact = {"external_userid": row["external_userid"], "name": user["nickname"], "avatar": "", "type": row["type"], "gender": 0}
    if row["type"] == 1 and call.platform.switches[call.account.corpid, customers.UNIONID_BOUND]:
        contact["unionid"] = user["unionid"]
    return contact


def _follow_user(call: Call, row: Row) -> dict[str, Any]:
    tags = [{"group_name": tag["group_name"], "tag_name": tag["name"], "tag_id": tag["id"], "type": 1} for tag in _tags(call, row)]
    return {**_follow(row), "tags": tags}


def _follow_info(call: Call, row: Row) -> dict[str, Any]:
    return {**_follow(row), "tag_id": [tag["id"] for tag in _tags(call, row)]}


def _follow(row: Row) -> dict[str, Any]:
    plain = {
        "userid": row["userid"], "remark": row["remark"], "description": row["description"], "createtime": int(row["created_at"]),
        "remark_mobiles": json.loads(row["remark_mobiles"]), "add_way": row["add_way"], "oper_userid": row["oper_userid"],
    }  # fmt: skip
    optional = {"remark_corp_name": row["remark_company"], "state": row["state"]}
    return {**plain, **{name: value for name, value in optional.items() if value}}


def _tags(call: Call, row: Row) -> list[Row]:
    return call.platform.store.all(
        "SELECT t.id, t.name, g.name AS group_name FROM wecom_customer_tags c JOIN wecom_tags t ON t.id = c.tag_id "
        "JOIN wecom_tag_groups g ON g.id = t.group_id WHERE c.corpid = ? AND c.external_userid = ? AND c.userid = ? ORDER BY t.seq",
        row["corpid"], row["external_userid"], row["userid"],
    )  # fmt: skip
