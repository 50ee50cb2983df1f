"""The rules for template cards of all five types (spec 4.2).

Which parts a type has, which are required, and lengths other than those of the contract are not verified [K].
"""

from typing import Any

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Field, Flag, Int, Many, Object, Shape, Text, checked

LINES = limit("wecom.card_lines", 6, "4.2")
BUTTONS = limit("wecom.card_buttons", 6, "4.2")
TASK_ID = limit("wecom.task_id_bytes", 128, "4.2")
KEY = limit("wecom.card_key_bytes", 1024, "4.2 [K], not verified")
TEXT = limit("wecom.card_text_bytes", 2048, "4.2 [K], not verified")
PAGE_PATH = limit("wecom.page_path_bytes", 1024, "4.2 [K], not verified")
URL = limit("wecom.url_bytes", 2048, "4.2")
JUMPS = limit("wecom.card_jumps", 3, "4.2 [K], not verified")
MENU = limit("wecom.card_menu_actions", 3, "4.2 [K], not verified")
VERTICAL = limit("wecom.card_vertical_lines", 4, "4.2 [K], not verified")
CHOICES = limit("wecom.card_select_options", 10, "4.2 [K], not verified")
VOTES = limit("wecom.card_vote_options", 20, "4.2 [K], not verified")
SELECTS = limit("wecom.card_selects", 3, "4.2 [K], not verified")
OPTION_ID = limit("wecom.card_option_id_bytes", 128, "4.2 [K], not verified")

INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")
# What a click with a choice has chosen from: the parts with a question.
QUESTIONS = ("button_selection", "checkbox", "select_list")


def _text(*, required: bool = False, least: int = 1) -> Text:
    return Text(most=TEXT, measure="bytes", required=required, least=least)


def _key() -> Text:
    return Text(most=KEY, measure="bytes", required=True)


def _url(*, required: bool = False) -> Text:
    return Text(most=URL, measure="bytes", required=required, pattern=r"https?://\S+")


_JUMP: Shape = {"url": _url(), "appid": Text(), "pagepath": Text(most=PAGE_PATH, measure="bytes")}
_OPTION: Shape = {"id": Text(most=OPTION_ID, measure="bytes", required=True), "text": _text(required=True)}
_SELECT: Shape = {
    "question_key": _key(),
    "title": _text(least=0),
    "disable": Flag(),
    "selected_id": Text(most=OPTION_ID, measure="bytes"),
    "option_list": Many(Object(_OPTION), most=CHOICES, required=True),
}
_LINE: Shape = {
    "type": Int(choices=(0, 1, 2, 3)),
    "keyname": _text(required=True),
    "value": _text(least=0),
    "url": _url(),
    "media_id": Text(),
    "userid": Text(),
}
_BUTTON: Shape = {
    "type": Int(choices=(0, 1)),
    "text": _text(required=True),
    "style": Int(choices=(1, 2, 3, 4)),
    "key": Text(most=KEY, measure="bytes"),
    "url": _url(),
}
_SUBMIT = Object({"text": _text(required=True), "key": _key()}, required=True)
_COMMON: Shape = {
    "card_type": Text(choices=("text_notice", "news_notice", *INTERACTIVE), required=True),
    "source": Object({"icon_url": _url(), "desc": _text(least=0), "desc_color": Int(choices=(0, 1, 2, 3))}),
    "task_id": Text(most=TASK_ID, measure="bytes", pattern=r"[0-9A-Za-z_\-@]+", too_long=40058),
}
_MENU: Shape = {
    "action_menu": Object({
        "desc": _text(least=0),
        "action_list": Many(Object({"text": _text(required=True), "key": _key()}), most=MENU, required=True),
    }),
}  # fmt: skip
_BODY: Shape = {
    "quote_area": Object({"type": Int(choices=(0, 1, 2)), "title": _text(least=0), "quote_text": _text(least=0), **_JUMP}),
    "sub_title_text": _text(least=0),
    "horizontal_content_list": Many(Object(_LINE), least=0, most=LINES, too_long=40058),
}


def _title(*, required: bool) -> Shape:
    return {"main_title": Object({"title": _text(required=required, least=int(required)), "desc": _text(least=0)}, required=required)}


