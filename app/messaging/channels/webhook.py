"""Webhooks: a system of the brand's own is told, and does with it what it wants."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.texts import t
from app.messaging import webhooks, wording
from app.messaging.channels import Address, Channel, Letter, Receipt, SendFailed
from app.messaging.drafts import Draft, Problem
from app.messaging.models import MessageTemplate, Send
from app.wechat.models import WechatAccount


class Webhook(Channel):
    """docs/messaging-channels.md: POST of JSON with a signature. What was maybe heard is said again under the same `Idempotency-Key`, which
    is for the other side to know.
    """

    kind = "webhook"
    label = t("messaging.channels.webhook")
    account_kind = None
    parts = ()
    dedupe_window = timedelta(hours=6)
    at_once = webhooks.AT_ONCE
    call_seconds = webhooks.NAMED_WITHIN_SECONDS + webhooks.SECONDS

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        templates = wording.templates_of(session, self.kind, sends)
        found: dict[uuid.UUID, Address | SendFailed] = {}
        for send in sends:
            template = templates.get(send.template_key)
            target = template.target if template else None
            found[send.id] = Address(None, target["url"]) if target else SendFailed.because("no_target")
        return found

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        at = int(clock.now(session).timestamp())

        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            assert template.target is not None
            body = {
                "id": send.client_msg_id,
                "key": template.key,
                "customer_id": str(send.customer_id),
                "at": at,
                "fields": {field: wording.filled(field, form, known) for field, form in template.fields.items()},
            }
            return {"url": template.target["url"], "secret": template.target["secret"], "body": orjson.dumps(body).decode(), "at": at}

        return wording.each_written(session, self.kind, sends, write)

    def check(self, draft: Draft) -> list[Problem]:
        if draft.target is None:
            return [Problem.of("target", "no_target")]
        try:
            webhooks.checked_url(draft.target["url"])
        except webhooks.Uncalled:
            return [Problem.of("target", "target_address")]
        return []

    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        calls = [
            webhooks.Call(given["url"], given["secret"], letter.client_msg_id, given["body"].encode(), given["at"])
            for letter in batch
            for given in (letter.payload,)
        ]
        told = webhooks.call_all(calls)
        return [self._why(one) if isinstance(one, webhooks.Uncalled) else Receipt(answer=_read(one)) for one in told]

    @staticmethod
    def _why(wrong: webhooks.Uncalled) -> SendFailed:
        failed = SendFailed.because(wrong.reason, permanent=wrong.permanent, **({"status": wrong.status} if wrong.status else {}))
        failed.maybe_sent = wrong.maybe
        return failed


def _read(said: bytes) -> Any:
    """What was answered, where that is JSON which we and PostgreSQL can write down: no NUL in a text, not too deep; None else."""
    if b"\\u0000" in said:
        return None
    try:
        answer = orjson.loads(said)
        orjson.dumps(answer)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return answer
