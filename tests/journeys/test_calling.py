"""Other systems of the brand let people into journeys with a key of theirs, within bounds; doors through which marketers do so."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, PartnerKey, Role, Staff
from app.identity.models import Customer
from app.identity.service import people as people_service
from app.journeys.models import Journey, Walk
from app.kit import limits
from app.kit.settings import settings
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import segments as make_segments
from tests.factories import tags as make_tags
from tests.journeys.test_drafts import ask, signed_in

API = {"kind": "api"}


@pytest.fixture
def administrator(session: Session, brand: Brand) -> Staff:
    return make_dealers.staff(session, brand, Role.admin)


@pytest.fixture
def key(session: Session, administrator: Staff) -> tuple[PartnerKey, str]:
    made = make_dealers.partner_key(session, administrator)
    session.commit()
    return made


@pytest.fixture
def journey(session: Session, brand: Brand) -> Journey:
    made = make.journey(session, brand, make.graph([make.node("end", "end")], ways="", trigger=API))
    session.commit()
    return made


@pytest.fixture
def call(client: Any, key: tuple[PartnerKey, str], journey: Journey) -> Callable[..., Any]:
    """The other system calls; `to` is the journey's key, `token` what it shows, `once` its Idempotency-Key."""

    def ask(body: Any, *, to: str = journey.key, token: str = key[1], once: str | None = None, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": once or uuid.uuid4().hex}
        answer = client.post(f"/api/partner/journeys/{to}/entries", json=body, headers=headers)
        assert answer.status_code == status, answer.text[:500]
        return answer.json

    return ask


def walks(session: Session) -> list[Walk]:
    session.expire_all()
    return list(session.execute(select(Walk).order_by(Walk.id)).scalars())


def test_another_system_lets_a_customer_in_by_her_id_or_her_number_with_what_it_has_to_tell(
    session: Session, walker: Customer, brand: Brand, call: Callable[..., Any]
) -> None:
    other = make_identity.customer(session, brand, phone="+8613900000001")
    session.commit()
    assert call({"customer_id": str(walker.id), "key": "order 1", "data": {"order": "1"}})["entered"] == 1
    assert call({"phone": "139 0000 0001", "key": "order 2"})["entered"] == 1
    assert [(one.customer_id, one.entry_key, one.context) for one in walks(session)] == [
        (walker.id, "api:order 1", {"order": "1"}),
        (other.id, "api:order 2", {}),
    ]


def test_a_call_that_is_sent_again_lets_nobody_in_again_with_its_key_or_with_a_new_one(
    session: Session, walker: Customer, call: Callable[..., Any]
) -> None:
    body = {"customer_id": str(walker.id), "key": "order 1"}
    first = call(body, once="the-first-time")
    assert call(body, once="the-first-time") == first
    assert call(body | {"key": "another"}, once="the-first-time", status=422)["error"] == "idempotency.key_reused"
    again = call(body)
    assert (again["entered"], [one["key"] for one in again["left_out"]]) == (0, ["walked"])
    assert len(walks(session)) == 1


def test_whom_nobody_knows_is_left_out_and_told_no_differently_than_who_is_gone(
    session: Session, call: Callable[..., Any], brand: Brand
) -> None:
    erased = make_identity.customer(session, brand)
    people_service.erase(session, erased)
    stranger = make_identity.customer(session, make_dealers.brand(session))
    session.commit()
    people: list[dict[str, str]] = [{"customer_id": str(one)} for one in (erased.id, stranger.id, uuid.uuid4())]
    for who in [*people, {"phone": "13900009999"}, {"phone": "no number"}]:
        told = call({**who, "key": "order 1"})
        assert (told["entered"], [(one["key"], one["people"]) for one in told["left_out"]]) == (0, [("gone", 1)])
    assert walks(session) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "customer_id"),
        ({"customer_id": "x"}, "customer_id"),
        ({"customer_id": str(uuid.UUID(int=7)), "phone": "13900000001"}, "customer_id"),
        ({"phone": "1" * 33}, "phone"),
        ({"phone": "13900000001", "key": ""}, "key"),
        ({"phone": "13900000001", "key": "k" * 101}, "key"),
        ({"phone": "13900000001", "data": "x"}, "data"),
        ({"phone": "13900000001", "data": {"x": "y" * 5000}}, "data"),
        ({"phone": "13900000001", "data": {"acted": "end:1"}}, "data"),
        ({"phone": "13900000001", "data": {"answers": {}}}, "data"),
        ({"phone": "13900000001", "more": 1}, "more"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_the_name_of_its_field(
    session: Session, call: Callable[..., Any], wrong: dict[str, Any], field: str
) -> None:
    refused = call({"key": "order 1"} | wrong, status=422)
    assert field in refused["details"]
    assert walks(session) == []


def test_a_journey_that_nobody_may_be_let_into_says_so(
    session: Session, brand: Brand, walker: Customer, journey: Journey, call: Callable[..., Any], client: Any, administrator: Staff
) -> None:
    unasked = make.journey(session, brand)
    elsewhere = make.journey(session, make_dealers.brand(session), make.graph([make.node("end", "end")], ways="", trigger=API))
    session.commit()
    body = {"customer_id": str(walker.id), "key": "order 1"}
    assert call(body, to=unasked.key, status=409)["error"] == "journeys.not_called_for"
    for unknown in ("nowhere", elsewhere.key if elsewhere.key != journey.key else "nowhere"):
        assert call(body, to=unknown, status=404)["error"] == "journeys.unknown"
    ask(signed_in(client, administrator), "POST", f"/{journey.id}/cancel", {})
    assert call(body, status=409)["error"] == "journeys.nothing_published"


def test_a_key_that_was_taken_back_or_is_nobodys_opens_nothing(
    session: Session, walker: Customer, key: tuple[PartnerKey, str], call: Callable[..., Any], client: Any, administrator: Staff
) -> None:
    body = {"customer_id": str(walker.id), "key": "order 1"}
    for token in ("", "mqp_made_up", key[1][:-1], key[0].token_hash, str(key[0].id)):
        call(body, token=token, status=401)
    browser = signed_in(client, administrator)
    # A person's session is no key, and a key is no person's session.
    assert browser.get("/api/staff/session/", headers={"Authorization": f"Bearer {key[1]}"}).status_code == 401
    assert browser.delete(f"/api/staff/partner-keys/{key[0].id}").status_code == 204
    call(body, status=401)
    assert walks(session) == []


def test_a_key_is_told_once_belongs_to_administrators_and_is_noted_when_it_is_used(
    session: Session, brand: Brand, walker: Customer, client: Any, administrator: Staff, call: Callable[..., Any]
) -> None:
    browser = signed_in(client, administrator)
    made = browser.post("/api/staff/partner-keys/", json={"name": "车主商城"}, headers={"Idempotency-Key": uuid.uuid4().hex}).json
    assert made["token"].startswith(made["hint"])
    call({"customer_id": str(walker.id), "key": "order 1"}, token=made["token"])
    listed = browser.get("/api/staff/partner-keys/").json["items"]
    (told,) = [one for one in listed if one["id"] == made["id"]]
    assert "token" not in told
    assert told["last_used_at"] is not None
    assert made["token"] not in str(session.execute(select(PartnerKey.token_hash, PartnerKey.hint)).all())
    marketer = make_dealers.staff(session, brand, Role.marketer)
    session.commit()
    hers = signed_in(client, marketer)
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", made["id"])):
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        refused = hers.open(f"/api/staff/partner-keys/{path}", method=method, json={"name": "x"}, headers=headers)
        assert (refused.status_code, refused.json["error"]) == (403, "dealers.administrators_only")


def test_a_key_for_chosen_journeys_lets_nobody_into_another_and_does_not_tell_that_there_is_one(
    session: Session, brand: Brand, walker: Customer, client: Any, administrator: Staff, call: Callable[..., Any], journey: Journey
) -> None:
    other = make.journey(session, brand, make.graph([make.node("end", "end")], ways="", trigger=API))
    session.commit()
    browser = signed_in(client, administrator)
    wanted = {"name": "车主商城", "journeys": [journey.key]}
    made = browser.post("/api/staff/partner-keys/", json=wanted, headers={"Idempotency-Key": uuid.uuid4().hex}).json
    assert made["journeys"] == [journey.key]
    body = {"customer_id": str(walker.id), "key": "order 1"}
    refused = [call(body, to=to, token=made["token"], status=404) for to in (other.key, "nowhere", journey.key.upper())]
    assert {one["error"] for one in refused} == {"journeys.unknown"}
    assert walks(session) == []
    assert call(body, token=made["token"])["entered"] == 1
    # It is for nothing but them.
    tag = make_tags.tag(session, brand)
    session.commit()
    given = {"action": "add", "customer_ids": [str(walker.id)]}
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert client.post(f"/api/partner/tags/{tag.key}/people", json=given, headers=headers).status_code == 404
    # One for all journeys is for this one, too; and one for none is not made.
    call(body, to=other.key)
    for none in ([], [""]):
        unfit = browser.post("/api/staff/partner-keys/", json=wanted | {"journeys": none}, headers={"Idempotency-Key": uuid.uuid4().hex})
        assert unfit.status_code == 422


def test_another_brands_key_cannot_be_taken_back(session: Session, client: Any, key: tuple[PartnerKey, str]) -> None:
    stranger = make_dealers.staff(session, make_dealers.brand(session), Role.admin)
    session.commit()
    refused = signed_in(client, stranger).delete(f"/api/staff/partner-keys/{key[0].id}")
    assert (refused.status_code, refused.json["error"]) == (404, "dealers.partner_key_unknown")
    session.refresh(key[0])
    assert key[0].revoked_at is None


def test_a_system_that_calls_too_often_is_told_to_wait_and_others_are_not(
    session: Session, monkeypatch: pytest.MonkeyPatch, administrator: Staff, walker: Customer, call: Callable[..., Any]
) -> None:
    given = settings().model_copy(update={"partner_calls_per_minute": 2, "queue_prefix": uuid.uuid4().hex})
    monkeypatch.setattr(limits, "settings", lambda: given)
    other = make_dealers.partner_key(session, administrator)[1]
    session.commit()
    body = {"customer_id": str(walker.id), "key": "order 1"}
    for _ in range(2):
        call(body)
    assert call(body, status=429)["details"]["retry_after"] > 0
    call(body, token=other)


@pytest.fixture
def at_work(session: Session, client: Any, brand: Brand) -> Any:
    marketer = make_dealers.staff(session, brand, Role.marketer)
    session.commit()
    return signed_in(client, marketer)


def test_a_marketer_lets_in_one_by_name_and_many_by_a_list_and_hears_whom_nobody_knows(
    session: Session, brand: Brand, walker: Customer, journey: Journey, at_work: Any
) -> None:
    other = make_identity.customer(session, brand, phone="+8613900000001")
    session.commit()
    assert ask(at_work, "POST", f"/{journey.id}/entries", {"customer_id": str(walker.id), "key": "1"})["entered"] == 1
    nobody = str(uuid.uuid4())
    listed = {"phones": ["13900000001", "139 0000 0001", "13900009999", "x"], "customer_ids": [str(other.id), nobody]}
    told = ask(at_work, "POST", f"/{journey.id}/people", listed)
    assert (told["entered"], sorted(told["not_known"])) == (1, sorted(["13900009999", "x", nobody]))
    assert {one.customer_id for one in walks(session)} == {walker.id, other.id}
    for wrong in ({}, {"phones": ["1"] * 5001}, {"phones": "1"}):
        assert "phones" in ask(at_work, "POST", f"/{journey.id}/people", wrong, status=422)["details"]


def test_a_marketer_foresees_begins_pauses_and_ends_an_enrolment_of_many(
    session: Session, brand: Brand, walker: Customer, journey: Journey, at_work: Any
) -> None:
    segment = make_segments.segment(session, brand, {"all": []})
    session.commit()
    everybody = ask(at_work, "GET", f"/{journey.id}/coming")
    assert everybody == ask(at_work, "GET", f"/{journey.id}/coming?segment_id={segment.id}") == {"people": 1, "inside": 0, "walked": 0}
    assert ask(at_work, "GET", f"/{journey.id}/coming?segment_id={uuid.uuid4()}", status=404)["error"] == "audience.segment_unknown"
    begun = ask(at_work, "POST", f"/{journey.id}/fan-outs", {"segment_id": str(segment.id)}, status=201)
    assert (begun["status"], begun["kind"], begun["segment_id"]) == ("running", "segment", str(segment.id))
    second = ask(at_work, "POST", f"/{journey.id}/fan-outs", {}, status=201)
    here = f"/{journey.id}/fan-outs/{begun['id']}"
    assert ask(at_work, "GET", here) == begun
    assert ask(at_work, "POST", f"{here}/resume", status=409)["error"] == "journeys.fan_out_over"
    assert [ask(at_work, "POST", f"{here}/{step}")["status"] for step in ("pause", "resume", "cancel")] == [
        "paused",
        "running",
        "cancelled",
    ]
    assert ask(at_work, "POST", f"{here}/pause", status=409)["details"]["status"] == "cancelled"
    page = ask(at_work, "GET", f"/{journey.id}/fan-outs?limit=1")
    rest = ask(at_work, "GET", f"/{journey.id}/fan-outs?limit=1&cursor={page['next_cursor']}")
    assert [one["id"] for one in page["items"] + rest["items"]] == [second["id"], begun["id"]]
    assert rest["next_cursor"] is None
    for wrong in ("cursor=x", "limit=0", "limit=101"):
        ask(at_work, "GET", f"/{journey.id}/fan-outs?{wrong}", status=422)
    assert ask(at_work, "GET", f"/{journey.id}/fan-outs/{uuid.uuid4()}", status=404)["error"] == "journeys.fan_out_unknown"


def test_doors_that_let_people_in_are_closed_to_who_draws_no_journeys(session: Session, app: Any, brand: Brand, journey: Journey) -> None:
    adviser = make_dealers.staff(session, make_dealers.dealer(session, brand))
    session.commit()
    client = signed_in(app.test_client(), adviser)
    body = {"customer_id": str(uuid.uuid4()), "key": "1", "phones": ["1"]}
    for method, path, wanted in (("POST", "entries", ("customer_id", "key")), ("POST", "people", ("phones",)), ("POST", "fan-outs", ())):
        refused = ask(client, method, f"/{journey.id}/{path}", {one: body[one] for one in wanted}, status=403)
        assert refused["error"] == "journeys.marketers_only"
    for path in ("coming", "fan-outs"):
        ask(client, "GET", f"/{journey.id}/{path}", status=403)
    assert walks(session) == []
