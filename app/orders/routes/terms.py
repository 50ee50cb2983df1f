"""Doors: headquarters look at deposit terms, put them in force, and end them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.errors import DealerUnknown
from app.dealers.models import Dealer
from app.kit import paging
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, raises, transactional
from app.orders import queries, schemas, service
from app.orders.errors import AdminsOnly, OnlyEarnestMoneyForfeits, TermsOver, TermsUnknown, VersionTaken
from app.orders.models import DepositTerms
from app.payments.errors import PayeeMissing

staff = blueprint("deposit-terms", audience="staff")


@staff.get("/")
@raises(paging.CursorInvalid)
@staff.input(schemas.PoliciesIn, location="query")
@staff.output(schemas.PoliciesOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Every version, newest first; a dealer's people see the brand's and their own."""
    limit, cursor = query_data["limit"], query_data["cursor"]
    dealer_id = query_data["dealer_id"] if who.staff.sees_the_brand else who.staff.dealer_id
    before = paging.moment_and_id(cursor)[1] if cursor else None
    found = queries.all_terms(session, who.staff.brand_id, dealer_id=dealer_id, before=before, limit=limit + 1)
    shown = found[:limit]
    return {
        "items": [_out(session, terms) for terms in shown],
        "next_cursor": paging.encode(shown[-1].created_at, shown[-1].id) if len(found) > limit else None,
    }


@staff.post("/preview")
@raises(AdminsOnly, DealerUnknown, OnlyEarnestMoneyForfeits, PayeeMissing, VersionTaken)
@staff.input(schemas.PolicyIn)
@staff.output(schemas.PolicyOut)
@transactional
def preview(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """What publishing would put in force, with its version and text; nothing is kept."""
    return _out(session, service.draft_terms(session, who.staff, service.Policy(**json_data)))


@staff.post("/")
@idempotent
@raises(AdminsOnly, DealerUnknown, OnlyEarnestMoneyForfeits, PayeeMissing, VersionTaken)
@staff.input(schemas.PolicyIn)
@staff.output(schemas.PolicyOut, status_code=201)
@transactional
def publish(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Put a policy in force for the brand or one dealer, instead of that of before; orders keep what was accepted."""
    return _out(session, service.publish_terms(session, who.staff, service.Policy(**json_data)))


@staff.post("/<uuid:terms_id>/end")
@idempotent
@raises(AdminsOnly, TermsUnknown, TermsOver)
@staff.output(schemas.PolicyOut)
@transactional
def end(session: Session, who: Caller, terms_id: uuid.UUID) -> Any:
    """Nobody accepts these terms any more: a dealer's cars are under the brand's again; without the brand's nothing can be reserved."""
    return _out(session, service.end_terms(session, who.staff, terms_id))


def _out(session: Session, terms: DepositTerms) -> Any:
    dealer = session.get(Dealer, terms.dealer_id) if terms.dealer_id else None
    try:
        payee_name = service.payee_name(session, terms)
    except PayeeMissing:
        # It could be received when this was published, and cannot any more.
        payee_name = None
    return schemas.policy_out(terms, dealer=dealer, payee_name=payee_name)
