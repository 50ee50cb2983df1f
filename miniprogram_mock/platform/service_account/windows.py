"""When and how often a service account may write to a person freely: what she did opens a window (spec 1.10)."""

from typing import TYPE_CHECKING

from miniprogram_mock.platform.endpoints import Refusal
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.world import ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS service_windows (
    appid TEXT NOT NULL, openid TEXT NOT NULL, opened_by TEXT NOT NULL, opened_at REAL NOT NULL, sent INTEGER NOT NULL,
    PRIMARY KEY (appid, openid, opened_by));
""")
_HOURS_48 = 48 * 3600
# What opens a window, in the order in which windows are used up: (seconds, messages).
_OPENED_BY = {
    name: (limit(f"customer_service.{name}_seconds", seconds, "1.10"), limit(f"customer_service.{name}_messages", messages, "1.10"))
    for name, seconds, messages in (("menu", 60, 3), ("follow", 60, 3), ("scan", 60, 3), ("message", _HOURS_48, 5))
}
_PAYMENT_SECONDS = limit("customer_service.payment_seconds", _HOURS_48, "1.10: without a limit of messages")


def open_for(platform: "Platform", account: ServiceAccount, openid: str, opened_by: str) -> None:
    """She did something that lets the account write to her: a new window of this kind begins."""
    assert opened_by in _OPENED_BY
    platform.store.run(
        "INSERT OR REPLACE INTO service_windows VALUES (?, ?, ?, ?, 0)", account.appid, openid, opened_by, platform.clock.now()
    )


def close(platform: "Platform", account: ServiceAccount, openid: str) -> None:
    """She unfollowed: whatever was open no longer is."""
    platform.store.run("DELETE FROM service_windows WHERE appid = ? AND openid = ?", account.appid, openid)


def use(platform: "Platform", account: ServiceAccount, openid: str) -> None:
    """Count one message against an open window; 45015 when none is open, 45047 when all that are open are used up.

    Which of several open windows is used first is not said by Tencent: the one that closes first.
    """
    now = platform.clock.now()
    rows = platform.store.all(
        "SELECT opened_by, opened_at, sent FROM service_windows WHERE appid = ? AND openid = ?", account.appid, openid
    )
    windows = {row["opened_by"]: row for row in rows}
    any_open = False
    for name, (seconds, most) in _OPENED_BY.items():
        window = windows.get(name)
        if window is None or now - window["opened_at"] > platform.limits[seconds]:
            continue
        any_open = True
        if window["sent"] < platform.limits[most]:
            platform.store.run(
                "UPDATE service_windows SET sent = sent + 1 WHERE appid = ? AND openid = ? AND opened_by = ?", account.appid, openid, name
            )
            return
    if _paid_lately(platform, account, openid):
        return
    if any_open:
        raise Refusal(45047, "out of response count limit")
    raise Refusal(45015, "response out of time limit or subscription is canceled")


def _paid_lately(platform: "Platform", account: ServiceAccount, openid: str) -> bool:
    since = platform.clock.now() - platform.limits[_PAYMENT_SECONDS]
    return bool(platform.store.value(
        "SELECT count(*) FROM payments WHERE appid = ? AND openid = ? AND paid_at > ?", account.appid, openid, since
    ))  # fmt: skip
