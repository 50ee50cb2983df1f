"""Note whom a campaign touches: a customer, or a device until somebody signs in on it, or a follower until we know who she is."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign, CampaignCode, CampaignStatus, CampaignTouch, How
from app.events import queries as happenings
from app.events import service as events
from app.identity import queries as identity
from app.identity.models import Customer, WechatIdentity
from app.kit import clock
from app.sharing import service as sharing

# Within so long the same person by the same code is the same touch.
SAME_TOUCH = timedelta(minutes=30)


def open(session: Session, code: CampaignCode, *, customer: Customer | None, visitor_id: str | None, user_agent: str) -> bool:
    """Note that somebody opened a code.

    False, and nothing is noted, while the campaign does not run, for machines, for a device that does not name itself, and for the same
    person or device by the same code once more within half an hour.
    """
    campaign = session.get_one(Campaign, code.campaign_id)
    if customer is None and visitor_id is not None:
        owner_id = happenings.owner_of(session, code.brand_id, visitor_id)
        customer = identity.get(session, code.brand_id, owner_id) if owner_id else None
    if (customer is None and visitor_id is None) or sharing.is_machine(user_agent):
        return False
    return touch(session, campaign, how=How.opened, customer=customer, visitor_id=visitor_id, code_id=code.id)


def scanned(session: Session, brand_id: uuid.UUID, scene: str, *, appid: str, openid: str) -> bool:
    """Note that somebody scanned a code of the service account, perhaps a new follower whom nobody knows yet. False for others' scenes."""
    code = session.execute(select(CampaignCode).filter_by(id=scene, brand_id=brand_id)).scalar_one_or_none()
    if code is None:
        return False
    customer_id = session.execute(select(WechatIdentity.customer_id).filter_by(appid=appid, openid=openid)).scalar_one_or_none()
    customer = identity.get(session, brand_id, customer_id) if customer_id else None
    campaign = session.get_one(Campaign, code.campaign_id)
    return touch(session, campaign, how=How.scanned, customer=customer, visitor_id=_follower(appid, openid), code_id=code.id)


def followed(session: Session, brand_id: uuid.UUID, customer_id: uuid.UUID, *, appid: str) -> None:
    """Now we know who a follower is: what she scanned before is hers. Again changes nothing more."""
    found = identity.identity_at(session, customer_id, appid)
    if found is not None:
        recognise(session, brand_id, customer_id, visitor_id=_follower(appid, found.openid))


def _follower(appid: str, openid: str) -> str:
    return f"{appid} {openid}"


def touch(
    session: Session,
    campaign: Campaign,
    *,
    how: How,
    customer: Customer | None,
    visitor_id: str | None = None,
    code_id: str | None = None,
) -> bool:
    """A running campaign reached a customer, or a device of nobody we know. False when it is a touch that is known already."""
    if campaign.status != CampaignStatus.running:
        return False
    if customer is not None:
        customer = identity.standing_still(session, customer)
        if customer.erased_at is not None:
            return False
    who = customer.id if customer else visitor_id
    # Two taps at once are one touch.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"touch {campaign.id} {code_id} {who}"})
    moment = clock.now(session)
    same = CampaignTouch.customer_id == customer.id if customer else CampaignTouch.visitor_id == visitor_id
    just_now = select(CampaignTouch.id).where(
        CampaignTouch.brand_id == campaign.brand_id,
        CampaignTouch.campaign_id == campaign.id,
        CampaignTouch.code_id.is_not_distinct_from(code_id),
        CampaignTouch.how == how,
        same,
        CampaignTouch.at > moment - SAME_TOUCH,
    )
    if session.execute(just_now.limit(1)).first():
        return False
    session.add(
        CampaignTouch(
            brand_id=campaign.brand_id,
            campaign_id=campaign.id,
            code_id=code_id,
            customer_id=customer.id if customer else None,
            visitor_id=visitor_id,
            how=how,
            at=moment,
        )
    )
    session.flush()
    if how in (How.opened, How.scanned):
        data = {"campaign_id": campaign.id, "how": how.value} | ({"code_id": code_id} if code_id else {})
        events.record(
            session,
            "campaign.opened",
            brand_id=campaign.brand_id,
            customer_id=customer.id if customer else None,
            subject=("campaign", campaign.id),
            data=data,
            actor=("customer", customer.id) if customer else ("visitor", None),
        )
    return True


def recognise(session: Session, brand_id: uuid.UUID, customer_id: uuid.UUID, *, visitor_id: str) -> None:
    """Now we know whom the campaigns touched on this device. Again changes nothing more."""
    customer = identity.standing_still(session, session.get_one(Customer, customer_id))
    if customer.erased_at is not None:
        return
    session.execute(
        update(CampaignTouch)
        .where(CampaignTouch.brand_id == brand_id, CampaignTouch.visitor_id == visitor_id, CampaignTouch.customer_id.is_(None))
        .values(customer_id=customer.id)
        .execution_options(synchronize_session=False)
    )
