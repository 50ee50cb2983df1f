"""Which messages leave together as one group send."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class GroupLetter(Base):
    """One person's place in a group send. The group's id is what WeChat knows it again by: whoever sends for one of its letters sends for
    all of them.
    """

    __tablename__ = "group_letters"

    send_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sends.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[uuid.UUID] = mapped_column(index=True)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_identities.id", ondelete="CASCADE"), index=True)
