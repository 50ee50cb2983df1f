"""Messages and cards to the members of the corp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.wecom.door import WeComDoor


@dataclass(frozen=True)
class CardReceipt:
    """That WeCom took a message; `invalid_userids` (lower case) did not get it. `response_code` updates the card once within 72 hours."""

    msgid: str
    response_code: str | None
    invalid_userids: tuple[str, ...]


class Messages(WeComDoor):
    @post("/cgi-bin/message/send", repeat=Repeat.keyed)
    def send_card(self, userids: Sequence[str], card: dict[str, Any], *, duplicate_check_seconds: int = 1800) -> Ask[CardReceipt]:
        """Send a template card to members. The very same call within `duplicate_check_seconds` (≤ 4 h) gives the first receipt."""
        return self._message(userids, {"msgtype": "template_card", "template_card": card}, duplicate_check_seconds)

    @post("/cgi-bin/message/send", repeat=Repeat.keyed)
    def send_text(self, userids: Sequence[str], text: str, *, duplicate_check_seconds: int = 1800) -> Ask[CardReceipt]:
        """At most 2,048 bytes."""
        return self._message(userids, {"msgtype": "text", "text": {"content": text}}, duplicate_check_seconds)

    @post("/cgi-bin/message/update_template_card", repeat=Repeat.never)
    def update_card(
        self, userids: Sequence[str], response_code: str, *, replace_name: str | None = None, card: dict[str, Any] | None = None
    ) -> Ask[None]:
        """Grey the buttons out under one text, or replace the whole card. Each response_code works once, for 72 hours."""
        body: dict[str, Any] = {"userids": list(userids), "agentid": self.agentid, "response_code": response_code}
        body |= {"template_card": card} if card is not None else {"button": {"replace_name": replace_name}}
        return Ask(done, body=body)

    def _message(self, userids: Sequence[str], content: dict[str, Any], duplicate_check_seconds: int) -> Ask[CardReceipt]:
        body = {
            "touser": "|".join(userids),
            "agentid": self.agentid,
            **content,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": duplicate_check_seconds,
        }
        return Ask(_receipt, body=body)


def _receipt(told: dict[str, Any]) -> CardReceipt:
    invalid = tuple(userid for userid in told.get("invaliduser", "").split("|") if userid)
    return CardReceipt(msgid=told["msgid"], response_code=told.get("response_code"), invalid_userids=invalid)
