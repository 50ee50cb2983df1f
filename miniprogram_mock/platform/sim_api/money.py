"""Payments and refunds: what she does on the payment sheet, and what there is."""

from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from miniprogram_mock.platform import people
from miniprogram_mock.platform.pay import transactions as pay
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, times, user_id

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_SHEET = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")


@route("POST", r"/_sim/users/{id:\d+}/pay")
def pay_sheet(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`wx.requestPayment` and the user's thumb: the parameters the mini-program got from its server."""
    people.get(platform, user_id(request))
    sheet = {name: text(body, name) for name in _SHEET}
    copies = body.get("duplicate_notification", 1)
    if not isinstance(copies, int) or not 1 <= copies <= 10:
        raise NotPossible("duplicate_notification 必须是 1 到 10 的整数", status=422)
    problem = pay.pay(platform, user_id(request), sheet, lose=body.get("lose_notification") is True, copies=copies)
    return {"result": "fail", "errMsg": problem} if problem else {"result": "ok", "errMsg": "requestPayment:ok"}


@route("GET", "/_sim/prepays/{prepay_id}")
def prepay(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What WeChat's payment sheet shows before she pays."""
    return pay.bill(platform, request.match_info["prepay_id"])


@route("GET", "/_sim/payments")
def payments(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = platform.store.all(
        "SELECT p.*, u.nickname FROM payments p JOIN openids o ON o.openid = p.openid JOIN users u ON u.id = o.user_id "
        "ORDER BY p.created_at DESC LIMIT ?", number(request, "limit", 100),
    )  # fmt: skip
    for row in rows:
        row["description"] = orjson.loads(row.pop("request"))["description"]
    return {"payments": [times(row, "created_at", "expires_at", "paid_at", "closed_at") for row in rows]}


@route("GET", "/_sim/refunds")
def refunds(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = platform.store.all("SELECT * FROM refunds ORDER BY created_at DESC LIMIT ?", number(request, "limit", 100))
    for row in rows:
        row["reason"] = orjson.loads(row.pop("request")).get("reason", "")
    return {"refunds": [times(row, "created_at", "settle_at", "settled_at") for row in rows]}
