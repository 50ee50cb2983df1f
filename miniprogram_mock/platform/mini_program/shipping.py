"""Deliveries and the money that waits for them: frozen from payment until shipped, confirmed and settled (spec 1.12).

Nothing is written when somebody pays: whether money is frozen follows from the payment, the shipment and the console's switch.
Not verified: the fields of the three events, when the reminders come, and what an order's state is called when.
"""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import people
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.timers import on_timer
from miniprogram_mock.platform.world import MiniProgram

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

EXPRESS = 1
CONFIRM_EXPRESS = limit("mini_program.confirm_express_seconds", 10 * 86400, "1.12: an express delivery confirms itself on day 10")
CONFIRM_OTHER = limit("mini_program.confirm_other_seconds", 2 * 86400, "1.12: everything else two days after shipping")
SETTLE = limit("mini_program.settle_seconds", 86400, "1.12: settled the day after")
REMIND_SHIPPING = limit("mini_program.remind_shipping_seconds", 48 * 3600, "1.12 names the event without a time; [K], not verified")
REMIND_ACCESS = limit("mini_program.remind_access_seconds", 86400, "1.12 names the event without a time; [K], not verified")
_LOOK_SECONDS = 3600
AUTOMATIC, BY_HER = 1, 2

declare("""
CREATE TABLE IF NOT EXISTS trade_management (
    appid TEXT PRIMARY KEY, managed INTEGER NOT NULL, confirmed INTEGER NOT NULL, since REAL NOT NULL, jump_path TEXT NOT NULL DEFAULT '',
    access_reminded_at REAL);
CREATE TABLE IF NOT EXISTS shipments (
    transaction_id TEXT PRIMARY KEY, appid TEXT NOT NULL, logistics_type INTEGER NOT NULL DEFAULT 0,
    delivery_mode INTEGER NOT NULL DEFAULT 0, parcels TEXT NOT NULL DEFAULT '[]', uploaded_at REAL NOT NULL DEFAULT 0,
    finished INTEGER NOT NULL DEFAULT 0, shipped_at REAL, confirmed_at REAL, confirm_method INTEGER, settled_at REAL,
    ship_reminded_at REAL, receive_reminded_at REAL, delay_to REAL);
CREATE INDEX IF NOT EXISTS payments_by_appid ON payments (appid, transaction_id);
""")

_REFUNDED = (
    "(SELECT coalesce(sum(amount), 0) FROM refunds r WHERE r.mchid = p.mchid AND r.out_trade_no = p.out_trade_no AND r.state = 'SUCCESS')"
)
_FROZEN = (
    "FROM payments p JOIN trade_management t ON t.appid = p.appid LEFT JOIN shipments s ON s.transaction_id = p.transaction_id "
    f"WHERE t.managed AND p.transaction_id IS NOT NULL AND p.paid_at >= t.since AND s.settled_at IS NULL AND {_REFUNDED} < p.total"
)


def management(platform: "Platform", appid: str) -> Row:
    """Whether Tencent manages the mini-program's trade, since when, and whether the operator has confirmed it."""
    row = platform.store.one("SELECT * FROM trade_management WHERE appid = ?", appid)
    return row or {"appid": appid, "managed": 0, "confirmed": 0, "since": 0.0, "jump_path": "", "access_reminded_at": None}


def manage(platform: "Platform", account: MiniProgram, *, managed: bool, confirmed: bool) -> None:
    """Switch the management on or off, as Tencent does; only what is paid from then on is frozen. The operator's confirmation is told."""
    before = management(platform, account.appid)
    since = before["since"] if before["managed"] and managed else platform.clock.now()
    platform.store.run(
        "INSERT INTO trade_management (appid, managed, confirmed, since) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET managed = excluded.managed, confirmed = excluded.confirmed, since = excluded.since",
        account.appid, int(managed), int(confirmed), since,
    )  # fmt: skip
    if managed:
        platform.timers.set("mini_program.trade", account.appid, after=_LOOK_SECONDS)
    if confirmed and not before["confirmed"]:
        _remind_access(platform, account)


def set_jump_path(platform: "Platform", appid: str, path: str) -> None:
    platform.store.run(
        "INSERT INTO trade_management (appid, managed, confirmed, since, jump_path) VALUES (?, 0, 0, 0, ?) "
        "ON CONFLICT DO UPDATE SET jump_path = excluded.jump_path", appid, path,
    )  # fmt: skip


def is_frozen(platform: "Platform", mchid: str, out_trade_no: str) -> bool:
    """Whether the money of a payment still waits for its delivery, so that the merchant cannot spend it (but can refund it)."""
    return bool(platform.store.value(f"SELECT count(*) {_FROZEN} AND p.mchid = ? AND p.out_trade_no = ?", mchid, out_trade_no))


