"""What people do in the mini-program is kept once, by our clock, and is hers who did it; nobody can tell us more than that."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from app.events import jobs, service
from app.events.models import ClientEvent, Event, EventDelivery
from app.kit import db
from dev.testing import wait_until
from tests.factories import dealers as make
from tests.factories import wechat as accounts
from tests.factories.events import AT, Phone, seen


def test_what_a_visitor_did_is_kept_by_our_clock_with_hers_beside_it(session: Session, phone: Phone) -> None:
    one = seen(page="pages/vehicles/detail", data={"source": "list", "position": 3, "again": True, "q": None})
    answer = phone.tell(one)
    assert (answer.status_code, answer.json) == (200, {"accepted": 1, "duplicate": 0, "rejected": []})
    (kept,) = phone.told()
    assert (kept.name, kept.customer_id, kept.actor_type) == ("vehicle.viewed", None, "visitor")
    assert (kept.subject_type, kept.subject_id) == ("vehicle", one["vehicle_id"])
    assert kept.recorded_at.year >= 2026
    assert kept.recorded_at.isoformat() != kept.data["at"] == "2026-03-01T10:00:00+08:00"
    assert kept.data == {
        "source": "list",
        "position": 3,
        "again": True,
        "at": "2026-03-01T10:00:00+08:00",
        "page": "pages/vehicles/detail",
        "vehicle_id": one["vehicle_id"],
        "visitor_id": "visitor-1",
        "session_id": "run-1",
    }


@pytest.mark.parametrize(
    ("about", "subject"),
    [
        ({"vehicle_id": str(uuid.UUID(int=1)), "store_id": str(uuid.UUID(int=2)), "share_id": "s1"}, ("vehicle", str(uuid.UUID(int=1)))),
        ({"store_id": str(uuid.UUID(int=2)), "share_id": "s1"}, ("store", str(uuid.UUID(int=2)))),
        ({"share_id": "s1"}, ("share", "s1")),
        ({}, (None, None)),
    ],
)
def test_the_first_thing_it_is_about_is_its_subject_and_all_are_kept(phone: Phone, about: dict[str, str], subject: Any) -> None:
    phone.tell({"id": str(uuid.uuid4()), "name": "page.viewed", "at": AT, **about})
    (kept,) = phone.told()
    assert (kept.subject_type, kept.subject_id) == subject
    assert about.items() <= kept.data.items()


def test_whoever_is_signed_in_did_it_herself(phone: Phone) -> None:
    customer = phone.sign_in()
    phone.tell(seen())
    (kept,) = phone.told()
    assert (kept.customer_id, kept.actor_type, kept.actor_id) == (customer.id, "customer", str(customer.id))


def test_the_same_told_again_changes_nothing(phone: Phone) -> None:
    first, second = seen(), seen()
    assert phone.tell(first, first).json == {"accepted": 1, "duplicate": 1, "rejected": []}
    assert phone.tell(first, second, first).json == {"accepted": 1, "duplicate": 2, "rejected": []}
    assert len(phone.told()) == 2


def test_the_same_id_from_another_device_or_another_brand_is_another_event(session: Session, client: Any, phone: Phone) -> None:
    one, stranger = seen(), Phone(session, client)
    assert phone.tell(one).json["accepted"] == phone.tell(one, visitor_id="visitor-2").json["accepted"] == 1
    assert stranger.tell(one).json["accepted"] == 1


def test_two_identical_batches_at_once_count_once(app: Any, committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make.brand(session)
        headers = {"X-Appid": accounts.account(session, brand).appid}
    events = [seen() for _ in range(40)]
    both, answers = threading.Barrier(2), []

    def tell(order: list[dict[str, Any]]) -> None:
        both.wait()
        body = {"visitor_id": "visitor-1", "session_id": "run-1", "events": order}
        answers.append(app.test_client().post("/api/visitor/events/", json=body, headers=headers))

    threads = [threading.Thread(target=tell, args=(order,)) for order in (events, events[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted((answer.json["accepted"], answer.json["duplicate"]) for answer in answers) == [(0, 40), (40, 0)]
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Event).filter_by(name="vehicle.viewed")).scalar_one() == 40


def test_a_batch_that_waits_for_one_that_fails_counts_in_its_place(app: Any, committed: Callable[[], Any]) -> None:
    with committed() as session:
        device = service.Device(make.brand(session).id, "visitor-1", "run-1")
    told = [{"id": uuid.uuid4(), "name": "app.shown", "at": datetime(2026, 3, 1, tzinfo=UTC), "data": {}}]
    counted: list[int] = []

    def again() -> None:
        with db.transaction() as session:
            counted.append(service.ingest(session, device, told))

    second = threading.Thread(target=again)
    with db.new_session() as first:
        assert service.ingest(first, device, told) == 1
        second.start()
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
            waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            wait_until(lambda: watcher.execute(waiting).first())
        first.rollback()
    second.join()
    assert counted == [1]


def test_a_client_cannot_forge_what_only_the_platform_knows(phone: Phone) -> None:
    forged = [seen(name=name) for name in ("deposit.paid", "customer.logged_in", "subscription.answered", "vehicle.sold", "no.such_name")]
    answer = phone.tell(*forged, seen())
    assert (answer.status_code, answer.json["accepted"]) == (200, 1)
    assert [one["id"] for one in answer.json["rejected"]] == [one["id"] for one in forged]
    assert all(one["reason"].startswith("name: ") for one in answer.json["rejected"])
    assert [event.name for event in phone.told()] == ["vehicle.viewed"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": "not a uuid"}, "id"),
        ({"id": 7}, "id"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-03-01T10:00:00"}, "at"),
        ({"at": 1700000000}, "at"),
        ({"page": "x" * 201}, "page"),
        ({"page": "pages/index\x00"}, "page"),
        ({"vehicle_id": "x"}, "vehicle_id"),
        ({"store_id": 5}, "store_id"),
        ({"share_id": "s" * 65}, "share_id"),
        ({"share_id": ""}, "share_id"),
        ({"share_id": "s\x00"}, "share_id"),
        ({"customer_id": str(uuid.uuid4())}, "customer_id"),
        ({"recorded_at": AT}, "recorded_at"),
        ({"data": "text"}, "data"),
        ({"data": {"deep": {"er": 1}}}, "data"),
        ({"data": {"many": [1]}}, "data"),
        ({"data": {f"k{n}": n for n in range(21)}}, "data"),
        ({"data": {"q": "x" * 201}}, "data"),
        ({"data": {"q": "a\x00b"}}, "data"),
        ({"data": {"n": 2**60}}, "data"),
        ({"data": {"n": 1e400}}, "data"),
        ({"data": {"k" * 41: 1}}, "data"),
        ({"data": {"键": 1}}, "data"),
        ({"data": {"q": "打 13800010001 找我"}}, "data"),
        ({"page": "pages/index/index?tel=13800010001"}, "page"),
        ({"data": {"phone_number": "x"}}, "data"),
        ({"data": {"latitude": 31.2}}, "data"),
        ({"data": {"openId": "o1"}}, "data"),
    ],
)
def test_what_is_wrong_is_named_and_spoils_nothing_else(phone: Phone, wrong: dict[str, Any], field: str) -> None:
    bad = seen(**wrong)
    body = {"visitor_id": "visitor-1", "session_id": "run-1", "events": [seen(), bad, seen()]}
    # As JSON of the standard library, which writes what is beyond every number as JavaScript would not.
    raw = json.dumps(body).replace("Infinity", "1e400")
    answer = phone.client.post("/api/visitor/events/", data=raw, content_type="application/json", headers=phone.headers)
    assert (answer.status_code, answer.json["accepted"]) == (200, 2)
    (rejected,) = answer.json["rejected"]
    assert rejected["id"] == (bad["id"] if isinstance(bad["id"], str) else None)
    assert rejected["reason"].startswith(f"{field}: ")
    assert len(phone.told()) == 2


@pytest.mark.parametrize("thing", [None, "text", 7, [], [seen()]])
def test_what_is_no_event_at_all_is_rejected_without_an_id(phone: Phone, thing: Any) -> None:
    answer = phone.tell(thing, seen())
    assert (answer.status_code, answer.json["accepted"]) == (200, 1)
    assert answer.json["rejected"][0]["id"] is None
    assert answer.json["rejected"][0]["reason"]


@pytest.mark.parametrize(
    ("envelope", "field"),
    [
        ({"events": []}, "events"),
        ({"events": [seen()] * 101}, "events"),
        ({"visitor_id": ""}, "visitor_id"),
        ({"visitor_id": "x" * 65}, "visitor_id"),
        ({"visitor_id": "a b"}, "visitor_id"),
        ({"session_id": None}, "session_id"),
        ({"customer_id": str(uuid.uuid4())}, "customer_id"),
    ],
)
def test_an_envelope_that_does_not_hold_is_refused(phone: Phone, envelope: dict[str, Any], field: str) -> None:
    answer = phone.tell(seen(), **envelope)
    assert (answer.status_code, field in answer.json["details"]) == (422, True)
    assert phone.told() == []


def test_more_than_64_kib_is_refused_in_so_many_words(phone: Phone) -> None:
    answer = phone.tell(*(seen(data={f"k{n}": "x" * 200 for n in range(5)}) for _ in range(100)))
    assert (answer.status_code, answer.json["error"], answer.json["message"]) == (413, "http.413", "内容太大了")
    assert phone.told() == []


def test_keys_of_ours_stand_for_what_we_know(phone: Phone) -> None:
    phone.tell(seen(data={"visitor_id": "somebody-else", "at": "never", "vehicle_id": "another"}))
    (kept,) = phone.told()
    assert kept.data["visitor_id"] == "visitor-1"
    assert kept.data["at"].startswith("2026-03-01")
    assert kept.data["vehicle_id"] == kept.subject_id


def test_who_listens_to_what_people_do_hears_of_it_once(session: Session, phone: Phone, monkeypatch: Any, deliver: Any) -> None:
    heard: list[str] = []
    monkeypatch.setattr(service, "_handlers", {"tests.listener": lambda _session, events: heard.extend(event.name for event in events)})
    monkeypatch.setattr(service, "_listeners", {"vehicle.viewed": {"tests.listener"}})
    one = seen()
    phone.tell(one, seen(name="page.viewed"))
    phone.tell(one)
    assert deliver() == 1
    assert heard == ["vehicle.viewed"]
    assert session.execute(select(func.count()).select_from(EventDelivery)).scalar_one() == 1


def test_a_hundred_things_are_as_few_statements_as_one(phone: Phone) -> None:
    """Also when each is about something else, or about nothing."""
    phone.sign_in()
    phone.tell(seen())

    def statements(*events: Any) -> int:
        asked: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            asked.append(statement)

        listen(db.engine(), "before_cursor_execute", note)
        try:
            assert phone.tell(*events).json["accepted"] == len(events)
        finally:
            remove(db.engine(), "before_cursor_execute", note)
        return len(asked)

    many = [seen(), seen(name="page.viewed", vehicle_id=str(uuid.uuid4())), {"id": str(uuid.uuid4()), "name": "app.shown", "at": AT}]
    assert statements(*(one | {"id": str(uuid.uuid4())} for one in many * 33)) == statements(seen()) < 20


def test_a_bad_token_is_no_reason_to_lose_what_was_told(phone: Phone) -> None:
    phone.headers["Authorization"] = "Bearer made-up"
    assert phone.tell(seen()).json["accepted"] == 1
    assert phone.told()[0].customer_id is None


def test_devices_are_forgotten_in_time_and_what_they_told_stays(session: Session, phone: Phone, later: Any) -> None:
    old, new = seen(), seen()
    phone.tell(old)
    later(days=29)
    phone.tell(new)
    later(days=2)
    jobs.forget_devices(session)
    assert session.execute(select(ClientEvent.client_id)).scalars().all() == [uuid.UUID(new["id"])]
    assert len(phone.told()) == 2
