"""The change of a WeCom card that was sent before, so that it shows what was answered."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from sqlalchemy.orm import Session

from app.messaging import staff_cards
from app.messaging.channels import Channel, Letter, Receipt, SendFailed
from app.messaging.models import Send, SendStatus
from app.wechat.client import gateway
from app.wechat.errors import WechatError
from app.wechat.models import AccountKind, WechatAccount

# What WeCom says of a response_code that is used up.
_USED_UP = "40058"


class WecomCardUpdate(Channel):
    """developer.work.weixin.qq.com/document/path/94945: each response_code changes its card once, within 72 hours.

    The send's context names the card's send in `replaces`.
    """

    kind = "wecom_card_update"
    label = "更新企业微信卡片"
    account_kind = AccountKind.corp
    # The code is used up by the first call that arrives, so repeating is safe for as long as the code lives.
    dedupe_window = timedelta(hours=72)

    class Config(Schema):
        template_key = String(required=True, metadata={"description": "卡片"})

    def prepare(self, session: Session, send: Send, account: WechatAccount) -> dict[str, Any]:
        original = session.get_one(Send, uuid.UUID(send.context["replaces"]))
        if original.status in (SendStatus.planned, SendStatus.claimed):
            raise SendFailed.because("card_not_sent_yet", permanent=False)
        if original.response_code is None:
            raise SendFailed.because("card_is_fixed")
        return {
            "userid": staff_cards.recipient(session, send),
            "response_code": original.response_code,
            "card": staff_cards.card(session, send),
        }

    def deliver(self, letter: Letter) -> Receipt:
        given = letter.payload
        try:
            gateway().wecom(letter.account).update_card([given["userid"]], given["response_code"], card=given["card"])
        except WechatError as error:
            # Nobody else has this code: if it is used up on a repeated call, the earlier call arrived.
            if letter.first or error.code != _USED_UP:
                raise
        return Receipt()
