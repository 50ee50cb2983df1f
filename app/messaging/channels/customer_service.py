"""Customer-service messages of the service account: answers to somebody who has just done something there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.kit.texts import t
from app.messaging import windows, wording
from app.messaging.channels import LONGEST_BYTES, Address, CallPerLetter, Letter, SendFailed
from app.messaging.models import MessageTemplate, Send
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.endpoints.customer_service import Text
from app.wechat.models import AccountKind, WechatAccount


class CustomerService(CallPerLetter):
    """developers.weixin.qq.com/doc/service/guide/product/message/customer_service_message: only within a time after what she did, only so
    often, and nothing makes a repeated call harmless.
    """

    kind = "customer_service"
    label = t("messaging.channels.customer_service")
    account_kind = AccountKind.service_account
    dedupe_window = None

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        """An account that she lets answer her at this moment."""
        known = identity.identities_at(session, {send.customer_id for send in sends}, [one.appid for one in accounts])
        people = {(appid, hers.openid) for (_, appid), hers in known.items()}
        usable, used_up = windows.open_now(session, people)
        found: dict[uuid.UUID, Address | SendFailed] = {}
        for send in sends:
            hers = [(one, there.openid) for one in accounts if (there := known.get((send.customer_id, one.appid)))]
            best = next(((account, openid) for account, openid in hers if (account.appid, openid) in usable), None)
            spent = any((account.appid, openid) in used_up for account, openid in hers)
            found[send.id] = Address(*best) if best else SendFailed.because("window_used_up" if spent else "window_closed")
        return found

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            return {"openid": addresses[send.id].name, "text": wording.text_of(template, known, longest_bytes=LONGEST_BYTES)}

        return wording.each_written(session, self.kind, sends, write)

    def take(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> dict[uuid.UUID, SendFailed]:
        got = windows.take(session, {send.id: (addresses[send.id].appid, addresses[send.id].name) for send in sends})
        return {send.id: SendFailed.because("window_used_up") for send in sends if send.id not in got}

    def give_back(self, session: Session, sends: Sequence[Send]) -> None:
        windows.give_back(session, [send.id for send in sends])

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        return gateway().service_account(letter.account).answer.prepare(letter.payload["openid"], Text(letter.payload["text"]))
