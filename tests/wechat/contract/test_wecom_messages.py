"""Messages to members over HTTP: every kind, whom they do not reach, what happens to them later."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from app.wechat.client import CardReceipt, Outcome, WeCom
from app.wechat.endpoints.wecom.messages import EVERYBODY, Article
from tests.wechat.contract.support import advance, refused, switched
from tests.wechat.contract.wecom import Corp

PERSON, ACCOUNT, LATER = Outcome.permanent_person, Outcome.permanent_account, Outcome.retry_later
_tasks = itertools.count(1)
# One that nobody else writes to, so that her limit per minute is this module's.
HER = "adv100"


def card(**other: Any) -> dict[str, Any]:
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "新线索：S90", "desc": "上海徐汇店"},
        "task_id": f"contract-{next(_tasks)}",
        "button_list": [{"text": "接受", "style": 1, "key": "accept"}, {"text": "稍后回电", "style": 2, "key": "later"}],
        **other,
    }


@pytest.fixture(autouse=True)
def another_minute(corp: Corp) -> None:
    """What is over a member's limit is dropped without a word."""
    advance(corp.simulator, minutes=1)


KINDS: dict[str, tuple[Callable[[WeCom, str], CardReceipt], str, dict[str, Any]]] = {
    "text": (lambda door, text: door.send_text([HER], text), "text", {"content": "{}"}),
    "markdown": (lambda door, text: door.send_markdown([HER], text), "markdown", {"content": "{}"}),
    "textcard": (
        lambda door, text: door.send_text_card([HER], title=text, description="昨日", url="https://example.com/1", button="查看"),
        "textcard",
        {"title": "{}", "description": "昨日", "url": "https://example.com/1", "btntxt": "查看"},
    ),
    "news": (
        lambda door, text: door.send_news([HER], [Article(text, "https://example.com/2", picture_url="https://example.com/2.png")]),
        "news",
        {"articles": [{"title": "{}", "url": "https://example.com/2", "picurl": "https://example.com/2.png"}]},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reaches_her_once(corp: Corp, kind: str) -> None:
    send, name, expected = KINDS[kind]
    text = f"第{next(_tasks)}条"
    first = send(corp.door, text)
    assert first == send(corp.door, text)
    assert (first.response_code, first.invalid_userids) == (None, ())
    received = [message for message in corp.inbox(HER) if message["msgid"] == first.msgid]
    assert [message[name] for message in received] == [_filled(expected, text)]


def _filled(expected: Any, text: str) -> Any:
    if isinstance(expected, dict):
        return {name: _filled(value, text) for name, value in expected.items()}
    if isinstance(expected, list):
        return [_filled(value, text) for value in expected]
    return text if expected == "{}" else expected


def test_a_notice_opens_the_linked_mini_program(corp: Corp, accounts: Any) -> None:
    notice = {"title": "新的试驾预约", "page": "pages/leads/detail?id=1", "items": {"客户": "李女士", "车型": "S90"}, "stress_first": True}
    receipt = corp.door.send_mini_program_notice([HER], appid=accounts["mini_program"].appid, **notice)
    [told] = [one["miniprogram_notice"] for one in corp.inbox(HER) if one["msgid"] == receipt.msgid]
    assert told["content_item"] == [{"key": "客户", "value": "李女士"}, {"key": "车型", "value": "S90"}]
    assert (told["page"], told["emphasis_first_item"]) == ("pages/leads/detail?id=1", True)
    with refused("40013", ACCOUNT):
        corp.door.send_mini_program_notice([HER], appid="wx0000000000000000", title="新的试驾预约")


@pytest.mark.parametrize(
    ("content", "answered"),
    [
        ({"card_type": "text_notice", "main_title": {"title": "日报"}, "card_action": {"type": 1, "url": "https://example.com"}}, False),
        (
            {
                "card_type": "news_notice",
                "main_title": {"title": "新品"},
                "card_image": {"url": "https://example.com/1.png"},
                "card_action": {"type": 1, "url": "https://example.com"},
            },
            False,
        ),
        (card(), True),
        (
            {
                "card_type": "vote_interaction",
                "main_title": {"title": "满意度"},
                "checkbox": {"question_key": "q", "option_list": [{"id": "1", "text": "好"}]},
                "submit_button": {"text": "提交", "key": "submit"},
            },
            True,
        ),
        (
            {
                "card_type": "multiple_interaction",
                "main_title": {"title": "安排"},
                "select_list": [{"question_key": "q", "option_list": [{"id": "1", "text": "上午"}]}],
                "submit_button": {"text": "提交", "key": "submit"},
            },
            True,
        ),
    ],
    ids=["text", "news", "buttons", "vote", "choice"],
)
def test_cards_that_ask_can_be_updated_once(corp: Corp, content: dict[str, Any], answered: bool) -> None:
    receipt = corp.door.send_card([HER], {**content, "task_id": f"contract-{next(_tasks)}"})
    assert (receipt.response_code is not None) is answered
    if receipt.response_code:
        corp.door.update_card([HER], receipt.response_code, replace_name="已处理")
        assert corp.inbox(HER)[0]["replace_name"] == "已处理"
        with refused("40058", PERSON):
            corp.door.update_card([HER], receipt.response_code, replace_name="再一次")


def test_an_update_may_be_another_card_and_comes_within_three_days(corp: Corp) -> None:
    receipt, late = corp.door.send_card([HER], card()), corp.door.send_card([HER], card())
    assert receipt.response_code
    assert late.response_code
    done = {"card_type": "text_notice", "main_title": {"title": "已接受"}, "card_action": {"type": 1, "url": "https://example.com"}}
    corp.door.update_card([HER], receipt.response_code, card=done)
    [shown] = [one["template_card"] for one in corp.inbox(HER) if one["msgid"] == receipt.msgid]
    assert shown["main_title"]["title"] == "已接受"
    advance(corp.simulator, hours=73)
    with refused("40058", PERSON):
        corp.door.update_card([HER], late.response_code, replace_name="太晚")


def test_a_task_id_is_used_once(corp: Corp) -> None:
    first = card()
    corp.door.send_card([HER], first)
    with refused("42014", PERSON):
        corp.door.send_card([HER], {**first, "main_title": {"title": "另一张"}})


class TestWhoIsReached:
    def test_departments_and_tags_are_addressed_beside_members(self, corp: Corp) -> None:
        corp.does("wecom/member-tags/7", name="交付专家", userids=["adv101", "adv102"])
        receipt = corp.door.send_text([HER], "给标签", tag_ids=[7], party_ids=[3])
        for userid in (HER, "adv101", "adv102", "mgr001"):
            assert corp.inbox(userid)[0]["msgid"] == receipt.msgid
        assert receipt.invalid_party_ids == receipt.invalid_tag_ids == receipt.invalid_userids == ()

    def test_everybody_in_sight_may_be_addressed_at_once(self, corp: Corp, accounts: Any) -> None:
        receipt = corp.door.send_text(EVERYBODY, "全体通知")
        assert {corp.inbox(userid)[0]["msgid"] for userid in ("adv001", "mgr060")} == {receipt.msgid}
        with refused("40058", PERSON):
            corp.door.send_mini_program_notice(EVERYBODY, appid=accounts["mini_program"].appid, title="全体通知")

    def test_those_who_are_not_are_told_by_kind(self, corp: Corp) -> None:
        corp.does("wecom/members/adv103", licensed=False)
        receipt = corp.door.send_text([HER, "Hidden01", "nobody", "adv103"], "给一半", party_ids=[4, 99], tag_ids=[88])
        assert receipt.invalid_userids == ("hidden01", "nobody")
        assert (receipt.invalid_party_ids, receipt.invalid_tag_ids) == ((4, 99), (88,))
        assert receipt.unlicensed_userids == ("adv103",)

    def test_nobody_at_all_is_a_refusal(self, corp: Corp) -> None:
        with refused("81013", PERSON):
            corp.door.send_text(["hidden01"], "有客户取消了预订")
        with refused("82001", PERSON):
            corp.door.send_text([], "无人")

    def test_lists_that_are_too_long_never_leave(self, corp: Corp) -> None:
        for name, whom in {
            "userids": {"userids": ["adv100"] * 1001},
            "party_ids": {"userids": [], "party_ids": list(range(101))},
            "tag_ids": {"userids": [], "tag_ids": list(range(101))},
        }.items():
            with pytest.raises(ValueError, match=name):
                corp.door.send_text(text="太多", **whom)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="articles"):
            corp.door.send_news([HER], [Article("标题", "https://example.com")] * 9)
        with pytest.raises(ValueError, match="items"):
            corp.door.send_mini_program_notice([HER], appid="wx", title="标题标题", items={str(n): "值" for n in range(11)})
        with pytest.raises(ValueError, match="duplicate_check_seconds"):
            corp.door.send_text([HER], "太久", duplicate_check_seconds=4 * 3600 + 1)


class TestRefusals:
    def test_concern_the_message(self, corp: Corp) -> None:
        with refused("45002", PERSON):
            corp.door.send_text([HER], "字" * 700)
        with refused("44004", PERSON):
            corp.door.send_markdown([HER], "")
        with refused("40058", PERSON):
            corp.door.send_card([HER], card(button_list=[]))

    def test_concern_the_application(self, corp: Corp, simulator: Any) -> None:
        account = corp.door.account
        known = account.settings["agentid"]
        for code, agentid in (("40056", 42), ("301002", simulator.accounts["corp_apps"][0]["agentid"])):
            account.settings = {**account.settings, "agentid": agentid}
            with refused(code, ACCOUNT):
                corp.door.send_text([HER], "别人的应用")
        account.settings = {**account.settings, "agentid": known}
        with switched(simulator, account.appid, "wecom.app_disabled", True), refused("50003", ACCOUNT):
            corp.door.send_text([HER], "停用")

    def test_of_a_server_that_is_not_trusted_concern_the_account(self, corp: Corp) -> None:
        corp.simulator.ask("faults", ip_not_allowed={"path": "/cgi-bin/message/send", "times": 1})
        with refused("60020", ACCOUNT):
            corp.door.send_text([HER], "不在可信 IP")


def test_a_message_is_taken_back_within_a_day(corp: Corp) -> None:
    receipt, late = corp.door.send_text([HER], "发错了"), corp.door.send_text([HER], "也发错了")
    corp.door.recall(receipt.msgid)
    assert receipt.msgid not in {one["msgid"] for one in corp.inbox(HER)}
    advance(corp.simulator, hours=25)
    with refused("40058", PERSON):
        corp.door.recall(late.msgid)
