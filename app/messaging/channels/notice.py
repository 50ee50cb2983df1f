"""Subscription notices of the service account: one for each time that she allowed it on a page or in an article, follower or not."""

from __future__ import annotations

from typing import Any

from app.kit.texts import t
from app.messaging.channels import Letter, Receipt
from app.messaging.channels.subscribe_message import SubscribeMessage
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.models import AccountKind


class Notice(SubscribeMessage):
    """developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push: credits as for subscribe messages."""

    kind = "notice"
    label = t("messaging.channels.notice")
    account_kind = AccountKind.service_account
    endpoint = "service_account.send_notice"
    opens_web = True

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        given = letter.payload
        send = gateway().service_account(letter.account).send_notice
        return send.prepare(given["openid"], given["template_id"], given["data"], page=given["page"], url=given.get("url"))

    def told(self, letter: Letter, answer: Any) -> Receipt:
        return Receipt()
