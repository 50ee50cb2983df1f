"""Short messages, by Tencent Cloud."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.kit.texts import t
from app.messaging import sms, wording
from app.messaging.channels import Address, Channel, Letter, Receipt, SendFailed
from app.messaging.drafts import Draft, Problem
from app.messaging.models import MessageTemplate, Send
from app.wechat.models import WechatAccount


class Sms(Channel):
    """What a short message says is the provider's template; our `fields` "1", "2", … fill its places. Nothing there makes a repeated call
    harmless.
    """

    kind = "sms"
    label = t("messaging.channels.sms")
    account_kind = None
    parts = ()
    dedupe_window = None
    at_once = sms.AT_ONCE
    call_seconds = sms.CONNECT_SECONDS + sms.READ_SECONDS

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        if not sms.is_set_up():
            return {send.id: SendFailed.because("sms_not_set_up") for send in sends}
        people = select(Customer).where(Customer.id.in_({send.customer_id for send in sends}))
        phones = {one.id: one.phone for one in session.execute(people).scalars()}
        return {
            send.id: Address(None, phone)
            if send.customer_id and (phone := phones.get(send.customer_id))
            else SendFailed.because("no_phone")
            for send in sends
        }

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            places = sorted(template.fields.items(), key=lambda one: int(one[0]))
            values = [wording.filled(field, form, known) for field, form in places]
            return {"phone": addresses[send.id].name, "template_id": wording.id_at(template, ""), "values": values}

        return wording.each_written(session, self.kind, sends, write)

    def check(self, draft: Draft) -> list[Problem]:
        found = [] if draft.template_ids.get("") else [Problem.of("template_ids", "no_template_id")]
        places = [str(place) for place in range(1, len(draft.fields) + 1)]
        return found + [Problem.of(name, "place_unknown") for name in draft.fields if name not in places]

    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        messages = [
            sms.Message(given["phone"], given["template_id"], tuple(given["values"]), letter.client_msg_id)
            for letter in batch
            for given in (letter.payload,)
        ]
        return [Receipt(msgid=told) if isinstance(told, str) else _why(told) for told in sms.send_all(messages)]


def _why(unsent: sms.Unsent) -> SendFailed:
    return SendFailed(f"sms.{unsent.code}", unsent.message, permanent=unsent.permanent, maybe_sent=unsent.maybe)
