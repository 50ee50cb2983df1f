"""What members see in WeCom: the corp's staff, and each one's application messages with the cards as they look now."""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.wecom import card_clicks, cards, directory

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


def staff(platform: "Platform") -> list[dict[str, Any]]:
    """Every member of every corp with the number of messages that reached her; `visible` to the main application."""
    counts = platform.store.all(
        "SELECT lower(recipient) AS userid, count(*) AS n FROM messages WHERE channel = 'wecom' AND state = 'delivered' GROUP BY 1"
    )
    received = {row["userid"]: row["n"] for row in counts}
    return [
        {
            "userid": row["userid"], "corpid": corp.corpid, "name": row["name"], "departments": row["departments"],
            "visible": directory.sees(platform, corp, row["userid"]), "messages": received.get(row["userid"].lower(), 0),
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


def messages(platform: "Platform", userid: str, *, limit: int = 100) -> dict[str, Any]:
    """A member's application messages, newest first; and how many were dropped by the rate limit."""
    corp_of(platform, userid)
    rows = platform.store.all(
        "SELECT * FROM messages WHERE channel = 'wecom' AND recipient = ? AND state = 'delivered' ORDER BY id DESC LIMIT ?", userid, limit
    )
    dropped = platform.store.value("SELECT count(*) FROM messages WHERE channel = 'wecom' AND recipient = ? AND state = 'dropped'", userid)
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
