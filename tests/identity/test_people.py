"""Phone numbers, merging, consent, export and erasure: one person is one customer, and may be nobody again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events.models import Event
from app.identity import queries, service
from app.identity.errors import CustomerUnknown
from app.identity.models import Consent, Customer, CustomerMerge, CustomerSession, Purpose, WechatIdentity
from app.kit import db
from app.kit.idempotency import IdempotentAnswer
from app.wechat.client import Outcome, WechatError
from app.wechat.client import Session as WechatSession
from app.wechat.fake import FakeGateway
from app.wechat.models import WechatAccount
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import wechat as accounts

PHONE = "+8613800001111"


@pytest.fixture
def brand(session: Session) -> Brand:
    return make.brand(session)


@pytest.fixture
def account(session: Session, brand: Brand) -> WechatAccount:
    return accounts.account(session, brand)


@pytest.fixture
def lin(session: Session, brand: Brand, account: WechatAccount) -> Customer:
    """A customer who has signed in."""
    made = people.customer(session, brand)
    people.identity(session, made, account)
    return made


def facts(session: Session, name: str) -> list[Event]:
    return list(session.execute(select(Event).filter_by(name=name).order_by(Event.id)).scalars())


class TestPhone:
    def bind(self, client: Any, headers: dict[str, str], code: str = "phone-code") -> Any:
        return client.post("/api/customer/identity/phone", json={"code": code}, headers=headers)

    def test_a_number_is_bound_masked_and_ciphertext_at_rest(
        self, session: Session, client: Any, account: WechatAccount, lin: Customer, wechat: FakeGateway
    ) -> None:
        headers = people.signed_in(session, lin, account)
        session.commit()
        wechat.phones["phone-code"] = "+86 138 0000 1111"
        answer = self.bind(client, headers)
        assert answer.json == {"id": str(lin.id), "nickname": lin.nickname, "phone_masked": "138****1111"}
        row = session.execute(text("SELECT phone, phone_hash FROM customers")).one()
        assert b"13800001111" not in bytes(row.phone)
        assert "13800001111" not in row.phone_hash
        (event,) = facts(session, "customer.phone_bound")
        assert "1111" not in str(event.data)

    def test_only_her_own_code_binds_a_number(
        self, session: Session, client: Any, account: WechatAccount, lin: Customer, wechat: FakeGateway
    ) -> None:
        headers = people.signed_in(session, lin, account)
        session.commit()
        wechat.phones["phone-code"] = "+86 138 0000 1111"
        self.bind(client, headers)
        [call] = wechat.calls_of("phone_number")
        assert call["openid"] is not None
        assert call["openid"] == queries.openid_for(session, lin.id, account.appid)

    def test_a_used_code_says_ask_again(
        self, session: Session, client: Any, account: WechatAccount, lin: Customer, wechat: FakeGateway
    ) -> None:
        headers = people.signed_in(session, lin, account)
        session.commit()
        answer = self.bind(client, headers)
        assert (answer.status_code, answer.json["error"]) == (401, "identity.code_refused")

    def test_a_number_from_abroad_is_refused_and_named(
        self, session: Session, client: Any, account: WechatAccount, lin: Customer, wechat: FakeGateway
    ) -> None:
        headers = people.signed_in(session, lin, account)
        session.commit()
        wechat.phones["phone-code"] = "+14155550100"
        answer = self.bind(client, headers)
        assert (answer.status_code, answer.json["error"]) == (422, "phone.invalid")

    def test_wechat_away_is_a_503_and_binds_nothing(
        self, session: Session, client: Any, account: WechatAccount, lin: Customer, wechat: FakeGateway
    ) -> None:
        headers = people.signed_in(session, lin, account)
        session.commit()
        wechat.fail("phone_number", WechatError(Outcome.retry_later, "45009"))
        assert self.bind(client, headers).status_code == 503
        assert queries.get(session, lin.brand_id, lin.id).phone is None

    def test_the_same_number_again_changes_nothing(self, session: Session, lin: Customer) -> None:
        service.bind_phone(session, lin, PHONE)
        service.bind_phone(session, lin, PHONE)
        assert len(facts(session, "customer.phone_bound")) == 1

    def test_a_number_somebody_has_makes_the_two_one_and_keeps_the_session(
        self, session: Session, client: Any, brand: Brand, account: WechatAccount, lin: Customer, wechat: FakeGateway
    ) -> None:
        owner = people.customer(session, brand, phone=PHONE)
        headers = people.signed_in(session, lin, account)
        session.commit()
        wechat.phones["phone-code"] = PHONE
        assert self.bind(client, headers).json["id"] == str(owner.id)
        assert client.get("/api/customer/identity/me", headers=headers).json["id"] == str(owner.id)
        (merged,) = facts(session, "customer.merged")
        assert merged.customer_id == owner.id
        merge = session.execute(select(CustomerMerge)).scalar_one()
        assert merged.data == {"merged_id": str(lin.id), "cause": "phone", "merge_id": str(merge.id)}
        session.expire_all()
        assert queries.get(session, brand.id, lin.id).id == owner.id

    def test_a_new_number_takes_the_place_of_the_old_one(self, session: Session, brand: Brand, lin: Customer) -> None:
        service.bind_phone(session, lin, "+8613900002222")
        assert service.bind_phone(session, lin, PHONE).phone == PHONE
        other = people.customer(session, brand)
        assert service.bind_phone(session, other, "+8613900002222").id == other.id

    def test_a_number_kept_by_somebody_merged_comes_back_to_her(self, session: Session, brand: Brand) -> None:
        keep, merged = people.customer(session, brand, phone="+8613900002222"), people.customer(session, brand, phone=PHONE)
        service.merge(session, keep, merged)
        assert service.bind_phone(session, keep, PHONE) is keep
        assert keep.phone == PHONE
        assert len(facts(session, "customer.merged")) == 1

    def test_the_same_number_at_another_brand_is_another_customer(self, session: Session, lin: Customer) -> None:
        service.bind_phone(session, lin, PHONE)
        elsewhere = people.customer(session, make.brand(session))
        assert service.bind_phone(session, elsewhere, PHONE) is elsewhere
        assert facts(session, "customer.merged") == []

    def test_many_who_bind_one_number_at_once_become_one(self, committed: Callable[[], Any]) -> None:
        count = 12
        with committed() as session:
            brand = make.brand(session)
            everybody = [people.customer(session, brand) for _ in range(count)]
        start, failed = threading.Barrier(count), []

        def bind(customer: Customer) -> None:
            try:
                start.wait()
                with db.transaction() as own:
                    service.bind_phone(own, customer, PHONE)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=bind, args=(one,)) for one in everybody]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        with committed() as session:
            left = session.execute(select(Customer).filter_by(merged_into_id=None)).scalars().all()
            assert [one.phone for one in left] == [PHONE]
            assert {queries.get(session, brand.id, one.id).id for one in everybody} == {left[0].id}
            assert len(facts(session, "customer.merged")) == count - 1


class TestMerge:
    def test_everything_of_the_merged_leads_to_the_kept(
        self, session: Session, brand: Brand, account: WechatAccount, lin: Customer
    ) -> None:
        keep = people.customer(session, brand, nickname=None, phone=PHONE)
        service.merge(session, keep, lin)
        assert session.execute(select(WechatIdentity.customer_id)).scalars().all() == [keep.id]
        assert keep.nickname == lin.nickname
        assert queries.of_unionid(session, brand.id, lin.unionid) is keep
        assert queries.of_unionid(session, brand.id, keep.unionid) is keep
        again, is_new = service.recognise(session, account, openid="another phone of hers", unionid=lin.unionid)
        assert (again.customer_id, is_new) == (keep.id, False)

    def test_merging_twice_or_backwards_is_merging_once(self, session: Session, brand: Brand, lin: Customer) -> None:
        keep = people.customer(session, brand)
        for pair in ((keep, lin), (keep, lin), (lin, keep)):
            assert service.merge(session, *pair) is keep
        assert len(facts(session, "customer.merged")) == 1

    def test_a_chain_of_merges_ends_at_one(self, session: Session, brand: Brand) -> None:
        first, second, third = (people.customer(session, brand) for _ in range(3))
        service.merge(session, second, third)
        service.merge(session, first, second)
        session.refresh(third)
        assert third.merged_into_id == first.id
        assert set(queries.ids_of(session, first.id)) == {first.id, second.id, third.id}
        assert queries.get(session, brand.id, third.id) is first

    def test_two_merges_in_opposite_directions_do_not_lock_each_other_out(self, committed: Callable[[], Any]) -> None:
        with committed() as session:
            brand = make.brand(session)
            one, two = people.customer(session, brand), people.customer(session, brand)
        start, failed = threading.Barrier(8), []

        def run(pair: tuple[Customer, Customer]) -> None:
            try:
                start.wait()
                with db.transaction() as own:
                    service.merge(own, *pair)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=run, args=((one, two) if n % 2 else (two, one),)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        with committed() as session:
            assert len(facts(session, "customer.merged")) == 1
            assert session.execute(select(func.count()).select_from(Customer).filter_by(merged_into_id=None)).scalar_one() == 1

    def test_signing_in_while_being_merged_signs_in_who_is_kept(self, committed: Callable[[], Any]) -> None:
        with committed() as session:
            brand = make.brand(session)
            account = accounts.account(session, brand)
            owner = people.customer(session, brand, phone=PHONE)
            lin = people.customer(session, brand)
            people.identity(session, lin, account, openid="open-lin")
        start, failed, tokens = threading.Barrier(8), [], []

        def run(n: int) -> None:
            try:
                start.wait()
                with db.transaction() as own:
                    if n % 4:
                        told = WechatSession(openid="open-lin", unionid=lin.unionid, session_key="k")
                        tokens.append(service.sign_in(own, account, told).token)
                    else:
                        service.bind_phone(own, lin, PHONE)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        with committed() as session:
            assert {service.of_token(session, token)[0].id for token in tokens} == {owner.id}

    def test_what_one_of_them_took_back_later_stays_taken_back(self, session: Session, brand: Brand, later: Any) -> None:
        keep, merged = people.customer(session, brand), people.customer(session, brand)
        for purpose in (Purpose.marketing, Purpose.location):
            service.give_consent(session, merged, purpose=purpose, text_version="v1", ip=None)
        later(minutes=1)
        service.give_consent(session, keep, purpose=Purpose.marketing, text_version="v1", ip=None)
        later(minutes=1)
        service.withdraw_consent(session, keep, purpose=Purpose.marketing)
        service.merge(session, keep, merged)
        session.expire_all()
        assert not queries.consented(session, keep.id, Purpose.marketing)
        assert queries.consented(session, keep.id, Purpose.location)


class TestConsent:
    def decide(self, client: Any, headers: dict[str, str], **body: Any) -> Any:
        return client.post("/api/customer/identity/consents", json=body, headers=headers)

    def test_agreeing_and_taking_back_are_equally_easy(self, session: Session, client: Any, account: WechatAccount, lin: Customer) -> None:
        headers = people.signed_in(session, lin, account)
        session.commit()
        for _ in range(2):
            given = self.decide(client, headers, purpose="marketing", granted=True, text_version="2026-11")
        assert [(item["purpose"], item["withdrawn_at"]) for item in given.json["items"]] == [("marketing", None)]
        for _ in range(2):
            taken = self.decide(client, headers, purpose="marketing", granted=False)
        assert taken.json["items"][0]["withdrawn_at"]
        assert [event.data["purpose"] for event in facts(session, "customer.consent_withdrawn")] == ["marketing"]
        assert len(facts(session, "customer.consent_given")) == 1
        assert client.get("/api/customer/identity/consents", headers=headers).json == taken.json

    def test_what_she_decides_while_she_is_being_merged_is_decided_for_who_is_kept(
        self, session: Session, brand: Brand, lin: Customer
    ) -> None:
        twin = people.customer(session, brand, phone=PHONE)
        service.merge(session, lin, twin)
        service.give_consent(session, twin, purpose=Purpose.marketing, text_version="v1", ip=None)
        assert queries.consented(session, lin.id, Purpose.marketing)
        service.withdraw_consent(session, twin, purpose=Purpose.marketing)
        assert not queries.consented(session, lin.id, Purpose.marketing)

    def test_agreeing_needs_the_version_of_the_text(self, session: Session, client: Any, account: WechatAccount, lin: Customer) -> None:
        headers = people.signed_in(session, lin, account)
        session.commit()
        answer = self.decide(client, headers, purpose="marketing", granted=True)
        assert answer.status_code == 422
        assert "text_version" in answer.json["details"]
        assert "text_version" in answer.json["message"]
        assert self.decide(client, headers, purpose="anything", granted=True, text_version="1").status_code == 422


class TestErasure:
    def test_a_person_is_forgotten_and_her_id_stays(
        self, session: Session, client: Any, brand: Brand, account: WechatAccount, lin: Customer
    ) -> None:
        twin = people.customer(session, brand, phone=PHONE)
        service.merge(session, lin, twin)
        service.give_consent(session, lin, purpose=Purpose.marketing, text_version="v1", ip="203.0.113.7")
        headers = people.signed_in(session, lin, account)
        unionid = lin.unionid
        session.commit()
        assert client.delete("/api/customer/identity/me", headers=headers).status_code == 204
        session.expire_all()
        assert client.get("/api/customer/identity/me", headers=headers).status_code == 401
        for table in (WechatIdentity, CustomerSession):
            assert session.execute(select(table)).first() is None
        for row in session.execute(select(Customer)).scalars():
            assert (row.unionid, row.phone, row.phone_hash, row.nickname) == (None, None, None, None)
            assert row.erased_at is not None
        (consent,) = session.execute(select(Consent)).scalars()
        assert consent.ip is None
        assert consent.withdrawn_at is not None
        assert {event.customer_id for event in facts(session, "customer.erased")} == {lin.id, twin.id}, "each profile for itself"
        newcomer, is_new = service.recognise(session, account, openid="open-again", unionid=unionid)
        assert is_new
        assert newcomer.customer_id not in (lin.id, twin.id)

    def test_no_answer_that_she_got_is_kept(
        self, session: Session, client: Any, brand: Brand, account: WechatAccount, lin: Customer
    ) -> None:
        other = people.customer(session, brand)
        for one in (lin, other):
            headers = people.signed_in(session, one, account) | {"Idempotency-Key": "key-00000001"}
            session.commit()
            assert client.put("/api/customer/identity/me", json={"nickname": "小林"}, headers=headers).status_code == 200
        headers = people.signed_in(session, lin, account)
        session.commit()
        assert client.delete("/api/customer/identity/me", headers=headers).status_code == 204
        kept = session.execute(select(IdempotentAnswer.caller)).scalars().all()
        assert kept == [f"customer:{other.id}"]

    def test_erasing_twice_is_erasing_once_and_nobody_is_merged_into_the_erased(
        self, session: Session, brand: Brand, lin: Customer
    ) -> None:
        service.erase(session, lin)
        service.erase(session, lin)
        assert len(facts(session, "customer.erased")) == 1
        session.refresh(lin)
        with pytest.raises(CustomerUnknown):
            service.merge(session, lin, people.customer(session, brand))

    def test_the_export_holds_everything_of_hers_and_of_nobody_else(
        self, session: Session, client: Any, brand: Brand, account: WechatAccount, lin: Customer
    ) -> None:
        twin = people.customer(session, brand, phone=PHONE)
        service.give_consent(session, twin, purpose=Purpose.location, text_version="v1", ip=None)
        service.merge(session, lin, twin)
        stranger = people.customer(session, brand, phone="+8613900002222")
        service.give_consent(session, stranger, purpose=Purpose.marketing, text_version="v1", ip=None)
        headers = people.signed_in(session, lin, account)
        session.commit()
        told = client.post("/api/customer/identity/export", headers=headers).json
        assert told["customer"]["phone"] == PHONE
        assert [one["unionid"] for one in told["wechat"]] == [lin.unionid]
        assert [one["purpose"] for one in told["consents"]] == ["location"]
        assert [one["name"] for one in told["events"]] == ["customer.merged", "customer.consent_given"]


class TestQueries:
    def test_a_customer_of_another_brand_is_nobody(self, session: Session, lin: Customer) -> None:
        with pytest.raises(CustomerUnknown):
            queries.get(session, make.brand(session).id, lin.id)

    def test_customers_are_found_by_name_and_whole_number_page_by_page(self, session: Session, brand: Brand) -> None:
        made = [people.customer(session, brand, nickname=f"林{n}") for n in range(5)]
        numbered = people.customer(session, brand, nickname="周", phone="+8613900002222")
        twin = people.customer(session, brand, nickname="双", phone=PHONE)
        service.merge(session, numbered, twin)
        found = queries.of_brand(session, brand.id, q="林", limit=2)
        rest = queries.of_brand(session, brand.id, q="林", before=(found[-1].created_at, found[-1].id), limit=9)
        assert [one.id for one in (*found, *rest)] == [one.id for one in reversed(made)]
        assert queries.count_of_brand(session, brand.id, q="林") == 5
        for number in ("139 0000 2222", "13800001111"):
            assert queries.of_brand(session, brand.id, q=number) == [numbered]
        assert queries.of_brand(session, brand.id, q="%") == []
        assert queries.of_brand(session, brand.id, among=[made[0].id]) == [made[0]]
        assert queries.of_brand(session, make.brand(session).id) == []
