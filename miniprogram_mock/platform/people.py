"""What users and staff do on their phones: open the mini-program, follow, read their inboxes."""

import json
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.world import MiniProgram, ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

ANSWERS = ("accept", "reject", "ban", "filter")
MOST_TEMPLATES = 5
SEED = (("林晓雯", "13800010001", True), ("周宇航", "13900020002", True), ("陌生人", None, False))


class NotPossible(Exception):
    """What a person wanted to do cannot be done; `status` is the HTTP status for it."""

    def __init__(self, message: str, *, status: int = 409) -> None:
        super().__init__(message)
        self.status = status


def seed(platform: "Platform") -> None:
    """Three people to begin with: the buyer, her friend, and a stranger who follows nobody."""
    if not platform.store.value("SELECT count(*) FROM users"):
        for nickname, phone, follows in SEED:
            create(platform, nickname=nickname, phone=phone, follows=follows)


def create(platform: "Platform", *, nickname: str, phone: str | None, follows: bool) -> Row:
    """A new WeChat user: one unionid, an openid for each account; may follow every service account from before (no event is sent)."""
    store, now = platform.store, platform.clock.now()
    user_id = store.insert("users", nickname=nickname, phone=phone, unionid=f"o{crypto.random_text(27)}")
    for account in platform.world.accounts.values():
        if isinstance(account, MiniProgram | ServiceAccount):
            store.insert("openids", appid=account.appid, openid=f"o{crypto.random_text(27)}", user_id=user_id)
        if isinstance(account, ServiceAccount):
            store.insert("follows", appid=account.appid, user_id=user_id, following=int(follows), followed_at=now if follows else None)
    return describe(platform, get(platform, user_id))


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
    return {
        **user,
        "openids": {row["appid"]: row["openid"] for row in openids},
        "follows": {row.pop("appid"): {name: bool(value) for name, value in row.items()} for row in follows},
        "subscriptions": _subscriptions(platform, user["id"]),
    }


def _subscriptions(platform: "Platform", user_id: int) -> list[dict[str, Any]]:
    """Her latest answer for each template of a mini-program, and how many messages she is willing to get."""
    rows = platform.store.all("SELECT * FROM subscriptions WHERE user_id = ? ORDER BY appid, answered_at, template_id", user_id)
    return [
        {
            **{name: row[name] for name in ("appid", "template_id", "answer", "credits")},
            "answered_at": platform.clock.rfc3339(row["answered_at"]),
        }
        for row in rows
    ]


def issue_code(platform: "Platform", user_id: int, *, kind: str, appid: str) -> str:
    """The code that `wx.login` or the phone-number button gives to the mini-program."""
    user = get(platform, user_id)
    if not isinstance(platform.world.accounts.get(appid), MiniProgram):
        raise NotPossible("appid 不是小程序", status=422)
    if kind == "phone" and not user["phone"]:
        raise NotPossible("该用户没有绑定手机号")
    code = crypto.random_text(32) if kind == "login" else secrets.token_hex(32)
    platform.store.insert("codes", code=code, kind=kind, appid=appid, user_id=user_id, issued_at=platform.clock.now())
    return code


def follow(platform: "Platform", user_id: int, *, appid: str, following: bool) -> None:
    """Follow or unfollow a service account; `subscribe` or `unsubscribe` is pushed when something changed."""
    get(platform, user_id)
    account = platform.world.accounts.get(appid)
    if not isinstance(account, ServiceAccount):
        raise NotPossible("appid 不是服务号", status=422)
    changed = platform.store.run(
        "UPDATE follows SET following = ?, followed_at = ? WHERE appid = ? AND user_id = ? AND following <> ?",
        int(following), platform.clock.now(), appid, user_id, int(following),
    )  # fmt: skip
    if changed:
        openid = platform.store.value("SELECT openid FROM openids WHERE appid = ? AND user_id = ?", appid, user_id)
        event = "subscribe" if following else "unsubscribe"
        platform.callbacks.message(account, event, recipient=openid, fields={"EventKey": ""})


