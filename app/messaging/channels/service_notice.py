"""Live notices after a payment in the mini-program: one card per payment, written again as the order goes on; no dialog is needed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.texts import t
from app.messaging import drafts, wording
from app.messaging.channels import Address, CallPerLetter, Letter, SendFailed
from app.messaging.drafts import Draft, Problem
from app.messaging.models import MessageTemplate, Send
from app.orders.models import Order
from app.payments.models import AttemptStatus, PaymentAttempt
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.endpoints.mini_program.live_notices import NoticeType
from app.wechat.models import AccountKind, WechatAccount


class ServiceNotice(CallPerLetter):
    """developers.weixin.qq.com, 新版一次性订阅: bound to the payment of the order that the message is about. What its template is called at
    an account is the type of notice: 2001, 2002 or 2003.
    """

    kind = "service_notice"
    label = t("messaging.channels.service_notice")
    account_kind = AccountKind.mini_program
    parts = ()
    # The same card written again is the same card; a later message may have changed it since, so not for long.
    dedupe_window = timedelta(minutes=10)

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        """The account in whose mini-program she paid for the order."""
        paid, here = _paid(session, sends), {one.appid: one for one in accounts}
        found: dict[uuid.UUID, Address | SendFailed] = {}
        for send in sends:
            payment = paid.get(send.id)
            account = here.get(payment.appid) if payment else None
            usable = payment is not None and payment.openid is not None and account is not None
            found[send.id] = Address(account, payment.openid or "") if usable and payment else SendFailed.because("no_payment")
        return found

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        paid = _paid(session, sends)

        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            to, payment = addresses[send.id], paid[send.id]
            wording.must_be_notice(template)
            assert payment.paid_at is not None
            return {
                "openid": to.name,
                "transaction_id": payment.transaction_id,
                "type": int(wording.id_at(template, to.appid)),
                "content": {field: wording.filled(field, form, known) for field, form in template.fields.items()},
                "check": {"pay_amount": payment.amount_fen, "pay_time": int(payment.paid_at.timestamp())},
            }

        return wording.each_written(session, self.kind, sends, write)

    def check(self, draft: Draft) -> list[Problem]:
        found = [] if draft.template_ids else [Problem.of("template_ids", "no_template_id")]
        known = {str(int(one)) for one in NoticeType}
        found += [
            Problem.of("template_ids", "notice_type", types="、".join(sorted(known)))
            for one in draft.template_ids.values()
            if one not in known
        ]
        return [*found, *drafts.marketing(draft)]

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        given = letter.payload
        show = gateway().mini_program(letter.account).set_live_notice
        kind = NoticeType(given["type"])
        return show.prepare(given["openid"], given["transaction_id"], kind, content=given["content"], check=given["check"])


def _paid(session: Session, sends: Sequence[Send]) -> dict[uuid.UUID, PaymentAttempt]:
    """The payment behind each send's order, if it was hers and arrived."""
    orders = {send.id: send.context.get("order_id") for send in sends}
    rows = session.execute(
        select(Order.id, Order.customer_id, PaymentAttempt)
        .join(PaymentAttempt, PaymentAttempt.intent_id == Order.intent_id)
        .where(
            Order.id.in_({one for one in orders.values() if one}),
            PaymentAttempt.status == AttemptStatus.succeeded,
            PaymentAttempt.is_surplus.is_(False),
        )
    )
    paid: dict[Any, PaymentAttempt] = {(str(order_id), customer_id): attempt for order_id, customer_id, attempt in rows}
    return {send.id: found for send in sends if (found := paid.get((orders[send.id], send.customer_id)))}
