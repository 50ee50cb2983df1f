"""Payments and refunds: what she does on the payment sheet, what her bank does, and what there is."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import people
from miniprogram_mock.platform.pay import refund_course, sheet, transactions
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, times, user_id

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform
    from miniprogram_mock.platform.store import Row

_SHEET = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")


@route("POST", r"/_sim/users/{id:\d+}/pay")
def pay_sheet(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`wx.requestPayment` and the user's thumb: the parameters the mini-program got from its server, and `action` (pay, cancel, refuse)."""
    people.get(platform, user_id(request))
    values = {name: text(body, name) for name in _SHEET}
    action, lose, copies = _how(body)
    return _result(sheet.act(platform, user_id(request), values, action=action, lose=lose, copies=copies))


@route("POST", r"/_sim/users/{id:\d+}/pay-account")
def pay_account(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"abnormal": true}`: her WeChat Pay account is closed or frozen; false mends it."""
    people.get(platform, user_id(request))
    abnormal = body.get("abnormal")
    if not isinstance(abnormal, bool):
        raise NotPossible("abnormal 必须是 true 或 false", status=422)
    sheet.mark_abnormal(platform, user_id(request), abnormal=abnormal)
    return {"abnormal": abnormal}


@route("GET", "/_sim/prepays/{prepay_id}")
def prepay(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What WeChat's payment sheet shows before she pays."""
    return sheet.bill(platform, request.match_info["prepay_id"])


@route("GET", "/_sim/payments")
def payments(request: web.Request, platform: "Platform", _: Body) -> Body:
    """The newest first; `after` an id gives those that came later."""
    rows = platform.store.all(
        "SELECT p.rowid AS id, p.*, u.nickname FROM payments p JOIN openids o ON o.openid = p.openid JOIN users u ON u.id = o.user_id "
        "WHERE p.rowid > ? ORDER BY p.rowid DESC LIMIT ?", number(request, "after", 0), number(request, "limit", 100),
    )  # fmt: skip
    return {"payments": [_payment(platform, row) for row in rows]}


@route("POST", "/_sim/payments/{mchid}/{out_trade_no}")
def act_for_payer(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"action": "pay" | "cancel" | "refuse"}` by the payer, with no sheet at hand: for the pages."""
    mchid, out_trade_no = request.match_info["mchid"], request.match_info["out_trade_no"]
    row = platform.store.one("SELECT * FROM payments WHERE mchid = ? AND out_trade_no = ?", mchid, out_trade_no)
    if row is None:
        raise NotPossible("没有这笔订单", status=404)
    action, lose, copies = _how(body)
    return _result(sheet.act_for_payer(platform, row, action=action, lose=lose, copies=copies))


@route("GET", "/_sim/refunds")
def refunds(request: web.Request, platform: "Platform", _: Body) -> Body:
    """The newest first; `after` an id gives those that came later."""
    rows = platform.store.all(
        "SELECT rowid AS id, * FROM refunds WHERE rowid > ? ORDER BY rowid DESC LIMIT ?",
        number(request, "after", 0), number(request, "limit", 100),
    )  # fmt: skip
    for row in rows:
        row["reason"] = transactions.request_of(row).get("reason", "")
        del row["request"], row["fate"]
    return {"refunds": [times(row, "created_at", "settle_at", "settled_at") for row in rows]}


@route("POST", "/_sim/refunds/{refund_id}")
def end_refund(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"status": "SUCCESS" | "CLOSED" | "ABNORMAL"}`: the bank decides now; only a refund in PROCESSING can be decided."""
    status = text(body, "status")
    if status not in refund_course.ENDS:
        raise NotPossible(f"status 只能是 {'、'.join(refund_course.ENDS)}", status=422)
    try:
        row = refund_course.find(platform, request.match_info["refund_id"])
    except KeyError:
        raise NotPossible("没有这笔退款", status=404) from None
    if row["state"] != "PROCESSING":
        raise NotPossible(f"这笔退款已经是 {row['state']}")
    refund_course.end(platform, row["refund_id"], status)
    return {"refund_id": row["refund_id"], "status": status}


def _how(body: Body) -> tuple[str, bool, int]:
    action, copies = body.get("action", "pay"), body.get("duplicate_notification", 1)
    if action not in sheet.ACTIONS:
        raise NotPossible(f"action 只能是 {'、'.join(sheet.ACTIONS)}", status=422)
    if not isinstance(copies, int) or not 1 <= copies <= 10:
        raise NotPossible("duplicate_notification 必须是 1 到 10 的整数", status=422)
    return action, body.get("lose_notification") is True, copies


def _result(problem: str | None) -> Body:
    return {"result": "fail", "errMsg": problem} if problem else {"result": "ok", "errMsg": "requestPayment:ok"}


def _payment(platform: "Platform", row: "Row") -> Body:
    request, payee = transactions.request_of(row), transactions.payee(row)
    del row["request"]
    told = {"description": request["description"], "payee": payee, "merchant": platform.world.payees[payee]}
    return times({**row, **told}, "created_at", "expires_at", "paid_at", "closed_at")
