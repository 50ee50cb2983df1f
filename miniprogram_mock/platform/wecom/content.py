"""What an application message may contain: types and sizes in bytes (spec 4.2).

Messages with uploaded media (image, voice, video, file, mpnews) are not in the contract and not simulated: 40008.
"""

from typing import Any

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Flag, Many, Object, Shape, Text, checked
from miniprogram_mock.platform.wecom import cards
from miniprogram_mock.platform.wecom.cards import PAGE_PATH, URL

TEXT = limit("wecom.text_bytes", 2048, "4.2")
MARKDOWN = limit("wecom.markdown_bytes", 2048, "4.2")
TITLE = limit("wecom.title_bytes", 128, "4.2")
DESCRIPTION = limit("wecom.description_bytes", 512, "4.2")
BUTTON = limit("wecom.textcard_button_chars", 4, "4.2")
ARTICLES = limit("wecom.articles", 8, "4.2")
NOTICE_TITLE_LEAST = limit("wecom.notice_title_least_chars", 4, "4.2")
NOTICE_TITLE = limit("wecom.notice_title_chars", 12, "4.2")
NOTICE_ITEMS = limit("wecom.notice_items", 10, "4.2")
NOTICE_KEY = limit("wecom.notice_key_chars", 10, "4.2")
NOTICE_VALUE = limit("wecom.notice_value_chars", 30, "4.2")


def _bytes(most: str, *, required: bool = True) -> Text:
    return Text(most=most, measure="bytes", required=required, missing=44004, wrong=44004)


_SHAPES: dict[str, Shape] = {
    "text": {"content": _bytes(TEXT)},
    "markdown": {"content": _bytes(MARKDOWN)},
    "textcard": {
        "title": _bytes(TITLE),
        "description": _bytes(DESCRIPTION),
        "url": _bytes(URL),
        "btntxt": Text(most=BUTTON),
    },
    "news": {
        "articles": Many(
            Object({
                "title": _bytes(TITLE), "description": _bytes(DESCRIPTION, required=False), "url": _bytes(URL, required=False),
                "picurl": _bytes(URL, required=False), "appid": Text(), "pagepath": Text(most=PAGE_PATH, measure="bytes"),
            }), most=ARTICLES, required=True, missing=44004, wrong=44004, too_long=45008,
        ),
    },
    "miniprogram_notice": {
        "appid": Text(required=True),
        "page": Text(most=PAGE_PATH, measure="bytes"),
        "title": Text(least=NOTICE_TITLE_LEAST, most=NOTICE_TITLE, required=True),
        "description": Text(least=NOTICE_TITLE_LEAST, most=NOTICE_TITLE),
        "emphasis_first_item": Flag(),
        "content_item": Many(
            Object({"key": Text(most=NOTICE_KEY, required=True), "value": Text(most=NOTICE_VALUE, required=True)}), most=NOTICE_ITEMS
        ),
    },
}  # fmt: skip
TYPES = (*_SHAPES, "template_card")


def check(call: Call) -> dict[str, Any]:
    """The message's own part, `{msgtype: {...}}`; 40008 type, 44004 empty, 45002 too long, 40058 anything else."""
    msgtype = call.data.get("msgtype")
    if msgtype not in TYPES:
        raise Refusal(40008, "invalid message type")
    content = call.data.get(msgtype)
    if not isinstance(content, dict) or not content:
        raise Refusal(44004, f"empty content, {msgtype}")
    if msgtype == "template_card":
        cards.check(call, content)
        return {msgtype: content}
    checked(call, content, _SHAPES[msgtype], where=f"{msgtype}.")
    if msgtype == "news":
        for article in content["articles"]:
            if not article.get("url") and not (article.get("appid") and article.get("pagepath")):
                raise Refusal(44004, "empty content, news.articles.url")
    if msgtype == "miniprogram_notice":
        _check_notice(call, content["appid"])
    return {msgtype: content}


def _check_notice(call: Call, appid: str) -> None:
    """Only to an application whose corp has linked the mini-program, and never to everybody."""
    if appid not in call.account.linked:
        raise Refusal(40013, "invalid appid, the mini program is not linked to the corp")
    if call.data.get("touser") == "@all":
        raise Refusal(40058, "invalid Request Parameter, touser: @all is not supported by miniprogram_notice")
