"""WeCom's directory for applications: departments and members, read by all that see them, written by 通讯录同步 (spec 4.3, 4.4).

Field names, codes and what is withheld from applications (mobile, e-mail, gender) are not in the contract [K].
"""

from typing import Any

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Flag, Int, Many, Shape, Text
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.wecom import directory, roster
from miniprogram_mock.platform.wecom.access import work

NAME = limit("wecom.member_name_chars", 64, "4.3 [K], not verified")
USERID = limit("wecom.userid_bytes", 64, "4.3 [K], not verified")
EMAIL = limit("wecom.email_bytes", 64, "4.3 [K], not verified")
POSITION = limit("wecom.position_chars", 128, "4.3 [K], not verified")
MOST_DEPARTMENTS = limit("wecom.departments_per_member", 100, "4.3 [K], not verified")
BATCH = limit("wecom.members_per_batch_delete", 200, "4.3 [K], not verified")

_PERSON: Shape = {
    "name": Text(most=NAME),
    "mobile": Text(),
    "email": Text(least=6, most=EMAIL, measure="bytes", wrong=60105),
    "position": Text(most=POSITION, least=0),
    "gender": Text(choices=("1", "2")),
    "department": Many(Int(least=1), most=MOST_DEPARTMENTS),
    "enable": Int(choices=(0, 1)),
    "to_invite": Flag(),
}
_DEPARTMENT: Shape = {
    "name_en": Text(most=NAME),
    "order": Int(least=0, most=2**32 - 1),
    "id": Int(least=1, most=2**32 - 1),
}


@work("GET", "department/list")
def list_departments(call: Call) -> Result:
    """The departments in the application's visibility, or those of them at and below `id`."""
    return ok(department=[{**row, "department_leader": [], "order": row.pop("position")} for row in _departments(call)])


@work("GET", "department/simplelist")
def list_department_ids(call: Call) -> Result:
    return ok(department_id=[{"id": row["id"], "parentid": row["parentid"], "order": row["position"]} for row in _departments(call)])


@work("GET", "department/get")
def get_department(call: Call) -> Result:
    number = _number(call, "id")
    row = next((row for row in directory.departments(call.platform, call.account.corpid) if row["id"] == number), None)
    if row is None:
        raise Refusal(60003, "department not found")
    if number not in directory.visible_departments(call.platform, call.account):
        raise Refusal(60011, "no privilege to access/modify contact/party/agent")
    return ok(department={**row, "department_leader": [], "order": row.pop("position")})


@work(
    "POST", "department/create", writes_contacts=True,
    fields={"name": Text(required=True, most=NAME), "parentid": Int(required=True, least=1), **_DEPARTMENT},
)  # fmt: skip
def create_department(call: Call) -> Result:
    return {"errcode": 0, "errmsg": "created", "id": roster.open_department(call.platform, call.account.corpid, call.data)}


@work(
    "POST", "department/update", writes_contacts=True,
    fields={"name": Text(most=NAME), "parentid": Int(least=1), **_DEPARTMENT, "id": Int(required=True, least=1)},
)  # fmt: skip
def update_department(call: Call) -> Result:
    roster.change_department(call.platform, call.account.corpid, call.data["id"], call.data)
    return {"errcode": 0, "errmsg": "updated"}


@work("GET", "department/delete", writes_contacts=True)
def delete_department(call: Call) -> Result:
    roster.close_department(call.platform, call.account.corpid, _number(call, "id"))
    return {"errcode": 0, "errmsg": "deleted"}


@work("GET", "user/get")
def get_user(call: Call) -> Result:
    row = in_sight(call, call.query.get("userid") or _missing("userid"))
    return ok(**_described(call, row))


@work("GET", "user/simplelist")
def list_users_briefly(call: Call) -> Result:
    return ok(userlist=[{"userid": row["userid"], "name": row["name"], "department": row["departments"]} for row in _of_department(call)])


@work("GET", "user/list")
def list_users(call: Call) -> Result:
    return ok(userlist=[_described(call, row) for row in _of_department(call)])


