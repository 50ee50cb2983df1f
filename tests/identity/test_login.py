"""A consumer opens the mini-program and is somebody: once, whoever asks at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import queries, service
from app.identity.models import Customer, CustomerSession, WechatIdentity
from app.kit import db, queue
from app.wechat.client import Outcome, WechatError
from app.wechat.client import Session as WechatSession
from app.wechat.fake import FakeGateway
from app.wechat.models import AccountKind
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import wechat as accounts


@pytest.fixture
def appid(session: Session) -> str:
    """The appid of the brand's mini-program."""
    account = accounts.account(session, make.brand(session))
    session.commit()
    return account.appid


@pytest.fixture
def brand_account(session: Session) -> Any:
    """The brand's mini-program."""
    return accounts.account(session, make.brand(session))


@pytest.fixture
def phone(wechat: FakeGateway) -> FakeGateway:
    """A phone whose login code `code-of-lin` is good for one login."""
    wechat.people["code-of-lin"] = WechatSession(openid="open-lin", unionid="union-lin", session_key="the session key")
    return wechat


def login(client: Any, appid: str, code: str = "code-of-lin", **more: Any) -> Any:
    return client.post("/api/visitor/identity/login", json={"code": code, **more}, headers={"X-Appid": appid})


def names(session: Session) -> list[str]:
    return list(session.execute(select(Event.name).order_by(Event.id)).scalars())


def test_the_first_login_makes_a_customer_and_asks_for_nothing_else(session: Session, client: Any, appid: str, phone: FakeGateway) -> None:
    answer = login(client, appid, share_id="s1", visitor_id="v1", scene=1007)
    assert answer.status_code == 200
    assert answer.json["customer"] == {"id": answer.json["customer"]["id"], "nickname": None, "phone_masked": None, "is_new": True}
    assert names(session) == ["customer.created", "customer.logged_in"]
    arrived = session.execute(select(Event.data).filter_by(name="customer.logged_in")).scalar_one()
    assert arrived == {"share_id": "s1", "visitor_id": "v1", "scene": "1007"}
    mine = client.get("/api/customer/identity/me", headers={"Authorization": f"Bearer {answer.json['token']}"})
    assert mine.json["id"] == answer.json["customer"]["id"]


def test_the_session_key_stays_here_and_is_ciphertext_at_rest(session: Session, client: Any, appid: str, phone: FakeGateway) -> None:
    answer = login(client, appid)
    assert "the session key" not in answer.text
    stored = session.execute(text("SELECT session_key FROM wechat_identities")).scalar_one()
    assert b"the session key" not in bytes(stored)
    assert session.execute(select(WechatIdentity.session_key)).scalar_one() == "the session key"


def test_a_replayed_code_is_refused_and_says_so_in_chinese(client: Any, appid: str, phone: FakeGateway) -> None:
    assert login(client, appid).status_code == 200
    again = login(client, appid)
    assert again.status_code == 401
    assert again.json["error"] == "identity.code_refused"
    assert again.json["message"] == "登录凭证已失效，请重新进入小程序或再次点击授权"


def test_a_second_login_finds_the_same_customer(session: Session, client: Any, appid: str, phone: FakeGateway) -> None:
    first = login(client, appid).json
    phone.people["another"] = WechatSession(openid="open-lin", unionid="union-lin", session_key="another key")
    second = login(client, appid, "another").json
    assert second["customer"]["id"] == first["customer"]["id"]
    assert second["customer"]["is_new"] is False
    assert session.execute(select(func.count()).select_from(Customer)).scalar_one() == 1


def test_a_stranger_to_our_mini_programs_is_refused(session: Session, client: Any, phone: FakeGateway) -> None:
    service_account = accounts.account(session, make.brand(session), AccountKind.service_account)
    session.commit()
    assert login(client, "wx-nobody").status_code == 401
    assert login(client, service_account.appid).status_code == 401
    assert client.post("/api/visitor/identity/login", json={"code": "code-of-lin"}).status_code == 401
    assert phone.calls == []


def test_wechat_out_of_order_is_a_polite_503_and_makes_nobody(session: Session, client: Any, appid: str, phone: FakeGateway) -> None:
    phone.fail("code_to_session", WechatError(Outcome.retry_now, "-1", "system busy"))
    answer = login(client, appid)
    assert answer.status_code == 503
    assert answer.json["message"] == "微信服务暂时没有响应，请稍后再试"
    assert names(session) == []


def test_a_session_ends_with_its_time_and_holds_only_in_its_mini_program(
    session: Session, client: Any, appid: str, phone: FakeGateway, later: Any
) -> None:
    bearer = {"Authorization": f"Bearer {login(client, appid).json['token']}"}
    assert client.get("/api/customer/identity/me", headers=bearer | {"X-Appid": appid}).status_code == 200
    assert client.get("/api/customer/identity/me", headers=bearer | {"X-Appid": "wx-another"}).status_code == 401
    later(days=31)
    ended = client.get("/api/customer/identity/me", headers=bearer)
    assert ended.status_code == 401
    assert ended.json["error"] == "identity.session_ended"


def test_a_session_is_forgotten_a_week_after_its_end_and_not_before(
    session: Session, client: Any, appid: str, phone: FakeGateway, later: Any
) -> None:
    assert login(client, appid).status_code == 200
    kept = select(func.count()).select_from(CustomerSession)
    later(days=36)
    phone.people["code-of-today"] = WechatSession(openid="open-lin", unionid="union-lin", session_key="another")
    assert login(client, appid, "code-of-today").status_code == 200
    queue.run("identity.forget_sessions")
    assert session.execute(kept).scalar_one() == 2
    later(days=2)
    queue.run("identity.forget_sessions")
    assert session.execute(kept).scalar_one() == 1, "the one in her hand"


