"""Template cards of the WeCom application, to staff."""

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
from app.messaging import member_pace, staff_cards
from app.messaging.channels import Address, CallPerLetter, Letter, Receipt, SendFailed, each
from app.messaging.models import Send
from app.wechat.client import CardReceipt, gateway
from app.wechat.endpoints import Exchange
from app.wechat.models import AccountKind, WechatAccount

DUPLICATE_CHECK_SECONDS = 1800


class WecomCard(CallPerLetter):
    """developer.work.weixin.qq.com/document/path/90236: WeCom recognises a repeated card by its whole JSON."""

    kind = "wecom_card"
    label = t("messaging.channels.wecom_card")
    account_kind = AccountKind.corp
    to = "staff"
    written = False
    dedupe_window = timedelta(seconds=DUPLICATE_CHECK_SECONDS - 120)

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "卡片"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        return each(sends, lambda send: Address(accounts[0], staff_cards.recipient(session, send)))

    def render(
        self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]
    ) -> dict[uuid.UUID, dict[str, Any] | SendFailed]:
        return each(sends, lambda send: {"userid": addresses[send.id].name, "card": staff_cards.card(session, send)})

    def take(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> dict[uuid.UUID, SendFailed]:
        return member_pace.beyond(session, sends)

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        given = letter.payload
        wecom = gateway().wecom(letter.account)
        return wecom.send_card.prepare([given["userid"]], given["card"], duplicate_check_seconds=DUPLICATE_CHECK_SECONDS)

    def told(self, letter: Letter, answer: CardReceipt) -> Receipt:
        if letter.payload["userid"].lower() in answer.invalid_userids:
            raise SendFailed.because("invalid_userid")
        return Receipt(msgid=answer.msgid, response_code=answer.response_code)
