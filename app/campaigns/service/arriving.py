"""Let people in at the event: by the code on their phone, or by their number; each once a day."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns import queries, tickets
from app.campaigns.errors import TicketExpired, TicketUnfit
from app.campaigns.models import Campaign, CampaignCheckIn, How
from app.campaigns.service.answering import must_be_open
from app.campaigns.service.touching import touch
from app.dealers.models import Staff
from app.events import service as events
from app.identity import queries as identity
from app.identity import service as people
from app.identity.errors import CustomerUnknown
from app.identity.models import Customer
from app.kit import clock, db
from app.kit.phone import normalise
from app.kit.settings import settings


def ticket(session: Session, customer: Customer, campaign: Campaign) -> tuple[str, tickets.Ticket]:
    """What her phone shows at the door, and until when it is good. Raises `NotBegun`, `Over`."""
    must_be_open(session, campaign)
    expires_at = clock.now(session) + timedelta(minutes=settings().campaign_ticket_minutes)
    made = tickets.Ticket(campaign.id, customer.id, expires_at.replace(microsecond=0))
    return tickets.write(made), made


def check_in(
    session: Session, staff: Staff, campaign: Campaign, *, token: str | None = None, phone: str | None = None
) -> tuple[CampaignCheckIn, bool]:
    """She is here: by the `token` that her phone shows, or by the number that she says, which makes a customer of whom nobody knew.
    With whether it is her first time today: again, or twice at once, it is the same check-in.

    Raises:
        NotBegun, Over: for what they say.
        TicketUnfit, TicketExpired: the code is not ours, not this campaign's, or too old.
        PhoneInvalid: it is no mobile number.
    """
    must_be_open(session, campaign)
    if token is not None:
        how, customer = "ticket", _of_ticket(session, campaign, token)
    else:
        how, customer = "phone", people.of_phone(session, campaign.brand_id, normalise(phone or ""))
    customer = identity.standing_still(session, customer)
    if customer.erased_at is not None:
        raise TicketUnfit(ticket="of nobody")
    key = {"campaign_id": campaign.id, "customer_id": customer.id, "day": queries.today(session)}
    code_id = queries.last_code(session, campaign.id, customer.id)
    made = session.execute(
        insert(CampaignCheckIn)
        .values(id=db.new_id(), brand_id=campaign.brand_id, **key, how=how, staff_id=staff.id, code_id=code_id)
        .on_conflict_do_nothing(index_elements=list(key))
        .returning(CampaignCheckIn.id)
    ).scalar_one_or_none()
    if made is not None:
        touch(session, campaign, how=How.checked_in, customer=customer, code_id=code_id)
        data = {"campaign_id": campaign.id, "how": how} | ({"code_id": code_id} if code_id else {})
        events.record(
            session,
            "campaign.checked_in",
            brand_id=campaign.brand_id,
            customer_id=customer.id,
            subject=("campaign", campaign.id),
            data=data,
            actor=("staff", staff.id),
        )
    return session.execute(select(CampaignCheckIn).filter_by(**key)).scalar_one(), made is not None


def _of_ticket(session: Session, campaign: Campaign, token: str) -> Customer:
    shown = tickets.read(token)
    if shown.campaign_id != campaign.id:
        raise TicketUnfit(ticket="of another campaign")
    if shown.expires_at <= clock.now(session):
        raise TicketExpired
    try:
        return identity.get(session, campaign.brand_id, shown.customer_id)
    except CustomerUnknown as error:
        raise TicketUnfit(ticket="of nobody") from error
