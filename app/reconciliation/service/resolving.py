"""Deal with a difference: each kind has its ways, and whatever moves money moves it through the ledger of payments."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit import clock, db
from app.kit.texts import t
from app.orders.models import Order
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import Account, IncidentKind, PaymentIncident, RefundStatus
from app.payments.service import incidents, ledger, settlement
from app.payments.service.till import Till
from app.reconciliation.errors import ActionUnfit, DifferenceOver, DifferenceUnknown, NothingHeard
from app.reconciliation.models import DIFFERENCE, Action, Difference, DifferenceKind, DifferenceStatus, LineKind
from app.reconciliation.queries import ways
from app.reconciliation.service import matching, notices
from app.wechat.client import WechatError


def resolve(difference_id: uuid.UUID, *, brand_id: uuid.UUID, staff_id: uuid.UUID, action: Action, note: str) -> None:
    """Deal with a difference in one of its ways (`queries.ways`). `ask` calls the outside, so it opens transactions of its own.

    Raises:
        DifferenceUnknown: also for another brand's.
        DifferenceOver: it is resolved already, or has cleared by itself.
        ActionUnfit: it has no such way.
        NothingHeard: WeChat Pay was asked, and nothing has changed.
        RefundTooMuch, IncidentOver: the money is on its way back already.
    """
    if action == Action.ask:
        _ask(difference_id, brand_id)
    with db.transaction() as session:
        difference = _locked(session, difference_id, brand_id, action)
        if action == Action.ask and matching.still_there(session, difference):
            raise NothingHeard
        if action in (Action.book, Action.refund):
            _book(session, difference, staff_id=staff_id, note=note, send_back=action == Action.refund)
        elif action == Action.write_off:
            _write_off(session, difference)
        said: dict[str, Any] = {"resolution": action, "note": note, "resolved_by_id": staff_id, "resolved_at": clock.now(session)}
        if action == Action.wait:
            for name, value in said.items():
                setattr(difference, name, value)
        else:
            DIFFERENCE.move(session, difference, DifferenceStatus.resolved, reason=note, **said)
        session.flush()
        notices.finished(session, difference.reconciliation)


def _locked(session: Session, difference_id: uuid.UUID, brand_id: uuid.UUID, action: Action) -> Difference:
    found = session.execute(
        select(Difference).filter_by(id=difference_id, brand_id=brand_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise DifferenceUnknown
    if found.status != DifferenceStatus.open:
        raise DifferenceOver
    if action not in ways(found):
        raise ActionUnfit
    return found


def _ask(difference_id: uuid.UUID, brand_id: uuid.UUID) -> None:
    """Take in what WeChat Pay says about the payment or the refund; it is believed like any notification, and compared like one."""
    with db.transaction() as session:
        difference = _locked(session, difference_id, brand_id, Action.ask)
        account = difference.reconciliation.account
    if difference.refund_id is not None:
        payments.push_refund(difference.refund_id)
        return
    assert difference.attempt_id is not None
    assert difference.out_trade_no is not None
    try:
        trade = Till(account, difference.sub_mchid).query(difference.out_trade_no)
    except WechatError as error:
        raise NothingHeard from error
    with db.transaction() as session:
        settlement.apply(session, difference.attempt_id, trade, account=account)


def _book(session: Session, difference: Difference, *, staff_id: uuid.UUID, note: str, send_back: bool) -> None:
    """Money in the bill that we did not know of gets a place in the ledger and an incident that keeps it in sight; or, of an order that is
    over, what is left goes back.
    """
    if difference.kind == DifferenceKind.order:
        order = session.get_one(Order, difference.order_id, with_for_update=True)
        assert order.intent_id is not None
        kept = payment_queries.refundable_fen(session, order.intent_id)
        payments.request_refund(session, order.intent_id, amount_fen=kept, reason=t("payments.refund_reasons.no_owner"))
        return
    incident = _incident(session, difference)
    transaction_id = str(difference.transaction_id)
    if not ledger.booked(session, "payment", transaction_id):
        ledger.book(
            session,
            "payment",
            transaction_id,
            brand_id=difference.brand_id,
            account_id=incident.account_id,
            sub_mchid=difference.sub_mchid,
            amount_fen=int(difference.theirs_fen or 0),
            debit=Account.wechat_clearing,
            credit=Account.unallocated,
            incident_id=incident.id,
        )
    if send_back:
        payments.refund_incident(session, incident, staff_id=staff_id, note=note)


def _incident(session: Session, difference: Difference) -> PaymentIncident:
    """The incident for this money; with an attempt of ours it is a mismatch, so that nothing is booked twice when WeChat tells of it."""
    kind = IncidentKind.unknown_order if difference.attempt_id is None else IncidentKind.mismatch
    reference = str(difference.transaction_id)
    incidents.report(
        session,
        kind,
        reference,
        brand_id=difference.brand_id,
        account_id=difference.reconciliation.account_id,
        sub_mchid=difference.sub_mchid,
        out_trade_no=difference.out_trade_no or "",
        amount_fen=int(difference.theirs_fen or 0),
        details={"bill_on": str(difference.reconciliation.bill_on)},
    )
    return session.execute(select(PaymentIncident).filter_by(kind=kind, reference=reference)).scalar_one()


def _write_off(session: Session, difference: Difference) -> None:
    """Let the ledger's clearing account hold what WeChat Pay says it holds; the suspense account keeps the other side."""
    missing = _theirs(difference) - _ours(difference)
    if difference.concerns == LineKind.refund:
        missing = -missing
    accounts = (Account.wechat_clearing, Account.reconciliation_suspense)
    debit, credit = accounts if missing > 0 else reversed(accounts)
    if missing:
        ledger.book(
            session,
            "written off",
            str(difference.id),
            brand_id=difference.brand_id,
            account_id=difference.reconciliation.account_id,
            sub_mchid=difference.sub_mchid,
            amount_fen=abs(missing),
            debit=debit,
            credit=credit,
        )


def _theirs(difference: Difference) -> int:
    """What moved at WeChat Pay; a refund that failed there moved nothing."""
    return 0 if difference.theirs == "FAIL" else int(difference.theirs_fen or 0)


def _ours(difference: Difference) -> int:
    """What moved in our clearing account, by payments and by refunds that were paid."""
    pending = difference.concerns == LineKind.refund and difference.ours != RefundStatus.succeeded
    return 0 if pending else int(difference.ours_fen or 0)
