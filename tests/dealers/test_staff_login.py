"""Staff sign in, and nobody signs in as somebody else."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import LoginFailure, StaffSession
from app.kit import queue
from tests.factories import dealers as make


def test_a_staff_member_signs_in_and_is_known_by_her_cookie(session: Session, client: Any) -> None:
    dealer = make.dealer(session, make.brand(session))
    adviser = make.staff(session, dealer)
    session.commit()
    answer = client.post("/api/public/staff/login", json={"username": adviser.username, "password": make.PASSWORD})
    assert answer.status_code == 200
    assert answer.json["staff"]["dealer"]["id"] == str(dealer.id)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/api/staff/session/").json["id"] == str(adviser.id)
    assert client.delete("/api/staff/session/").status_code == 204
    assert client.get("/api/staff/session/").status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_does_nothing_with_her_cookie_not_even_a_neighbour_under_the_brands_domain(
    session: Session, client: Any, site: str
) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    client.post("/api/public/staff/login", json={"username": adviser.username, "password": make.PASSWORD})
    elsewhere = {"Sec-Fetch-Site": site}
    assert client.delete("/api/staff/session/", headers=elsewhere).status_code == 401
    assert client.get("/api/staff/session/", headers=elsewhere).status_code == 401
    for ours in ("same-origin", "none"):
        assert client.get("/api/staff/session/", headers={"Sec-Fetch-Site": ours}).status_code == 200


def test_a_form_of_another_site_signs_nobody_in(session: Session, client: Any) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    known = {"username": adviser.username, "password": make.PASSWORD}
    for sent in ({"data": known}, {"data": json.dumps(known), "content_type": "text/plain"}):
        answer = client.post("/api/public/staff/login", **sent)
        assert answer.status_code >= 400
        assert "Set-Cookie" not in answer.headers


def test_a_wrong_password_says_the_same_as_an_unknown_name(session: Session, client: Any) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    wrong = client.post("/api/public/staff/login", json={"username": adviser.username, "password": "no"})
    unknown = client.post("/api/public/staff/login", json={"username": "nobody", "password": "no"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json["message"] == unknown.json["message"] == "账号或密码不正确"


def _wrong(client: Any, username: str, times: int, **options: Any) -> list[int]:
    body = {"username": username, "password": "no"}
    return [client.post("/api/public/staff/login", json=body, **options).status_code for _ in range(times)]


def test_five_wrong_passwords_lock_the_name_for_a_while(session: Session, client: Any, later: Any) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    assert _wrong(client, adviser.username, 5) == [401] * 5
    right = {"username": adviser.username, "password": make.PASSWORD}
    locked = client.post("/api/public/staff/login", json=right)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 15 * 60
    later(minutes=16)
    assert client.post("/api/public/staff/login", json=right).status_code == 200


def test_a_stranger_s_wrong_passwords_lock_out_nobody_but_him(session: Session, client: Any) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    elsewhere = {"environ_base": {"REMOTE_ADDR": "203.0.113.7"}}
    assert _wrong(client, adviser.username, 6, **elsewhere) == [401] * 5 + [429]
    right = {"username": adviser.username, "password": make.PASSWORD}
    assert client.post("/api/public/staff/login", json=right).status_code == 200


def test_a_name_that_nobody_has_is_locked_like_any_other(session: Session, client: Any) -> None:
    assert _wrong(client, "nobody", 6) == [401] * 5 + [429]


def test_wrong_passwords_of_last_week_are_forgotten(session: Session, client: Any, later: Any) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    _wrong(client, adviser.username, 4)
    later(days=7)
    assert _wrong(client, adviser.username, 4) == [401] * 4


def test_a_session_ends_with_its_time_and_with_the_person(session: Session, client: Any, later: Any) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    client.post("/api/public/staff/login", json={"username": adviser.username, "password": make.PASSWORD})
    adviser.active = False
    session.commit()
    assert client.get("/api/staff/session/").status_code == 401
    adviser.active = True
    session.commit()
    assert client.get("/api/staff/session/").status_code == 200
    later(hours=13)
    assert client.get("/api/staff/session/").status_code == 401


def test_a_session_and_wrong_passwords_are_forgotten_after_a_week_and_not_before(session: Session, client: Any, later: Any) -> None:
    adviser = make.staff(session, make.dealer(session, make.brand(session)))
    session.commit()
    body = {"username": adviser.username, "password": make.PASSWORD}

    def left() -> list[int]:
        return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in (StaffSession, LoginFailure)]

    assert client.post("/api/public/staff/login", json=body).status_code == 200
    later(days=6)
    _wrong(client, "nobody", 1)
    assert client.post("/api/public/staff/login", json=body).status_code == 200
    queue.run("dealers.forget_logins")
    assert left() == [2, 1]
    later(days=2)
    queue.run("dealers.forget_logins")
    assert left() == [1, 1]
    later(days=6)
    queue.run("dealers.forget_logins")
    assert left() == [0, 0]


def test_a_body_of_the_wrong_form_names_its_fields_in_chinese(client: Any, session: Session) -> None:
    answer = client.post("/api/public/staff/login", json={"username": ""})
    assert answer.status_code == 422
    assert answer.json["error"] == "request.invalid"
    assert set(answer.json["details"]) == {"username", "password"}
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
