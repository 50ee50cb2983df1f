"""Messages of the mini-program, over HTTP: each for one accept, live notices for a payment, answers while she is there."""

from __future__ import annotations

from typing import Any

import pytest

from app.wechat.client import Outcome
from app.wechat.endpoints.customer_service import Image, Link, Page, Text
from app.wechat.endpoints.mini_program.live_notices import NoticeType
from tests.wechat.contract.support import Person, Shop, advance, limited, refused, switched

PERSON, ACCOUNT = Outcome.permanent_person, Outcome.permanent_account
FIELDS = {"thing1": "预订车型", "amount2": "支付金额", "time3": "支付时间"}
DATA = {"thing1": "S90 B5 智远豪华版", "amount2": "1000元", "time3": "2026年11月21日 10:00"}
PAGE = "pages/orders/detail?id=1"


@pytest.fixture
def template(visitor: Person) -> str:
    """A template of the account's."""
    made: str = visitor.simulator.ask(f"mini-programs/{visitor.appid}/templates", title="预订进度提醒", fields=FIELDS)["template_id"]
    return made


def accepts(visitor: Person, template: str, times: int = 1) -> None:
    for _ in range(times):
        visitor.does("subscribe", answers=[{"template_id": template, "answer": "accept"}])


class TestSubscribeMessages:
    def test_one_accept_is_one_message(self, visitor: Person, template: str) -> None:
        accepts(visitor, template)
        msgid = visitor.door.send_subscribe(visitor.openid, template, DATA, page=PAGE, state="trial", lang="zh_HK")
        (notice,) = visitor.sees("notices")["notices"]
        assert (notice["msgid"], notice["page"], notice["miniprogram_state"], notice["lang"]) == (msgid, PAGE, "trial", "zh_HK")
        assert {field["key"]: field["value"] for field in notice["fields"]} == DATA
        with refused("43101", PERSON):
            visitor.door.send_subscribe(visitor.openid, template, DATA)

    @pytest.mark.parametrize(
        ("changed", "code", "outcome"),
        [
            ({"openid": "nobody"}, "40003", PERSON),
            ({"template_id": "none"}, "40037", ACCOUNT),
            ({"page": "pages/nowhere"}, "41030", ACCOUNT),
            ({"data": {**DATA, "thing1": "字" * 21}}, "47003", PERSON),
            ({"data": {**DATA, "thing1": ""}}, "47003", PERSON),
            ({"data": {"thing1": "只有一个"}}, "47003", PERSON),
        ],
    )
    def test_a_refusal_costs_no_accept(self, visitor: Person, template: str, changed: Any, code: str, outcome: Outcome) -> None:
        accepts(visitor, template)
        given = {"openid": visitor.openid, "template_id": template, "data": DATA, **changed}
        with refused(code, outcome):
            visitor.door.send_subscribe(**given)
        assert visitor.door.send_subscribe(visitor.openid, template, DATA)

    def test_a_ban_and_a_used_up_day_are_told_apart(self, visitor: Person, template: str) -> None:
        accepts(visitor, template)
        with switched(visitor.simulator, visitor.appid, "mini_program.subscribe_banned", True), refused("43107", ACCOUNT):
            visitor.door.send_subscribe(visitor.openid, template, DATA)
        with limited(visitor.simulator, "mini_program.subscribe_messages_per_day_with_pay", 0), refused("45009", Outcome.retry_later):
            visitor.door.send_subscribe(visitor.openid, template, DATA)

    def test_a_template_from_the_library_is_used_and_taken_away(self, visitor: Person) -> None:
        template = visitor.door.add_subscribe_template("4202", [1, 2, 3], "试驾预约")
        found = {one.template_id: one for one in visitor.door.subscribe_templates()}[template]
        assert (found.title, found.content.splitlines()[0]) == ("试驾预约提醒", "试驾车型:{{thing1.DATA}}")
        accepts(visitor, template)
        data = {"thing1": "S90", "thing2": "上海徐汇店", "time3": "2026年11月22日 10:00"}
        assert visitor.door.send_subscribe(visitor.openid, template, data)
        visitor.door.delete_subscribe_template(template)
        assert template not in {one.template_id for one in visitor.door.subscribe_templates()}
        with refused("40037", ACCOUNT):
            visitor.door.send_subscribe(visitor.openid, template, data)
        with refused("200014", PERSON):
            visitor.door.delete_subscribe_template("none")

    @pytest.mark.parametrize(
        ("tid", "keywords", "description", "code"),
        [("1", [1, 2], "试驾", "200014"), ("4202", [1, 9], "试驾", "200020"), ("4202", [1, 2], "字" * 16, "200021")],
    )
    def test_a_template_that_the_library_does_not_have_is_refused(
        self, visitor: Person, tid: str, keywords: list[int], description: str, code: str
    ) -> None:
        with refused(code, PERSON):
            visitor.door.add_subscribe_template(tid, keywords, description)

    def test_an_account_has_so_many_templates_and_no_more(self, visitor: Person) -> None:
        with limited(visitor.simulator, "mini_program.templates", 0), refused("200012", ACCOUNT):
            visitor.door.add_subscribe_template("4202", [1, 2], "试驾")


