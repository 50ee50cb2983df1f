"""The account's templates: chosen in the console or added from Tencent's library by API, in use or withdrawn (spec 2.3)."""

from typing import TYPE_CHECKING, Any

import orjson

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account.door import service
from miniprogram_mock.platform.shapes import Many, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.world import ServiceAccount, Template

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS service_templates (
    template_id TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, fields TEXT NOT NULL,
    choices TEXT NOT NULL, state TEXT NOT NULL, added_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS service_templates_of_account ON service_templates (appid, kind, state);
CREATE TABLE IF NOT EXISTS service_industries (
    appid TEXT PRIMARY KEY, first INTEGER NOT NULL, second INTEGER NOT NULL, set_in TEXT NOT NULL);
""")
IN_USE = limit("template.in_use", 25, "2.3")
Choices = dict[str, list[str]]
# What a template is for: template messages, subscription notices (bizsend), one-time messages.
KINDS = ("template", "notice", "one_time")
STATES = ("in_use", "withdrawn")
# Tencent's library of category templates as far as it is simulated: its number, title, and the keys with their keywords.
LIBRARY: dict[str, tuple[str, dict[str, str]]] = {
    "43216": ("订金支付成功通知", {"thing1": "意向车型", "amount2": "支付金额", "character_string3": "订单编号", "time4": "支付时间"}),
    "43217": ("订金退款到账通知", {"thing1": "意向车型", "amount2": "退款金额", "character_string3": "订单编号", "phrase4": "退款状态"}),
    "43305": ("试驾预约成功通知", {"thing1": "试驾车型", "thing2": "门店名称", "time3": "预约时间", "phone_number4": "门店电话"}),
    "43306": ("试驾预约取消通知", {"thing1": "试驾车型", "time2": "预约时间", "thing3": "取消原因"}),
    "43510": ("车辆交付通知", {"thing1": "车型", "car_number2": "车牌号", "date3": "交付日期", "const4": "交付方式", "name5": "交付专员"}),
    "43600": ("积分变动提醒", {"number1": "变动积分", "number2": "当前积分", "thing3": "变动原因", "time4": "变动时间"}),
}
CHOICES = {"交付方式": ["门店自提", "送车上门"]}
INDUSTRIES = {
    1: ("IT科技", "互联网/电子商务"), 2: ("IT科技", "IT软件与服务"), 9: ("餐饮", "餐饮"), 25: ("交通工具", "汽车相关"),
    41: ("其它", "其它"),
}  # fmt: skip
_ID = Text(required=True, missing=40036, wrong=40036)


@service("GET", "/cgi-bin/template/get_all_private_template")
def get_all_private_template(call: Call) -> Result:
    return {"template_list": [_described(row) for row in of_account(call.platform, call.account, kind="template")]}


@service("POST", "/cgi-bin/template/api_add_template", fields={
    "template_id_short": Text(required=True), "keyword_name_list": Many(Text()),
})  # fmt: skip
def api_add_template(call: Call) -> Result:
    """Take a template out of the library, with the keywords named, in their order. Codes of a wrong one are [K], not verified."""
    title, keywords = LIBRARY.get(call.data["template_id_short"], (None, {}))
    if title is None:
        raise Refusal(40097, "invalid args, template_id_short")
    keys = {label: key for key, label in keywords.items()}
    wanted = call.data.get("keyword_name_list", list(keys))
    if len(set(wanted)) < len(wanted) or not set(wanted) <= set(keys):
        raise Refusal(40097, "invalid args, keyword_name_list")
    if len(of_account(call.platform, call.account, kind="template")) >= call.platform.limits[IN_USE]:
        raise Refusal(45026, "template num exceeds limit")
    fields = {keys[label]: label for label in wanted}
    choices = {key: CHOICES[label] for key, label in fields.items() if label in CHOICES}
    return ok(template_id=add(call.platform, call.account, kind="template", title=title, fields=fields, choices=choices))


@service("POST", "/cgi-bin/template/del_private_template", fields={"template_id": _ID})
def del_private_template(call: Call) -> Result:
    row = find(call.platform, call.account, call.data["template_id"], kind="template")
    if row is None:
        raise Refusal(40037, "invalid template_id")
    call.platform.store.run("UPDATE service_templates SET state = 'deleted' WHERE template_id = ?", row["template_id"])
    return ok()


@service("POST", "/cgi-bin/template/api_set_industry", fields={
    "industry_id1": Text(required=True, missing=40102), "industry_id2": Text(required=True, missing=40102),
})  # fmt: skip
def api_set_industry(call: Call) -> Result:
    """The two industries of old templates, once a calendar month ([K], not verified)."""
    chosen = [call.data[name] for name in ("industry_id1", "industry_id2")]
    if not all(one.isdecimal() and int(one) in INDUSTRIES for one in chosen) or len(set(chosen)) < len(chosen):
        raise Refusal(40102, "invalid industry id")
    store, month = call.platform.store, call.platform.clock.window("%Y-%m")
    if store.value("SELECT count(*) FROM service_industries WHERE appid = ? AND set_in = ?", call.account.appid, month):
        raise Refusal(43100, "change template too frequently")
    store.run("INSERT OR REPLACE INTO service_industries VALUES (?, ?, ?, ?)", call.account.appid, *map(int, chosen), month)
    return ok()


@service("GET", "/cgi-bin/template/get_industry")
def get_industry(call: Call) -> Result:
    row = call.platform.store.one("SELECT * FROM service_industries WHERE appid = ?", call.account.appid)
    if row is None:
        raise Refusal(40102, "invalid industry id")
    names = [dict(zip(("first_class", "second_class"), INDUSTRIES[row[name]], strict=True)) for name in ("first", "second")]
    return {"primary_industry": names[0], "secondary_industry": names[1]}


def add(platform: "Platform", account: ServiceAccount, *, kind: str, title: str, fields: dict[str, str], choices: Choices) -> str:
    """Put one more template to the account's own, as the console does; gives its id. `choices`: what its `const` keys may say."""
    if kind not in KINDS:
        raise NotPossible(f"kind 只能是 {'、'.join(KINDS)}", status=422)
    template_id = crypto.random_text(43)
    _insert(platform, account, Template(template_id, template_id, title, fields, choices), kind=kind)
    return template_id


def set_state(platform: "Platform", account: ServiceAccount, template_id: str, state: str) -> None:
    """Tencent withdraws a template (its category is gone), or gives it back."""
    if state not in STATES:
        raise NotPossible(f"state 只能是 {'、'.join(STATES)}", status=422)
    _from_world(platform, account)
    touched = platform.store.run(
        "UPDATE service_templates SET state = ? WHERE appid = ? AND template_id = ? AND state <> 'deleted'",
        state, account.appid, template_id,
    )  # fmt: skip
    if not touched:
        raise NotPossible("没有这个模板", status=404)


def of_account(platform: "Platform", account: ServiceAccount, *, kind: str | None = None) -> list[Row]:
    """Its templates that are not deleted, in the order in which they were added; `fields` maps a key to its label."""
    _from_world(platform, account)
    rows = platform.store.all(
        "SELECT * FROM service_templates WHERE appid = ? AND (? IS NULL OR kind = ?) AND state <> 'deleted' ORDER BY added_at, rowid",
        account.appid, kind, kind,
    )  # fmt: skip
    return [_parsed(row) for row in rows]


def find(platform: "Platform", account: ServiceAccount, template_id: str, *, kind: str) -> Row | None:
    """The account's template of this kind, in use or withdrawn; None for a deleted one and for everything else."""
    sql = "SELECT * FROM service_templates WHERE template_id = ? AND appid = ? AND kind = ?"
    row = platform.store.one(sql, template_id, account.appid, kind)
    if row is None and account.template(template_id) is not None:
        _from_world(platform, account)
        row = platform.store.one(sql, template_id, account.appid, kind)
    return None if row is None or row["state"] == "deleted" else _parsed(row)


def _from_world(platform: "Platform", account: ServiceAccount) -> None:
    """Take over what the world began with; what became of it since stays."""
    for one in account.templates:
        _insert(platform, account, one, kind="template")


def _insert(platform: "Platform", account: ServiceAccount, one: Template, *, kind: str) -> None:
    platform.store.run(
        "INSERT OR IGNORE INTO service_templates VALUES (?, ?, ?, ?, ?, ?, ?, 'in_use', ?)",
        one.template_id, account.appid, kind, one.name, one.title, orjson.dumps(one.fields).decode(), orjson.dumps(one.choices).decode(),
        platform.clock.now(),
    )  # fmt: skip


def _parsed(row: Row) -> Row:
    return {**row, "fields": orjson.loads(row["fields"]), "choices": orjson.loads(row["choices"])}


def _described(row: Row) -> dict[str, Any]:
    content = "".join(f"{label}:{{{{{key}.DATA}}}}\n" for key, label in row["fields"].items())
    return {
        "template_id": row["template_id"], "title": row["title"], "primary_industry": "", "deputy_industry": "", "content": content,
        "example": "",
    }  # fmt: skip
