"""Template messages of the service account, to customers who follow it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import Purpose as Consented
from app.identity.service import SYNC_EVERY
from app.kit import clock
from app.messaging import facts
from app.messaging.channels import Channel, Letter, Receipt, SendFailed
from app.messaging.models import MessageTemplate, Purpose, Send
from app.messaging.values import ValueRefused, fit
from app.wechat.client import gateway
from app.wechat.models import AccountKind, WechatAccount

# The list of followers has been read on by then, whatever that takes.
FOLLOWERS_READ_WITHIN = SYNC_EVERY + timedelta(minutes=2)


class ServiceTemplate(Channel):
    """developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage: notices only, marketing needs her consent."""

    kind = "service_template"
    label = "服务号模板消息"
    account_kind = AccountKind.service_account
    # WeChat knows a client_msg_id again for ten minutes; the last one is for a slow call and a clock that is not ours.
    dedupe_window = timedelta(minutes=9)

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def prepare(self, session: Session, send: Send, account: WechatAccount) -> dict[str, Any]:
        template = session.execute(
            select(MessageTemplate).filter_by(brand_id=send.brand_id, channel=self.kind, key=send.template_key)
        ).scalar_one_or_none()
        if template is None:
            raise SendFailed.because("no_template", key=send.template_key)
        openid = _openid(session, send, account.appid)
        known = facts.of(session, send)
        return {
            "openid": openid,
            "template_id": template.wechat_template_id,
            "data": {field: _value(field, form, known) for field, form in template.fields.items()},
            "page": template.page and _filled("page", template.page, known),
        }

    def deliver(self, letter: Letter) -> Receipt:
        given = letter.payload
        msgid = (
            gateway()
            .service_account(letter.account)
            .send_template(given["openid"], given["template_id"], given["data"], client_msg_id=letter.client_msg_id, page=given["page"])
        )
        return Receipt(msgid=str(msgid))


def _openid(session: Session, send: Send, appid: str) -> str:
    """By what name the service account knows her, as far as we may write to her."""
    assert send.customer_id is not None
    customer = identity.get(session, send.brand_id, send.customer_id)
    if customer.erased_at is not None:
        raise SendFailed.because("erased")
    if send.purpose == Purpose.marketing and not identity.consented(session, customer.id, Consented.marketing):
        raise SendFailed.because("no_consent")
    known = identity.identity_at(session, customer.id, appid)
    if known is None or known.followed is None:
        # WeChat tells of a follow three times within seconds. If we were away, the next reading of the list of followers finds her.
        untold = send.purpose == Purpose.transactional and clock.now(session) - send.created_at < FOLLOWERS_READ_WITHIN
        raise SendFailed.because("not_following", permanent=not untold)
    if not known.followed:
        raise SendFailed.because("not_following")
    return known.openid


def _filled(field: str, form: str, known: dict[str, str]) -> str:
    try:
        return form.format_map(known)
    except KeyError as missing:
        raise SendFailed.because("fact_missing", field=field, fact=missing.args[0]) from missing


def _value(field: str, form: str, known: dict[str, str]) -> str:
    value = _filled(field, form, known)
    try:
        return fit(field, value)
    except ValueRefused as refused:
        raise SendFailed.because(f"value_{refused.reason}", field=refused.field) from refused