def frozen_payments(platform: "Platform") -> list[Row]:
    """All payments whose money is frozen now, as rows of `payments`."""
    return platform.store.all(f"SELECT p.* {_FROZEN}")


def payment(platform: "Platform", appid: str, *, transaction_id: str | None = None, mchid: str = "", out_trade_no: str = "") -> Row | None:
    """A paid order of this mini-program, by WeChat's number or by the merchant's (`mchid`: the direct or the dealer's own number)."""
    if transaction_id is not None:
        return platform.store.one("SELECT * FROM payments WHERE appid = ? AND transaction_id = ?", appid, transaction_id)
    rows = platform.store.all(
        "SELECT * FROM payments WHERE appid = ? AND out_trade_no = ? AND transaction_id IS NOT NULL", appid, out_trade_no
    )
    return next((row for row in rows if mchid in (row["mchid"], sub_mchid(row))), None)


def sub_mchid(paid: Row) -> str:
    """The dealer's number in partner mode, else ""."""
    return str(json.loads(paid["request"]).get("sub_mchid", ""))


def shipment(platform: "Platform", paid: Row) -> Row:
    """What is known of a paid order's delivery; a row that is all empty before anything was told."""
    platform.store.run("INSERT OR IGNORE INTO shipments (transaction_id, appid) VALUES (?, ?)", paid["transaction_id"], paid["appid"])
    row = platform.store.one("SELECT * FROM shipments WHERE transaction_id = ?", paid["transaction_id"])
    assert row is not None
    return row


def is_refunded(platform: "Platform", paid: Row) -> bool:
    """Whether all of the money went back."""
    asked = f"SELECT {_REFUNDED} >= p.total FROM payments p WHERE p.mchid = ? AND p.out_trade_no = ?"  # noqa: S608
    return bool(platform.store.value(asked, paid["mchid"], paid["out_trade_no"]))


def finish(platform: "Platform", paid: Row, *, logistics_type: int) -> None:
    """All of it is on its way: she is told, and the days until the delivery confirms itself begin (anew, when it is shipped again)."""
    now = platform.clock.now()
    platform.store.run(
        "UPDATE shipments SET finished = finished + 1, shipped_at = ? WHERE transaction_id = ?", now, paid["transaction_id"]
    )  # fmt: skip
    wait = _wait(platform, logistics_type)
    platform.timers.set("mini_program.confirm", paid["transaction_id"], after=wait)
    _show(platform, paid, "商家已发货")
    if is_frozen(platform, paid["mchid"], paid["out_trade_no"]):
        _push_settlement(platform, paid, {"estimated_settlement_time": int(now + wait + platform.limits[SETTLE])})


def remind_receipt(platform: "Platform", paid: Row) -> None:
    """She is asked, once, to confirm that it arrived."""
    platform.store.run(
        "UPDATE shipments SET receive_reminded_at = ? WHERE transaction_id = ?", platform.clock.now(), paid["transaction_id"]
    )
    _show(platform, paid, "商品已签收，请确认收货")


def confirm(platform: "Platform", user_id: int, transaction_id: str) -> None:
    """She confirms that it arrived."""
    people.present(platform, user_id)
    paid = platform.store.one("SELECT * FROM payments WHERE transaction_id = ?", transaction_id)
    if paid is None or people.openid_of(platform, user_id, paid["appid"]) != paid["openid"]:
        raise NotPossible("该用户没有这笔订单", status=404)
    row = shipment(platform, paid)
    if not row["finished"] or row["confirmed_at"] is not None or is_refunded(platform, paid):
        raise NotPossible("订单不在待收货状态")
    platform.timers.stop("mini_program.confirm", transaction_id)
    _confirm(platform, transaction_id, BY_HER, at=platform.clock.now())


@on_timer("mini_program.confirm")
def _confirm_itself(platform: "Platform", transaction_id: str) -> None:
    paid = platform.store.one("SELECT * FROM payments WHERE transaction_id = ?", transaction_id)
    assert paid is not None
    if not is_refunded(platform, paid):
        row = shipment(platform, paid)
        _confirm(platform, transaction_id, AUTOMATIC, at=row["shipped_at"] + _wait(platform, row["logistics_type"]))


def _wait(platform: "Platform", logistics_type: int) -> int:
    return platform.limits[CONFIRM_EXPRESS if logistics_type == EXPRESS else CONFIRM_OTHER]


def _confirm(platform: "Platform", transaction_id: str, method: int, *, at: float) -> None:
    """`at` is its moment even when the clock has jumped beyond it; what follows counts from there."""
    platform.store.run("UPDATE shipments SET confirmed_at = ?, confirm_method = ? WHERE transaction_id = ?", at, method, transaction_id)
    platform.timers.set("mini_program.settle", transaction_id, after=at + platform.limits[SETTLE] - platform.clock.now())


