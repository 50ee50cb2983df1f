"""A password alone opens nothing where there is a second factor; whoever is signed in elsewhere can be shown the door."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import service
from app.dealers.models import RecoveryCode, Staff
from app.dealers.service.signing_in import Place, SignedIn
from app.kit import clock, db
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers as make
from tests.factories import wechat as make_wechat

LOGIN = "/api/public/staff/login"
SECOND = "/api/staff/session/second-factor"


@pytest.fixture
def adviser(session: Session) -> Staff:
    made = make.staff(session, make.dealer(session, make.brand(session)), wecom_userid="wangsy")
    session.commit()
    return made


def login(client: Any, adviser: Staff, **more: str) -> Any:
    return client.post(LOGIN, json={"username": adviser.username, "password": make.PASSWORD} | more)


def codes_of(session: Session, secret: str, number: int = 1) -> list[str]:
    """Codes of her app that nobody has used: those of now and of the next minute."""
    now = int(clock.wall(session).timestamp()) // 30
    return [pyotp.TOTP(secret).generate_otp(now + ahead) for ahead in range(number)]


@pytest.fixture
def guarded(session: Session, client: Any, adviser: Staff) -> tuple[str, list[str]]:
    """Her secret and her recovery codes; she is signed in, and has used the code of half a minute ago."""
    login(client, adviser)
    begun = client.post(SECOND).json
    assert parse_qs(urlsplit(begun["uri"]).query)["secret"] == [begun["secret"]]
    now = int(clock.wall(session).timestamp()) // 30
    told = client.put(SECOND, json={"code": pyotp.TOTP(begun["secret"]).generate_otp(now - 1)})
    assert told.status_code == 200, told.text
    return begun["secret"], told.json["codes"]


def test_with_a_second_factor_the_password_alone_opens_nothing(
    session: Session, client: Any, adviser: Staff, guarded: tuple[str, list[str]]
) -> None:
    refused = login(client, adviser)
    assert (refused.status_code, refused.json["error"]) == (401, "dealers.code_needed")
    assert login(client, adviser, code="000000").json["error"] == "dealers.code_refused"
    assert "Set-Cookie" not in refused.headers
    (code,) = codes_of(session, guarded[0])
    assert login(client, adviser, code=f"{code[:3]} {code[3:]}").status_code == 200
    assert login(client, adviser, code=code).json["error"] == "dealers.code_refused", "a code is good for one time"
    assert client.get("/api/staff/session/").json["has_second_factor"] is True


def test_wrong_codes_lock_the_login_as_wrong_passwords_do(client: Any, adviser: Staff, guarded: tuple[str, list[str]]) -> None:
    assert [login(client, adviser, code="000000").status_code for _ in range(6)] == [422] * 5 + [429]


def test_a_code_that_nobody_confirmed_is_asked_for_by_nobody(client: Any, adviser: Staff) -> None:
    login(client, adviser)
    first = client.post(SECOND).json["secret"]
    assert client.post(SECOND).json["secret"] != first
    assert client.put(SECOND, json={"code": "000000"}).status_code == 422
    assert login(client, adviser).status_code == 200


def test_a_recovery_code_opens_once(session: Session, client: Any, adviser: Staff, guarded: tuple[str, list[str]]) -> None:
    word = guarded[1][0]
    assert login(client, adviser, code=word.upper()).status_code == 200
    assert login(client, adviser, code=word).status_code == 422
    assert word not in str(session.execute(select(RecoveryCode.code_hash)).scalars().all())


def test_of_two_logins_at_once_with_one_code_one_gets_in(committed: Any) -> None:
    with committed() as session:
        staff = make.staff(session, make.dealer(session, make.brand(session)))
        staff.totp_secret, staff.totp_confirmed_at = pyotp.random_base32(), clock.now(session)
        name, (code,) = staff.username, codes_of(session, staff.totp_secret)

    def enter(_: int) -> bool:
        with db.transaction() as own:
            done = service.sign_in(own, username=name, password=make.PASSWORD, place=Place("127.0.0.1"), code=code)
        return isinstance(done, SignedIn)

    with ThreadPoolExecutor(5) as people:
        assert sum(people.map(enter, range(5))) == 1


def test_the_second_factor_ends_only_with_the_password_and_a_code(
    session: Session, client: Any, adviser: Staff, guarded: tuple[str, list[str]]
) -> None:
    end = f"{SECOND}/end"
    (code,) = codes_of(session, guarded[0])
    assert client.post(end, json={"password": "no", "code": code}).json["error"] == "dealers.password_refused"
    assert client.post(end, json={"password": make.PASSWORD, "code": "000000"}).json["error"] == "dealers.code_refused"
    assert client.post(end, json={"password": make.PASSWORD, "code": code}).status_code == 204
    assert login(client, adviser).status_code == 200
    assert client.post(end, json={"password": make.PASSWORD, "code": code}).status_code == 409


def test_a_stolen_session_does_not_guess_the_password(client: Any, adviser: Staff) -> None:
    login(client, adviser)
    guess = {"password": "no", "new": "another password"}
    assert [client.put("/api/staff/session/password", json=guess).status_code for _ in range(6)] == [422] * 5 + [429]


def test_another_password_and_a_second_factor_sign_out_every_other_browser(app: Any, adviser: Staff) -> None:
    here, there = app.test_client(), app.test_client()
    for browser in (here, there):
        login(browser, adviser)
    assert here.put("/api/staff/session/password", json={"password": make.PASSWORD, "new": "short"}).status_code == 422
    assert here.put("/api/staff/session/password", json={"password": make.PASSWORD, "new": "another password"}).status_code == 204
    assert (here.get("/api/staff/session/").status_code, there.get("/api/staff/session/").status_code) == (200, 401)
    assert login(there, adviser).status_code == 401
    assert login(there, adviser, password="another password").status_code == 200
    secret = here.post(SECOND).json["secret"]
    assert here.put(SECOND, json={"code": pyotp.TOTP(secret).now()}).status_code == 200
    assert there.get("/api/staff/session/").status_code == 401


def test_she_sees_where_she_is_signed_in_and_ends_it_there_and_nobody_elses(app: Any, session: Session, adviser: Staff, later: Any) -> None:
    other = make.staff(session, adviser.dealer or make.brand(session))
    session.commit()
    here, there, theirs = (app.test_client() for _ in range(3))
    login(here, adviser)
    login(theirs, other)
    there.post(LOGIN, json={"username": adviser.username, "password": make.PASSWORD}, headers={"User-Agent": "Phone"})
    later(minutes=10)
    here.get("/api/staff/session/")
    first, second = here.get("/api/staff/session/browsers").json["items"]
    assert (first["is_this"], second["is_this"], second["agent"], second["how"]) == (True, False, "Phone", "password")
    (foreign,) = theirs.get("/api/staff/session/browsers").json["items"]
    for strange in (foreign["id"], str(uuid.uuid4())):
        assert here.delete(f"/api/staff/session/browsers/{strange}").status_code == 404
    assert here.delete(f"/api/staff/session/browsers/{second['id']}").status_code == 204
    assert (there.get("/api/staff/session/").status_code, theirs.get("/api/staff/session/").status_code) == (401, 200)
    login(there, adviser)
    assert here.delete("/api/staff/session/browsers").json == {"ended": 1}
    assert (here.get("/api/staff/session/").status_code, there.get("/api/staff/session/").status_code) == (200, 401)


@pytest.fixture
def corp(session: Session, adviser: Staff) -> WechatAccount:
    made = make_wechat.account(session, adviser.brand, AccountKind.corp, settings={"agentid": 1000002})
    session.commit()
    return made


def _sent(client: Any, back: str = "/console/leads") -> str:
    """The state with which her browser was sent to WeCom."""
    answer = client.get("/api/public/staff/wecom", query_string={"back": back})
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.location).query)["state"][0]


def _member(wechat: FakeGateway, userid: str | None) -> None:
    from app.wechat.endpoints.wecom.pages import Visitor

    wechat.answers["visitor"] = Visitor(userid, None if userid else "a stranger")


def test_a_member_of_wecom_signs_in_by_her_phone_and_lands_where_she_wanted(
    client: Any, adviser: Staff, corp: WechatAccount, wechat: FakeGateway
) -> None:
    _member(wechat, "wangsy")
    back = client.get("/api/public/staff/wecom/back", query_string={"code": "c", "state": _sent(client)})
    assert (back.status_code, back.location) == (302, "/console/leads")
    assert client.get("/api/staff/session/").json["id"] == str(adviser.id)
    again = client.get("/api/public/staff/wecom/back", query_string={"code": "c", "state": "x"})
    assert again.location == "/console/login?wecom=state"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", ""])
def test_nobody_is_sent_to_another_site(client: Any, corp: WechatAccount, wechat: FakeGateway, back: str) -> None:
    _member(wechat, "wangsy")
    answer = client.get("/api/public/staff/wecom/back", query_string={"code": "c", "state": _sent(client, back)})
    assert answer.location == "/console/"


def test_a_code_that_another_browser_was_given_signs_nobody_in(app: Any, adviser: Staff, corp: WechatAccount, wechat: FakeGateway) -> None:
    mine, hers = app.test_client(), app.test_client()
    _member(wechat, "wangsy")
    state = _sent(mine)
    assert hers.get("/api/public/staff/wecom/back", query_string={"code": "c", "state": state}).location == "/console/login?wecom=state"
    assert hers.get("/api/staff/session/").status_code == 401


@pytest.mark.parametrize(("member", "why"), [("nobody-of-ours", "member"), (None, "member")])
def test_whoever_is_no_staff_is_told_so(
    client: Any, adviser: Staff, corp: WechatAccount, wechat: FakeGateway, member: str | None, why: str
) -> None:
    _member(wechat, member)
    answer = client.get("/api/public/staff/wecom/back", query_string={"code": "c", "state": _sent(client)})
    assert answer.location == f"/console/login?wecom={why}"


def test_who_left_the_staff_comes_in_through_wecom_no_more(
    session: Session, client: Any, adviser: Staff, corp: WechatAccount, wechat: FakeGateway
) -> None:
    adviser.active = False
    session.commit()
    _member(wechat, "wangsy")
    answer = client.get("/api/public/staff/wecom/back", query_string={"code": "c", "state": _sent(client)})
    assert answer.location == "/console/login?wecom=member"
    wechat.fail("visitor", WechatError(Outcome.permanent_person, "40029", "invalid code"))
    answer = client.get("/api/public/staff/wecom/back", query_string={"code": "c", "state": _sent(client)})
    assert answer.location == "/console/login?wecom=code"
