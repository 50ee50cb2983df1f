"""Messages in the mini-program's own inbox, which she finds when she comes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.kit import db
from app.kit.texts import t
from app.messaging import drafts, wording
from app.messaging.channels import Address, Channel, Letter, Receipt, SendFailed
from app.messaging.drafts import Draft, Problem
from app.messaging.models import InboxMessage, MessageTemplate, Send
from app.wechat.models import WechatAccount

LONGEST_BYTES = 8_000


class Inbox(Channel):
    """Nobody stands between: the message is there when its row is. `title` and `content` are what it says."""

    kind = "inbox"
    label = t("messaging.channels.inbox")
    account_kind = None
    parts = ("title", "content")
    # A send has one row, however often it is written.
    dedupe_window = timedelta(days=365)

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        return {send.id: Address(None, str(send.customer_id)) for send in sends}

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            return {
                "customer_id": addresses[send.id].name,
                "purpose": send.purpose,
                "title": wording.filled("title", template.fields.get("title", template.title), known),
                "content": wording.text_of(template, known, longest_bytes=LONGEST_BYTES),
                "page": wording.page_of(template, known),
            }

        return wording.each_written(session, self.kind, sends, write)

    def check(self, draft: Draft) -> list[Problem]:
        return drafts.parts(draft, "content", longest_bytes=LONGEST_BYTES, optional=("title",))

    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        with db.transaction() as session:
            people = self._people(session, {uuid.UUID(letter.payload["customer_id"]) for letter in batch})
            rows = []
            for letter in batch:
                her = people[uuid.UUID(letter.payload["customer_id"])]
                if her.erased_at is None:
                    row = {name: letter.payload[name] for name in ("purpose", "title", "content", "page")}
                    rows.append(row | {"id": db.new_id(), "brand_id": her.brand_id, "customer_id": her.id, "send_id": letter.send_id})
            if rows:
                session.execute(insert(InboxMessage).on_conflict_do_nothing(index_elements=["send_id"]), rows)
            there = {row["send_id"] for row in rows}
        return [Receipt() if letter.send_id in there else SendFailed.because("erased") for letter in batch]

    @staticmethod
    def _people(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, Customer]:
        """Who they are now, standing still: what is written for her is found by the erasure or merge that comes next."""
        known: dict[uuid.UUID, Customer] = {}
        wanted = ids
        while wanted:
            rows = select(Customer).where(Customer.id.in_(wanted)).order_by(Customer.id).with_for_update(read=True)
            known |= {one.id: one for one in session.execute(rows.execution_options(populate_existing=True)).scalars()}
            wanted = {one.merged_into_id for one in known.values() if one.merged_into_id} - known.keys()
        people = {}
        for customer_id in ids:
            her = known[customer_id]
            while her.merged_into_id:
                her = known[her.merged_into_id]
            people[customer_id] = her
        return people
