"""Who the people are: users with an openid for each account, what became of them, and what they read on their phones."""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.world import MiniProgram, ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS user_marks (user_id INTEGER PRIMARY KEY, high_risk INTEGER NOT NULL DEFAULT 0, closed_at REAL);
CREATE TABLE IF NOT EXISTS visits (appid TEXT NOT NULL, user_id INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (appid, user_id));
""")
SEED = (("林晓雯", "13800010001", True), ("周宇航", "13900020002", True), ("陌生人", None, False))


class NotPossible(Exception):
    """What a person wanted to do cannot be done; `status` is the HTTP status for it, `more` is answered beside the message."""

    def __init__(self, message: str, *, status: int = 409, **more: Any) -> None:
        super().__init__(message)
        self.status, self.more = status, more


def seed(platform: "Platform") -> None:
    """Three people to begin with: the buyer, her friend, and a stranger who follows nobody."""
    if not platform.store.value("SELECT count(*) FROM users"):
        for nickname, phone, follows in SEED:
            create(platform, nickname=nickname, phone=phone, follows=follows)


def create(platform: "Platform", *, nickname: str, phone: str | None, follows: bool) -> Row:
    """A new WeChat user: one unionid, an openid for each account; may follow every service account from before (no event is sent)."""
    user_id, _ = _born(platform, nickname=nickname, phone=phone, follows=follows)
    return describe(platform, get(platform, user_id))


def crowd(platform: "Platform", *, count: int, follows: bool) -> dict[str, list[str]]:
    """Many new WeChat users; their openids by account, everywhere in the same order."""
    openids: dict[str, list[str]] = {}
    for number in range(1, count + 1):
        for appid, openid in _born(platform, nickname=f"路人{number}", phone=None, follows=follows)[1].items():
            openids.setdefault(appid, []).append(openid)
    return openids


def _born(platform: "Platform", *, nickname: str, phone: str | None, follows: bool) -> tuple[int, dict[str, str]]:
    store, now, openids = platform.store, platform.clock.now(), {}
    user_id = store.insert("users", nickname=nickname, phone=phone, unionid=f"o{crypto.random_text(27)}")
    for account in platform.world.accounts.values():
        if isinstance(account, MiniProgram | ServiceAccount):
            openids[account.appid] = f"o{crypto.random_text(27)}"
            store.insert("openids", appid=account.appid, openid=openids[account.appid], user_id=user_id)
        if isinstance(account, ServiceAccount):
            store.insert("follows", appid=account.appid, user_id=user_id, following=int(follows), followed_at=now if follows else None)
    return user_id, openids


def get(platform: "Platform", user_id: int) -> Row:
    row = platform.store.one("SELECT * FROM users WHERE id = ?", user_id)
    if row is None:
        raise NotPossible("没有这个用户", status=404)
    return row


def listed(platform: "Platform", *, limit: int, after: int) -> list[Row]:
    """Users by id, each with how many service-account messages she got and which was the last (0 for none)."""
    rows = platform.store.all("SELECT * FROM users WHERE id > ? ORDER BY id LIMIT ?", after, limit)
    got = platform.store.all(
        "SELECT o.user_id, count(*) AS messages, max(m.id) AS last_message FROM messages m "
        "JOIN openids o ON o.openid = m.recipient AND o.appid = m.account "
        "WHERE m.channel = 'service' AND m.state = 'delivered' GROUP BY o.user_id"
    )
    by_user = {row.pop("user_id"): row for row in got}
    return [describe(platform, row) | by_user.get(row["id"], {"messages": 0, "last_message": 0}) for row in rows]


def describe(platform: "Platform", user: Row) -> Row:
    openids = platform.store.all("SELECT appid, openid FROM openids WHERE user_id = ?", user["id"])
    follows = platform.store.all("SELECT appid, following, blacklisted, refuses_messages FROM follows WHERE user_id = ?", user["id"])
    marks = platform.store.one("SELECT * FROM user_marks WHERE user_id = ?", user["id"]) or {"high_risk": 0, "closed_at": None}
    return {
        **user,
        "openids": {row["appid"]: row["openid"] for row in openids},
        "follows": {row.pop("appid"): {name: bool(value) for name, value in row.items()} for row in follows},
        "high_risk": bool(marks["high_risk"]),
        "closed": marks["closed_at"] is not None,
    }


def mini_program(platform: "Platform", appid: str) -> MiniProgram:
    """The mini-program of this appid; NotPossible when it is none."""
    account = platform.world.accounts.get(appid)
    if not isinstance(account, MiniProgram):
        raise NotPossible("appid 不是小程序", status=422)
    return account


def present(platform: "Platform", user_id: int) -> Row:
    """A user whose WeChat account still exists; NotPossible otherwise."""
    user = get(platform, user_id)
    if platform.store.value("SELECT closed_at FROM user_marks WHERE user_id = ?", user_id) is not None:
        raise NotPossible("该用户已注销微信账号")
    return user


def openid_of(platform: "Platform", user_id: int, appid: str) -> str:
    """Her openid in an account; an account that came into the world after her gives her one now."""
    openid: str | None = platform.store.value("SELECT openid FROM openids WHERE appid = ? AND user_id = ?", appid, user_id)
    if openid is None:
        openid = f"o{crypto.random_text(27)}"
        platform.store.insert("openids", appid=appid, openid=openid, user_id=user_id)
    return openid


def visit(platform: "Platform", user_id: int, appid: str) -> None:
    """She is in the mini-program now."""
    platform.store.run("INSERT OR REPLACE INTO visits VALUES (?, ?, ?)", appid, user_id, platform.clock.now())


def mark_high_risk(platform: "Platform", user_id: int, *, high_risk: bool) -> None:
    """WeChat's risk control takes her for dangerous (or no longer): her logins are refused."""
    get(platform, user_id)
    platform.store.run(
        "INSERT INTO user_marks (user_id, high_risk) VALUES (?, ?) ON CONFLICT DO UPDATE SET high_risk = excluded.high_risk",
        user_id, int(high_risk),
    )  # fmt: skip


