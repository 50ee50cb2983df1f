"""What staff do with a lead: accept it, promise to call back, book a test drive; in the console or by a button on a card."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.kit import clock, db
from app.kit.logging import logger
from app.leads import queries
from app.leads.errors import AlreadyAnswered, LeadClosed, LeadUnknown, NotYours, TooEarly
from app.leads.models import Lead, LeadAssignment, Status
from app.leads.service.keeping import note, record

log = logger(__name__)

CALL_BACK_AFTER = timedelta(minutes=30)


class Answer(StrEnum):
    accepted = "accepted"
    callback_promised = "callback_promised"


_BUTTONS = {"accept": Answer.accepted, "call_back_later": Answer.callback_promised}


def accept(session: Session, staff: Staff, lead_id: uuid.UUID) -> Lead:
    """Take the lead on.

    Raises:
        LeadUnknown: no such lead, or another dealer's.
        NotYours, LeadClosed, AlreadyAnswered: for what they say.
    """
    lead = _to_work_on(session, staff, lead_id)
    asked = _unanswered(session, lead)
    if not asked and lead.status not in (Status.assigned, Status.callback_promised):
        raise AlreadyAnswered
    return _answer(session, staff, lead, Answer.accepted, asked=asked)


def call_back(session: Session, staff: Staff, lead_id: uuid.UUID) -> Lead:
    """Promise to call back in half an hour. Raises what `accept` raises."""
    lead = _to_work_on(session, staff, lead_id)
    asked = _unanswered(session, lead)
    if not asked and lead.status == Status.callback_promised:
        raise AlreadyAnswered
    return _answer(session, staff, lead, Answer.callback_promised, asked=asked)


def book_test_drive(session: Session, staff: Staff, lead_id: uuid.UUID, *, at: datetime) -> Lead:
    """Note that a test drive is agreed for a moment in the future; a lead that waits for an answer is accepted with it.

    Raises:
        TooEarly: `at` is not in the future.
        And what `accept` raises but AlreadyAnswered.
    """
    lead = _to_work_on(session, staff, lead_id)
    if at <= clock.now(session):
        raise TooEarly(at="must be in the future")
    asked = _unanswered(session, lead)
    if asked:
        _answer(session, staff, lead, Answer.accepted, asked=asked)
    lead.status, lead.next_action_at = Status.test_drive_booked, at
    lead.version += 1
    note(session, lead, "test_drive_booked", db.new_id(), staff_id=staff.id, at=at.isoformat())
    # Messages about the visit name the car and the store that she asked about last.
    about = queries.latest_subject(session, lead.id)
    record(session, "lead.test_drive_booked", lead, at=at.isoformat(), staff_id=staff.id, actor=("staff", staff.id), **about)
    return lead


def press(session: Session, staff: Staff, *, assignment_id: uuid.UUID, key: str) -> bool:
    """A button on the card of an assignment was pressed. Of two buttons the first wins; what may not be is logged and changes nothing."""
    answer = _BUTTONS.get(key)
    decision = session.get(LeadAssignment, assignment_id)
    if answer is None or decision is None or not staff.active:
        return False
    try:
        lead = _to_work_on(session, staff, decision.lead_id)
    except (LeadUnknown, NotYours, LeadClosed) as refused:
        log.warning("a button that may not be pressed", assignment_id=str(assignment_id), staff_id=str(staff.id), code=refused.code)
        return False
    asked = _unanswered(session, lead)
    if assignment_id not in asked:
        return False
    _answer(session, staff, lead, answer, asked=asked)
    return True


def _to_work_on(session: Session, staff: Staff, lead_id: uuid.UUID) -> Lead:
    lead = queries.visible_to(session, staff, lead_id, lock=True)
    if lead.closed_at is not None:
        raise LeadClosed
    is_manager = staff.role == Role.dealer_manager and staff.dealer_id == lead.dealer_id
    if lead.owner_id != staff.id and not is_manager:
        raise NotYours
    return lead


def _unanswered(session: Session, lead: Lead) -> Sequence[uuid.UUID]:
    """What the lead's present dealer was asked and has not answered; the row of the lead is locked, so nobody answers meanwhile."""
    wanted = select(LeadAssignment.id).filter_by(lead_id=lead.id, dealer_id=lead.dealer_id, answer=None)
    return session.execute(wanted.order_by(LeadAssignment.created_at)).scalars().all()


def _answer(session: Session, staff: Staff, lead: Lead, answer: Answer, *, asked: Sequence[uuid.UUID]) -> Lead:
    moment = clock.now(session)
    session.execute(
        update(LeadAssignment)
        .where(LeadAssignment.id.in_(asked))
        .values(answer=answer, answered_by_id=staff.id, answered_at=moment)
        .execution_options(synchronize_session=False)
    )
    if lead.status != Status.test_drive_booked:
        lead.status = Status(answer)
        lead.next_action_at = moment + CALL_BACK_AFTER if answer is Answer.callback_promised else None
    lead.first_response_at = lead.first_response_at or moment
    lead.version += 1
    note(session, lead, answer, db.new_id(), staff_id=staff.id)
    promised = {"next_action_at": lead.next_action_at.isoformat()} if answer is Answer.callback_promised and lead.next_action_at else {}
    record(
        session,
        f"lead.{answer}",
        lead,
        staff_id=staff.id,
        assignment_ids=[str(one) for one in asked],
        vehicle_id=queries.latest_vehicle(session, lead.id),
        actor=("staff", staff.id),
        **promised,
    )
    return lead
