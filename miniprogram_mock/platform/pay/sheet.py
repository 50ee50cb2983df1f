"""The payment sheet on the user's phone: what it shows, and what happens when she pays, or her bank refuses (spec 3.3, 3.5)."""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.pay import balance, transactions
from miniprogram_mock.platform.pay.prepay import PREPAY_LIFETIME
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# Users whose WeChat Pay account is closed or frozen: they neither pay nor can be refunded.
declare("CREATE TABLE IF NOT EXISTS pay_abnormal_users (user_id INTEGER PRIMARY KEY)")
ACTIONS = ("pay", "cancel", "refuse")
_CANCELLED, _REFUSED = "requestPayment:fail cancel", "requestPayment:fail 支付失败：银行卡余额不足或银行拒绝"

Paid = Callable[["Platform", Row], None]
_WHEN_PAID: list[Paid] = []


def when_paid(function: Paid) -> Paid:
    """Register what else happens, in the same transaction, when an order was paid: a function of platform and payment."""
    _WHEN_PAID.append(function)
    return function


def act(
    platform: "Platform", user_id: int, sheet: dict[str, str], *, action: str = "pay", lose: bool = False, copies: int = 1
) -> str | None:
    """What she does with the sheet of `wx.requestPayment`; gives None when it was paid, else what the phone says.

    `lose` keeps the notification from being sent, `copies` sends it more than once.
    """
    problem, row = _open_order(platform, user_id, sheet)
    return problem if problem or row is None else _settle(platform, row, action, lose=lose, copies=copies)


def act_for_payer(platform: "Platform", row: Row, *, action: str, lose: bool = False, copies: int = 1) -> str | None:
    """The same for somebody at the simulator's pages, who has the order and not the merchant's signature over its sheet."""
    issued = platform.store.one(
        "SELECT * FROM prepays WHERE mchid = ? AND out_trade_no = ? ORDER BY issued_at DESC", row["mchid"], row["out_trade_no"]
    )
    assert issued is not None
    return _why_not(platform, row, issued) or _settle(platform, row, action, lose=lose, copies=copies)


def bill(platform: "Platform", prepay_id: str) -> dict[str, Any]:
    """Who is paid, for what, and how much in fen; NotPossible when there is no such prepay."""
    row = platform.store.one("SELECT p.* FROM prepays JOIN payments p USING (mchid, out_trade_no) WHERE prepay_id = ?", prepay_id)
    if row is None:
        raise NotPossible("没有这个预支付会话", status=404)
    name = platform.world.payees[transactions.payee(row)]
    return {"merchant": name, "description": transactions.request_of(row)["description"], "total": row["total"]}


def is_abnormal(platform: "Platform", payment: Row) -> bool:
    """Whether the payer's WeChat Pay account is closed or frozen; who closed her WeChat account has none."""
    payer = platform.store.value("SELECT user_id FROM openids WHERE openid = ?", payment["openid"])
    return bool(
        platform.store.value(
            "SELECT 1 FROM pay_abnormal_users WHERE user_id = ? "
            "UNION SELECT 1 FROM user_marks WHERE user_id = ? AND closed_at IS NOT NULL", payer, payer,
        )
    )  # fmt: skip


def mark_abnormal(platform: "Platform", user_id: int, *, abnormal: bool) -> None:
    if abnormal:
        platform.store.run("INSERT OR IGNORE INTO pay_abnormal_users VALUES (?)", user_id)
    else:
        platform.store.run("DELETE FROM pay_abnormal_users WHERE user_id = ?", user_id)


def _settle(platform: "Platform", row: Row, action: str, *, lose: bool, copies: int) -> str | None:
    if action != "pay":
        return _CANCELLED if action == "cancel" else _REFUSED
    merchant, now = _merchant(platform, row), platform.clock.now()
    transaction_id = f"4200{secrets.randbelow(10**7):07}{platform.clock.local(now):%Y%m%d}{secrets.randbelow(10**9):09}"
    platform.store.run(
        "UPDATE payments SET state = 'SUCCESS', transaction_id = ?, paid_at = ? WHERE mchid = ? AND out_trade_no = ?",
        transaction_id, now, merchant.mchid, row["out_trade_no"],
    )  # fmt: skip
    paid = transactions.find(platform, merchant, row["out_trade_no"])
    assert paid is not None
    balance.pay_in(platform, paid)
    for function in _WHEN_PAID:
        function(platform, paid)
    url = transactions.request_of(row)["notify_url"]
    resource = transactions.describe(platform, paid)
    platform.callbacks.pay_notice(merchant, "TRANSACTION.SUCCESS", url=url, resource=resource, copies=copies, lost=lose)
    return None


def _open_order(platform: "Platform", user_id: int, sheet: dict[str, str]) -> tuple[str | None, Row | None]:
    """The order behind a pay sheet, or why it cannot be paid."""
    prepay_id = sheet["package"].removeprefix("prepay_id=")
    issued = platform.store.one("SELECT * FROM prepays WHERE prepay_id = ?", prepay_id)
    if issued is None or not sheet["package"].startswith("prepay_id="):
        return "requestPayment:fail 支付参数package错误，prepay_id不存在", None
    merchant = _merchant(platform, issued)
    row = transactions.find(platform, merchant, issued["out_trade_no"])
    assert row is not None
    lines = (sheet["appId"], sheet["timeStamp"], sheet["nonceStr"], sheet["package"])
    signed = (
        sheet["signType"] == "RSA" and sheet["timeStamp"].isdigit() and crypto.verifies(merchant.merchant_key, sheet["paySign"], *lines)
    )
    if sheet["appId"] != row["appid"] or not signed:
        return "requestPayment:fail 支付验证签名失败", None
    openid = platform.store.value("SELECT openid FROM openids WHERE appid = ? AND user_id = ?", row["appid"], user_id)
    if openid != row["openid"]:
        return "requestPayment:fail 当前支付用户与下单用户不一致", None
    return _why_not(platform, row, issued), row


def _why_not(platform: "Platform", row: Row, issued: Row) -> str | None:
    now = platform.clock.now()
    refusals = [
        (row["state"] in transactions.PAID, "该订单已支付"),
        (row["state"] == "CLOSED", "该订单已关闭"),
        (now >= row["expires_at"], "该订单已过期，请重新下单"),
        (now >= issued["issued_at"] + platform.limits[PREPAY_LIFETIME], "预支付会话已过期，请重新下单"),
        (is_abnormal(platform, row), "支付账户异常，暂时无法支付"),
    ]
    return next((f"requestPayment:fail {reason}" for refused, reason in refusals if refused), None)


def _merchant(platform: "Platform", row: Row) -> Merchant:
    merchant = platform.world.merchant(row["mchid"])
    assert merchant is not None
    return merchant
