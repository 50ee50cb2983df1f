"""Who follows a service account and how she came to it (spec 2.2, 2.7)."""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.service_account import windows
from miniprogram_mock.platform.service_account.console import account_of, openid_of
from miniprogram_mock.platform.store import Row, declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS fans (
    openid TEXT PRIMARY KEY, remark TEXT NOT NULL DEFAULT '', came_by TEXT NOT NULL DEFAULT 'ADD_SCENE_SEARCH',
    qr_scene INTEGER NOT NULL DEFAULT 0, qr_scene_str TEXT NOT NULL DEFAULT '');
""")
_UNKNOWN = {"remark": "", "came_by": "ADD_SCENE_SEARCH", "qr_scene": 0, "qr_scene_str": ""}


def follow(platform: "Platform", user_id: int, *, appid: str, following: bool, code: Row | None = None) -> None:
    """Follow or unfollow; `subscribe` or `unsubscribe` is pushed when something changed. `code` is the scene code that she scanned."""
    account = account_of(platform, appid)
    openid = openid_of(platform, account, user_id)
    platform.store.run("INSERT OR IGNORE INTO follows (appid, user_id) VALUES (?, ?)", appid, user_id)
    changed = platform.store.run(
        "UPDATE follows SET following = ?, followed_at = ? WHERE appid = ? AND user_id = ? AND following <> ?",
        int(following), platform.clock.now(), appid, user_id, int(following),
    )  # fmt: skip
    if not changed:
        return
    if not following:
        windows.close(platform, account, openid)
        platform.callbacks.message(account, "unsubscribe", recipient=openid, fields={})
        return
    scene = {"EventKey": f"qrscene_{code['scene']}", "Ticket": code["ticket"]} if code else {"EventKey": ""}
    _remember(platform, openid, code)
    windows.open_for(platform, account, openid, "follow")
    platform.callbacks.message(account, "subscribe", recipient=openid, fields=scene)


def card(platform: "Platform", openid: str) -> dict[str, Any]:
    """The account's own note on a follower, and by which way she came."""
    return platform.store.one("SELECT remark, came_by, qr_scene, qr_scene_str FROM fans WHERE openid = ?", openid) or _UNKNOWN


def set_remark(platform: "Platform", openid: str, remark: str) -> None:
    platform.store.run("INSERT INTO fans (openid, remark) VALUES (?, ?) ON CONFLICT DO UPDATE SET remark = excluded.remark", openid, remark)


def _remember(platform: "Platform", openid: str, code: Row | None) -> None:
    came_by = "ADD_SCENE_QR_CODE" if code else "ADD_SCENE_SEARCH"
    number, text = ((code["scene"], "") if code["is_number"] else (0, code["scene"])) if code else (0, "")
    platform.store.run(
        "INSERT INTO fans (openid, came_by, qr_scene, qr_scene_str) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET came_by = excluded.came_by, qr_scene = excluded.qr_scene, qr_scene_str = excluded.qr_scene_str",
        openid, came_by, number, text,
    )  # fmt: skip
