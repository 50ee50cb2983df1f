"""Customer-service messages of the mini-program: answers to somebody who has just written there, or opened the conversation."""

from __future__ import annotations

from typing import Any

from app.kit.texts import t
from app.messaging.channels import Letter
from app.messaging.channels.customer_service import CustomerService
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.endpoints.customer_service import Text
from app.wechat.models import AccountKind


class MiniProgramService(CustomerService):
    """developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/send.html."""

    kind = "mini_program_service"
    label = t("messaging.channels.mini_program_service")
    account_kind = AccountKind.mini_program

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        return gateway().mini_program(letter.account).answer.prepare(letter.payload["openid"], Text(letter.payload["text"]))
