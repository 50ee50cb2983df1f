"""Template cards of the WeCom application, to staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy.orm import Session

from app.messaging import staff_cards
from app.messaging.channels import Channel, Letter, Receipt, SendFailed
from app.messaging.models import Send
from app.wechat.client import gateway
from app.wechat.models import AccountKind, WechatAccount

DUPLICATE_CHECK_SECONDS = 1800


class WecomCard(Channel):
    """developer.work.weixin.qq.com/document/path/90236: WeCom recognises a repeated card by its whole JSON."""

    kind = "wecom_card"
    label = "企业微信卡片"
    account_kind = AccountKind.corp
    dedupe_window = timedelta(seconds=DUPLICATE_CHECK_SECONDS - 120)

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "卡片"})

    def prepare(self, session: Session, send: Send, account: WechatAccount) -> dict[str, Any]:
        return {"userid": staff_cards.recipient(session, send), "card": staff_cards.card(session, send)}

    def deliver(self, letter: Letter) -> Receipt:
        userid = letter.payload["userid"]
        receipt = (
            gateway().wecom(letter.account).send_card([userid], letter.payload["card"], duplicate_check_seconds=DUPLICATE_CHECK_SECONDS)
        )
        if userid.lower() in receipt.invalid_userids:
            raise SendFailed.because("invalid_userid")
        return Receipt(msgid=receipt.msgid, response_code=receipt.response_code)
