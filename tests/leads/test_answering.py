"""Who may do what with a lead, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.events.models import Event
from app.identity import service as identity
from app.identity.models import Customer
from app.kit import clock
from app.kit.errors import AppError
from app.leads import queries, service
from app.leads.errors import AlreadyAnswered, LeadClosed, LeadUnknown, NotYours, TooEarly
from app.leads.models import Lead, LeadAssignment, LeadInterest
from tests.factories import dealers, vehicles
from tests.factories import identity as people
from tests.factories import leads as make_lead
from tests.factories import messaging as make


@pytest.fixture
def lead(session: Session, town: make.Town) -> Lead:
    """A lead that waits for its adviser's answer."""
    return service.contact(session, make.follower(session, town), vehicle_id=town.market.vehicle.id, message="周末可以看车吗")


@pytest.fixture
def owner(session: Session, lead: Lead) -> Staff:
    return session.get_one(Staff, lead.owner_id)


def test_accepting_is_the_first_response(session: Session, lead: Lead, owner: Staff) -> None:
    before = lead.version
    service.accept(session, owner, lead.id)
    assert (lead.status, lead.first_response_at, lead.next_action_at) == ("accepted", clock.now(session), None)
    assert lead.version == before + 1
    assert session.execute(select(LeadAssignment.answer, LeadAssignment.answered_by_id)).one() == ("accepted", owner.id)


def test_calling_back_later_is_in_half_an_hour(session: Session, lead: Lead, owner: Staff) -> None:
    service.call_back(session, owner, lead.id)
    assert lead.status == "callback_promised"
    assert lead.next_action_at == clock.now(session) + timedelta(minutes=30)


def test_a_test_drive_is_an_answer_too(session: Session, lead: Lead, owner: Staff) -> None:
    at = clock.now(session) + timedelta(days=2)
    service.book_test_drive(session, owner, lead.id, at=at)
    assert (lead.status, lead.next_action_at) == ("test_drive_booked", at)
    names = list(session.execute(select(Event.name).where(Event.actor_id == str(owner.id)).order_by(Event.id)).scalars())
    assert names == ["lead.accepted", "lead.test_drive_booked"]
    told = session.execute(select(Event.data).filter_by(name="lead.test_drive_booked")).scalar_one()
    assert told["at"] == at.isoformat()
    about = session.execute(select(LeadInterest.vehicle_id).filter_by(lead_id=lead.id)).scalar_one()
    assert told["vehicle_id"] == str(about), "an invitation that a journey sends afterwards names the car"


def test_a_test_drive_is_not_in_the_past(session: Session, lead: Lead, owner: Staff) -> None:
    with pytest.raises(TooEarly):
        service.book_test_drive(session, owner, lead.id, at=clock.now(session))


@pytest.mark.parametrize("verb", [service.accept, service.call_back])
def test_the_same_answer_again_is_refused(session: Session, lead: Lead, owner: Staff, verb: Callable[..., Lead]) -> None:
    verb(session, owner, lead.id)
    with pytest.raises(AlreadyAnswered):
        verb(session, owner, lead.id)


def test_who_promised_to_call_may_accept_afterwards(session: Session, lead: Lead, owner: Staff) -> None:
    service.call_back(session, owner, lead.id)
    service.accept(session, owner, lead.id)
    assert lead.status == "accepted"


def test_of_many_acceptances_at_once_one_wins(committed: Callable[[], Any]) -> None:
    with committed() as session:
        town = make.town(session)
        made = service.contact(session, make.follower(session, town), vehicle_id=town.market.vehicle.id)
        owner = session.get_one(Staff, made.owner_id)

    def accept(_: int) -> bool:
        try:
            with committed() as session:
                service.accept(session, owner, made.id)
        except AlreadyAnswered:
            return False
        return True

    with ThreadPoolExecutor(8) as hands:
        assert sum(hands.map(accept, range(16))) == 1