def test_an_ended_session_does_not_keep_a_visitor_from_looking(session: Session, client: Any, appid: str) -> None:
    headers = {"X-Appid": appid, "Authorization": "Bearer of-yesterday"}
    assert client.get("/api/visitor/stores/", headers=headers).status_code == 200


def test_a_caller_without_a_known_mini_program_is_told_which_header_it_takes(client: Any, appid: str) -> None:
    for headers in ({}, {"X-Appid": f"{appid}0"}):
        answer = client.post("/api/visitor/identity/login", json={"code": "code-lin"}, headers=headers)
        assert answer.status_code == 401
        assert answer.json["error"] == "identity.appid_unknown"
        assert "X-Appid" in answer.json["message"]


def test_one_unionid_is_one_customer_across_accounts(session: Session) -> None:
    brand = make.brand(session)
    mini_program, service_account = accounts.account(session, brand), accounts.account(session, brand, AccountKind.service_account)
    first, _ = service.recognise(session, mini_program, openid="o1", unionid="u1")
    second, is_new = service.recognise(session, service_account, openid="o2", unionid="u1")
    assert second.customer_id == first.customer_id
    assert not is_new


def test_a_unionid_learnt_later_joins_what_was_two(session: Session) -> None:
    brand = make.brand(session)
    mini_program, service_account = accounts.account(session, brand), accounts.account(session, brand, AccountKind.service_account)
    early, _ = service.recognise(session, mini_program, openid="o1", unionid=None)
    other, _ = service.recognise(session, service_account, openid="o2", unionid="u1")
    assert early.customer_id != other.customer_id
    joined, is_new = service.recognise(session, mini_program, openid="o1", unionid="u1")
    assert not is_new
    session.refresh(other)
    assert joined.customer_id == other.customer_id == early.customer_id
    assert names(session).count("customer.merged") == 1
    again, _ = service.recognise(session, mini_program, openid="o1", unionid="u1")
    assert again.customer_id == joined.customer_id
    assert names(session).count("customer.merged") == 1


def test_the_same_unionid_at_another_brand_is_another_customer(session: Session) -> None:
    ours, theirs = (accounts.account(session, make.brand(session)) for _ in range(2))
    here, _ = service.recognise(session, ours, openid="o1", unionid="u1")
    there, is_new = service.recognise(session, theirs, openid="o2", unionid="u1")
    assert is_new
    assert here.customer_id != there.customer_id


@pytest.mark.parametrize("unionid", ["u1", None], ids=["with a unionid", "without one"])
def test_parallel_first_logins_of_one_openid_make_one_customer(committed: Callable[[], Any], unionid: str | None) -> None:
    with committed() as session:
        account = accounts.account(session, make.brand(session))
    found, failed = _at_once(20, account, lambda _n: WechatSession(openid="o1", unionid=unionid, session_key="k"))
    assert failed == []
    assert len(found) == 20
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Customer)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(Event).filter_by(name="customer.created")).scalar_one() == 1


def test_parallel_logins_of_one_person_at_several_accounts_make_one_customer(committed: Callable[[], Any]) -> None:
    with committed() as session:
        account = accounts.account(session, make.brand(session))
    _found, failed = _at_once(20, account, lambda n: WechatSession(openid=f"o{n}", unionid="u1", session_key="k"))
    assert failed == []
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Customer)).scalar_one() == 1


def _at_once(count: int, account: Any, told: Callable[[int], WechatSession]) -> tuple[list[Any], list[Exception]]:
    """Let so many threads sign in at the same moment; what they found, and what went wrong."""
    start, found, failed = threading.Barrier(count), [], []

    def run(n: int) -> None:
        try:
            start.wait()
            with db.transaction() as session:
                found.append(service.sign_in(session, account, told(n)).customer.id)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, failed


def test_two_customers_at_the_same_account_stay_two(session: Session) -> None:
    account = accounts.account(session, make.brand(session))
    one, _ = service.recognise(session, account, openid="o1", unionid="u1")
    two, _ = service.recognise(session, account, openid="o2", unionid="u2")
    assert one.customer_id != two.customer_id
    assert people.signed_in(session, session.get_one(Customer, one.customer_id), account)["X-Appid"] == account.appid


def test_of_two_phones_that_are_one_person_the_one_in_her_hand_is_known_to_the_payment(
    session: Session, brand_account: Any, later: Any
) -> None:
    """WeChat Pay takes money from the openid that opens the pay sheet, and from no other."""
    first = WechatSession(openid="first phone", unionid="union-one", session_key="k")
    second = WechatSession(openid="second phone", unionid="union-two", session_key="k")
    older, newer = (service.sign_in(session, brand_account, told).customer for told in (first, second))
    customer = service.merge(session, older, newer)
    for told in (first, second, first):
        later(minutes=1)
        assert service.sign_in(session, brand_account, told).customer is customer
        assert queries.openid_for(session, customer.id, brand_account.appid) == told.openid


def test_how_she_came_is_forgotten_with_her(session: Session, client: Any, appid: str, phone: FakeGateway) -> None:
    answer = login(client, appid, share_id="s1", visitor_id="her device", scene=1007)
    headers = {"Authorization": f"Bearer {answer.json['token']}"}
    assert client.delete("/api/customer/identity/me", headers=headers).status_code == 204
    session.expire_all()
    assert session.execute(select(Event.data).filter_by(name="customer.logged_in")).scalar_one() == {"share_id": "s1"}
