"""Each conversion is owed to channels in parts that are exactly one, by whichever model, and none is lost."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign, CampaignCode, CampaignTouch, How
from app.console.queries.attribution import _CONVERSIONS, _OWED, STEPS, _rounded
from app.dealers.models import Role
from app.exports import lists
from app.identity.models import Customer
from app.orders.models import Order
from app.sharing.models import ShareTouch
from app.vehicles.queries import CHINA
from tests.console.conftest import Desk
from tests.factories import campaigns as make
from tests.factories import dealers, leads, orders, sharing, vehicles

NOON = datetime(2026, 6, 10, 12, tzinfo=CHINA)
PERIOD = {"since": "2026-06-10", "until": "2026-06-16"}
DAY = timedelta(days=1)


class Town:
    """A campaign with two codes, and a desk at headquarters."""

    def __init__(self, session: Session, app: Any) -> None:
        self.session, self.market = session, orders.market(session)
        self.campaign = make.running(session, make.manager(session, self.market.dealer))
        self.codes = {channel: self._code(channel) for channel in ("stand", "online_ad")}
        self.marketer = dealers.staff(session, self.market.brand, Role.marketer)
        self.adviser = dealers.staff(session, self.market.dealer)
        self.stranger = dealers.staff(session, dealers.dealer(session, self.market.brand, name="乙"))
        session.commit()
        self.desk, self.dealers_desk, self.strangers_desk = (Desk(app, one) for one in (self.marketer, self.adviser, self.stranger))

    def _code(self, channel: str) -> CampaignCode:
        code = CampaignCode(brand_id=self.market.brand.id, campaign_id=self.campaign.id, label=channel, channel=channel)
        self.session.add(code)
        self.session.flush()
        return code

    def guest(self) -> Customer:
        return orders.buyer(self.session, self.market)

    def touched(self, who: Customer, at: datetime, channel: str | None = None, by: Campaign | None = None) -> None:
        code = self.codes[channel].id if channel else None
        row = {"brand_id": who.brand_id, "campaign_id": (by or self.campaign).id, "customer_id": who.id, "how": How.opened}
        self.session.add(CampaignTouch(**row, code_id=code, at=at))
        self.session.flush()

    def asked(self, at: datetime = NOON, **more: Any) -> Customer:
        """Somebody becomes a lead."""
        who = self.guest()
        leads.lead(self.session, who, dealer_id=self.market.dealer.id, created_at=at, **more)
        return who

    def owed(self, step: str = "leads", desk: Desk | None = None, **asked: Any) -> dict[str, tuple[int, int, float]]:
        found = self.told(desk, **asked)["items"]
        return {one["channel"]: tuple(one[step].values()) for one in found if any(one[step].values())}

    def told(self, desk: Desk | None = None, **asked: Any) -> dict[str, Any]:
        self.session.commit()
        answer = (desk or self.desk).get("insight/attribution", **PERIOD | asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)


@pytest.fixture
def town(session: Session, app: Any) -> Town:
    return Town(session, app)


def test_who_came_first_last_and_one_of_three_each_has_its_part(town: Town) -> None:
    her = town.asked()
    for days, channel in ((9, "online_ad"), (5, None), (1, "stand")):
        town.touched(her, NOON - days * DAY, channel)
    assert town.owed() == {"campaign": (0, 0, 0.34), "online_ad": (1, 0, 0.33), "stand": (0, 1, 0.33)}
    assert town.told()["total"] == {"leads": 1, "deposits": 0, "sales": 0}
    town.asked()
    found = town.told()["items"]
    assert [one["channel"] for one in found][-1] == "", "what nothing touched comes last"
    assert found[-1]["label"] == "自然到访"
    (stand,) = (one for one in found if one["channel"] == "stand")
    assert [(one["name"], one["leads"]["last"]) for one in stand["campaigns"]] == [(town.campaign.name, 1)]


def test_a_touch_counts_within_its_window_to_the_microsecond_and_never_after_the_conversion(town: Town) -> None:
    a_moment = timedelta(microseconds=1)
    for at in (NOON, NOON - 7 * DAY + a_moment):
        town.touched(town.asked(), at, "stand")
    for at in (NOON + a_moment, NOON - 7 * DAY):
        town.touched(town.asked(), at, "stand")
    assert town.owed(window_days=7) == {"stand": (2, 2, 2.0), "": (2, 2, 2.0)}
    assert town.owed(window_days=30) == {"stand": (3, 3, 3.0), "": (1, 1, 1.0)}


def test_a_share_is_a_touch_when_it_reached_her_first_and_when_it_did_last(town: Town) -> None:
    her = town.asked()
    share = sharing.vehicle_share(town.session, town.guest(), vehicles.vehicle(town.session, town.market.store).id)
    town.session.add(ShareTouch(customer_id=her.id, share_id=share.id, first_at=NOON - 20 * DAY, last_at=NOON + DAY))
    town.touched(her, NOON - DAY, "stand")
    assert town.owed() == {"share": (1, 1, 0.5), "stand": (0, 0, 0.5)}


def test_deposits_and_sales_count_when_they_were_paid_and_days_are_chinas(town: Town) -> None:
    for at, status in (
        (datetime(2026, 6, 16, 23, 59, tzinfo=CHINA), "converted"),
        (NOON, "paid"),
        (datetime(2026, 6, 17, 0, 0, tzinfo=CHINA), "converted"),
        (None, "created"),
    ):
        her = town.guest()
        order = orders.order(town.session, town.market, her, vehicle_id=vehicles.vehicle(town.session, town.market.store).id)
        town.session.execute(update(Order).where(Order.id == order.id).values(paid_at=at, status=status))
        town.touched(her, NOON - DAY, "stand")
    assert (town.owed("deposits"), town.owed("sales")) == ({"stand": (2, 2, 2.0)}, {"stand": (1, 1, 1.0)})


def test_the_parts_add_up_to_the_tables_whatever_happened(town: Town) -> None:
    dice = random.Random(7)
    for _ in range(40):
        her = town.asked(NOON + dice.randrange(6) * DAY, status=dice.choice(["new", "defeated"]))
        for _ in range(dice.randrange(8)):
            town.touched(her, NOON + timedelta(hours=dice.randrange(-1000, 150)), dice.choice(["stand", "online_ad", None]))
    one = town.session.execute(text("SELECT id FROM leads LIMIT 1")).scalar_one()
    town.touched(town.asked(status="duplicate", merged_into_id=one), NOON - DAY, "stand")
    told = town.told()
    counted = "SELECT count(*) FROM leads WHERE status <> 'duplicate' AND created_at >= :at"
    assert told["total"]["leads"] == town.session.execute(text(counted), {"at": NOON - DAY}).scalar_one() > 20
    for model in ("first", "last", "linear"):
        of_channels = [round(100 * one["leads"][model]) for one in told["items"]]
        assert sum(of_channels) == 100 * told["total"]["leads"], model
        for one in told["items"]:
            if one["campaigns"]:
                assert sum(round(100 * part["leads"][model]) for part in one["campaigns"]) == round(100 * one["leads"][model]), model


def test_hundredths_are_as_many_as_the_whole() -> None:
    dice = random.Random(1)
    for _ in range(200):
        parts = [Fraction(dice.randrange(1, 50), dice.randrange(1, 50)) for _ in range(dice.randrange(1, 12))]
        parts.append(-sum(parts) % 1)
        rounded = _rounded(dict(enumerate(parts)))
        assert sum(rounded.values()) == 100 * sum(parts)
        assert all(abs(rounded[at] - 100 * part) < 1 for at, part in enumerate(parts))


def test_a_dealer_reads_of_its_own_on_the_page_and_in_the_file(town: Town, session: Session) -> None:
    town.touched(town.asked(), NOON - DAY, "stand")
    assert town.owed(desk=town.dealers_desk) == {"stand": (1, 1, 1.0)}
    assert town.told(town.strangers_desk)["total"] == {"leads": 0, "deposits": 0, "sales": 0}
    offer = lists.offered("console.attribution")
    asked = {"since": date(2026, 6, 10), "until": date(2026, 6, 16), "window_days": 30}
    rows = [tuple(row) for row in offer.page(session, town.adviser, asked, cursor=None, limit=10).rows]
    assert [row[:5] for row in rows] == [("展台", None, 1, 1, 1.0), ("展台", town.campaign.name, 1, 1, 1.0)]
    assert list(offer.page(session, town.stranger, asked, cursor=None, limit=10).rows) == []


def test_what_cannot_be_asked_is_refused_by_name(town: Town) -> None:
    for wrong in ({"window_days": 31}, {"until": "2026-06-01"}, {"since": "tomorrow"}):
        answer = town.desk.get("insight/attribution", **PERIOD | wrong)
        assert answer.status_code == 422
        assert next(iter(wrong)) in str(answer.json["details"])


def test_a_period_is_read_by_its_days_and_not_all_that_ever_was(town: Town, session: Session) -> None:
    her = town.guest()
    given = {"brand_id": her.brand_id, "dealer_id": town.market.dealer.id, "customer_id": her.id, "now": NOON}
    session.execute(
        text(
            "INSERT INTO leads (id, brand_id, customer_id, dealer_id, business_line, status, grade, version, created_at) SELECT "
            "marque_new_id(), :brand_id, :customer_id, :dealer_id, 'vehicle_sales', 'defeated', 'A', 1, :now - n * interval '1 hour' "
            "FROM generate_series(1, 20000) n"
        ),
        given,
    )
    session.execute(
        text(
            "INSERT INTO campaign_touches (id, brand_id, campaign_id, customer_id, how, at) "
            "SELECT marque_new_id(), :brand_id, :campaign_id, :customer_id, 'opened', :now - n * interval '1 hour' "
            "FROM generate_series(1, 20000) n"
        ),
        given | {"campaign_id": town.campaign.id},
    )
    for table in ("leads", "campaign_touches"):
        session.execute(text(f"ANALYZE {table}"))
    asked = given | {"since": NOON - 7 * DAY, "until": NOON, "window": 7 * DAY, "share": "share", "no_code": "campaign"}
    for scope in ("", "AND dealer_id = :dealer_id"):
        statement = text("EXPLAIN " + _OWED.format(conversions=_CONVERSIONS["leads"], scope=scope))
        plan = "\n".join(session.execute(statement, asked).scalars())
        assert "Seq Scan on leads" not in plan, plan
        assert "Seq Scan on campaign_touches" not in plan, plan
    assert STEPS == ("leads", "deposits", "sales")
