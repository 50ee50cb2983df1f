"""Menu, scene codes, web login and signed pages of the service account, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.kit import queue
from app.kit.settings import settings
from app.wechat.client import Outcome
from app.wechat.http import HttpGateway
from tests.wechat.contract.support import Person, advance, number, refused, switched

PERSON, ACCOUNT = Outcome.permanent_person, Outcome.permanent_account
ENTRY = "http://127.0.0.1:8000/entry?from=menu"
CARS = {"type": "view", "name": "看车", "url": "https://marque.example.com/cars"}
CHAT = {"type": "click", "name": "咨询", "key": "chat"}


class TestMenu:
    @pytest.fixture(autouse=True)
    def _no_menu(self, follower: Person) -> Iterator[None]:
        yield
        follower.door.delete_menus()

    def test_everybody_sees_one_menu_and_who_bears_a_tag_another(self, follower: Person, stranger: Person) -> None:
        stranger.does("follow")
        door, tag = follower.door, follower.door.create_tag(number("车主"))
        door.tag_people(tag.id, [stranger.openid])
        door.set_menu([CARS, {"name": "更多", "sub_button": [CHAT]}])
        menu_id = door.add_menu_for_tag(tag.id, [CHAT])
        everybodys, tagged = door.menus()
        assert ([one["name"] for one in everybodys.buttons], everybodys.tag_id) == (["看车", "更多"], None)
        assert (tagged.menu_id, tagged.tag_id, [one["name"] for one in tagged.buttons]) == (menu_id, tag.id, ["咨询"])
        assert [one["name"] for one in follower.sees("service/menu")["menu"]["button"]] == ["看车", "更多"]
        assert [one["name"] for one in stranger.sees("service/menu")["menu"]["button"]] == ["咨询"]
        door.delete_menus()
        assert door.menus() == []
        door.delete_tag(tag.id)

    def test_a_menu_for_some_needs_one_for_everybody_and_a_tag(self, follower: Person) -> None:
        with refused("65303", PERSON):
            follower.door.add_menu_for_tag(100, [CHAT])
        follower.door.set_menu([CARS])
        with refused("45159", PERSON):
            follower.door.add_menu_for_tag(99_999, [CHAT])

    @pytest.mark.parametrize(
        ("buttons", "code"),
        [
            ([], "40016"),
            ([CARS] * 4, "40016"),
            ([{**CARS, "type": "dance"}], "40017"),
            ([{**CARS, "name": "字" * 6}], "40018"),
            ([{**CHAT, "key": "k" * 129}], "40019"),
            ([{**CARS, "url": f"https://marque.example.com/{'x' * 1024}"}], "40020"),
            ([{"name": "更多", "sub_button": [CHAT] * 6}], "40023"),
            ([{"name": "更多", "sub_button": [{**CHAT, "type": "dance"}]}], "40024"),
            ([{"name": "更多", "sub_button": [{**CHAT, "name": "字" * 21}]}], "40025"),
            ([{"name": "更多", "sub_button": [{**CHAT, "key": "k" * 129}]}], "40026"),
            ([{"name": "更多", "sub_button": [{**CARS, "url": f"https://marque.example.com/{'x' * 1024}"}]}], "40027"),
        ],
    )
    def test_a_menu_that_cannot_be_shown_is_refused_and_none_is_set(self, follower: Person, buttons: Any, code: str) -> None:
        with refused(code, PERSON):
            follower.door.set_menu(buttons)
        assert follower.door.menus() == []


class TestSceneCodes:
    @pytest.mark.parametrize(("scene", "seconds"), [("dealer=17", 600), (4_000_000_000, 600), ("store=1", None), (17, None)])
    def test_who_scans_a_code_is_brought_with_its_scene(self, stranger: Person, scene: str | int, seconds: int | None) -> None:
        code = stranger.door.scene_code(scene, seconds=seconds)
        assert code.seconds == seconds
        stranger.does("service/scan", ticket=code.ticket)
        assert stranger.door.user_info(stranger.openid).scene == str(scene)
        picture = requests.get(code.picture_url, timeout=60)
        assert (picture.status_code, picture.headers["Content-Type"].split("/")[0]) == (200, "image")

    def test_a_code_for_ever_is_the_same_again_and_the_other_ends(self, stranger: Person) -> None:
        scene = number("s")
        assert stranger.door.scene_code(scene, seconds=None) == stranger.door.scene_code(scene, seconds=None)
        code = stranger.door.scene_code(scene, seconds=60)
        advance(stranger.simulator, minutes=2)
        with pytest.raises(requests.HTTPError):
            stranger.does("service/scan", ticket=code.ticket)

    @pytest.mark.parametrize(
        ("scene", "seconds", "code"), [("x" * 65, 60, "40053"), ("", 60, "40097"), (100_001, None, "40053"), (0, None, "40053")]
    )
    def test_a_scene_that_no_code_can_carry_is_refused(self, follower: Person, scene: str | int, seconds: int | None, code: str) -> None:
        with refused(code, PERSON):
            follower.door.scene_code(scene, seconds=seconds)

    def test_a_life_that_no_code_has_never_leaves(self, follower: Person) -> None:
        for seconds in (0, 30 * 86_400 + 1):
            with pytest.raises(ValueError, match="seconds"):
                follower.door.scene_code("s", seconds=seconds)


class TestWebLogin:
    def code(self, person: Person, scope: str = "snsapi_userinfo", **more: Any) -> str:
        """She opens the login's page; the code that comes back."""
        url = person.door.authorize_url(ENTRY, scope=scope, state="s/ä?&")
        back = urlsplit(person.does("service/authorize", url=url, **more)["location"])
        told = parse_qs(back.query)
        assert (told["from"], told["state"]) == (["menu"], ["s/ä?&"])
        return told["code"][0]

    def test_a_code_is_worth_one_session_that_says_who_she_is(self, follower: Person) -> None:
        code = self.code(follower)
        session = follower.door.web_session(code)
        assert (session.openid, session.unionid, session.is_snapshot) == (follower.openid, follower.user["unionid"], False)
        assert session.access_token not in repr(session)
        user = follower.door.web_user(session.openid, session.access_token)
        assert (user.nickname, user.unionid) == ("买家", follower.user["unionid"])
        assert user.avatar_url is not None
        with refused("40163", PERSON):
            follower.door.web_session(code)
        with refused("40029", PERSON):
            follower.door.web_session("never given out")
        late = self.code(follower)
        advance(follower.simulator, minutes=6)
        with refused("42003", PERSON):
            follower.door.web_session(late)

    def test_without_asking_her_there_is_only_the_openid(self, follower: Person) -> None:
        session = follower.door.web_session(self.code(follower, "snsapi_base"))
        assert (session.openid, session.unionid, session.scope) == (follower.openid, None, "snsapi_base")
        with refused("48001", PERSON):
            follower.door.web_user(session.openid, session.access_token)

    def test_who_looks_at_a_snapshot_is_made_up(self, follower: Person) -> None:
        session = follower.door.web_session(self.code(follower, snapshot=True))
        assert session.is_snapshot
        assert session.openid != follower.openid

    def test_a_session_is_refreshed_until_its_own_end(self, follower: Person) -> None:
        door, session = follower.door, follower.door.web_session(self.code(follower))
        assert door.holds_web_session(session.openid, session.access_token)
        advance(follower.simulator, hours=3)
        assert not door.holds_web_session(session.openid, session.access_token)
        with refused("42001", PERSON):
            door.web_user(session.openid, session.access_token)
        fresh = door.refresh_web_session(session.refresh_token)
        assert door.web_user(fresh.openid, fresh.access_token).nickname == "买家"
        advance(follower.simulator, days=31)
        with refused("42002", PERSON):
            door.refresh_web_session(session.refresh_token)
        with refused("40030", PERSON):
            door.refresh_web_session("never given out")

    def test_a_token_is_hers_and_of_this_login(self, follower: Person, stranger: Person) -> None:
        session = follower.door.web_session(self.code(follower))
        for call in (follower.door.web_user, follower.door.holds_web_session):
            with refused("40003", PERSON):
                call(stranger.openid, session.access_token)
        with refused("40001", PERSON):
            follower.door.web_user(follower.openid, "never given out")
        assert not follower.door.holds_web_session(follower.openid, "never given out")

    def test_a_wrong_secret_is_the_accounts_trouble(self, follower: Person) -> None:
        code = self.code(follower)
        follower.door.account.secrets = {**follower.door.account.secrets, "secret": "another"}
        with refused("40125", ACCOUNT):
            follower.door.web_session(code)

    def test_a_page_of_another_domain_gets_nobody(self, follower: Person) -> None:
        url = follower.door.authorize_url("https://elsewhere.example.com/", scope="snsapi_base", state="s")
        with pytest.raises(requests.HTTPError) as page:
            follower.does("service/authorize", url=url)
        assert "10003" in page.value.response.text


