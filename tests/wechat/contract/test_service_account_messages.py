"""Messages of the service account, over HTTP: templates, notices, answers, group sends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.wechat.client import Outcome
from app.wechat.endpoints.customer_service import Image, Link, Page, Text
from app.wechat.endpoints.service_account.group_sends import GroupMaterial, GroupText
from dev.testing import wait_until
from tests.wechat.contract.support import Person, advance, limited, number, refused, switched

PERSON, ACCOUNT, LATER = Outcome.permanent_person, Outcome.permanent_account, Outcome.retry_later
FIELDS = {"thing1": "意向车型", "amount2": "支付金额"}
DATA = {"thing1": "S90 B5 智远豪华版", "amount2": "1000元"}
PAGE = "pages/orders/detail?id=1"


def inbox(person: Person) -> list[dict[str, Any]]:
    """What she got from the account, newest first."""
    return list(person.sees("inbox")["messages"])


def put_template(follower: Person, kind: str) -> str:
    """A template of a kind, added by hand."""
    made = follower.simulator.ask(f"service-accounts/{follower.appid}/templates", kind=kind, title="订金支付成功通知", fields=FIELDS)
    return str(made["template_id"])


@pytest.fixture
def template(follower: Person) -> Iterator[str]:
    made = put_template(follower, "template")
    yield made
    if made in {one.template_id for one in follower.door.templates()}:
        follower.door.delete_template(made)


class TestTemplates:
    def test_one_key_is_one_message_with_its_way_on(self, follower: Person, template: str) -> None:
        key = number("m")
        told = [
            follower.door.send_template(
                follower.openid, template, DATA, client_msg_id=key, page=PAGE, url="https://marque.example.com/orders/1"
            )
            for _ in range(2)
        ]
        (message,) = inbox(follower)
        assert told == [message["msgid"]] * 2
        assert message["miniprogram"] == {"appid": follower.door.account.linked_appid, "pagepath": PAGE}
        assert message["url"] == "https://marque.example.com/orders/1"
        advance(follower.simulator, minutes=11)
        assert follower.door.send_template(follower.openid, template, DATA, client_msg_id=key) != told[0]

    @pytest.mark.parametrize(
        ("changed", "code", "outcome"),
        [
            ({"openid": "nobody"}, "40003", PERSON),
            ({"template_id": ""}, "40036", ACCOUNT),
            ({"template_id": "none"}, "40037", ACCOUNT),
            ({"data": {**DATA, "thing1": "字" * 21}}, "47003", PERSON),
            ({"data": {**DATA, "thing1": "一行\n两行"}}, "47003", PERSON),
            ({"page": "pages/nowhere"}, "40165", ACCOUNT),
        ],
    )
    def test_a_message_that_cannot_be_sent_is_refused(
        self, follower: Person, template: str, changed: Any, code: str, outcome: Outcome
    ) -> None:
        given = {"openid": follower.openid, "template_id": template, "data": DATA, "client_msg_id": number("m"), **changed}
        with refused(code, outcome):
            follower.door.send_template(**given)
        assert inbox(follower) == []

    def test_who_cannot_be_written_to_is_told_apart(self, follower: Person, stranger: Person, template: str) -> None:
        with refused("43004", PERSON):
            follower.door.send_template(stranger.openid, template, DATA, client_msg_id=number("m"))
        follower.does("restrict", blacklisted=True)
        with refused("43019", PERSON):
            follower.door.send_template(follower.openid, template, DATA, client_msg_id=number("m"))

    @pytest.mark.parametrize(("code", "outcome"), [("48001", ACCOUNT), ("48004", ACCOUNT), ("50002", ACCOUNT)])
    def test_an_account_that_lost_the_right_is_told_so(self, follower: Person, template: str, code: str, outcome: Outcome) -> None:
        taken = {"/cgi-bin/message/template/*": int(code)}
        with switched(follower.simulator, follower.appid, "service_account.withheld", taken), refused(code, outcome):
            follower.door.send_template(follower.openid, template, DATA, client_msg_id=number("m"))

    def test_too_often_to_one_person_is_for_later_and_nobody_else_waits(self, follower: Person, stranger: Person, template: str) -> None:
        stranger.does("follow")
        with limited(follower.simulator, "template.to_one_openid", 1):
            follower.door.send_template(follower.openid, template, DATA, client_msg_id=number("m"))
            with refused("43117", LATER):
                follower.door.send_template(follower.openid, template, DATA, client_msg_id=number("m"))
            assert follower.door.send_template(stranger.openid, template, DATA, client_msg_id=number("m"))

    def test_a_used_up_day_closes_the_tap(self, follower: Person, template: str) -> None:
        with limited(follower.simulator, "template.per_day", 0):
            with refused("45009", LATER):
                follower.door.send_template(follower.openid, template, DATA, client_msg_id=number("m"))
            with refused("quota", LATER):
                follower.door.send_template(follower.openid, template, DATA, client_msg_id=number("m"))

    def test_a_template_is_taken_from_the_library_withdrawn_and_deleted(self, follower: Person) -> None:
        door = follower.door
        template = door.add_template("43305", ["门店名称", "试驾车型"])
        found = {one.template_id: one for one in door.templates()}[template]
        assert (found.title, found.content.splitlines()) == ("试驾预约成功通知", ["门店名称:{{thing2.DATA}}", "试驾车型:{{thing1.DATA}}"])
        data = {"thing1": "S90", "thing2": "上海徐汇店"}
        assert door.send_template(follower.openid, template, data, client_msg_id=number("m"))
        follower.simulator.ask(f"service-accounts/{follower.appid}/templates/{template}", state="withdrawn")
        with refused("43116", ACCOUNT):
            door.send_template(follower.openid, template, data, client_msg_id=number("m"))
        door.delete_template(template)
        with refused("40037", ACCOUNT):
            door.delete_template(template)

    def test_what_the_library_does_not_have_or_there_is_no_room_for_is_refused(self, follower: Person) -> None:
        for short, keywords in (("1", ["车型"]), ("43305", ["车型"])):
            with refused("40097", PERSON):
                follower.door.add_template(short, keywords)
        with limited(follower.simulator, "template.in_use", 1), refused("45026", ACCOUNT):
            follower.door.add_template("43305", ["试驾车型"])


class TestNotices:
    @pytest.fixture
    def notice(self, follower: Person) -> str:
        return put_template(follower, "notice")

    def test_one_accept_is_one_notice_to_a_stranger_too(self, stranger: Person, notice: str) -> None:
        stranger.does("service/notices", answers=[{"template_id": notice, "answer": "accept"}])
        stranger.door.send_notice(stranger.openid, notice, DATA, page=PAGE, url="https://marque.example.com/n")
        (message,) = inbox(stranger)
        assert (message["miniprogram"]["pagepath"], message["url"]) == (PAGE, "https://marque.example.com/n")
        with refused("43101", PERSON):
            stranger.door.send_notice(stranger.openid, notice, DATA)

    @pytest.mark.parametrize(
        ("changed", "code", "outcome"),
        [
            ({"openid": "nobody"}, "40003", PERSON),
            ({"template_id": "none"}, "40037", ACCOUNT),
            ({"data": {"thing1": ""}}, "47003", PERSON),
            ({"page": "pages/nowhere"}, "40165", ACCOUNT),
        ],
    )
    def test_a_refusal_costs_no_accept(self, follower: Person, notice: str, changed: Any, code: str, outcome: Outcome) -> None:
        follower.does("service/notices", answers=[{"template_id": notice, "answer": "accept"}])
        with refused(code, outcome):
            follower.door.send_notice(**{"openid": follower.openid, "template_id": notice, "data": DATA, **changed})
        follower.door.send_notice(follower.openid, notice, DATA)

    def test_the_days_notices_are_used_up(self, follower: Person, notice: str) -> None:
        follower.does("service/notices", answers=[{"template_id": notice, "answer": "accept"}])
        with limited(follower.simulator, "notice.per_day", 0), refused("45009", LATER):
            follower.door.send_notice(follower.openid, notice, DATA)

    def test_an_account_without_a_linked_mini_program_sends_no_page_of_one(self, follower: Person, notice: str) -> None:
        follower.door.account.linked_appid = "wx0000000000000000"
        follower.does("service/notices", answers=[{"template_id": notice, "answer": "accept"}])
        with refused("40013", ACCOUNT):
            follower.door.send_notice(follower.openid, notice, DATA, page=PAGE)


class TestCustomerService:
    def picture(self, follower: Person) -> str:
        return str(follower.simulator.ask(f"service-accounts/{follower.appid}/media", type="image", title="车图")["media_id"])

    def test_what_she_reads_is_what_was_written(self, follower: Person) -> None:
        follower.does("service/message", text="在吗？")
        picture = self.picture(follower)
        for content in (
            Text("您好，请讲"),
            Image(picture),
            Link("S90", "到店有礼", "https://marque.example.com/s90", "https://marque.example.com/s90.png"),
            Page("预约试驾", "pages/index/index", picture),
        ):
            follower.door.answer(follower.openid, content)
        read = inbox(follower)
        assert [one["msgtype"] for one in reversed(read)] == ["text", "image", "link", "miniprogrampage"]
        assert read[0]["miniprogrampage"]["appid"] == follower.door.account.linked_appid

    def test_what_she_did_allows_so_many_answers_for_so_long(self, stranger: Person) -> None:
        with refused("45015", PERSON):
            stranger.door.answer(stranger.openid, Text("早"))
        for (what, said), times in ((("follow", {}), 3), (("service/message", {"text": "在吗？"}), 5)):
            stranger.does(what, **said)
            for _ in range(times):
                stranger.door.answer(stranger.openid, Text("在"))
            with refused("45047", PERSON):
                stranger.door.answer(stranger.openid, Text("在"))
        advance(stranger.simulator, hours=49)
        with refused("45015", PERSON):
            stranger.door.answer(stranger.openid, Text("晚"))

    @pytest.mark.parametrize(
        ("content", "code"),
        [(Text(""), "44004"), (Text("字" * 700), "45002"), (Image("none"), "40007"), (Page("页", PAGE, "none"), "40007")],
    )
    def test_an_answer_that_cannot_be_shown_is_refused(self, follower: Person, content: Any, code: str) -> None:
        follower.does("service/message", text="在吗？")
        with refused(code, PERSON):
            follower.door.answer(follower.openid, content)

    def test_a_page_is_one_of_the_linked_mini_program(self, follower: Person) -> None:
        follower.does("service/message", text="在吗？")
        with refused("40165", ACCOUNT):
            follower.door.answer(follower.openid, Page("页", "pages/nowhere", self.picture(follower)))
        follower.door.account.linked_appid = "wx0000000000000000"
        with refused("40013", ACCOUNT):
            follower.door.answer(follower.openid, Page("页", PAGE, self.picture(follower)))
        with refused("40003", PERSON):
            follower.door.answer("nobody", Text("在"))
        taken = {"/cgi-bin/message/custom/*": 48001}
        with switched(follower.simulator, follower.appid, "service_account.withheld", taken), refused("48001", ACCOUNT):
            follower.door.answer(follower.openid, Text("在"))


class TestGroupSends:
    @pytest.fixture
    def fans(self, follower: Person, stranger: Person) -> list[Person]:
        """Two followers."""
        stranger.does("follow")
        return [follower, stranger]

    def article(self, follower: Person) -> str:
        return str(follower.simulator.ask(f"service-accounts/{follower.appid}/media", type="mpnews", title="新车上市")["media_id"])

    def sent(self, follower: Person, msg_id: str) -> None:
        advance(follower.simulator, seconds=10)
        wait_until(lambda: follower.door.group_send_status(msg_id) == "SEND_SUCCESS")

    def test_one_key_is_one_send_to_everybody(self, follower: Person, fans: list[Person]) -> None:
        key = number("g")
        first = follower.door.send_to_followers(GroupText("周末到店有礼"), tag_id=None, client_msg_id=key)
        assert not first.is_repeated
        assert follower.door.group_send_status(first.msg_id) == "SENDING"
        with refused("45066", LATER):
            follower.door.send_to_followers(GroupText("周末到店有礼"), tag_id=None, client_msg_id=key)
        self.sent(follower, first.msg_id)
        advance(follower.simulator, minutes=2)
        again = follower.door.send_to_followers(GroupText("周末到店有礼"), tag_id=None, client_msg_id=key)
        assert (again.msg_id, again.is_repeated) == (first.msg_id, True)
        for fan in fans:
            assert [one["text"]["content"] for one in inbox(fan)] == ["周末到店有礼"]

    def test_a_tag_gets_what_is_for_it(self, follower: Person, fans: list[Person]) -> None:
        tag = follower.door.create_tag(number("群发"))
        follower.door.tag_people(tag.id, [fans[1].openid])
        send = follower.door.send_to_followers(GroupText("试驾邀请"), tag_id=tag.id, client_msg_id=number("g"))
        self.sent(follower, send.msg_id)
        assert (len(inbox(fans[0])), len(inbox(fans[1]))) == (0, 1)
        follower.door.delete_tag(tag.id)
        with refused("45159", PERSON):
            follower.door.send_to_followers(GroupText("试驾邀请"), tag_id=tag.id, client_msg_id=number("g"))

    def test_a_list_of_people_is_two_at_least_and_each_known(self, follower: Person, fans: list[Person]) -> None:
        openids = [fan.openid for fan in fans]
        send = follower.door.send_to_people(GroupMaterial("mpnews", self.article(follower)), openids, client_msg_id=number("g"))
        self.sent(follower, send.msg_id)
        assert [one["title"] for one in inbox(fans[1])] == ["新车上市"]
        follower.door.delete_group_send(send.msg_id)
        assert follower.door.group_send_status(send.msg_id) == "DELETE"
        for people, code in ((openids[:1], "40130"), ([*openids, "nobody"], "40003")):
            with refused(code, PERSON):
                follower.door.send_to_people(GroupText("好"), people, client_msg_id=number("g"))
        with pytest.raises(ValueError, match="10,000"):
            follower.door.send_to_people(GroupText("好"), openids * 5001, client_msg_id=number("g"))

    @pytest.mark.parametrize(
        ("message", "code"), [(GroupText(""), "44004"), (GroupText("字" * 700), "45002"), (GroupMaterial("mpnews", "none"), "40007")]
    )
    def test_what_cannot_be_shown_is_not_sent(self, follower: Person, fans: list[Person], message: Any, code: str) -> None:
        with refused(code, PERSON):
            follower.door.send_to_followers(message, tag_id=None, client_msg_id=number("g"))

    def test_the_fifth_of_a_month_waits_for_the_next(self, follower: Person, fans: list[Person]) -> None:
        openids = [fan.openid for fan in fans]
        with limited(follower.simulator, "group_send.per_person_and_month", 0), refused("45028", LATER):
            follower.door.send_to_people(GroupText("好"), openids, client_msg_id=number("g"))

    def test_one_person_looks_at_it_first(self, follower: Person, fans: list[Person]) -> None:
        follower.door.preview_group_send(GroupText("看看"), follower.openid)
        assert [one["text"]["content"] for one in inbox(follower)] == ["看看"]
        assert inbox(fans[1]) == []
        fans[1].does("unfollow")
        with refused("43004", PERSON):
            follower.door.preview_group_send(GroupText("看看"), fans[1].openid)

    def test_what_was_never_sent_has_no_status_and_no_article(self, follower: Person, fans: list[Person]) -> None:
        for call in (follower.door.group_send_status, follower.door.delete_group_send):
            with refused("40097", PERSON):
                call("12345")
        send = follower.door.send_to_followers(GroupText("好"), tag_id=None, client_msg_id=number("g"))
        with refused("40008", ACCOUNT):
            follower.door.delete_group_send(send.msg_id)
