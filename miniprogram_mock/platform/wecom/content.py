"""What a WeCom application message may contain: types, sizes, template cards (spec 4.2)."""

import re
from typing import Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, refuse_unknown

TYPES = ("text", "textcard", "markdown", "template_card")
CARD_TYPES = ("text_notice", "button_interaction")
# type -> field -> longest value in bytes
SIZES = {
    "text": {"content": 2048},
    "markdown": {"content": 2048},
    "textcard": {"title": 128, "description": 512, "url": 2048, "btntxt": 12},
}
MOST_BUTTONS, MOST_LINES = 6, 6
_OPTIONAL = ("btntxt",)
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
_CARD_FIELDS = (
    "card_type", "source", "main_title", "quote_area", "sub_title_text", "horizontal_content_list", "card_action", "task_id", "button_list",
    "button_selection", "emphasis_content", "jump_list", "action_menu",
)  # fmt: skip
_PARTS = {
    "source": ("icon_url", "desc", "desc_color"),
    "main_title": ("title", "desc"),
    "quote_area": ("type", "url", "appid", "pagepath", "title", "quote_text"),
    "emphasis_content": ("title", "desc"),
    "card_action": ("type", "url", "appid", "pagepath"),
    "action_menu": ("desc", "action_list"),
    "button_selection": ("question_key", "title", "option_list", "selected_id"),
}
_LINE = ("type", "keyname", "value", "url", "media_id", "userid")
_BUTTON = ("type", "text", "style", "key", "url")


def checked(call: Call) -> dict[str, Any]:
    """The message's own part, `{msgtype: {...}}`; 40008 type, 44004 empty, 45002 too long, 40058 anything else."""
    msgtype = call.data.get("msgtype")
    if msgtype not in TYPES:
        raise Refusal(40008, "invalid message type")
    content = call.data.get(msgtype)
    if not isinstance(content, dict) or not content:
        raise Refusal(44004, f"empty content, {msgtype}")
    if msgtype == "template_card":
        check_card(call, content)
    else:
        refuse_unknown(call, content, tuple(SIZES[msgtype]), where=f"{msgtype}.")
        for name, most in SIZES[msgtype].items():
            _text(content, name, most=most, where=msgtype, required=name not in _OPTIONAL)
    return {msgtype: content}


def is_interactive(content: dict[str, Any]) -> bool:
    """Whether an answer carries a response_code: interactive cards, and notice cards with a menu."""
    card = content.get("template_card", {})
    return card.get("card_type") == "button_interaction" or "action_menu" in card


def check_card(call: Call, card: Any) -> None:
    """Refuse a template card that WeCom would refuse."""
    if not isinstance(card, dict) or card.get("card_type") not in CARD_TYPES:
        raise _bad("template_card.card_type")
    refuse_unknown(call, card, _CARD_FIELDS, where="template_card.")
    for name, fields in _PARTS.items():
        part = card.get(name, {})
        if not isinstance(part, dict):
            raise _bad(f"template_card.{name}")
        refuse_unknown(call, part, fields, where=f"template_card.{name}.")
    for line in _items(card, "horizontal_content_list", most=MOST_LINES):
        refuse_unknown(call, line, _LINE, where="template_card.horizontal_content_list.")
        _text(line, "keyname", most=2048, where="template_card.horizontal_content_list")
    title = card.get("main_title", {}).get("title")
    if card["card_type"] == "button_interaction":
        _check_buttons(call, card)
        if not title:
            raise _bad("template_card.main_title.title")
    else:
        _check_notice(card, title)
    task_id = card.get("task_id")
    if (task_id is None and is_interactive({"template_card": card})) or (task_id is not None and not _is_task_id(task_id)):
        raise _bad("template_card.task_id")


def _check_notice(card: dict[str, Any], title: Any) -> None:
    if not title and not card.get("sub_title_text"):
        raise _bad("template_card.main_title.title")
    action = card.get("card_action", {})
    target = {1: "url", 2: "appid"}.get(action.get("type"))
    if target is None or not action.get(target):
        raise _bad("template_card.card_action")


def _check_buttons(call: Call, card: dict[str, Any]) -> None:
    buttons = _items(card, "button_list", most=MOST_BUTTONS)
    if not buttons:
        raise _bad("template_card.button_list")
    for button in buttons:
        refuse_unknown(call, button, _BUTTON, where="template_card.button_list.")
        _text(button, "text", most=2048, where="template_card.button_list")
        needed = {0: "key", 1: "url"}.get(button.get("type", 0))
        if needed is None or button.get("style", 1) not in (1, 2, 3, 4):
            raise _bad("template_card.button_list.type or style")
        _text(button, needed, most=1024, where="template_card.button_list")


def _items(card: dict[str, Any], name: str, *, most: int) -> list[dict[str, Any]]:
    items = card.get(name, [])
    if not isinstance(items, list) or len(items) > most or not all(isinstance(item, dict) for item in items):
        raise _bad(f"template_card.{name}: a list of at most {most} objects")
    return items


def _text(content: dict[str, Any], name: str, *, most: int, where: str, required: bool = True) -> None:
    value = content.get(name)
    if value is None and not required:
        return
    if not isinstance(value, str) or not value:
        raise Refusal(44004, f"empty content, {where}.{name}")
    if len(value.encode()) > most:
        raise Refusal(45002, f"content size out of limit, {where}.{name}: at most {most} bytes")


def _is_task_id(task_id: Any) -> bool:
    return isinstance(task_id, str) and _TASK_ID.fullmatch(task_id) is not None


def _bad(what: str) -> Refusal:
    return Refusal(40058, f"invalid Request Parameter, {what}")
