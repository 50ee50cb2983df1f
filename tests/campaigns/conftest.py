"""A dealer with a store, who puts something on, and people who come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.campaigns import queries, service
from app.campaigns.models import Campaign, CampaignCode
from app.dealers.models import Staff
from app.identity.models import Customer
from tests.factories import campaigns as make
from tests.factories import orders


@dataclass
class Show:
    """A running campaign of a dealer with one code."""

    session: Session
    market: orders.Market
    manager: Staff
    campaign: Campaign
    code: CampaignCode

    def guest(self, **fields: Any) -> Customer:
        return orders.buyer(self.session, self.market, **fields)

    def opens(
        self, by: Customer | None = None, *, code: CampaignCode | None = None, visitor_id: str | None = None, agent: str = "MicroMessenger"
    ) -> bool:
        return service.open(self.session, code or self.code, customer=by, visitor_id=visitor_id, user_agent=agent)

    def answers(self, by: Customer, **fields: Any) -> Any:
        given = {"name": "林小姐", "store": str(self.market.store.id)}
        return service.answer(self.session, by, self.campaign, **{"given": given, "code": self.code} | fields)

    def figures(self, touch: Any = "last", code: CampaignCode | None = None) -> queries.Figures:
        found = queries.by_code(self.session, self.campaign.brand_id, self.campaign.id, touch=touch)
        return found.get((code or self.code).id, queries.Figures())


@pytest.fixture
def show(session: Session) -> Show:
    market = orders.market(session)
    manager = make.manager(session, market.dealer)
    campaign = make.running(session, manager)
    made = Show(session, market, manager, campaign, make.code(session, campaign, manager))
    session.commit()
    return made