_NOTICE: Shape = {
    "jump_list": Many(Object({"type": Int(choices=(0, 1, 2)), "title": _text(required=True), **_JUMP}), least=0, most=JUMPS),
    "card_action": Object({"type": Int(choices=(1, 2), required=True), **_JUMP}, required=True),
}
_SHAPES: dict[str, Shape] = {
    "text_notice": {
        **_COMMON, **_MENU, **_BODY, **_NOTICE, **_title(required=False),
        "emphasis_content": Object({"title": _text(least=0), "desc": _text(least=0)}),
    },
    "news_notice": {
        **_COMMON, **_MENU, **_BODY, **_NOTICE, **_title(required=True),
        "card_image": Object({"url": _url(required=True), "aspect_ratio": Field()}),
        "image_text_area": Object(
            {"type": Int(choices=(0, 1, 2)), "title": _text(least=0), "desc": _text(least=0), "image_url": _url(required=True), **_JUMP}
        ),
        "vertical_content_list": Many(Object({"title": _text(required=True), "desc": _text(least=0)}), least=0, most=VERTICAL),
    },
    "button_interaction": {
        **_COMMON, **_MENU, **_BODY, **_title(required=True),
        "card_action": Object({"type": Int(choices=(0, 1, 2)), **_JUMP}),
        "button_selection": Object(_SELECT),
        "button_list": Many(Object(_BUTTON), most=BUTTONS, required=True, too_long=40058),
    },
    "vote_interaction": {
        **_COMMON, **_title(required=True),
        "checkbox": Object({
            "question_key": _key(), "mode": Int(choices=(0, 1)), "disable": Flag(),
            "option_list": Many(Object({**_OPTION, "is_checked": Flag()}), most=VOTES, required=True),
        }, required=True),
        "submit_button": _SUBMIT,
    },
    "multiple_interaction": {
        **_COMMON, **_title(required=True),
        "select_list": Many(Object(_SELECT), most=SELECTS, required=True),
        "submit_button": _SUBMIT,
    },
}  # fmt: skip


def check(call: Call, card: Any, *, is_update: bool = False) -> None:
    """Refuse a card that WeCom would refuse. An update may grey its buttons with `replace_text` and needs no task_id."""
    where = "template_card."
    if not isinstance(card, dict):
        raise Refusal(47001, "data format error, template_card")
    card_type = card.get("card_type")
    shape = _SHAPES.get(card_type) if isinstance(card_type, str) else None
    if shape is None:
        raise _bad("card_type")
    checked(call, card, {**shape, "replace_text": _text()} if is_update else shape, where=where)
    if "task_id" not in card and not is_update and is_interactive(card):
        raise _bad("task_id: missing")
    for name in ("card_action", "quote_area", "image_text_area"):
        _check_jump(card.get(name, {}), name)
    for jump in card.get("jump_list", []):
        _check_jump(jump, "jump_list")
    if card_type == "text_notice" and not card.get("main_title", {}).get("title") and not card.get("sub_title_text"):
        raise _bad("main_title.title: it and sub_title_text are both empty")
    if card_type == "news_notice" and "card_image" not in card and "image_text_area" not in card:
        raise _bad("card_image: it and image_text_area are both missing")
    for line in card.get("horizontal_content_list", []):
        needed = (None, "url", "media_id", "userid")[line.get("type", 0)]
        if needed and not line.get(needed):
            raise _bad(f"horizontal_content_list.{needed}: missing")
    for button in card.get("button_list", []):
        needed = ("key", "url")[button.get("type", 0)]
        if not button.get(needed):
            raise _bad(f"button_list.{needed}: missing")
    _check_questions(card)


def is_interactive(card: dict[str, Any]) -> bool:
    """Whether it sends clicks to the application: an interactive card, or a notice with a menu."""
    return card.get("card_type") in INTERACTIVE or "action_menu" in card


def questions(card: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a card in which a member chooses something."""
    parts = (card.get(name) for name in QUESTIONS)
    return [question for part in parts if part for question in (part if isinstance(part, list) else [part])]


def _check_questions(card: dict[str, Any]) -> None:
    asked = questions(card)
    if len({question["question_key"] for question in asked}) < len(asked):
        raise _bad("question_key: used twice")
    for question in asked:
        options = [option["id"] for option in question["option_list"]]
        if len(set(options)) < len(options):
            raise _bad("option_list.id: used twice")
        if "selected_id" in question and question["selected_id"] not in options:
            raise _bad("selected_id: not one of the options")


def _check_jump(part: dict[str, Any], where: str) -> None:
    needed = (None, "url", "appid")[part.get("type", 0)]
    if needed and not part.get(needed):
        raise _bad(f"{where}.{needed}: missing")


def _bad(what: str) -> Refusal:
    return Refusal(40058, f"invalid Request Parameter, template_card.{what}")
