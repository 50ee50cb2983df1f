"""Who asks, standing still; and what becomes of everything here when she is merged into another, or forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.errors import CustomerUnknown
from app.identity.models import Customer
from app.interests.models import Alert, Favourite, SavedSearch, VehicleView, ViewsCleared

# Alerts come last: whoever makes one holds what it is about, and is done when that can be moved or deleted.
HERS = (SavedSearch, Favourite, VehicleView, ViewsCleared, Alert)


def standing_still(session: Session, customer: Customer) -> Customer:
    """Who she is now, locked: what she keeps is counted by one request at a time, and nobody forgets or merges her meanwhile.

    Raises:
        CustomerUnknown: she has had herself erased.
    """
    customer = identity.standing_still(session, customer, alone=True)
    if customer.erased_at is not None:
        raise CustomerUnknown
    return customer


def living(session: Session, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Whom each id leads to now, without those who are erased; nobody forgets or merges them until this transaction ends."""
    while True:
        heads = select(Customer.id, func.coalesce(Customer.merged_into_id, Customer.id)).where(Customer.id.in_(customer_ids))
        leads = dict(session.execute(heads).all())
        wanted = select(Customer.id, Customer.merged_into_id, Customer.erased_at).where(Customer.id.in_(set(leads.values())))
        rows = session.execute(wanted.order_by(Customer.id).with_for_update(read=True)).all()
        if not any(row.merged_into_id for row in rows):
            erased = {row.id for row in rows if row.erased_at}
            return {one: head for one, head in leads.items() if head not in erased}


# Of what both have, what stays is the older one, with whatever either was told.
_ONE_OF_TWO = {
    # It has found whatever the newer one found; their alerts tell of the same cars.
    SavedSearch: """
        DELETE FROM saved_searches AS newer USING saved_searches AS older
        WHERE newer.digest = older.digest AND (older.created_at, older.id) < (newer.created_at, newer.id)
        AND (newer.customer_id, older.customer_id) IN ((:kept, :merged), (:merged, :kept))
    """,
    Favourite: """
        WITH gone AS (
            DELETE FROM favourites AS merged USING favourites AS kept
            WHERE kept.customer_id = :kept AND merged.customer_id = :merged AND merged.vehicle_id = kept.vehicle_id RETURNING merged.*
        )
        UPDATE favourites AS kept SET
            price_fen = CASE WHEN gone.created_at < kept.created_at THEN gone.price_fen ELSE kept.price_fen END,
            created_at = least(kept.created_at, gone.created_at),
            told_price_fen = least(kept.told_price_fen, gone.told_price_fen),
            told_back_at = greatest(kept.told_back_at, gone.told_back_at),
            held_at = greatest(kept.held_at, gone.held_at)
        FROM gone WHERE kept.customer_id = :kept AND kept.vehicle_id = gone.vehicle_id
    """,
    VehicleView: """
        WITH gone AS (
            DELETE FROM vehicle_views AS merged USING vehicle_views AS kept
            WHERE kept.customer_id = :kept AND merged.customer_id = :merged AND merged.vehicle_id = kept.vehicle_id RETURNING merged.*
        )
        UPDATE vehicle_views AS kept SET viewed_at = greatest(kept.viewed_at, gone.viewed_at)
        FROM gone WHERE kept.customer_id = :kept AND kept.vehicle_id = gone.vehicle_id
    """,
    ViewsCleared: """
        WITH gone AS (
            DELETE FROM views_cleared AS merged USING views_cleared AS kept
            WHERE kept.customer_id = :kept AND merged.customer_id = :merged RETURNING merged.cleared_at
        )
        UPDATE views_cleared AS kept SET cleared_at = greatest(kept.cleared_at, gone.cleared_at) FROM gone WHERE kept.customer_id = :kept
    """,
    Alert: """
        DELETE FROM interest_alerts AS merged USING interest_alerts AS kept
        WHERE kept.customer_id = :kept AND merged.customer_id = :merged AND merged.cause = kept.cause
    """,
}


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """The kept customer's is what either had, each thing once, and nothing is told again. May be called twice."""
    people = {"kept": kept_id, "merged": merged_id}
    for table in HERS:
        session.execute(text(_ONE_OF_TWO[table]), people)
        session.execute(text(f"UPDATE {table.__tablename__} SET customer_id = :kept WHERE customer_id = :merged"), people)  # noqa: S608


def forget(session: Session, customer_ids: Collection[uuid.UUID]) -> None:
    """Nothing stays of what they kept an eye on. May be called twice."""
    for table in HERS:
        session.execute(delete(table).where(table.customer_id.in_(customer_ids)))
