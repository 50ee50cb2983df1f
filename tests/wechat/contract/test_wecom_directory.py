"""The corp's directory and its pages over HTTP: departments, members, who opens a page, and what signs it."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.kit.settings import settings
from app.wechat.client import Outcome
from app.wechat.endpoints.page_signature import PageSignature
from app.wechat.endpoints.wecom.pages import Visitor
from app.wechat.http import HttpGateway
from tests.wechat.contract.support import advance, latest, limited, number, refused
from tests.wechat.contract.wecom import Corp

PERSON, ACCOUNT, LATER = Outcome.permanent_person, Outcome.permanent_account, Outcome.retry_later
SALES, MANAGERS, HEADQUARTERS = 2, 3, 4


class TestTheDirectory:
    def test_has_the_departments_in_sight(self, corp: Corp) -> None:
        told = {one.id: one for one in corp.door.departments()}
        assert {SALES, MANAGERS} <= set(told)
        assert HEADQUARTERS not in told
        assert (told[SALES].name, told[SALES].parent_id) == ("门店销售", 1)
        below = corp.does("wecom/departments", name=number("徐汇店"), parentid=SALES)["id"]
        assert {one.id for one in corp.door.departments(SALES)} >= {SALES, below}
        assert MANAGERS not in {one.id for one in corp.door.departments(SALES)}
        ids = corp.door.department_ids(SALES)
        assert ({one.id for one in ids}, {one.name for one in ids}) == ({one.id for one in corp.door.departments(SALES)}, {None})
        assert corp.door.department(below) == next(one for one in corp.door.departments() if one.id == below)

    def test_has_the_members_of_a_department(self, corp: Corp) -> None:
        below = corp.does("wecom/departments", name=number("静安店"), parentid=MANAGERS)["id"]
        userid = number("mgr-new").lower()
        corp.does("wecom/members", userid=userid, name="新经理", department=[below], position="店总")
        [member] = corp.door.members(below)
        assert (member.userid, member.name, member.department_ids, member.position) == (userid, "新经理", (below,), "店总")
        assert member.is_active
        assert corp.door.member(userid) == member
        assert userid not in {one.userid for one in corp.door.members(MANAGERS)}
        assert userid in {one.userid for one in corp.door.members(MANAGERS, with_below=True)}
        names = corp.door.member_names(MANAGERS, with_below=True)
        assert ("mgr001", "经理001", None) in {(one.userid, one.name, one.is_active) for one in names}
        assert userid not in {one.userid for one in corp.door.member_names(MANAGERS)}

    def test_hides_what_the_application_may_not_see(self, corp: Corp) -> None:
        for call in (corp.door.department, corp.door.departments, corp.door.department_ids, corp.door.members, corp.door.member_names):
            with refused("60011", PERSON):
                call(HEADQUARTERS)
        with refused("60011", PERSON):
            corp.door.member("hidden01")
        with refused("60111", PERSON):
            corp.door.member("nobody")
        with refused("60003", PERSON):
            corp.door.department(999_999)


class TestWhoOpensAPage:
    def test_the_address_leads_through_wecom_and_back(self, corp: Corp) -> None:
        account = corp.door.account
        address = corp.door.authorize_url("https://example.com/staff/login?next=/leads", state="s1")
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{settings().wechat_open_base}/connect/oauth2/authorize"
        assert parts.fragment == "wechat_redirect"
        assert parse_qs(parts.query, strict_parsing=True) == {
            "appid": [account.appid],
            "redirect_uri": ["https://example.com/staff/login?next=/leads"],
            "response_type": ["code"],
            "scope": ["snsapi_base"],
            "state": ["s1"],
            "agentid": [str(account.settings["agentid"])],
        }
        private = parse_qs(urlsplit(corp.door.authorize_url("https://example.com/", state="s", private=True)).query)
        assert private["scope"] == ["snsapi_privateinfo"]

    def test_a_member_is_known_by_a_code_that_works_once(self, corp: Corp) -> None:
        code = corp.does("staff/adv180/oauth-code")["code"]
        assert corp.door.visitor(code) == Visitor("adv180")
        with refused("40029", PERSON):
            corp.door.visitor(code)
        with refused("40029", PERSON):
            corp.door.visitor("never given out")
        late = corp.does("staff/adv180/oauth-code")["code"]
        advance(corp.simulator, minutes=6)
        with refused("40029", PERSON):
            corp.door.visitor(late)

    def test_a_member_who_agrees_has_a_ticket_which_is_not_printed(self, corp: Corp) -> None:
        visitor = corp.door.visitor(corp.does("staff/adv180/oauth-code", scope="snsapi_privateinfo")["code"])
        assert visitor.user_ticket
        assert visitor.user_ticket not in repr(visitor)

    def test_a_stranger_is_known_by_openid_and_a_customer_as_one(self, corp: Corp) -> None:
        person = corp.person()
        stranger = corp.door.visitor(corp.does("wecom/oauth-code", user=person["id"])["code"])
        assert (stranger.userid, bool(stranger.openid), stranger.external_userid) == (None, True, None)
        external = corp.befriend("adv180", person)
        customer = corp.door.visitor(corp.does("wecom/oauth-code", user=person["id"])["code"])
        assert (customer.openid, customer.external_userid) == (stranger.openid, external)


class TestPages:
    def test_are_signed_with_tickets_that_are_kept(self, corp: Corp, gateway: HttpGateway, accounts: Any) -> None:
        before = latest(corp.simulator)
        ticket, url = corp.door.corp_ticket().value, "https://example.com/staff/leads?id=1"
        signed = corp.door.page_signature(f"{url}#top")
        assert signed == PageSignature(corp.door.account.appid, signed.timestamp, signed.nonce, _signature(ticket, signed, url))
        app_ticket, app_signed = corp.door.app_ticket().value, corp.door.app_page_signature(url)
        assert app_ticket != ticket
        assert app_signed.signature == _signature(app_ticket, app_signed, url)
        for _ in range(3):
            corp.door.page_signature(url)
            HttpGateway().wecom(accounts["corp"]).app_page_signature(url)
        asked = [call["path"] for call in corp.simulator.look("calls", after=before)["calls"]]
        assert (asked.count("/cgi-bin/get_jsapi_ticket"), asked.count("/cgi-bin/ticket/get")) == (2, 2)

    @pytest.mark.parametrize(
        ("name", "limit"),
        [("corp_ticket", "wecom.jsapi_tickets_per_hour"), ("app_ticket", "wecom.agent_tickets_per_hour")],
    )
    def test_have_so_many_tickets_an_hour(self, corp: Corp, name: str, limit: str) -> None:
        with limited(corp.simulator, limit, 0), refused("45009", LATER):
            getattr(corp.door, name)()


def _signature(ticket: str, signed: PageSignature, url: str) -> str:
    told = f"jsapi_ticket={ticket}&noncestr={signed.nonce}&timestamp={signed.timestamp}&url={url}"
    return hashlib.sha1(told.encode(), usedforsecurity=False).hexdigest()
