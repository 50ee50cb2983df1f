"""Who lets the mini-program send her what: answers to `wx.requestSubscribeMessage`, the settings page, and the credits (spec 1.8).

Every accept is good for one message, without end; a refusal in the settings page takes all of them away.
A choice that she keeps ("总是保持以上选择") is not asked for again, shows no dialog and pushes no event; kept accepts still count up ([K]).
"""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import people
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import templates
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.world import MiniProgram

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

MOST_TEMPLATES = limit("mini_program.templates_per_question", 5, "1.8; [K], not verified")
ANSWERS = ("accept", "reject", "ban", "filter")
_SWITCHED_OFF = 20004

declare("""
CREATE TABLE IF NOT EXISTS kept_choices (
    appid TEXT NOT NULL, user_id INTEGER NOT NULL, template_id TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (appid, user_id, template_id));
CREATE TABLE IF NOT EXISTS switched_off (appid TEXT NOT NULL, user_id INTEGER NOT NULL, PRIMARY KEY (appid, user_id));
""")


def ask(
    platform: "Platform", user_id: int, *, appid: str, asked: list[tuple[str, str | None]], keep: bool = False
) -> dict[str, str]:  # fmt: skip
    """`wx.requestSubscribeMessage`: the templates with what she says to each (None where a kept choice speaks), and gives what came out.

    `subscribe_msg_popup_event` is pushed with what she was shown: templates that are banned, filtered out or kept never are.
    """
    people.present(platform, user_id)
    account = people.mini_program(platform, appid)
    _check_question(platform, account, [template_id for template_id, _ in asked])
    if platform.store.value("SELECT count(*) FROM switched_off WHERE appid = ? AND user_id = ?", appid, user_id):
        raise NotPossible("用户关闭了订阅消息的主开关", errCode=_SWITCHED_OFF)
    kept = _kept(platform, user_id, appid)
    told = {template_id: answer or kept.get(template_id, "") for template_id, answer in asked}
    for template_id, answer in told.items():
        if answer not in ANSWERS:
            raise NotPossible(f"{template_id} 的答复只能是 {'、'.join(ANSWERS)}", status=422)
    for template_id, answer in told.items():
        _keep_answer(platform, user_id, answer, appid=appid, template_id=template_id)
        if keep and answer in ("accept", "reject"):
            platform.store.run("INSERT OR REPLACE INTO kept_choices VALUES (?, ?, ?, ?)", appid, user_id, template_id, answer)
    people.visit(platform, user_id, appid)
    shown = [(template_id, answer) for template_id, answer in asked if answer in ("accept", "reject")]
    if shown:
        listed = [{"TemplateId": one, "SubscribeStatusString": answer, "PopupScene": "0"} for one, answer in shown]
        push_list(platform, account, "subscribe_msg_popup_event", openid=people.openid_of(platform, user_id, appid), listed=listed)
    return told


def settings(platform: "Platform", user_id: int, *, appid: str, template_id: str | None, allow: bool) -> None:
    """The settings page: one template, or (without one) the main switch. Only a refusal is told of, and costs the credits."""
    people.present(platform, user_id)
    account = people.mini_program(platform, appid)
    if template_id is not None and templates.find(platform, account, template_id) is None:
        raise NotPossible(f"没有模板 {template_id}", status=422)
    if template_id is None:
        platform.store.run("DELETE FROM switched_off WHERE appid = ? AND user_id = ?", appid, user_id)
        if not allow:
            platform.store.insert("switched_off", appid=appid, user_id=user_id)
    if allow:
        if template_id is not None:
            platform.store.run("INSERT OR REPLACE INTO kept_choices VALUES (?, ?, ?, 'accept')", appid, user_id, template_id)
        return
    asked_for = [row["template_id"] for row in of_user(platform, user_id) if row["appid"] == appid]
    refused = [template_id] if template_id is not None else asked_for
    for one in refused:
        platform.store.run("INSERT OR REPLACE INTO kept_choices VALUES (?, ?, ?, 'reject')", appid, user_id, one)
        platform.store.run(
            "INSERT INTO subscriptions VALUES (?, ?, ?, 'reject', 0, ?) ON CONFLICT DO UPDATE "
            "SET answer = 'reject', credits = 0, answered_at = excluded.answered_at",
            appid, user_id, one, platform.clock.now(),
        )  # fmt: skip
    if refused:
        listed = [{"TemplateId": one, "SubscribeStatusString": "reject"} for one in refused]
        push_list(platform, account, "subscribe_msg_change_event", openid=people.openid_of(platform, user_id, appid), listed=listed)


def spend(platform: "Platform", user_id: int, *, appid: str, template_id: str) -> bool:
    """Use up one credit; False when there is none."""
    return bool(platform.store.run(
        "UPDATE subscriptions SET credits = credits - 1 WHERE appid = ? AND user_id = ? AND template_id = ? AND credits > 0",
        appid, user_id, template_id,
    ))  # fmt: skip


def of_user(platform: "Platform", user_id: int) -> list[dict[str, Any]]:
    """Her latest answer for each template of a mini-program, and how many messages she is willing to get."""
    rows = platform.store.all("SELECT * FROM subscriptions WHERE user_id = ? ORDER BY appid, answered_at, template_id", user_id)
    return [
        {
            **{name: row[name] for name in ("appid", "template_id", "answer", "credits")},
            "answered_at": platform.clock.rfc3339(row["answered_at"]),
        }
        for row in rows
    ]


def _check_question(platform: "Platform", account: MiniProgram, ids: list[str]) -> None:
    most = platform.limits[MOST_TEMPLATES]
    if not 1 <= len(ids) <= most or len(set(ids)) < len(ids):
        raise NotPossible(f"一次询问 1 到 {most} 个不同的模板", status=422)
    for template_id in ids:
        template = templates.find(platform, account, template_id)
        if template is None:
            raise NotPossible(f"没有模板 {template_id}", status=422)
        if templates.is_card(template):
            raise NotPossible(f"{template_id} 是服务动态模板，不能用于订阅询问", status=422)


def _kept(platform: "Platform", user_id: int, appid: str) -> dict[str, str]:
    rows = platform.store.all("SELECT template_id, answer FROM kept_choices WHERE appid = ? AND user_id = ?", appid, user_id)
    return {row["template_id"]: row["answer"] for row in rows}


def _keep_answer(platform: "Platform", user_id: int, answer: str, *, appid: str, template_id: str) -> None:
    platform.store.run(
        "INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET answer = excluded.answer, credits = credits + excluded.credits, answered_at = excluded.answered_at",
        appid, user_id, template_id, answer, int(answer == "accept"), platform.clock.now(),
    )  # fmt: skip


def push_list(platform: "Platform", account: MiniProgram, event: str, *, openid: str, listed: list[dict[str, Any]]) -> None:
    """One of the three subscribe events: in XML its list stands inside an element named after the event, in JSON at the top."""
    element = "".join(part.capitalize() for part in event.split("_"))
    platform.callbacks.message(account, event, recipient=openid, fields={element: {"List": listed}})
