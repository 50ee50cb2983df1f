"""Messages and cards to the members of the corp. developer.work.weixin.qq.com/document/path/90236, 94945.

A member gets 30 messages a minute and 1,000 an hour from one app, and WeCom drops the rest without a word; the app has 200 recipients a
day for each account of the corp. WeCom advises against the full and the half hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.wecom.door import PER_MINUTE, WeComDoor, at_most, given

EVERYBODY = ("@all",)
LONGEST_DUPLICATE_CHECK_SECONDS = 4 * 3600
_SEND = "/cgi-bin/message/send"


@dataclass(frozen=True)
class CardReceipt:
    """That WeCom took a message; `invalid_userids` (lower case) and `unlicensed_userids` did not get it, nor did the other invalid ones.

    `response_code` updates the card once within 72 hours; only interactive cards have one.
    """

    msgid: str
    response_code: str | None = field(repr=False)
    invalid_userids: tuple[str, ...]
    invalid_party_ids: tuple[int, ...] = ()
    invalid_tag_ids: tuple[int, ...] = ()
    unlicensed_userids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Article:
    """A picture with a title that opens an address. Title 128 bytes, description 512, addresses 2,048."""

    title: str
    url: str
    description: str = ""
    picture_url: str = ""


class Messages(WeComDoor):
    """Each goes to members, departments (`party_ids`) and member tags (`tag_ids`), at most 1,000, 100 and 100; or to `EVERYBODY`.

    The very same call within `duplicate_check_seconds` (4 h at most) gives the first receipt, and nothing is sent twice.
    Refusals: 81013 (nobody of them can be reached), 40008, 40056, 44004 (empty), 45002 (too long), 40058, 50003, 301002, 45009.
    """

    @post(_SEND, repeat=Repeat.keyed, per_minute=PER_MINUTE)
    def send_card(
        self,
        userids: Sequence[str],
        card: dict[str, Any],
        *,
        duplicate_check_seconds: int = 1800,
        party_ids: Sequence[int] = (),
        tag_ids: Sequence[int] = (),
    ) -> Ask[CardReceipt]:
        """Send a template card. Its `task_id` is the app's own, never used before; a card with buttons needs one. 42014: it was used."""
        return self._message((userids, party_ids, tag_ids), {"msgtype": "template_card", "template_card": card}, duplicate_check_seconds)

    @post(_SEND, repeat=Repeat.keyed, per_minute=PER_MINUTE)
    def send_text(
        self,
        userids: Sequence[str],
        text: str,
        *,
        duplicate_check_seconds: int = 1800,
        party_ids: Sequence[int] = (),
        tag_ids: Sequence[int] = (),
    ) -> Ask[CardReceipt]:
        """At most 2,048 bytes."""
        return self._message((userids, party_ids, tag_ids), {"msgtype": "text", "text": {"content": text}}, duplicate_check_seconds)

    @post(_SEND, repeat=Repeat.keyed, per_minute=PER_MINUTE)
    def send_markdown(
        self,
        userids: Sequence[str],
        markdown: str,
        *,
        duplicate_check_seconds: int = 1800,
        party_ids: Sequence[int] = (),
        tag_ids: Sequence[int] = (),
    ) -> Ask[CardReceipt]:
        """At most 2,048 bytes; who reads it in WeChat sees nothing of it."""
        content = {"msgtype": "markdown", "markdown": {"content": markdown}}
        return self._message((userids, party_ids, tag_ids), content, duplicate_check_seconds)

    @post(_SEND, repeat=Repeat.keyed, per_minute=PER_MINUTE)
    def send_text_card(
        self,
        userids: Sequence[str],
        *,
        title: str,
        description: str,
        url: str,
        button: str | None = None,
        duplicate_check_seconds: int = 1800,
        party_ids: Sequence[int] = (),
        tag_ids: Sequence[int] = (),
    ) -> Ask[CardReceipt]:
        """A text that opens an address. Title 128 bytes, description 512, address 2,048, button 4 characters."""
        card = given(title=title, description=description, url=url, btntxt=button)
        return self._message((userids, party_ids, tag_ids), {"msgtype": "textcard", "textcard": card}, duplicate_check_seconds)

    @post(_SEND, repeat=Repeat.keyed, per_minute=PER_MINUTE)
    def send_news(
        self,
        userids: Sequence[str],
        articles: Sequence[Article],
        *,
        duplicate_check_seconds: int = 1800,
        party_ids: Sequence[int] = (),
        tag_ids: Sequence[int] = (),
    ) -> Ask[CardReceipt]:
        """At most 8 articles."""
        listed = [
            {"title": one.title, "url": one.url, **given(description=one.description or None, picurl=one.picture_url or None)}
            for one in at_most("articles", articles, 8)
        ]
        content = {"msgtype": "news", "news": {"articles": listed}}
        return self._message((userids, party_ids, tag_ids), content, duplicate_check_seconds)

    @post(_SEND, repeat=Repeat.keyed, per_minute=PER_MINUTE)
    def send_mini_program_notice(
        self,
        userids: Sequence[str],
        *,
        appid: str,
        title: str,
        page: str | None = None,
        description: str | None = None,
        items: Mapping[str, str] | None = None,
        stress_first: bool = False,
        duplicate_check_seconds: int = 1800,
        party_ids: Sequence[int] = (),
        tag_ids: Sequence[int] = (),
    ) -> Ask[CardReceipt]:
        """A notice that opens a mini-program linked to the corp; not to everybody.

        Title and description 4 to 12 characters, at most 10 items with keys of 10 and values of 30 characters.
        """
        listed = [{"key": key, "value": value} for key, value in (items or {}).items()]
        notice = given(appid=appid, page=page, title=title, description=description) | {"emphasis_first_item": stress_first}
        notice |= {"content_item": at_most("items", listed, 10)} if listed else {}
        content = {"msgtype": "miniprogram_notice", "miniprogram_notice": notice}
        return self._message((userids, party_ids, tag_ids), content, duplicate_check_seconds)

    @post("/cgi-bin/message/update_template_card", repeat=Repeat.never, per_minute=PER_MINUTE)
    def update_card(
        self, userids: Sequence[str], response_code: str, *, replace_name: str | None = None, card: dict[str, Any] | None = None
    ) -> Ask[None]:
        """Grey the buttons out under one text, or replace the whole card. Each response_code works once, for 72 hours; else 40058."""
        body: dict[str, Any] = {"userids": list(userids), "agentid": self.agentid, "response_code": response_code}
        body |= {"template_card": card} if card is not None else {"button": {"replace_name": replace_name}}
        return Ask(done, body=body)

    @post("/cgi-bin/message/recall", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def recall(self, msgid: str) -> Ask[None]:
        """Take a message back from everybody who got it, within 24 hours; else 40058."""
        return Ask(done, body={"msgid": msgid})

    def _message(
        self, to: tuple[Sequence[str], Sequence[int], Sequence[int]], content: dict[str, Any], duplicate_check_seconds: int
    ) -> Ask[CardReceipt]:
        userids, party_ids, tag_ids = to
        if not 0 < duplicate_check_seconds <= LONGEST_DUPLICATE_CHECK_SECONDS:
            raise ValueError(f"duplicate_check_seconds: 1 to {LONGEST_DUPLICATE_CHECK_SECONDS}")
        body = {
            **given(
                touser="|".join(at_most("userids", userids, 1000)) or None,
                toparty="|".join(map(str, at_most("party_ids", party_ids, 100))) or None,
                totag="|".join(map(str, at_most("tag_ids", tag_ids, 100))) or None,
            ),
            "agentid": self.agentid,
            **content,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": duplicate_check_seconds,
        }
        return Ask(_receipt, body=body)


def _receipt(told: dict[str, Any]) -> CardReceipt:
    return CardReceipt(
        msgid=told["msgid"],
        response_code=told.get("response_code"),
        invalid_userids=_names(told, "invaliduser"),
        invalid_party_ids=tuple(map(int, _names(told, "invalidparty"))),
        invalid_tag_ids=tuple(map(int, _names(told, "invalidtag"))),
        unlicensed_userids=_names(told, "unlicenseduser"),
    )


def _names(told: dict[str, Any], field: str) -> tuple[str, ...]:
    return tuple(name for name in told.get(field, "").split("|") if name)
