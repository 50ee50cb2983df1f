"""Doors: the people of the brand or of one dealer, as administrators and the dealer's manager keep them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.dealers import queries, schemas, service
from app.dealers.errors import (
    DealerNeeded,
    DealerUnknown,
    NotYourself,
    StaffUnknown,
    StoreUnknown,
    TeamRefused,
    UsernameTaken,
    WecomTaken,
)
from app.kit.idempotency import unkept
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("team", audience="staff")


@staff.get("/")
@raises(TeamRefused, CursorInvalid)
@staff.input(schemas.TeamIn, location="query")
@staff.output(schemas.TeamOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Those whom the caller keeps, locked ones as well, by name."""
    service.must_keep_team(who.staff)
    return queries.team(session, who.staff, **query_data)


@staff.get("/<uuid:person_id>")
@raises(TeamRefused, StaffUnknown)
@staff.output(schemas.PersonPageOut)
@transactional
def show(session: Session, who: Caller, person_id: uuid.UUID) -> Any:
    """One person with her trail."""
    service.must_keep_team(who.staff)
    return queries.person(session, who.staff, person_id)


@staff.post("/")
@unkept("the password is shown once, and kept by nobody; a second time the user name is taken")
@raises(TeamRefused, UsernameTaken, WecomTaken, DealerNeeded, DealerUnknown, StoreUnknown)
@staff.input(schemas.NewPersonIn)
@staff.output(schemas.GivenPasswordOut, status_code=201)
@transactional
def hire(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Take somebody on; her first password is told now and never again."""
    person, password = service.hire(session, who.staff, **json_data)
    return queries.person(session, who.staff, person.id) | {"password": password}


@staff.patch("/<uuid:person_id>")
@raises(TeamRefused, StaffUnknown, WecomTaken, StoreUnknown, DealerNeeded, NotYourself)
@staff.input(schemas.ChangedPersonIn)
@staff.output(schemas.PersonPageOut)
@transactional
def change(session: Session, who: Caller, person_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another name, role, store or WeCom account; another role signs her out."""
    return queries.person(session, who.staff, service.change_person(session, who.staff, person_id, **json_data).id)


@staff.post("/<uuid:person_id>/lock")
@raises(TeamRefused, StaffUnknown, NotYourself)
@staff.output(schemas.PersonPageOut)
@transactional
def lock(session: Session, who: Caller, person_id: uuid.UUID) -> Any:
    """She is signed out at once and cannot sign in."""
    return queries.person(session, who.staff, service.lock(session, who.staff, person_id).id)


@staff.post("/<uuid:person_id>/unlock")
@raises(TeamRefused, StaffUnknown)
@staff.output(schemas.PersonPageOut)
@transactional
def unlock(session: Session, who: Caller, person_id: uuid.UUID) -> Any:
    """She can sign in again, with the password that she had."""
    return queries.person(session, who.staff, service.unlock(session, who.staff, person_id).id)


@staff.post("/<uuid:person_id>/password")
@unkept("the password is shown once, and kept by nobody; each time is another one")
@raises(TeamRefused, StaffUnknown, NotYourself)
@staff.output(schemas.GivenPasswordOut)
@transactional
def give_password(session: Session, who: Caller, person_id: uuid.UUID) -> Any:
    """A new password for one login, at which she chooses her own; she is signed out."""
    person, password = service.give_password(session, who.staff, person_id)
    return queries.person(session, who.staff, person.id) | {"password": password}


@staff.post("/<uuid:person_id>/second-factor/end")
@raises(TeamRefused, StaffUnknown, NotYourself)
@staff.output(schemas.PersonPageOut)
@transactional
def reset_second_factor(session: Session, who: Caller, person_id: uuid.UUID) -> Any:
    """Her phone is lost: no code is asked for until she sets up another; she is signed out."""
    return queries.person(session, who.staff, service.reset_second_factor(session, who.staff, person_id).id)


@staff.delete("/<uuid:person_id>/browsers")
@raises(TeamRefused, StaffUnknown, NotYourself)
@staff.output(schemas.EndedOut)
@transactional
def sign_out_everywhere(session: Session, who: Caller, person_id: uuid.UUID) -> Any:
    """Every browser of hers has to sign in again."""
    return {"ended": service.sign_out_everywhere(session, who.staff, person_id)}
