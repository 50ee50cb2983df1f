"""Customers of members over HTTP: ways to them, the welcome, what is known and noted of them, and their tags."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.wechat.client import Outcome
from app.wechat.endpoints.wecom import content
from app.wechat.endpoints.wecom.contact_ways import Temporary
from tests.wechat.contract.support import advance, limited, now, number, refused, switched
from tests.wechat.contract.wecom import Corp

PERSON, ACCOUNT, LATER = Outcome.permanent_person, Outcome.permanent_account, Outcome.retry_later


def scan(corp: Corp, config_id: str, person: dict[str, Any]) -> dict[str, Any]:
    return corp.does(f"wecom/contact-ways/{config_id}/scan", user=person["id"])


class TestContactWays:
    def test_bring_their_state_with_the_customer(self, corp: Corp) -> None:
        way, person = corp.door.add_contact_way(["adv110"], state="store=12", remark="徐汇店"), corp.person("韩梅梅")
        assert way.qr_code
        added = scan(corp, way.config_id, person)
        told = corp.door.customer(added["external_userid"])
        assert (told.customer.name, told.customer.unionid, told.customer.is_wechat) == ("韩梅梅", person["unionid"], True)
        [follow] = told.follows
        assert (follow.userid, follow.state, follow.added_by, follow.tag_ids) == ("adv110", "store=12", 1, ())
        assert follow.since is not None
        assert abs(follow.since - now(corp.simulator)) < timedelta(minutes=5)

    def test_are_read_changed_listed_and_deleted(self, corp: Corp) -> None:
        way = corp.door.add_contact_way(["adv111", "adv112"], state="a", skip_confirmation=False, exclusive=True)
        read = corp.door.contact_way(way.config_id)
        assert (read.userids, read.state, read.skips_confirmation, read.qr_code) == (("adv111", "adv112"), "a", False, way.qr_code)
        corp.door.update_contact_way(way.config_id, userids=["adv113", "adv111"], state="b", skip_confirmation=True)
        changed = corp.door.contact_way(way.config_id)
        assert (changed.userids, changed.state, changed.skips_confirmation) == (("adv113", "adv111"), "b", True)
        corp.door.delete_contact_way(way.config_id)
        for gone in (corp.door.contact_way, corp.door.delete_contact_way):
            with refused("40058", PERSON):
                gone(way.config_id)

    def test_are_listed_page_by_page(self, corp: Corp) -> None:
        since = now(corp.simulator)
        made = [corp.door.add_contact_way(["adv111"], state=str(n)).config_id for n in range(3)]
        pages = [corp.door.contact_ways(since=since, limit=1)]
        while pages[-1].next_cursor:
            pages.append(corp.door.contact_ways(pages[-1].next_cursor, since=since, limit=1))
        assert {len(page.items) for page in pages} == {1}
        # Another test's may be of the same second.
        assert [page.items[0] for page in pages][-3:] == made
        before = since - timedelta(seconds=2)
        assert not set(made) & set(corp.door.contact_ways(until=before).items)

    def test_may_be_buttons_of_whole_departments(self, corp: Corp) -> None:
        way = corp.door.add_contact_way([], state="s", party_ids=[3], is_button=True, style=1)
        assert way.qr_code is None
        assert corp.door.contact_way(way.config_id).party_ids == (3,)

    def test_may_be_for_one_person_and_a_while(self, corp: Corp) -> None:
        person = corp.person()
        temporary = Temporary(
            expires_seconds=600, chat_expires_seconds=86400, unionid=person["unionid"], conclusions={"text": {"content": "再见"}}
        )
        way = corp.door.add_contact_way(["adv111"], state="t", temporary=temporary)
        assert way.qr_code
        assert scan(corp, way.config_id, person)["external_userid"]
        assert way.config_id not in corp.door.contact_ways().items

    @pytest.mark.parametrize(
        ("asked", "code", "outcome"),
        [
            ({"userids": ["nobody"], "state": "s"}, "60111", PERSON),
            ({"userids": ["hidden01"], "state": "s"}, "60011", PERSON),
            ({"userids": ["adv111"], "state": "长" * 31}, "45002", PERSON),
            ({"userids": [], "state": "s"}, "40058", PERSON),
            ({"userids": ["adv111"], "state": "s", "party_ids": [4]}, "60011", PERSON),
        ],
    )
    def test_that_cannot_be_are_refused(self, corp: Corp, asked: dict[str, Any], code: str, outcome: Outcome) -> None:
        with refused(code, outcome):
            corp.door.add_contact_way(**asked)

    def test_of_somebody_who_serves_no_customers_are_refused(self, corp: Corp) -> None:
        corp.does("wecom/members/adv185", serves_customers=False)
        for call in (lambda: corp.door.add_contact_way(["adv185"], state="s"), lambda: corp.door.customer_ids("adv185")):
            with refused("84074", PERSON):
                call()

    def test_are_so_many_and_no_more(self, corp: Corp) -> None:
        with limited(corp.simulator, "wecom.contact_ways", 0), refused("45009", LATER):
            corp.door.add_contact_way(["adv111"], state="s")


class TestTheWelcome:
    def test_is_said_once_within_twenty_seconds(self, corp: Corp, accounts: Any) -> None:
        way = corp.door.add_contact_way(["adv114"], state="w")
        external = scan(corp, way.config_id, corp.person())["external_userid"]
        code = corp.welcome_code(external)
        media_id = corp.does("wecom/media", kind="image")["media_id"]
        attachments = [
            content.image(media_id=media_id),
            content.link("S90 到店", "https://example.com/s90", description="本周末", picture_url="https://example.com/s90.png"),
            content.mini_program("看车", appid=accounts["mini_program"].appid, page="pages/index/index", picture_media_id=media_id),
        ]
        corp.door.send_welcome(code, "您好，我是您的顾问", attachments)
        [told] = [one["content"] for one in corp.chats(external) if one["kind"] == "welcome"]
        assert told["text"]["content"] == "您好，我是您的顾问"
        assert [one["msgtype"] for one in told["attachments"]] == ["image", "link", "miniprogram"]
        with refused("41050", PERSON):
            corp.door.send_welcome(code, "再说一次")

    def test_comes_too_late_or_after_the_chat_began(self, corp: Corp) -> None:
        way = corp.door.add_contact_way(["adv114"], state="w")
        late, chatting = (scan(corp, way.config_id, corp.person())["external_userid"] for _ in range(2))
        codes = corp.welcome_code(late), corp.welcome_code(chatting)
        corp.chat("adv114", chatting)
        with refused("41051", PERSON):
            corp.door.send_welcome(codes[1], "您好")
        advance(corp.simulator, seconds=21)
        with refused("41050", PERSON):
            corp.door.send_welcome(codes[0], "您好")

    def test_says_something_and_not_too_much(self, corp: Corp) -> None:
        link = content.link("标题", "https://example.com")
        with pytest.raises(ValueError, match="text, attachments"):
            corp.door.send_welcome("code")
        with pytest.raises(ValueError, match="attachments"):
            corp.door.send_welcome("code", "您好", [link] * 10)
        for attachment in (content.image(media_id="gone"), content.video("gone"), content.file("gone")):
            with refused("40007", PERSON):
                corp.door.send_welcome("code", "您好", [attachment])


class TestCustomers:
    def test_are_listed_by_member(self, corp: Corp) -> None:
        assert {"adv115", "mgr001"} <= set(corp.door.customer_servers())
        assert "hidden01" not in corp.door.customer_servers()
        assert corp.door.customer_ids("adv115") == []
        added = [corp.befriend("adv115") for _ in range(2)]
        assert corp.door.customer_ids("adv115") == added

    def test_are_fetched_for_many_members_page_by_page(self, corp: Corp) -> None:
        people = [corp.person(f"客户{n}") for n in range(3)]
        expected = {(corp.befriend(userid, person), userid, person["unionid"]) for userid in ("adv116", "adv117") for person in people}
        told, cursor, pages = set(), "", 0
        while cursor or not pages:
            page = corp.door.customers_of(["adv116", "adv117"], cursor, limit=4)
            told |= {(one.customer.external_userid, one.follows[0].userid, one.customer.unionid) for one in page.items}
            cursor, pages = page.next_cursor, pages + 1
        assert (told, pages) == (expected, 2)
        with pytest.raises(ValueError, match="userids"):
            corp.door.customers_of(["adv116"] * 101)

    def test_have_a_unionid_only_when_the_corp_is_bound(self, corp: Corp) -> None:
        external = corp.befriend("adv115")
        assert corp.door.customer(external).customer.unionid
        with switched(corp.simulator, corp.door.account.appid, "wecom.unionid_bound", False):
            assert corp.door.customer(external).customer.unionid is None
        elsewhere = corp.does("staff/adv115/customers", user=corp.person()["id"], type=2)["external_userid"]
        told = corp.door.customer(elsewhere).customer
        assert (told.is_wechat, told.unionid) == (False, None)

    def test_have_followers_page_by_page(self, corp: Corp) -> None:
        person = corp.person()
        [external] = {corp.befriend(userid, person) for userid in ("adv120", "adv121", "adv122")}
        with limited(corp.simulator, "wecom.followers_page", 2):
            first = corp.door.customer(external)
            assert (len(first.follows), bool(first.next_cursor)) == (2, True)
            second = corp.door.customer(external, first.next_cursor)
        assert [one.userid for one in (*first.follows, *second.follows)] == ["adv120", "adv121", "adv122"]
        assert second.next_cursor == ""

    def test_are_noted_down(self, corp: Corp) -> None:
        external = corp.befriend("adv118")
        corp.door.remark_customer("adv118", external, remark="李先生", description="周六试驾", mobiles=["13812345678"])
        [follow] = corp.door.customer(external).follows
        assert (follow.remark, follow.description, follow.mobiles) == ("李先生", "周六试驾", ("13812345678",))
        corp.door.remark_customer("adv118", external, mobiles=[])
        [follow] = corp.door.customer(external).follows
        assert (follow.remark, follow.mobiles) == ("李先生", ())
        with refused("84061", PERSON):
            corp.door.remark_customer("adv119", external, remark="别人的客户")

    def test_that_nobody_has_are_refused(self, corp: Corp) -> None:
        with refused("40096", PERSON):
            corp.door.customer("wmUnknown")
        with refused("60111", PERSON):
            corp.door.customer_ids("nobody")
        with refused("60011", PERSON):
            corp.door.customer_ids("hidden01")
        external = corp.befriend("adv118")
        corp.does(f"staff/adv118/customers/{external}/delete", by="customer")
        with refused("84061", PERSON):
            corp.door.customer(external)

    def test_are_not_for_every_application(self, corp: Corp, simulator: Any) -> None:
        other, account = simulator.accounts["corp_apps"][0], corp.door.account
        account.secrets = {**account.secrets, "secret": other["secret"]}
        for call in (
            corp.door.customer_servers,
            lambda: corp.door.send_welcome("code", "您好"),
            lambda: corp.door.corp_tags(),
            lambda: corp.door.customer_group_ids(),
        ):
            with refused("48002", ACCOUNT):
                call()


class TestTags:
    def test_are_made_renamed_given_taken_and_deleted(self, corp: Corp) -> None:
        name = number("意向")
        group = corp.door.add_corp_tags(["高", "中"], group_name=name)
        assert (group.name, [tag.name for tag in group.tags]) == (name, ["高", "中"])
        high, middle = group.tags
        added = corp.door.add_corp_tags(["低"], group_id=group.group_id)
        assert [tag.name for tag in added.tags] == ["低"]
        corp.door.edit_corp_tag(high.tag_id, name="很高", order=9)
        corp.door.edit_corp_tag(group.group_id, name=f"{name}新")
        [read] = corp.door.corp_tags(group_ids=[group.group_id])
        assert (read.name, {tag.name for tag in read.tags}) == (f"{name}新", {"很高", "中", "低"})
        external = corp.befriend("adv119")
        corp.door.mark_tags("adv119", external, add=[high.tag_id, middle.tag_id])
        corp.door.mark_tags("adv119", external, remove=[middle.tag_id])
        assert corp.door.customer(external).follows[0].tag_ids == (high.tag_id,)
        assert corp.door.customers_of(["adv119"]).items[-1].follows[0].tag_ids == (high.tag_id,)
        corp.door.delete_corp_tags(tag_ids=[high.tag_id])
        assert corp.door.customer(external).follows[0].tag_ids == ()
        corp.door.delete_corp_tags(group_ids=[group.group_id])
        assert group.group_id not in {one.group_id for one in corp.door.corp_tags()}

    def test_are_found_by_tag(self, corp: Corp) -> None:
        group = corp.door.add_corp_tags(["一", "二"], group_name=number("组"))
        [found] = corp.door.corp_tags(tag_ids=[group.tags[1].tag_id])
        assert (found.group_id, [tag.name for tag in found.tags]) == (group.group_id, ["二"])

    def test_have_one_name_once(self, corp: Corp) -> None:
        group = corp.door.add_corp_tags(["一", "二"], group_name=number("组"))
        with refused("40071", PERSON):
            corp.door.add_corp_tags(["一"], group_id=group.group_id)
        with refused("40071", PERSON):
            corp.door.edit_corp_tag(group.tags[0].tag_id, name="二")
        with pytest.raises(ValueError, match="group_id"):
            corp.door.add_corp_tags(["三"])
        with pytest.raises(ValueError, match="group_name"):
            corp.door.add_corp_tags(["三"], group_id=group.group_id, group_name="两个")

    def test_that_are_not_there_are_refused(self, corp: Corp) -> None:
        external = corp.befriend("adv119")
        with refused("40068", PERSON):
            corp.door.edit_corp_tag("etNobody", name="无")
        with refused("40068", PERSON):
            corp.door.delete_corp_tags(tag_ids=["etNobody"])
        with refused("40068", PERSON):
            corp.door.mark_tags("adv119", external, add=["etNobody"])
        group = corp.door.add_corp_tags(["一"], group_name=number("组"))
        with refused("84061", PERSON):
            corp.door.mark_tags("adv118", external, add=[group.tags[0].tag_id])
