"""Doors: the brand's refunds, its ledger, and how much lies where for whom."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app.kit import db, paging
from app.kit.errors import Forbidden
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional
from app.payments import finance, queries, schemas, service, view
from app.payments.errors import FinanceOnly, PaymentUnavailable, RedirectRefused, RefundNotAbnormal, RefundUnknown
from app.payments.models import PaymentIntent
from app.payments.routes.callers import acting, looking
from app.wechat.models import WechatAccount

staff = blueprint("payments", audience="staff", part="money")


@staff.get("/refunds")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.RefundsIn, location="query")
@staff.output(schemas.RefundsOut)
@transactional
def refunds(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The brand's refunds, newest first."""
    limit = query_data.pop("limit")
    found = finance.refunds(session, looking(who), limit=limit + 1, **query_data)
    shown = found[:limit]
    return {
        "items": [view.refund_out(*one) for one in shown],
        "next_cursor": paging.encode(shown[-1][0].created_at, shown[-1][0].id) if len(found) > limit else None,
    }


@staff.post("/refunds/<uuid:refund_id>/abnormal")
@idempotent
@raises(FinanceOnly, RefundUnknown, RefundNotAbnormal, RedirectRefused, PaymentUnavailable)
@staff.input(schemas.AbnormalIn)
@staff.output(schemas.RefundRowOut)
@stepwise
def redirect(who: Caller, refund_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Lead a refund that WeChat could not deliver to another bank card of the customer, or to our own bank account, to be paid by hand."""
    to = json_data.pop("to")
    brand_id = acting(who)
    service.redirect_refund(brand_id, refund_id, card=service.Card(**json_data) if to == "customer_card" else None)
    with db.transaction() as session:
        refund = queries.refund(session, brand_id, refund_id)
        intent = session.get(PaymentIntent, refund.intent_id) if refund.intent_id else None
        return view.refund_out(refund, intent, session.get_one(WechatAccount, refund.account_id))


@staff.get("/ledger")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.LedgerPageIn, location="query")
@staff.output(schemas.EntriesOut)
@transactional
def ledger(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """What was booked, newest first, with both sides of each entry."""
    limit, cursor = query_data.pop("limit"), query_data.pop("cursor")
    found = finance.entries(session, looking(who), finance.Booked(**query_data), cursor=cursor, limit=limit + 1)
    shown = found[:limit]
    return {
        "items": [view.entry_out(one) for one in shown],
        "next_cursor": paging.encode(shown[-1][0].created_at, shown[-1][0].id) if len(found) > limit else None,
    }


@staff.get("/ledger.csv")
@raises(Forbidden)
@answers(200, "every line of these entries as CSV, oldest first, amounts in yuan")
@staff.input(schemas.LedgerIn, location="query")
@stepwise
def ledger_file(who: Caller, query_data: dict[str, Any]) -> Response:
    """The ledger of a period as a spreadsheet."""
    brand_id, which = looking(who), finance.Booked(**query_data)

    def written() -> Iterator[str]:
        with db.transaction() as session:
            yield from view.ledger_csv(finance.all_entries(session, brand_id, which))

    name = "-".join(["ledger", *(f"{day}" for day in (which.since, which.until) if day)])
    return Response(written(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


@staff.get("/totals")
@raises(Forbidden)
@staff.output(schemas.TotalsOut)
@transactional
def totals(session: Session, who: Caller) -> Any:
    """Debit and credit of every account, of all merchants together and of each; what lies on an account is the difference."""
    return view.totals_out(finance.totals(session, looking(who)))