VERBS: list[Callable[[Session, Staff, Any], Any]] = [
    lambda session, staff, lead_id: service.accept(session, staff, lead_id),
    lambda session, staff, lead_id: service.call_back(session, staff, lead_id),
    lambda session, staff, lead_id: service.book_test_drive(session, staff, lead_id, at=clock.now(session) + timedelta(days=1)),
]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("another dealer's adviser", LeadUnknown),
        ("another dealer's manager", LeadUnknown),
        ("another brand's admin", LeadUnknown),
        ("a colleague", NotYours),
        ("headquarters", NotYours),
    ],
)
def test_nobody_else_may_work_on_it(
    session: Session, town: make.Town, lead: Lead, owner: Staff, verb: Any, who: str, refusal: type[AppError]
) -> None:
    elsewhere = dealers.dealer(session, town.market.brand)
    staff = {
        "another dealer's adviser": dealers.staff(session, elsewhere),
        "another dealer's manager": dealers.staff(session, elsewhere, Role.dealer_manager),
        "another brand's admin": dealers.staff(session, dealers.brand(session), Role.admin),
        "a colleague": town.colleague if owner.id == town.adviser.id else town.adviser,
        "headquarters": dealers.staff(session, town.market.brand, Role.admin),
    }[who]
    with pytest.raises(refusal):
        verb(session, staff, lead.id)
    assert lead.status == "assigned"
    decision = session.execute(select(LeadAssignment)).scalar_one()
    assert service.press(session, staff, assignment_id=decision.id, key="accept") is False
    assert decision.answer is None


def test_whoever_has_left_answers_nothing_with_the_card_he_still_has(session: Session, lead: Lead, owner: Staff) -> None:
    decision = session.execute(select(LeadAssignment)).scalar_one()
    owner.active = False
    assert service.press(session, owner, assignment_id=decision.id, key="accept") is False
    assert (lead.status, decision.answer) == ("assigned", None)


@pytest.mark.parametrize("verb", VERBS)
def test_the_dealers_manager_may(session: Session, town: make.Town, lead: Lead, verb: Any) -> None:
    verb(session, town.manager, lead.id)
    assert lead.first_response_at is not None


@pytest.mark.parametrize("verb", VERBS)
def test_a_closed_lead_is_closed(session: Session, lead: Lead, owner: Staff, verb: Any) -> None:
    lead.status, lead.closed_at = "won", clock.now(session)
    with pytest.raises(LeadClosed):
        verb(session, owner, lead.id)


def test_a_card_of_before_the_move_no_longer_answers(session: Session, town: make.Town, lead: Lead, owner: Staff, deliver: Any) -> None:
    decision = session.execute(select(LeadAssignment)).scalar_one()
    elsewhere = dealers.dealer(session, town.market.brand)
    dealers.staff(session, elsewhere)
    car = vehicles.vehicle(session, dealers.store(session, elsewhere))
    buyer = session.get_one(Customer, lead.customer_id)
    service.contact(session, buyer, vehicle_id=car.id)
    assert service.press(session, owner, assignment_id=decision.id, key="accept") is False


class TestContact:
    """She asks to be contacted, over HTTP."""

    @pytest.fixture
    def ask(self, session: Session, town: make.Town, client: Any) -> Callable[..., Any]:
        def post(buyer: Customer | None = None, **body: Any) -> Any:
            headers = people.signed_in(session, buyer or make.follower(session, town), town.market.mini)
            session.commit()
            return client.post("/api/customer/leads/", json={key: str(value) for key, value in body.items()}, headers=headers)

        return post

    def test_the_adviser_of_the_car_is_named_to_her(self, session: Session, town: make.Town, ask: Any) -> None:
        answer = ask(vehicle_id=town.market.vehicle.id, message="周末可以看车吗")
        assert answer.status_code == 201
        assert answer.json["dealer"]["name"] == town.market.dealer.name
        assert answer.json["adviser"]["name"] in {town.adviser.name, town.colleague.name}
        kept = session.execute(select(LeadInterest)).scalar_one()
        assert (kept.kind, kept.message) == ("contact", "周末可以看车吗")

    def test_a_store_will_do(self, session: Session, town: make.Town, ask: Any) -> None:
        buyer = make.follower(session, town)
        for _ in range(2):
            assert ask(buyer, store_id=town.market.store.id).json["dealer"]["id"] == str(town.market.dealer.id)
        assert len(session.execute(select(LeadInterest)).all()) == 1

    def test_neither_is_refused_by_name(self, town: make.Town, ask: Any) -> None:
        answer = ask()
        assert answer.status_code == 422
        assert answer.json["error"] == "leads.nothing_to_ask_about"
        assert "vehicle_id" in answer.json["message"]

    def test_without_a_phone_nobody_could_call(self, session: Session, town: make.Town, ask: Any) -> None:
        answer = ask(make.follower(session, town, phone=None), vehicle_id=town.market.vehicle.id)
        assert (answer.status_code, answer.json["error"]) == (409, "leads.phone_needed")
        assert session.execute(select(Lead)).first() is None

    def test_another_brands_car_is_unknown(self, session: Session, town: make.Town, ask: Any) -> None:
        answer = ask(vehicle_id=make.town(session).market.vehicle.id)
        assert (answer.status_code, answer.json["error"]) == (404, "vehicles.unknown")

    def test_tapping_again_disturbs_nobody(self, session: Session, town: make.Town, ask: Any) -> None:
        buyer = make.follower(session, town)
        for _ in range(3):
            assert ask(buyer, vehicle_id=town.market.vehicle.id).status_code == 201
        assert len(session.execute(select(LeadAssignment)).all()) == 1

    def test_asking_again_after_the_answer_asks_again(self, session: Session, town: make.Town, ask: Any) -> None:
        buyer = make.follower(session, town)
        lead_id = ask(buyer, vehicle_id=town.market.vehicle.id).json["id"]
        lead = session.get_one(Lead, lead_id)
        service.accept(session, session.get_one(Staff, lead.owner_id), lead.id)
        assert ask(buyer, vehicle_id=town.market.vehicle.id).json["id"] == lead_id
        assert len(session.execute(select(LeadAssignment)).all()) == 2

    def test_a_stranger_is_sent_away(self, client: Any, town: make.Town) -> None:
        assert client.post("/api/customer/leads/", json={}).status_code == 401


