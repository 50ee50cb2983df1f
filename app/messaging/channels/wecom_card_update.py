"""The change of a WeCom card that was sent before, so that it shows what was answered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from sqlalchemy.orm import Session

from app.kit.texts import t
from app.messaging import staff_cards
from app.messaging.channels import Address, CallPerLetter, Letter, Receipt, SendFailed, each
from app.messaging.models import Send, SendStatus
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.errors import WechatError
from app.wechat.models import AccountKind, WechatAccount

# What WeCom says of a response_code that is used up.
_USED_UP = "40058"


class WecomCardUpdate(CallPerLetter):
    """developer.work.weixin.qq.com/document/path/94945: each response_code changes its card once, within 72 hours.

    The send's context names the card's send in `replaces`.
    """

    kind = "wecom_card_update"
    label = t("messaging.channels.wecom_card_update")
    account_kind = AccountKind.corp
    to = "staff"
    written = False
    # The code is used up by the first call that arrives, so repeating is safe for as long as the code lives.
    dedupe_window = timedelta(hours=72)

    class Config(Schema):
        template_key = String(required=True, metadata={"description": "卡片"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        return each(sends, lambda send: Address(accounts[0], staff_cards.recipient(session, send)))

    def render(
        self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]
    ) -> dict[uuid.UUID, dict[str, Any] | SendFailed]:
        def changed(send: Send) -> dict[str, Any]:
            original = session.get_one(Send, uuid.UUID(send.context["replaces"]))
            if original.status in (SendStatus.planned, SendStatus.claimed):
                raise SendFailed.because("card_not_sent_yet", permanent=False)
            if original.response_code is None:
                raise SendFailed.because("card_is_fixed")
            code = original.response_code
            return {"userid": addresses[send.id].name, "response_code": code, "card": staff_cards.card(session, send)}

        return each(sends, changed)

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        given = letter.payload
        return gateway().wecom(letter.account).update_card.prepare([given["userid"]], given["response_code"], card=given["card"])

    def failed(self, letter: Letter, error: WechatError) -> Receipt | SendFailed:
        # Nobody else has this code: if it is used up on a repeated call, the earlier call arrived.
        return super().failed(letter, error) if letter.first or error.code != _USED_UP else Receipt()