class TestPages:
    def config(self, person: Person, url: str, signed: Any) -> Any:
        return person.simulator.ask(
            f"service-accounts/{person.appid}/wx-config",
            url=url,
            noncestr=signed.nonce,
            timestamp=str(signed.timestamp),
            signature=signed.signature,
        )

    def test_a_signed_page_may_call_wechat_and_no_other(self, follower: Person) -> None:
        signed = follower.door.page_signature(f"{ENTRY}#top")
        assert signed.appid == follower.appid
        assert self.config(follower, f"{ENTRY}#bottom", signed)["result"] == "config:ok"
        for url in (f"{ENTRY}&x=1", "https://elsewhere.example.com/"):
            with pytest.raises(requests.HTTPError):
                self.config(follower, url, signed)

    def test_one_ticket_is_fetched_for_all_pages_of_all_processes(self, follower: Person) -> None:
        account = follower.door.account
        processes = [HttpGateway().service_account(account) for _ in range(4)]
        follower.door.user_info(follower.openid)
        before = follower.simulator.look("calls", limit=1)["calls"][0]["id"]
        with ThreadPoolExecutor(32) as threads:
            signed = list(threads.map(lambda number: processes[number % 4].page_signature(ENTRY), range(64)))
        calls = [call["path"] for call in follower.simulator.look("calls", after=before)["calls"]]
        assert calls.count("/cgi-bin/ticket/getticket") == 1
        for one in signed[:4]:
            assert self.config(follower, ENTRY, one)["result"] == "config:ok"

    def test_a_ticket_lies_encrypted_until_shortly_before_its_end(self, follower: Person) -> None:
        ticket = follower.door.jsapi_ticket()
        follower.door.page_signature(ENTRY)
        (key,) = queue.connection().scan_iter(f"{settings().queue_prefix}:wechat:ticket:*{follower.appid}")
        assert ticket.value.encode() not in queue.connection().get(key)
        assert ticket.seconds - 360 < queue.connection().ttl(key) <= ticket.seconds - 300

    def test_a_ticket_says_how_long_it_lives(self, follower: Person) -> None:
        ticket = follower.door.jsapi_ticket()
        assert ticket.value
        assert 0 < ticket.seconds <= 7200
        taken = {"/cgi-bin/ticket/*": 48001}
        with switched(follower.simulator, follower.appid, "service_account.withheld", taken), refused("48001", ACCOUNT):
            follower.door.jsapi_ticket()