class TestOnePerson:
    """Two customers turn out to be one, or one is no more."""

    def test_two_leads_become_the_older_one_and_both_ids_lead_to_it(self, session: Session, town: make.Town, deliver: Any) -> None:
        kept, merged = make.follower(session, town), make.follower(session, town, phone=None)
        older = make_lead.lead(session, merged, town.adviser)
        newer = service.contact(session, kept, vehicle_id=town.market.vehicle.id)
        identity.merge(session, kept, merged)
        deliver()
        assert queries.visible_to(session, town.adviser, newer.id).id == older.id
        assert (older.customer_id, older.status, older.grade) == (kept.id, "assigned", "A")
        assert (newer.status, newer.merged_into_id) == ("duplicate", older.id)
        assert [one.kind for one in queries.interests(session, [older.id])] == ["contact"]
        assert queries.of_customers(session, [kept.id]) == {kept.id: older}

    def test_one_lead_just_changes_hands(self, session: Session, town: make.Town, deliver: Any) -> None:
        kept, merged = make.follower(session, town), make.follower(session, town, phone=None)
        lead = make_lead.lead(session, merged, town.adviser)
        identity.merge(session, kept, merged)
        deliver()
        assert (lead.customer_id, lead.status) == (kept.id, "assigned")

    def test_an_erased_customer_is_nobodys_lead(self, session: Session, town: make.Town, lead: Lead, deliver: Any) -> None:
        identity.erase(session, session.get_one(Customer, lead.customer_id))
        deliver()
        assert (lead.status, lead.closed_at is not None) == ("defeated", True)
        assert session.execute(select(LeadInterest.message)).scalar_one() is None


def test_pages_of_leads_miss_none_and_show_none_twice(session: Session, town: make.Town) -> None:
    made = [make_lead.lead(session, make.follower(session, town), town.adviser) for _ in range(5)]
    other = dealers.staff(session, dealers.dealer(session, town.market.brand))
    make_lead.lead(session, make.follower(session, town), other)
    seen: list[Lead] = []
    before = None
    while page := queries.page(session, town.brand_id, dealer_id=town.market.dealer.id, before=before, limit=2):
        seen += page
        before = (page[-1].created_at, page[-1].id)
    assert [one.id for one in seen] == sorted((one.id for one in made), reverse=True)
    assert queries.counts(session, town.brand_id) == {"open": 6, "overdue": 0}
    assert queries.counts(session, town.brand_id, other.dealer_id)["open"] == 1


def test_a_lead_that_waits_too_long_is_overdue(session: Session, town: make.Town, lead: Lead, later: Any) -> None:
    assert queries.counts(session, town.brand_id)["overdue"] == 0
    later(minutes=31)
    assert queries.counts(session, town.brand_id)["overdue"] == 1
