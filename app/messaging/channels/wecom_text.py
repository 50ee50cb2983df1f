"""Plain messages of the WeCom application, to staff."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy.orm import Session

from app.kit.texts import t
from app.messaging import member_pace, staff_cards, wording
from app.messaging.channels import LONGEST_BYTES, Address, CallPerLetter, Letter, Receipt, SendFailed, each
from app.messaging.models import MessageTemplate, Send
from app.wechat.client import CardReceipt, gateway
from app.wechat.endpoints import Exchange
from app.wechat.models import AccountKind, WechatAccount

DUPLICATE_CHECK_SECONDS = 1800


class WecomText(CallPerLetter):
    """developer.work.weixin.qq.com/document/path/90236: WeCom recognises a repeated message by its whole JSON."""

    kind = "wecom_text"
    label = t("messaging.channels.wecom_text")
    account_kind = AccountKind.corp
    to = "staff"
    dedupe_window = timedelta(seconds=DUPLICATE_CHECK_SECONDS - 120)

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        return each(sends, lambda send: Address(accounts[0], staff_cards.recipient(session, send)))

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            # Two messages of the same words would be one to WeCom, and the second would never arrive: each says its number.
            text = wording.text_of(template, known, longest_bytes=LONGEST_BYTES - 10)
            return {"userid": addresses[send.id].name, "text": f"{text}\n#{send.id.hex[-8:]}"}

        return wording.each_written(session, self.kind, sends, write)

    def take(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> dict[uuid.UUID, SendFailed]:
        return member_pace.beyond(session, sends)

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        given = letter.payload
        send = gateway().wecom(letter.account).send_text
        return send.prepare([given["userid"]], given["text"], duplicate_check_seconds=DUPLICATE_CHECK_SECONDS)

    def told(self, letter: Letter, answer: CardReceipt) -> Receipt:
        if letter.payload["userid"].lower() in answer.invalid_userids:
            raise SendFailed.because("invalid_userid")
        return Receipt(msgid=answer.msgid)
