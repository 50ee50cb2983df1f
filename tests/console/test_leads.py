"""Leads are listed by what has to be done, and answered by those whose they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.console.queries import leads
from app.dealers.models import Role, Staff
from app.kit import clock
from app.kit.texts import has
from app.leads.models import Cause, Interest, LeadInterest, Status
from tests.console.conftest import Desk, lead
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import orders as market
from tests.factories import vehicles as cars


def _statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["status"] for item in answer.json["items"]]


def test_the_stages_of_the_list_hold_what_they_say(session: Session, world: Any, adviser: Any) -> None:
    now = clock.now(session)
    ended = people.customer(session, world.brand)
    lead(session, ended, world.adviser, status="won", closed_at=now, next_action_at=now - timedelta(days=1))
    late = people.customer(session, world.brand)
    lead(session, late, world.adviser, status="callback_promised", next_action_at=now - timedelta(minutes=1))
    session.commit()
    assert _statuses(adviser.get("leads/")) == ["callback_promised", "won", "assigned"]
    assert _statuses(adviser.get("leads/", status="open")) == ["callback_promised", "assigned"]
    assert _statuses(adviser.get("leads/", status="overdue")) == ["callback_promised"]
    assert _statuses(adviser.get("leads/", status="closed")) == ["won"]
    assert _statuses(adviser.get("leads/", status="assigned")) == ["assigned"]
    assert [item["overdue"] for item in adviser.get("leads/").json["items"]] == [True, False, False]


def test_a_lead_shows_the_cars_it_is_about_the_latest_first(session: Session, world: Any, adviser: Any) -> None:
    now = clock.now(session)
    for days, title in ((2, "旧爱"), (1, "新欢")):
        car = cars.vehicle(session, world.our_store, title=title)
        session.add(
            LeadInterest(
                lead_id=world.our_lead.id, kind=Interest.contact, vehicle_id=car.id, message="想试驾", latest_at=now - timedelta(days)
            )
        )
    session.commit()
    shown = adviser.get(f"leads/{world.our_lead.id}").json
    assert [interest["vehicle"]["title"] for interest in shown["interests"]] == ["新欢", "旧爱"]
    assert shown["interests"][0]["message"] == "想试驾"
    assert adviser.get("leads/").json["items"][0]["vehicle"]["title"] == "新欢"


def test_from_a_deposit_leads_a_way_to_its_order_for_whoever_may_open_it(session: Session) -> None:
    shop = market.market(session)
    adviser, marketer = make.staff(session, shop.dealer), make.staff(session, shop.brand, Role.marketer)
    her = market.buyer(session, shop)
    order = market.order(session, shop, her)
    hers = lead(session, her, adviser)
    session.add_all(LeadInterest(lead_id=hers.id, kind=kind, vehicle_id=shop.vehicle.id) for kind in (Interest.contact, Interest.deposit))
    session.flush()

    def ways(reader: Staff) -> dict[str, Any]:
        return {one["kind"]: one["order_id"] for one in leads.show(session, reader, hers.id)["interests"]}

    assert ways(adviser) == ways(marketer) == {"contact": None, "deposit": order.id}
    order.dealer_id = make.dealer(session, shop.brand).id
    session.flush()
    assert ways(adviser) == {"contact": None, "deposit": None}
    assert ways(marketer) == {"contact": None, "deposit": order.id}


def test_an_adviser_accepts_promises_and_books_and_each_is_in_the_log(session: Session, world: Any, adviser: Any) -> None:
    path = f"leads/{world.our_lead.id}"
    assert set(adviser.get(path).json["actions"]) == {"accept", "call-back", "test-drive"}
    assert adviser.post(f"{path}/call-back").json["status"] == "callback_promised"
    accepted = adviser.post(f"{path}/accept").json
    assert (accepted["status"], "accept" in accepted["actions"]) == ("accepted", False)
    at = (clock.now(session) + timedelta(days=1)).isoformat()
    booked = adviser.post(f"{path}/test-drive", at=at)
    assert booked.status_code == 200
    assert booked.json["status"] == "test_drive_booked"
    assert [line["label"] for line in booked.json["activities"]] == ["约定试驾", "接受线索", "答应稍后回电"]
    assert {line["actor"] for line in booked.json["activities"]} == {"王晨"}


def test_accepting_twice_is_refused_in_words(world: Any, adviser: Any) -> None:
    path = f"leads/{world.our_lead.id}/accept"
    assert adviser.post(path).status_code == 200
    again = adviser.post(path)
    assert again.status_code == 409
    assert again.json["message"] == "这条线索已经处理过了"


@pytest.mark.parametrize("at", [None, "tomorrow", "2030-01-01T10:00:00"])
def test_a_test_drive_needs_a_moment_with_its_offset(world: Any, adviser: Any, at: str | None) -> None:
    answer = adviser.post(f"leads/{world.our_lead.id}/test-drive", **({"at": at} if at else {}))
    assert answer.status_code == 422
    assert set(answer.json["details"]) == {"at"}


def test_a_test_drive_in_the_past_is_refused(session: Session, world: Any, adviser: Any) -> None:
    at = (clock.now(session) - timedelta(minutes=1)).isoformat()
    answer = adviser.post(f"leads/{world.our_lead.id}/test-drive", at=at)
    assert answer.status_code == 422
    assert adviser.get(f"leads/{world.our_lead.id}").json["status"] == "assigned"


def test_what_the_page_offers_is_what_the_doors_allow(session: Session, app: Any, world: Any, marketer: Any) -> None:
    colleague = Desk(app, make.staff(session, world.ours))
    manager = Desk(app, make.staff(session, world.ours, Role.dealer_manager))
    session.commit()
    path = f"leads/{world.our_lead.id}"
    for onlooker in (colleague, marketer):
        assert onlooker.get(path).json["actions"] == []
        assert onlooker.post(f"{path}/accept").status_code == 403
    assert "accept" in manager.get(path).json["actions"]
    assert manager.post(f"{path}/accept").status_code == 200


def test_another_dealers_lead_is_not_there_by_any_door(world: Any, adviser: Any) -> None:
    path = f"leads/{world.their_lead.id}"
    at = "2099-01-01T10:00:00+08:00"
    answers = [
        adviser.get(path),
        adviser.post(f"{path}/accept"),
        adviser.post(f"{path}/call-back"),
        adviser.post(f"{path}/test-drive", at=at),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len(adviser.get("leads/").json["items"]) == 1


def test_every_cause_and_answer_has_words() -> None:
    assert all(has(f"leads.cause.{cause}") for cause in Cause)
    assert all(has(f"leads.status.{status}") for status in Status)