class TestLiveNotices:
    KIND = NoticeType.picked_up
    CONTENT = {"status": "待到店", "title": "S90 B5"}

    def test_a_payment_has_one_card_that_is_written_again(self, visitor: Person, shop: Shop) -> None:
        paid, door = shop.paid(), visitor.door
        added = door.add_subscribe_template("10000002", [], "预订进度")
        assert door.live_notice(visitor.openid, paid.transaction_id, self.KIND).content is None
        with refused("85437", PERSON):
            door.extend_live_notice(visitor.openid, paid.transaction_id, self.KIND, extension={"remark": "带身份证"})
        check = {"pay_amount": paid.amount_fen}
        for status in ("待到店", "已到店"):
            door.set_live_notice(visitor.openid, paid.transaction_id, self.KIND, content={"status": status}, check=check)
        door.extend_live_notice(visitor.openid, paid.transaction_id, self.KIND, extension={"remark": "带身份证"})
        notice = door.live_notice(visitor.openid, paid.transaction_id, self.KIND)
        assert (notice.content, notice.state) == ({"status": "已到店"}, 1)
        cards = [one for one in visitor.sees("notices")["notices"] if "card" in one]
        assert [one["card"] for one in cards] == [{"status": "已到店"}]
        advance(shop.simulator, days=31)
        with refused("85437", PERSON):
            door.set_live_notice(visitor.openid, paid.transaction_id, self.KIND, content=self.CONTENT)
        door.delete_subscribe_template(added)

    def test_only_what_was_paid_by_her_and_has_its_template_gets_a_card(self, visitor: Person, shop: Shop) -> None:
        paid, door = shop.paid(), visitor.door
        check = {"pay_amount": paid.amount_fen}
        with refused("40037", ACCOUNT):
            door.set_live_notice(visitor.openid, paid.transaction_id, NoticeType.virtual, content=self.CONTENT, check=check)
        added = door.add_subscribe_template("10000003", [], "预订进度")
        given = {"kind": NoticeType.virtual, "content": self.CONTENT}
        with refused("85437", PERSON):
            door.set_live_notice(visitor.openid, "4200000000000000000000000000", **given, check=check)
        with refused("40003", PERSON):
            door.set_live_notice("nobody", paid.transaction_id, **given, check=check)
        with refused("40097", PERSON):
            door.set_live_notice(visitor.openid, paid.transaction_id, **given, check={"pay_amount": 1})
        with refused("85437", PERSON):
            door.live_notice(visitor.openid, "4200000000000000000000000000", NoticeType.virtual)
        door.delete_subscribe_template(added)


class TestCustomerService:
    def test_what_she_reads_is_what_was_written(self, visitor: Person) -> None:
        visitor.does("chat", text="在吗？")
        picture = visitor.simulator.ask(f"mini-programs/{visitor.appid}/media")["media_id"]
        answers = [
            Text("您好，请讲"),
            Image(picture),
            Link("S90", "到店有礼", "https://marque.example.com/s90", "https://marque.example.com/s90.png"),
            Page("预约试驾", "pages/index/index?from=chat", picture),
        ]
        for content in answers:
            visitor.door.answer(visitor.openid, content)
        read = [one for one in visitor.sees("chat")["messages"] if not one["from_user"]]
        assert [one["msgtype"] for one in reversed(read)] == ["text", "image", "link", "miniprogrampage"]
        assert read[-1]["content"] == {"content": "您好，请讲"}
        assert read[0]["content"]["pagepath"] == "pages/index/index?from=chat"

    def test_five_answers_to_what_she_wrote_and_two_to_her_coming_in(self, visitor: Person) -> None:
        with refused("45015", PERSON):
            visitor.door.answer(visitor.openid, Text("早"))
        for opened, times in ({"text": "在吗？"}, 5), ({"enter": True}, 2):
            visitor.does("chat", **opened)
            for _ in range(times):
                visitor.door.answer(visitor.openid, Text("在"))
            with refused("45047", PERSON):
                visitor.door.answer(visitor.openid, Text("在"))
        advance(visitor.simulator, hours=49)
        with refused("45015", PERSON):
            visitor.door.answer(visitor.openid, Text("晚"))

    @pytest.mark.parametrize(
        ("content", "code", "outcome"),
        [
            (Text("字" * 700), "45002", PERSON),
            (Image("none"), "40007", PERSON),
            (Page("页", "pages/nowhere", "none"), "40007", PERSON),
        ],
    )
    def test_an_answer_that_cannot_be_shown_is_refused(self, visitor: Person, content: Any, code: str, outcome: Outcome) -> None:
        visitor.does("chat", text="在吗？")
        with refused(code, outcome):
            visitor.door.answer(visitor.openid, content)

    def test_whom_nobody_knows_or_who_may_not_write_is_refused(self, visitor: Person) -> None:
        visitor.does("chat", text="在吗？")
        with refused("40003", PERSON):
            visitor.door.answer("nobody", Text("在"))
        picture = visitor.simulator.ask(f"mini-programs/{visitor.appid}/media")["media_id"]
        with refused("40165", ACCOUNT):
            visitor.door.answer(visitor.openid, Page("页", "pages/nowhere", picture))
        with switched(visitor.simulator, visitor.appid, "mini_program.customer_service_withdrawn", True), refused("48001", ACCOUNT):
            visitor.door.answer(visitor.openid, Text("在"))
