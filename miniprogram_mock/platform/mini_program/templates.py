"""The mini-program's message templates: those of the world, and those added from Tencent's library by call or by hand (spec 1.8).

The contract names `addMessageTemplate` alone; its siblings, their codes and the library's tids below 10000001 are [K], not verified.
"""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Int, Many, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.world import MiniProgram, Template

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

MOST = limit("mini_program.templates", 25, "1.8 names none; [K], not verified")
_MOST_KEYWORDS, _FEWEST_KEYWORDS = 5, 2
ONE_TIME = 2
# Tencent's library, as far as a car brand needs it: tid -> title and keywords (kid -> type, name, choices).
Keyword = tuple[str, str, list[str] | None]
LIBRARY: dict[str, tuple[str, dict[int, Keyword]]] = {
    "4201": ("预订进度提醒", {
        1: ("thing", "预订车型", None), 2: ("phrase", "当前状态", None), 3: ("character_string", "订单编号", None),
        4: ("thing", "温馨提示", None), 5: ("amount", "支付金额", None), 6: ("date", "更新日期", None),
    }),
    "4202": ("试驾预约提醒", {
        1: ("thing", "试驾车型", None), 2: ("thing", "门店名称", None), 3: ("time", "预约时间", None), 4: ("thing", "温馨提示", None),
        5: ("name", "销售顾问", None), 6: ("phone_number", "联系电话", None),
    }),
    "4203": ("车辆交付提醒", {
        1: ("car_number", "车牌号", None), 2: ("const", "交付方式", ["门店自提", "送车上门"]), 3: ("number", "交付数量", None),
        4: ("letter", "车系代号", None), 5: ("symbol", "标记", None), 6: ("name", "交付专员", None),
    }),
}  # fmt: skip
# Live service notices after a payment (新版一次性订阅): no keywords, never asked for by `wx.requestSubscribeMessage`.
CARDS = {"10000001": (2001, "购物(物流)"), "10000002": (2002, "购物(自提)"), "10000003": (2003, "购物(虚拟发货)")}

declare("""
CREATE TABLE IF NOT EXISTS mini_templates (
    template_id TEXT PRIMARY KEY, appid TEXT NOT NULL, tid TEXT NOT NULL, title TEXT NOT NULL, fields TEXT NOT NULL,
    choices TEXT NOT NULL, added_at REAL NOT NULL, deleted_at REAL);
""")


@business(
    API, "POST", "/wxaapi/newtmpl/addtemplate", kind="mini_program",
    fields={
        "tid": Text(required=True, missing=200014, wrong=200014), "kidList": Many(Int(), least=0, most=_MOST_KEYWORDS, too_long=200020),
        "sceneDesc": Text(most=15, too_long=200021),
    },
)  # fmt: skip
def addtemplate(call: Call) -> Result:
    """Take a template out of the library with the wanted keywords in their order; a live notice has none."""
    tid, kids = call.data["tid"], call.data.get("kidList", [])
    if tid in CARDS:
        if kids:
            raise Refusal(200020, "invalid kidList, hint: this template takes an empty one")
        return ok(priTmplId=add(call.platform, call.account, tid=tid, title=CARDS[tid][1], fields={}, choices={}))
    if tid not in LIBRARY:
        raise Refusal(200014, "invalid tid")
    title, keywords = LIBRARY[tid]
    if len(kids) < _FEWEST_KEYWORDS or len(set(kids)) < len(kids) or not set(kids) <= set(keywords):
        raise Refusal(200020, "invalid kidList")
    fields = {f"{keywords[kid][0]}{kid}": keywords[kid][1] for kid in kids}
    choices = {f"{keywords[kid][0]}{kid}": listed for kid in kids if (listed := keywords[kid][2])}
    return ok(priTmplId=add(call.platform, call.account, tid=tid, title=title, fields=fields, choices=choices))


