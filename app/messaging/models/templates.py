"""Message templates: what stands in a message of ours, and what the platforms call it."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root


class MessageTemplate(Root):
    """A template of a brand's service account. `fields` maps WeChat's typed keys to what stands there: `{"thing1": "{vehicle_title}"}`,
    with the facts of `app/messaging/facts.py` in braces. `page` is where a tap leads, with the same facts; None leads nowhere.
    """

    __tablename__ = "message_templates"
    __table_args__ = (UniqueConstraint("brand_id", "channel", "key"),)

    channel: Mapped[str]
    key: Mapped[str]
    wechat_template_id: Mapped[str]
    fields: Mapped[dict[str, str]] = mapped_column(JSONB)
    page: Mapped[str | None]
