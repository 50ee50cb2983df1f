"""Checks of what users write and show, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from app.wechat.client import Outcome, WechatError
from app.wechat.endpoints.mini_program.safety import Media, Scene, Suggestion
from dev.testing import wait_until
from tests.wechat.contract.support import Person, advance, limited, refused

PERSON = Outcome.permanent_person
PICTURE = "https://marque.example.com/review/1.png"


@pytest.mark.parametrize(
    ("text", "suggestion", "label", "keywords"),
    [
        ("提车一个月，油耗七个多", Suggestion.passed, 100, ()),
        ("加微信返现三千", Suggestion.risky, 10001, ("加微信返现",)),
        ("我有内部渠道", Suggestion.review, 21000, ("内部渠道",)),
    ],
)
def test_a_text_has_a_verdict(visitor: Person, text: str, suggestion: Suggestion, label: int, keywords: tuple[str, ...]) -> None:
    verdict = visitor.door.check_text(visitor.openid, text, Scene.comment)
    assert (verdict.suggestion, verdict.label, verdict.keywords) == (suggestion, label, keywords)
    assert verdict.trace_id


def test_a_name_and_what_she_says_of_herself_are_looked_at_too(visitor: Person) -> None:
    for field in ("nickname", "signature", "title"):
        verdict = visitor.door.check_text(visitor.openid, "车主", Scene.profile, **{field: "代办假证"})
        assert (verdict.suggestion, verdict.label) == (Suggestion.risky, 20006)


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"openid": "nobody"}, "40003"), ({"text": "字" * 2501}, "45002"), ({"signature": "签名"}, "40097"), ({"text": ""}, "40097")],
)
def test_what_cannot_be_checked_is_refused(visitor: Person, changed: dict[str, Any], code: str) -> None:
    given = {"openid": visitor.openid, "text": "好", "scene": Scene.comment, **changed}
    with refused(code, PERSON):
        visitor.door.check_text(given.pop("openid"), given.pop("text"), given.pop("scene"), **given)


def test_whoever_was_not_there_for_two_hours_has_to_come_back_first(visitor: Person) -> None:
    advance(visitor.simulator, hours=2, minutes=1)
    with refused("61010", PERSON):
        visitor.door.check_text(visitor.openid, "好", Scene.comment)
    with refused("61010", PERSON):
        visitor.door.check_media(visitor.openid, PICTURE, Media.image, Scene.comment)
    visitor.login()
    assert visitor.door.check_text(visitor.openid, "好", Scene.comment).suggestion is Suggestion.passed


def test_a_picture_is_looked_at_later_under_the_number_that_was_told(visitor: Person) -> None:
    trace_id = visitor.door.check_media(visitor.openid, PICTURE, Media.image, Scene.comment)

    def answered() -> bool:
        checks = visitor.simulator.look(f"mini-programs/{visitor.appid}/media-checks")["media_checks"]
        return any(one["trace_id"] == trace_id and one["answered_at"] for one in checks)

    assert not answered()
    advance(visitor.simulator, seconds=5)
    wait_until(answered)


def test_a_picture_without_an_address_or_a_person_is_refused(visitor: Person) -> None:
    with refused("40097", PERSON):
        visitor.door.check_media(visitor.openid, "review/1.png", Media.image, Scene.comment)
    with refused("40003", PERSON):
        visitor.door.check_media("nobody", PICTURE, Media.audio, Scene.forum)


def test_beyond_the_quota_nothing_is_checked_until_the_next_minute(visitor: Person) -> None:
    with limited(visitor.simulator, "mini_program.sec_checks_per_minute", 0), refused("45009", Outcome.retry_later):
        visitor.door.check_text(visitor.openid, "好", Scene.social)
    with limited(visitor.simulator, "mini_program.media_checks_per_minute", 0), refused("45009", Outcome.retry_later):
        visitor.door.check_media(visitor.openid, PICTURE, Media.image, Scene.social)
    with pytest.raises(WechatError) as closed:
        visitor.door.check_media(visitor.openid, PICTURE, Media.image, Scene.social)
    assert closed.value.code == "quota"
    assert 0 < closed.value.retry_after <= 60
