"""Whom shares brought is counted once however often she was reached, and how far they were passed on is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.console.queries.scope import Scope
from app.console.queries.shares import _LEVELS, _asked, brought
from app.dealers.models import Role
from app.exports import lists
from app.identity.models import Customer
from app.kit import db
from app.kit.errors import Forbidden
from app.sharing.models import Share, ShareConversion, ShareOpen, ShareTouch
from app.vehicles.queries import CHINA
from tests.console.conftest import Desk
from tests.factories import dealers, identity, leads, orders

NOON = datetime(2026, 6, 10, 12, tzinfo=CHINA)
DAY = {"since": "2026-06-10", "until": "2026-06-10"}
HOUR, MONTH = timedelta(hours=1), timedelta(days=30)


class Circle:
    """People who pass a car on to each other."""

    def __init__(self, session: Session, app: Any) -> None:
        self.session = session
        self.market = orders.market(session)
        self.marketer, self.adviser = dealers.staff(session, self.market.brand, Role.marketer), dealers.staff(session, self.market.dealer)
        self.desk, self.dealers_desk = Desk(app, self.marketer), Desk(app, self.adviser)

    def person(self, at: datetime = NOON) -> Customer:
        return orders.buyer(self.session, self.market, created_at=at)

    def share(self, by: Customer, *, of: Share | None = None, at: datetime = NOON) -> Share:
        known = {"brand_id": by.brand_id, "customer_id": by.id, "kind": "list", "channel": "friend", "filters": {}, "target": ""}
        made = Share(**known, parent_id=of.id if of else None, created_at=at)
        self.session.add(made)
        self.session.flush()
        return made

    def reaches(self, share: Share, who: Customer, *, at: datetime = NOON) -> None:
        """She opens it, and is known to have; as often as told."""
        self.session.add(ShareOpen(share_id=share.id, customer_id=who.id, opened_at=at))
        self.session.add(ShareTouch(customer_id=who.id, share_id=share.id, first_at=at, last_at=at))
        self.leads_to(share, who, "login", str(who.id))

    def leads_to(self, share: Share, who: Customer, kind: str, subject: str = "") -> None:
        given = {"kind": kind, "subject_id": subject or str(db.new_id()), "customer_id": who.id, "created_at": NOON}
        self.session.add(ShareConversion(share_id=share.id, first_share_id=share.id, **given))
        self.session.flush()

    def shared_for_years(self) -> None:
        """So much was passed on that nobody reads all of it."""
        given = {"brand_id": self.market.brand.id, "now": NOON}
        each = "FROM generate_series(1, 20000) n"
        for rows in (
            f"customers (id, brand_id, created_at) SELECT CAST(lpad(n::text, 32, '0') AS uuid), :brand_id, :now {each}",
            "shares (id, brand_id, customer_id, kind, channel, target, created_at) SELECT n::text, :brand_id, "
            f"CAST(lpad(n::text, 32, '0') AS uuid), 'list', 'friend', '', :now - n * interval '1 hour' {each}",
            "share_opens (id, share_id, visitor_id, opened_at) SELECT marque_new_id(), id, 'device', created_at FROM shares",
            "share_conversions (id, share_id, first_share_id, kind, subject_id, customer_id) "
            "SELECT marque_new_id(), id, id, 'login', id, customer_id FROM shares",
            "share_touches (customer_id, share_id, first_at, last_at) SELECT customer_id, id, created_at, created_at FROM shares",
        ):
            self.session.execute(text(f"INSERT INTO {rows}"), given)
        for table in ("customers", "shares", "share_opens", "share_conversions", "share_touches"):
            self.session.execute(text(f"ANALYZE {table}"))

    def told(self, **asked: Any) -> dict[str, Any]:
        self.session.commit()
        answer = self.desk.get("insight/sharing", **DAY | asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)


@pytest.fixture
def circle(session: Session, app: Any) -> Circle:
    return Circle(session, app)


def test_who_was_reached_by_many_shares_is_one_newcomer_of_the_first_and_who_was_a_customer_before_is_none(circle: Circle) -> None:
    first, second = (circle.share(circle.person(NOON - MONTH)) for _ in range(2))
    friend, old, late = circle.person(NOON + HOUR), circle.person(NOON - HOUR), circle.person(NOON + MONTH)
    circle.reaches(second, friend, at=NOON + timedelta(minutes=1))
    for share in (first, second):
        circle.reaches(share, old)
        circle.reaches(share, late)
    circle.reaches(first, friend, at=NOON)
    told = circle.told()
    assert (told["k"], told["total"]["newcomers"], told["total"]["sharers"], told["total"]["opens"]) == (0.5, 1, 2, 6)
    assert [one["newcomers"] for one in told["sharers"]] == [1, 0]
    assert told["sharers"][0]["person"]["id"] == str(first.customer_id)


def test_who_became_a_customer_on_the_visit_on_which_she_opened_it_is_a_newcomer(circle: Circle) -> None:
    share = circle.share(circle.person(NOON - MONTH))
    circle.reaches(share, circle.person(NOON - timedelta(minutes=29)))
    circle.reaches(share, circle.person(NOON - timedelta(minutes=31)))
    assert circle.told()["k"] == 1.0


def test_a_chain_is_told_by_how_far_it_went_and_the_first_has_what_the_next_three_led_to(circle: Circle) -> None:
    share, chain = None, []
    for _ in range(6):
        share = circle.share(circle.person(NOON - MONTH), of=share)
        chain.append(share)
        buyer = circle.person(NOON + HOUR)
        circle.reaches(share, buyer)
        circle.leads_to(share, buyer, "lead")
    told = circle.told()
    assert [(one["removed"], one["shares"], one["leads"]) for one in told["levels"]] == [(0, 1, 1), (1, 1, 1), (2, 1, 1), (3, 3, 3)]
    assert told["total"]["leads"] == sum(one["leads"] for one in told["levels"]) == 6
    found = {one["person"]["id"]: (one["own_newcomers"], one["newcomers"], one["leads"]) for one in told["sharers"]}
    assert found == {str(one.customer_id): (1, reached, reached) for one, reached in zip(chain, (4, 4, 4, 3, 2, 1), strict=True)}


def test_who_passes_her_own_share_on_has_it_once(circle: Circle) -> None:
    sharer = circle.person(NOON - MONTH)
    share = circle.share(sharer, of=circle.share(sharer))
    circle.leads_to(share, circle.person(), "deposit")
    (row,) = circle.told()["sharers"]
    assert (row["shares"], row["deposits"]) == (2, 1)


def test_shares_of_other_days_and_brands_are_not_in_it_and_what_came_later_is(circle: Circle) -> None:
    sharer = circle.person(NOON - MONTH)
    for at in (NOON - timedelta(hours=12, seconds=1), NOON + timedelta(hours=12)):
        circle.leads_to(circle.share(sharer, at=at), sharer, "lead")
    other = dealers.brand(circle.session)
    circle.share(identity.customer(circle.session, other))
    assert circle.told()["k"] is None
    assert circle.told()["sharers"] == []
    today = circle.share(sharer, at=NOON + timedelta(hours=12, seconds=-1))
    circle.reaches(today, circle.person(NOON + 20 * HOUR), at=NOON + 20 * HOUR)
    assert circle.told()["k"] == 1.0


def test_phone_numbers_are_masked_and_every_sharer_is_on_one_page(circle: Circle) -> None:
    people = {str(circle.share(circle.person()).customer_id) for _ in range(3)}
    pages = [circle.told(limit=1, page=number)["sharers"] for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [1, 1, 1, 0]
    assert {page[0]["person"]["id"] for page in pages[:3]} == people
    assert "****" in pages[0][0]["person"]["phone_masked"]


def test_a_dealers_people_get_neither_the_page_nor_the_file_and_headquarters_get_every_sharer(circle: Circle, session: Session) -> None:
    for _ in range(3):
        circle.share(circle.person())
    session.commit()
    assert circle.dealers_desk.get("insight/sharing", **DAY).status_code == 403
    offer = lists.offered("console.sharing")
    with pytest.raises(Forbidden):
        offer.may(session, circle.adviser, {})
    assert offer.may(session, circle.marketer, {}) == "分享与裂变"
    asked, cursor, rows = {"since": date(2026, 6, 10), "until": date(2026, 6, 10)}, None, []
    while True:
        page = offer.page(session, circle.marketer, asked, cursor=cursor, limit=2)
        rows += page.rows
        assert len(page.about) == len(page.rows)
        if (cursor := page.cursor) is None:
            break
    assert len({row[1] for row in rows}) == len(rows) == 3
    assert {len(row) for row in rows} == {len(offer.columns)}


def test_some_days_of_shares_are_read_without_all_that_there_ever_were(circle: Circle, session: Session) -> None:
    circle.shared_for_years()
    asked = _asked(circle.market.brand.id, date(2026, 6, 8), date(2026, 6, 10))
    plan = "\n".join(session.execute(text(f"EXPLAIN {_LEVELS}"), asked).scalars())
    assert "ix_shares_brand_id_created_at" in plan, plan
    assert "Seq Scan on share" not in plan, plan


def test_the_tree_leads_from_a_sharer_to_whom_she_brought_and_on_to_whom_they_brought_each_under_one(circle: Circle) -> None:
    root, other = circle.person(NOON - MONTH), circle.person(NOON - MONTH)
    first, rival = circle.share(root), circle.share(other)
    friends = [circle.person(NOON) for _ in range(3)]
    for minutes, friend in enumerate(friends):
        circle.reaches(first, friend, at=NOON + timedelta(minutes=minutes))
        circle.reaches(rival, friend, at=NOON + HOUR)
    # Who was a customer long before was brought by nobody.
    circle.reaches(first, circle.person(NOON - MONTH))
    grandchild = circle.person(NOON + HOUR)
    circle.reaches(circle.share(friends[0], of=first), grandchild, at=NOON + HOUR)
    circle.leads_to(first, friends[0], "lead")
    circle.leads_to(rival, friends[0], "deposit")
    circle.session.commit()

    def under(who: Customer, **asked: Any) -> dict[str, Any]:
        answer = circle.desk.get(f"customers/{who.id}/brought", **asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    page = under(root, limit=2)
    assert (page["total"], [one["id"] for one in page["items"]]) == (3, [str(friends[2].id), str(friends[1].id)])
    (last,) = under(root, limit=2, cursor=page["next_cursor"])["items"]
    assert [last[name] for name in ("id", "leads", "orders", "deposits", "newcomers")] == [str(friends[0].id), 1, 0, 1, 1]
    assert "****" in last["person"]["phone_masked"]
    assert [one["id"] for one in under(friends[0])["items"]] == [str(grandchild.id)]
    assert under(other) == {"items": [], "next_cursor": None, "total": 0}


def test_in_the_tree_a_dealer_sees_whom_it_knows_and_the_others_are_not_even_counted(circle: Circle) -> None:
    root, ours, theirs = circle.person(NOON - MONTH), circle.person(), circle.person()
    for dealer, who in (
        (circle.market.dealer, root),
        (circle.market.dealer, ours),
        (dealers.dealer(circle.session, circle.market.brand), theirs),
    ):
        leads.lead(circle.session, who, dealer_id=dealer.id)
    share = circle.share(root)
    for friend in (ours, theirs):
        circle.reaches(share, friend)
    circle.session.commit()
    told = circle.dealers_desk.get(f"customers/{root.id}/brought").json
    assert (told["total"], [one["id"] for one in told["items"]]) == (1, [str(ours.id)])
    assert circle.dealers_desk.get(f"customers/{theirs.id}/brought").status_code == 404
    assert circle.desk.get(f"customers/{root.id}/brought").json["total"] == 2


def test_a_branch_of_the_tree_is_read_by_indexes_and_not_all_that_anybody_shared(circle: Circle) -> None:
    root, friend = circle.person(NOON - MONTH), circle.person()
    circle.reaches(circle.share(root), friend)
    circle.shared_for_years()
    statements: list[tuple[str, Any]] = []

    def kept(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        statements.append((statement, values))

    event.listen(db.engine(), "before_cursor_execute", kept)
    try:
        found = brought(circle.session, Scope.of(circle.marketer), root.id, limit=10)
    finally:
        event.remove(db.engine(), "before_cursor_execute", kept)
    assert [one["id"] for one in found.items] == [friend.id]
    tried = [one for one in statements if "share_conversions" in one[0]]
    assert len(tried) == 2
    for statement, values in tried:
        plan = "\n".join(circle.session.connection().exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
        assert "Seq Scan on share" not in plan, plan
