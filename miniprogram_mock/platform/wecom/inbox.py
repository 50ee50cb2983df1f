"""What members see in WeCom: the corp's staff, and each one's application messages with the cards as they look now."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.wecom import card_clicks, cards, directory
from miniprogram_mock.platform.wecom.events import main_app

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


def staff(platform: "Platform") -> list[dict[str, Any]]:
    """Every member of every corp with the number of messages that reached her; `visible` to the main application."""
    counts = platform.store.all(
        "SELECT account, lower(recipient) AS userid, count(*) AS n FROM messages "
        "WHERE channel = 'wecom' AND state = 'delivered' GROUP BY 1, 2"
    )
    received = Counter[tuple[str, str]]()
    for row in counts:
        received[row["account"].partition(".")[0], row["userid"]] += row["n"]
    return [
        {
            "userid": row["userid"], "corpid": corp.corpid, "name": row["name"], "departments": row["departments"],
            "visible": directory.sees(platform, corp, row["userid"]), "messages": received[corp.corpid, row["userid"].lower()],
        }
        for corp in platform.world.corps
        for row in directory.members(platform, corp.corpid)
    ]  # fmt: skip


def corp_of(platform: "Platform", userid: str, corpid: str | None = None) -> str:
    """The corp of a member, who is looked for in all corps unless one is named."""
    for corp in platform.world.corps:
        if corpid in (None, corp.corpid) and directory.member(platform, corp.corpid, userid):
            return corp.corpid
    raise NotPossible("没有这个成员", status=404)


def messages(platform: "Platform", corpid: str, userid: str, *, limit: int = 100) -> dict[str, Any]:
    """A member's application messages, newest first; and how many were dropped by the rate limit."""
    accounts = [app.appid for app in main_app(platform, corpid).applications]
    hers = f"FROM messages WHERE channel = 'wecom' AND recipient = ? AND account IN ({', '.join('?' * len(accounts))}) AND state = ?"
    rows = platform.store.all(f"SELECT * {hers} ORDER BY id DESC LIMIT ?", userid, *accounts, "delivered", limit)
    dropped = platform.store.value(f"SELECT count(*) {hers}", userid, *accounts, "dropped")
    return {"messages": [_message(platform, row) for row in rows], "dropped": dropped}


def _message(platform: "Platform", row: Row) -> dict[str, Any]:
    card, state = card_clicks.shown(row)
    replaced = state.get("replace_name")
    app = platform.world.accounts[row["account"]]
    return {
        "id": row["id"], "msgid": row["msgid"], "account": row["account"], "app_name": app.name,
        "sent_at": platform.clock.rfc3339(row["sent_at"]), **json.loads(row["content"]), **({"template_card": card} if card else {}),
        "pressed": state.get("pressed"), "choices": state.get("choices", {}), "replace_name": replaced,
        "buttons": [] if replaced else [{"key": button["key"], "text": button["text"]} for button in card_clicks.buttons(card)],
        "questions": [] if replaced else cards.questions(card),
        "menu": card.get("action_menu", {}).get("action_list", []),
    }  # fmt: skip
