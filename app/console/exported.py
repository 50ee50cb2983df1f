"""What of the console's lists can be had as a file, narrowed as on the screen; a dealer's people get their dealer's rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any

from apiflask import Schema
from sqlalchemy.orm import Session

from app.analytics.queries import Asked, By
from app.console import insight_schemas, operations_schemas, order_schemas, schemas
from app.console.errors import AdministratorsOnly
from app.console.queries import audit, customers, insight, leads, orders, shares
from app.console.queries.attribution import STEPS, attribution
from app.console.queries.league import Sort, league
from app.console.queries.scope import Scope
from app.dealers import queries as dealers
from app.dealers import schemas as dealer_schemas
from app.dealers.models import HEADQUARTERS, Role, Staff
from app.dealers.service import must_keep_team
from app.exports.lists import Column, Offer, Page, offer
from app.kit.errors import Forbidden
from app.kit.texts import has, t
from app.vehicles import schemas_stock
from app.vehicles.queries import inventory

Row = dict[str, Any]
Search = Callable[..., tuple[Iterable[Row], str | None]]


def narrowed(schema: type[Schema]) -> type[Schema]:
    """The filters of a list without what turns its pages."""
    turning = {"cursor", "limit"} & schema._declared_fields.keys()
    return type(f"{schema.__name__}File", (schema,), {"Meta": type("Meta", (), {"exclude": tuple(turning)})})


def _anybody(_session: Session, _staff: Staff) -> None:
    """Each sees what the list shows her anyway."""


def _administrators(_session: Session, staff: Staff) -> None:
    if staff.role != Role.admin:
        raise AdministratorsOnly


def _headquarters(_session: Session, staff: Staff) -> None:
    if staff.role not in HEADQUARTERS:
        raise Forbidden


def _join(
    key: str,
    asked: type[Schema],
    search: Search,
    row: Callable[[Row], tuple[Any, ...]],
    *,
    about: Callable[[Row], uuid.UUID | None] = lambda _row: None,
    check: Callable[[Session, Staff], None] = _anybody,
) -> None:
    """`search` gives items as the list's door does; `row` makes of one its cells; `about` says which customer is in it."""

    def may(session: Session, staff: Staff, _asked: Row) -> str:
        check(session, staff)
        return t(f"console.exported.{key}")

    def page(session: Session, staff: Staff, asked: Row, *, cursor: str | None, limit: int) -> Page:
        items, more = search(session, staff, asked, cursor=cursor, limit=limit)
        shown = list(items)
        people: Collection[uuid.UUID] = {found for one in shown if (found := about(one))}
        return Page([row(one) for one in shown], cursor=more, about=people)

    columns = [Column(title) for title in t(f"console.exported.columns.{key}").split(",")]
    offer(Offer(f"console.{key}", asked=narrowed(asked), may=may, columns=columns, page=page))


def _name(of: Row | None) -> str | None:
    return of["name"] if of else None


def _person(row: Row) -> tuple[Any, ...]:
    return row["nickname"], row["phone_masked"]


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


def _subject(code: str) -> str:
    """What the staff move most has a word; the rest goes by its own name."""
    key = f"console.exported.subjects.{code}"
    return t(key) if has(key) else code


def _customers(session: Session, staff: Staff, asked: Row, **page: Any) -> tuple[Iterable[Row], str | None]:
    found = customers.search(session, Scope.of(staff), q=asked.get("q"), tag=asked.get("tag"), counted=False, **page)
    return found.items, found.next_cursor


def _leads(session: Session, staff: Staff, asked: Row, **page: Any) -> tuple[Iterable[Row], str | None]:
    found = leads.search(session, Scope.of(staff), status=asked.get("status"), counted=False, **page)
    return found.items, found.next_cursor


def _orders(session: Session, staff: Staff, asked: Row, **page: Any) -> tuple[Iterable[Row], str | None]:
    found = orders.search(session, Scope.of(staff), q=asked.get("q"), status=asked.get("status"), counted=False, **page)
    return found.items, found.next_cursor


def _stock(session: Session, staff: Staff, asked: Row, **page: Any) -> tuple[Iterable[Row], str | None]:
    found = inventory.stock(session, staff, inventory.Wanted(**asked), counted=False, **page)
    return found["items"], found["next_cursor"]


def _team(session: Session, staff: Staff, asked: Row, **page: Any) -> tuple[Iterable[Row], str | None]:
    found = dealers.team(session, staff, **asked, **page)
    return found["items"], found["next_cursor"]


def _audit(session: Session, staff: Staff, asked: Row, **page: Any) -> tuple[Iterable[Row], str | None]:
    found = audit.search(session, staff.brand_id, **asked, **page)
    return found.items, found.next_cursor


def _funnel(session: Session, staff: Staff, asked: Row, *, cursor: str | None, limit: int) -> tuple[Iterable[Row], None]:
    """All at once: as many rows as parts, and one for all of them."""
    told = insight.funnel(
        session, Scope.of(staff), Asked(**{name: value for name, value in asked.items() if name != "by"}), By(asked["by"]), most=None
    )
    everybody = {"label": t("console.exported.everybody"), "people": [step["people"] for step in told["steps"]]}
    return [everybody, *told["parts"]], None