@work(
    "POST", "user/create", writes_contacts=True,
    fields={**_PERSON, "userid": Text(required=True, most=USERID, measure="bytes"), "name": Text(required=True, most=NAME)},
)  # fmt: skip
def create_user(call: Call) -> Result:
    if not call.data.get("mobile") and not call.data.get("email"):
        raise Refusal(60129, "missing mobile or email")
    roster.join(call.platform, call.account.corpid, call.data)
    return {"errcode": 0, "errmsg": "created"}


@work("POST", "user/update", writes_contacts=True, fields={**_PERSON, "userid": Text(required=True, most=USERID, measure="bytes")})
def update_user(call: Call) -> Result:
    roster.change(call.platform, call.account.corpid, call.data["userid"], call.data)
    return {"errcode": 0, "errmsg": "updated"}


@work("GET", "user/delete", writes_contacts=True)
def delete_user(call: Call) -> Result:
    roster.leave(call.platform, call.account.corpid, call.query.get("userid") or _missing("userid"))
    return {"errcode": 0, "errmsg": "deleted"}


@work("POST", "user/batchdelete", writes_contacts=True, fields={"useridlist": Many(Text(), most=BATCH, required=True)})
def delete_users(call: Call) -> Result:
    for userid in call.data["useridlist"]:
        roster.existing(call.platform, call.account.corpid, userid)
    for userid in dict.fromkeys(call.data["useridlist"]):
        roster.leave(call.platform, call.account.corpid, userid)
    return {"errcode": 0, "errmsg": "deleted"}


@work("GET", "tag/list")
def list_tags(call: Call) -> Result:
    """The member tags of whose members the application sees somebody."""
    seen = directory.visible_tags(call.platform, call.account)
    rows = call.platform.store.all("SELECT tagid, name FROM wecom_member_tags WHERE corpid = ? ORDER BY tagid", call.account.corpid)
    return ok(taglist=[{"tagid": row["tagid"], "tagname": row["name"]} for row in rows if row["tagid"] in seen])


def in_sight(call: Call, userid: str) -> Row:
    """The member; 60111 when there is none, 60011 when the application does not see her."""
    row = roster.existing(call.platform, call.account.corpid, userid)
    if not directory.sees(call.platform, call.account, userid):
        raise Refusal(60011, f"no privilege to access/modify contact/party/agent, userid: {userid}")
    return row


def _departments(call: Call) -> list[Row]:
    seen = directory.visible_departments(call.platform, call.account)
    if call.query.get("id"):
        number = _number(call, "id")
        if number not in seen:
            raise Refusal(60011, "no privilege to access/modify contact/party/agent")
        seen &= directory.subtree(call.platform, call.account.corpid, {number})
    return [row for row in directory.departments(call.platform, call.account.corpid) if row["id"] in seen]


def _of_department(call: Call) -> list[Row]:
    number = _number(call, "department_id")
    if number not in directory.visible_departments(call.platform, call.account):
        raise Refusal(60011, "no privilege to access/modify contact/party/agent")
    chosen = directory.subtree(call.platform, call.account.corpid, {number}) if call.query.get("fetch_child") == "1" else {number}
    return [row for row in directory.members(call.platform, call.account.corpid) if chosen & set(row["departments"])]


def _described(call: Call, row: Row) -> dict[str, Any]:
    zeros = [0] * len(row["departments"])
    plain: dict[str, Any] = {
        "userid": row["userid"], "name": row["name"], "department": row["departments"], "position": row["position"], "status": 1,
        "main_department": row["departments"][0], "order": zeros, "is_leader_in_dept": zeros,
        "isleader": 0, "enable": 1, "direct_leader": [], "extattr": {"attrs": []},
    }  # fmt: skip
    if call.account.writes_contacts:
        plain |= {"mobile": row["mobile"] or "", "email": row["email"], "gender": row["gender"]}
    return plain


def _number(call: Call, name: str) -> int:
    text = call.query.get(name) or _missing(name)
    if not text.isdigit():
        raise Refusal(40058, f"invalid Request Parameter, {name}")
    return int(text)


def _missing(name: str) -> str:
    raise Refusal(40058, f"missing {name}")