def close(platform: "Platform", user_id: int) -> None:
    """She closes her WeChat account: no openid of hers can be reached any more."""
    present(platform, user_id)
    now = platform.clock.now()
    platform.store.run(
        "INSERT INTO user_marks (user_id, closed_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET closed_at = excluded.closed_at", user_id, now
    )


def restrict(platform: "Platform", user_id: int, *, appid: str, blacklisted: bool | None, refuses_messages: bool | None) -> None:
    """The account blacklists the user, or the user refuses the account's messages."""
    get(platform, user_id)
    touched = platform.store.run(
        "UPDATE follows SET blacklisted = coalesce(?, blacklisted), refuses_messages = coalesce(?, refuses_messages) "
        "WHERE appid = ? AND user_id = ?",
        blacklisted, refuses_messages, appid, user_id,
    )  # fmt: skip
    if not touched:
        raise NotPossible("appid 不是服务号", status=422)


def inbox(platform: "Platform", user_id: int, *, limit: int = 100) -> list[dict[str, Any]]:
    """The user's service-account messages, newest first."""
    get(platform, user_id)
    rows = platform.store.all(
        "SELECT m.* FROM messages m JOIN openids o ON o.openid = m.recipient AND o.appid = m.account "
        "WHERE m.channel = 'service' AND m.state = 'delivered' AND o.user_id = ? ORDER BY m.id DESC LIMIT ?", user_id, limit,
    )  # fmt: skip
    names = {account.appid: account.name for account in platform.world.service_accounts}
    return [{**_message(platform, row), "account_name": names[row["account"]]} for row in rows]


def _message(platform: "Platform", row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "msgid": row["msgid"], "account": row["account"], "sent_at": platform.clock.rfc3339(row["sent_at"]),
        **json.loads(row["content"]),
    }  # fmt: skip