@on_timer("mini_program.settle")
def _settle(platform: "Platform", transaction_id: str) -> None:
    """The money is the merchant's; of an order that was refunded in the meantime there is nothing to tell."""
    paid = platform.store.one("SELECT * FROM payments WHERE transaction_id = ?", transaction_id)
    assert paid is not None
    row = shipment(platform, paid)
    was_frozen, at = is_frozen(platform, paid["mchid"], paid["out_trade_no"]), row["confirmed_at"] + platform.limits[SETTLE]
    platform.store.run("UPDATE shipments SET settled_at = ? WHERE transaction_id = ?", at, transaction_id)
    if was_frozen:
        told = {"confirm_receive_method": row["confirm_method"], "confirm_receive_time": int(row["confirmed_at"])}
        _push_settlement(platform, paid, {**told, "settlement_time": int(at)})


@on_timer("mini_program.trade")
def _look(platform: "Platform", appid: str) -> None:
    """Every hour: remind of what waits for its delivery, or (a mini-program that never shipped anything) once a day of the interface."""
    account, trade, now = people.mini_program(platform, appid), management(platform, appid), platform.clock.now()
    if not trade["managed"]:
        return
    platform.timers.set("mini_program.trade", appid, after=_LOOK_SECONDS)
    waiting = platform.store.all(
        f"SELECT p.* {_FROZEN} AND p.appid = ? AND p.paid_at <= ? AND coalesce(s.finished, 0) = 0 AND s.ship_reminded_at IS NULL "
        "AND coalesce(s.delay_to, 0) < ?", appid, now - platform.limits[REMIND_SHIPPING], now,
    )  # fmt: skip
    if platform.store.value("SELECT count(*) FROM shipments WHERE appid = ? AND finished > 0", appid):
        for paid in waiting:
            _remind_shipping(platform, account, paid)
    elif now - (trade["access_reminded_at"] or 0) >= platform.limits[REMIND_ACCESS] and _has_sold(platform, appid, trade["since"]):
        _remind_access(platform, account)


def _has_sold(platform: "Platform", appid: str, since: float) -> bool:
    return bool(platform.store.value("SELECT count(*) FROM payments WHERE appid = ? AND paid_at >= ?", appid, since))


def _remind_shipping(platform: "Platform", account: MiniProgram, paid: Row) -> None:
    shipment(platform, paid)
    platform.store.run("UPDATE shipments SET ship_reminded_at = ? WHERE transaction_id = ?", platform.clock.now(), paid["transaction_id"])
    fields = {**_named(paid), "msg": "订单已超过48小时未录入发货信息，请尽快发货，否则资金将无法结算"}
    platform.callbacks.message(account, "trade_manage_remind_shipping", recipient=_system(account), fields=fields)


def _remind_access(platform: "Platform", account: MiniProgram) -> None:
    platform.store.run("UPDATE trade_management SET access_reminded_at = ? WHERE appid = ?", platform.clock.now(), account.appid)
    fields = {"msg": "小程序已开通发货信息管理服务，请尽快接入发货信息录入接口"}
    platform.callbacks.message(account, "trade_manage_remind_access_api", recipient=_system(account), fields=fields)


def _push_settlement(platform: "Platform", paid: Row, more: dict[str, Any]) -> None:
    account = people.mini_program(platform, paid["appid"])
    fields = {**_named(paid), "shipped_time": int(shipment(platform, paid)["shipped_at"]), **more}
    platform.callbacks.message(account, "trade_manage_order_settlement", recipient=_system(account), fields=fields)


def _named(paid: Row) -> dict[str, Any]:
    return {
        "transaction_id": paid["transaction_id"], "merchant_id": paid["mchid"], "sub_merchant_id": sub_mchid(paid),
        "merchant_trade_no": paid["out_trade_no"], "pay_time": int(paid["paid_at"]),
    }  # fmt: skip


def _system(account: MiniProgram) -> str:
    """These events come from an account of Tencent's own."""
    return f"oSYSTEM-{account.appid}"


def _show(platform: "Platform", paid: Row, title: str) -> None:
    """A notice of WeChat's in her inbox; it opens the path that the account has set."""
    content = {
        "template": "发货管理", "title": title, "page": management(platform, paid["appid"])["jump_path"],
        "fields": [{"key": "order", "label": "商户订单号", "value": paid["out_trade_no"]}],
    }  # fmt: skip
    platform.store.insert(
        "messages", channel="mini", account=paid["appid"], recipient=paid["openid"], msgid=f"shipping:{paid['transaction_id']}",
        state="delivered", content=json.dumps(content, ensure_ascii=False), sent_at=platform.clock.now(),
    )  # fmt: skip
