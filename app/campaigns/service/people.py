"""Customers who turn out to be one, and customers who leave."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, aliased

from app.campaigns.models import CampaignAnswer, CampaignCheckIn, CampaignTouch


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Everything of the merged customer is the kept one's. Of two answers to one campaign the later stays, of two check-ins of one day the
    earlier. Again changes nothing.
    """
    _drop_lesser(session, CampaignAnswer, "campaign_id", among=(kept_id, merged_id), later="updated_at")
    _drop_lesser(session, CampaignCheckIn, "campaign_id", "day", among=(kept_id, merged_id))
    for table in (CampaignTouch, CampaignAnswer, CampaignCheckIn):
        session.execute(update(table).where(table.customer_id == merged_id).values(customer_id=kept_id))


def _drop_lesser(session: Session, model: Any, *key: str, among: tuple[uuid.UUID, uuid.UUID], later: str | None = None) -> None:
    """Of two rows with the same key, one of each customer, the later goes; with a column `later`, the one in which that is earlier."""
    other = aliased(model)
    mine, theirs = (
        ((getattr(model, later), model.id), (getattr(other, later), other.id))
        if later
        else ((other.created_at, other.id), (model.created_at, model.id))
    )
    is_lesser = (mine[0] < theirs[0]) | ((mine[0] == theirs[0]) & (mine[1] < theirs[1]))
    same = [getattr(model, name) == getattr(other, name) for name in key]
    twin = select(1).where(*same, other.customer_id.in_(among), other.customer_id != model.customer_id, is_lesser)
    session.execute(
        delete(model).where(model.customer_id.in_(among), twin.correlate(model).exists()).execution_options(synchronize_session=False)
    )


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """An erased customer's words and devices go; that somebody answered and came stays in the figures."""
    session.execute(update(CampaignAnswer).where(CampaignAnswer.customer_id == customer_id).values(given=None))
    session.execute(update(CampaignTouch).where(CampaignTouch.customer_id == customer_id).values(visitor_id=None))