@business(API, "GET", "/wxaapi/newtmpl/gettemplate", kind="mini_program")
def gettemplate(call: Call) -> Result:
    return ok(data=[_private(one) for one in listed(call.platform, call.account)])


@business(API, "POST", "/wxaapi/newtmpl/deltemplate", kind="mini_program", fields={"priTmplId": Text(required=True)})
def deltemplate(call: Call) -> Result:
    """Take a template away; nothing can be sent with it any more."""
    template_id, platform = call.data["priTmplId"], call.platform
    template = find(platform, call.account, template_id)
    if template is None:
        raise Refusal(200014, "invalid priTmplId")
    platform.store.run(
        "INSERT INTO mini_templates VALUES (?, ?, '', ?, '{}', '{}', ?, ?) ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at",
        template_id, call.account.appid, template.title, platform.clock.now(), platform.clock.now(),
    )  # fmt: skip
    return ok()


@business(API, "GET", "/wxaapi/newtmpl/getpubtemplatekeywords", kind="mini_program")
def getpubtemplatekeywords(call: Call) -> Result:
    """The keywords that a template of the library offers, by `kid`."""
    tid = call.query.get("tid", "")
    if tid not in LIBRARY:
        raise Refusal(200014, "invalid tid")
    keywords = LIBRARY[tid][1].items()
    return ok(count=len(keywords), data=[{"kid": kid, "name": name, "example": "", "rule": kind} for kid, (kind, name, _) in keywords])


def add(
    platform: "Platform", account: MiniProgram, *, tid: str, title: str, fields: dict[str, str], choices: dict[str, list[str]]
) -> str:  # fmt: skip
    """Give the account one more template; 200012 when it has as many as it may."""
    if len(listed(platform, account)) >= platform.limits[MOST]:
        raise Refusal(200012, f"private template count reach limit {platform.limits[MOST]}")
    template_id = crypto.random_text(43)
    platform.store.insert(
        "mini_templates", template_id=template_id, appid=account.appid, tid=tid, title=title,
        fields=json.dumps(fields, ensure_ascii=False), choices=json.dumps(choices, ensure_ascii=False), added_at=platform.clock.now(),
    )  # fmt: skip
    return template_id


def find(platform: "Platform", account: MiniProgram, template_id: Any) -> Template | None:
    """A template that messages can be sent with; None for one that is unknown, deleted or of another account."""
    if not isinstance(template_id, str):
        return None
    row = platform.store.one("SELECT * FROM mini_templates WHERE template_id = ? AND appid = ?", template_id, account.appid)
    if row is not None:
        return None if row["deleted_at"] is not None else _template(row)
    return account.subscribe_template(template_id)


def listed(platform: "Platform", account: MiniProgram) -> list[Template]:
    rows = platform.store.all("SELECT * FROM mini_templates WHERE appid = ? ORDER BY added_at", account.appid)
    known = {row["template_id"] for row in rows}
    given = [template for template in account.subscribe_templates if template.template_id not in known]
    return [*given, *(_template(row) for row in rows if row["deleted_at"] is None)]


def card_types(platform: "Platform", account: MiniProgram) -> set[int]:
    """The types of live notice whose template the account has added."""
    return {CARDS[template.name][0] for template in listed(platform, account) if template.name in CARDS}


def is_card(template: Template) -> bool:
    return template.name in CARDS


def _template(row: Row) -> Template:
    return Template(row["template_id"], row["tid"] or row["title"], row["title"], json.loads(row["fields"]), json.loads(row["choices"]))


def _private(template: Template) -> dict[str, Any]:
    content = "\n".join(f"{label}:{{{{{key}.DATA}}}}" for key, label in template.fields.items())
    enumerated = [{"keywordCode": f"{key}.DATA", "enumValueList": values} for key, values in template.choices.items()]
    more = {"keywordEnumValueList": enumerated} if enumerated else {}
    return {"priTmplId": template.template_id, "title": template.title, "content": content, "example": "", "type": ONE_TIME, **more}