def subscribe(platform: "Platform", user_id: int, *, appid: str, answers: list[tuple[str, str]]) -> None:
    """What she answered to `wx.requestSubscribeMessage`, as (template_id, answer); each accept is good for one more message.

    `subscribe_msg_popup_event` is pushed with what she was shown: templates that are banned or filtered out never are (spec 1.8).
    """
    get(platform, user_id)
    account = platform.world.accounts.get(appid)
    if not isinstance(account, MiniProgram):
        raise NotPossible("appid 不是小程序", status=422)
    if not 1 <= len(answers) <= MOST_TEMPLATES or len({template_id for template_id, _ in answers}) < len(answers):
        raise NotPossible(f"一次询问 1 到 {MOST_TEMPLATES} 个不同的模板", status=422)
    for template_id, answer in answers:
        if account.subscribe_template(template_id) is None:
            raise NotPossible(f"没有模板 {template_id}", status=422)
        if answer not in ANSWERS:
            raise NotPossible(f"答复只能是 {'、'.join(ANSWERS)}", status=422)
        platform.store.run(
            "INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET answer = excluded.answer, credits = credits + excluded.credits, answered_at = excluded.answered_at",
            appid, user_id, template_id, answer, int(answer == "accept"), platform.clock.now(),
        )  # fmt: skip
    shown = [
        {"TemplateId": template_id, "SubscribeStatusString": answer, "PopupScene": "0"}
        for template_id, answer in answers
        if answer in ("accept", "reject")
    ]
    if shown:
        openid = platform.store.value("SELECT openid FROM openids WHERE appid = ? AND user_id = ?", appid, user_id)
        platform.callbacks.message(
            account, "subscribe_msg_popup_event", recipient=openid, fields={"SubscribeMsgPopupEvent": {"List": shown}}
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


def staff(platform: "Platform") -> list[dict[str, Any]]:
    """Every member of every corp with the number of messages that reached her."""
    counts = platform.store.all(
        "SELECT recipient, count(*) AS n FROM messages WHERE channel = 'wecom' AND state = 'delivered' GROUP BY recipient"
    )
    received = {row["recipient"]: row["n"] for row in counts}
    return [
        {"userid": userid, "corpid": corp.corpid, "visible": userid in corp.visible, "messages": received.get(userid, 0)}
        for corp in platform.world.corps
        for userid in (*corp.visible, *corp.hidden)
    ]


def staff_inbox(platform: "Platform", userid: str, *, limit: int = 100) -> dict[str, Any]:
    """A member's application messages, newest first, cards as they look now; and how many were dropped by the rate limit."""
    if not any(userid in (*corp.visible, *corp.hidden) for corp in platform.world.corps):
        raise NotPossible("没有这个成员", status=404)
    rows = platform.store.all(
        "SELECT * FROM messages WHERE channel = 'wecom' AND recipient = ? AND state = 'delivered' ORDER BY id DESC LIMIT ?", userid, limit
    )
    dropped = platform.store.value("SELECT count(*) FROM messages WHERE channel = 'wecom' AND recipient = ? AND state = 'dropped'", userid)
    return {"messages": [_work_message(platform, row) for row in rows], "dropped": dropped}


def _message(platform: "Platform", row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "msgid": row["msgid"], "account": row["account"], "sent_at": platform.clock.rfc3339(row["sent_at"]),
        **json.loads(row["content"]),
    }  # fmt: skip


def _work_message(platform: "Platform", row: Row) -> dict[str, Any]:
    message = _message(platform, row)
    state = json.loads(row["card_state"] or "{}")
    if "template_card" in state:
        message["template_card"] = state["template_card"]
    callback_buttons = [button for button in message.get("template_card", {}).get("button_list", []) if button.get("type", 0) == 0]
    replaced = state.get("replace_name")
    return {
        **message, "pressed": state.get("pressed"), "replace_name": replaced,
        "buttons": [] if replaced else [{"key": button["key"], "text": button["text"]} for button in callback_buttons],
    }  # fmt: skip
