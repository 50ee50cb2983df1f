"""Group sends: one message to everybody, to a tag or to a list; four in a calendar month reach one person (spec 2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor

_PER_MINUTE = 60
_SENT_BEFORE = "45065"


@dataclass(frozen=True)
class GroupText:
    """At most 2,048 bytes (not verified)."""

    content: str

    def body(self) -> dict[str, Any]:
        return {"msgtype": "text", "text": {"content": self.content}}


@dataclass(frozen=True)
class GroupMaterial:
    """Material of the account's own: `kind` mpnews (an article), image or voice."""

    kind: str
    media_id: str

    def body(self) -> dict[str, Any]:
        return {"msgtype": self.kind, self.kind: {"media_id": self.media_id}}


GroupMessage = GroupText | GroupMaterial


@dataclass(frozen=True)
class GroupSend:
    """That WeChat took it on; `MASSSENDJOBFINISH` tells under this id what came of it. `is_repeated`: it had been taken on before."""

    msg_id: str
    is_repeated: bool


class GroupSends(ServiceAccountDoor):
    @post("/cgi-bin/message/mass/sendall", repeat=Repeat.keyed, per_minute=_PER_MINUTE)
    def send_to_followers(self, message: GroupMessage, *, tag_id: int | None, client_msg_id: str) -> Ask[GroupSend]:
        """To whoever bears a tag, or with None to everybody. The same `client_msg_id` (≤ 64 bytes) does nothing twice within a day.

        Where the account is protected an administrator has to confirm it within 30 minutes. Refusals: 45028 (nothing left of the month),
        45066 (asked again too soon), 45159 (tag), 40007 (material), 40008, 44004, 45002.
        """
        audience: dict[str, Any] = {"is_to_all": True} if tag_id is None else {"is_to_all": False, "tag_id": tag_id}
        body = {"filter": audience, "clientmsgid": client_msg_id, **message.body()}
        return Ask(_sent, body=body, also=frozenset({_SENT_BEFORE}))

    @post("/cgi-bin/message/mass/send", repeat=Repeat.keyed, per_minute=_PER_MINUTE)
    def send_to_people(self, message: GroupMessage, openids: Sequence[str], *, client_msg_id: str) -> Ask[GroupSend]:
        """To 2 to 10,000 people (not verified); otherwise as `send_to_followers`. Refusals too: 40003, 40130 (one alone), 40032 (many)."""
        if len(openids) > 10_000:
            raise ValueError("openids: at most 10,000 at once")
        body = {"touser": list(openids), "clientmsgid": client_msg_id, **message.body()}
        return Ask(_sent, body=body, also=frozenset({_SENT_BEFORE}))

    @post("/cgi-bin/message/mass/preview", repeat=Repeat.never, per_minute=_PER_MINUTE, per_day=100)
    def preview_group_send(self, message: GroupMessage, openid: str) -> Ask[None]:
        """To one follower, who wants to see it first; costs nothing of the month. Refusals: 43004, 40003, 40007, 45009 (100 a day)."""
        return Ask(done, body={"touser": openid, **message.body()})

    @post("/cgi-bin/message/mass/get", repeat=Repeat.harmless, per_minute=_PER_MINUTE)
    def group_send_status(self, msg_id: str) -> Ask[str]:
        """SENDING, SEND_SUCCESS, SEND_FAIL or DELETE. Refusal: 40097."""
        return Ask(lambda told: str(told["msg_status"]), body={"msg_id": int(msg_id)})

    @post("/cgi-bin/message/mass/delete", repeat=Repeat.harmless, per_minute=_PER_MINUTE)
    def delete_group_send(self, msg_id: str) -> Ask[None]:
        """Take the article behind a message away; the message itself stays with whoever has it. Refusals: 40097, 40008 (no article)."""
        return Ask(done, body={"msg_id": int(msg_id)})


def _sent(told: dict[str, Any]) -> GroupSend:
    return GroupSend(str(told["msg_id"]), is_repeated=str(told["errcode"]) == _SENT_BEFORE)