def _league(session: Session, staff: Staff, asked: Row, *, cursor: str | None, limit: int) -> tuple[Iterable[Row], None]:
    """All at once: as many rows as stores."""
    return league(session, Scope.of(staff), asked["since"], asked["until"], sort=Sort(asked["sort"]), limit=None)["items"], None


def _store_row(row: Row) -> tuple[Any, ...]:
    figures = ("leads", "asked", "in_time", "answer_seconds", "test_drives", "deposits", "sales", "refunds", "sales_of_leads")
    both = (row[period][name] for name in figures for period in ("now", "before"))
    return row["rank"], row["name"], row["city"], row["dealer"], *both


def _attribution(session: Session, staff: Staff, asked: Row, *, cursor: str | None, limit: int) -> tuple[Iterable[Row], None]:
    """All at once: each channel, and under it its campaigns."""
    found = attribution(session, Scope.of(staff), **asked)["items"]
    return [{**row, "of": channel["label"]} for channel in found for row in (channel, *channel["campaigns"])], None


def _owed_row(row: Row) -> tuple[Any, ...]:
    return row["of"], row.get("name"), *(row[step][model] for step in STEPS for model in ("first", "last", "linear"))


def _sharers(session: Session, staff: Staff, asked: Row, *, cursor: str | None, limit: int) -> tuple[Iterable[Row], str | None]:
    """A page; the cursor is the number of the next."""
    page = int(cursor or 1)
    found = shares.sharers(session, staff.brand_id, asked["since"], asked["until"], page=page, limit=limit)
    return found, str(page + 1) if len(found) == limit else None


def _sharer_row(row: Row) -> tuple[Any, ...]:
    return (
        row["person"]["nickname"],
        row["person"]["phone_masked"],
        row["shares"],
        row["own_newcomers"],
        *(row[name] for name in shares.FIGURES),
    )


_join(
    "customers",
    schemas.CustomersIn,
    _customers,
    lambda row: (
        row["id"],
        *_person(row),
        "、".join(tag["label"] for tag in row["tags"]),
        row["grade"],
        row["adviser"],
        row["dealer"],
        row["last_event_at"],
        row["created_at"],
    ),
    about=lambda row: row["id"],
)
_join(
    "leads",
    schemas.LeadsIn,
    _leads,
    lambda row: (
        row["id"],
        *_person(row["customer"]),
        row["grade"],
        t(f"leads.status.{row['status']}"),
        row["vehicle"] and row["vehicle"]["title"],
        _name(row["owner"]),
        _name(row["dealer"]),
        row["next_action_at"],
        t(f"console.exported.overdue.{'yes' if row['overdue'] else 'no'}"),
        row["created_at"],
    ),
    about=lambda row: row["customer"]["id"],
)
_join(
    "orders",
    order_schemas.OrdersIn,
    _orders,
    lambda row: (
        row["number"],
        *_person(row["customer"]),
        row["vehicle"] and row["vehicle"]["title"],
        t(f"console.exported.order_status.{row['status']}"),
        t(f"console.exported.payment.{row['payment_status']}"),
        _yuan(row["amount_fen"]),
        _name(row["dealer"]),
        row["created_at"],
    ),
    about=lambda row: row["customer"]["id"],
)
_join(
    "stock",
    schemas_stock.StockIn,
    _stock,
    lambda row: (
        row["stock_number"],
        row["vin"],
        row["title"],
        row["status"]["label"],
        row["condition"]["label"],
        _yuan(row["price_fen"]),
        _name(row["store"]),
        _name(row["dealer"]),
        row["listed_at"],
        row["confirmed_at"],
    ),
)
_join(
    "team",
    dealer_schemas.TeamIn,
    _team,
    lambda row: (
        row["username"],
        row["name"],
        t(f"roles.{row['role']}"),
        _name(row["dealer"]),
        _name(row["store"]),
        t(f"console.exported.active.{'yes' if row['active'] else 'no'}"),
        row["last_seen_at"],
    ),
    check=lambda _session, staff: must_keep_team(staff),
)
_join(
    "audit",
    operations_schemas.AuditIn,
    _audit,
    lambda row: (
        row["at"],
        row["actor"]["name"],
        _subject(row["subject"]),
        row["subject_id"],
        row["before"],
        row["after"],
        row["reason"],
        row["cause"],
        row["request_id"],
    ),
    check=_administrators,
)
_join("funnel", insight_schemas.FunnelByIn, _funnel, lambda row: (row["label"], *row["people"]))
_join("league", insight_schemas.LeagueByIn, _league, _store_row)
_join("attribution", insight_schemas.AttributionIn, _attribution, _owed_row)
_join(
    "sharing",
    insight_schemas.PeriodIn,
    _sharers,
    _sharer_row,
    about=lambda row: row["sharer_id"],
    check=_headquarters,
)
