"""Checks of texts and media: who may be checked, what is found, and when the answer comes."""

from typing import Any

import pytest

from tests.platform_sim.mini import console, contents, did, fresh_minute, limited, openid, pushed, switched, visitor
from tests.platform_sim.support import Simulator, wait_until

TEXT, MEDIA = "/wxa/msg_sec_check", "/wxa/media_check_async"


def text_check(sim: Simulator, user: dict[str, Any], content: str = "这台车开了三个月，很满意", **more: Any) -> dict[str, Any]:
    return dict(sim.api(TEXT, {"version": 2, "openid": openid(sim, user), "scene": 2, "content": content, **more}))


def media_check(sim: Simulator, user: dict[str, Any], url: str = "https://img.example.com/a.jpg", **more: Any) -> dict[str, Any]:
    return dict(sim.api(MEDIA, {"version": 2, "openid": openid(sim, user), "scene": 1, "media_url": url, "media_type": 2, **more}))


def test_an_ordinary_text_passes(sim: Simulator) -> None:
    answer = text_check(sim, visitor(sim))
    assert (answer["errcode"], answer["result"]) == (0, {"suggest": "pass", "label": 100})
    assert answer["trace_id"]
    assert [one["strategy"] for one in answer["detail"]] == ["content_model"]


def test_every_planted_word_is_found_with_its_label(sim: Simulator) -> None:
    user, words = visitor(sim), console(sim, "/sec-words")["words"]
    assert {suggest for suggest, _ in words.values()} == {"risky", "review"}
    for word, (suggest, label) in words.items():
        answer = text_check(sim, user, f"前面{word}后面")
        assert answer["result"] == {"suggest": suggest, "label": label}
        assert answer["detail"][1] | {"level": 20} == {
            "strategy": "keyword", "errcode": 0, "suggest": suggest, "label": label, "level": 20, "keyword": word,
        }  # fmt: skip


@pytest.mark.parametrize("field", ["title", "nickname"])
def test_title_and_nickname_are_checked_too(sim: Simulator, field: str) -> None:
    assert text_check(sim, visitor(sim), **{field: "刷单返利"})["result"]["suggest"] == "risky"


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"version": 1}, 40097),
        ({"version": "2"}, 47001),
        ({"scene": 5}, 40129),
        ({"scene": "2"}, 47001),
        ({"openid": "o-nobody"}, 40003),
        ({"content": ""}, 40097),
        ({"content": "字" * 2501}, 45002),
        ({"content": "字" * 2500}, 0),
        ({"signature": "签名"}, 40097),
        ({"signature": "签名", "scene": 1}, 0),
        ({"contents": "x"}, 40097),
    ],
)
def test_a_wrong_text_check_is_refused(sim: Simulator, changed: dict[str, Any], errcode: int) -> None:
    assert text_check(sim, visitor(sim), **changed)["errcode"] == errcode


@pytest.mark.parametrize("missing", ["version", "openid", "scene", "content"])
def test_a_text_check_needs_all_of_it(sim: Simulator, missing: str) -> None:
    body = {"version": 2, "openid": openid(sim, visitor(sim)), "scene": 2, "content": "好"}
    del body[missing]
    assert sim.api(TEXT, body)["errcode"] in (40097, 40003, 40129)


def test_only_who_was_there_within_two_hours_can_be_checked(sim: Simulator) -> None:
    user = visitor(sim)
    assert text_check(sim, sim.user())["errcode"] == 61010
    sim.advance(7199)
    assert text_check(sim, user)["errcode"] == 0
    sim.advance(2)
    assert (text_check(sim, user)["errcode"], media_check(sim, user)["errcode"]) == (61010, 61010)
    did(sim, user, "chat", text="我回来了")
    assert text_check(sim, user)["errcode"] == 0


def test_texts_are_limited_by_minute_and_by_day(sim: Simulator) -> None:
    user = visitor(sim)
    fresh_minute(sim)
    with limited(sim, "sec_checks_per_minute", 1):
        assert [text_check(sim, user)["errcode"] for _ in range(2)] == [0, 45009]
    with limited(sim, "sec_checks_per_day", 0):
        assert text_check(sim, user)["errcode"] == 45009


@pytest.mark.parametrize(
    ("url", "suggest", "errcode"),
    [
        ("https://img.example.com/a.jpg", "pass", 0),
        ("https://img.example.com/risky.jpg", "risky", 0),
        ("https://img.example.com/review.jpg", "review", 0),
        ("https://img.example.com/unreachable.jpg", "pass", -1008),
    ],
)
def test_the_result_of_a_media_check_is_pushed_later(sim: Simulator, url: str, suggest: str, errcode: int) -> None:
    user = visitor(sim)
    with limited(sim, "media_check_seconds", 1800):
        answer = media_check(sim, user, url)
    assert answer["errcode"] == 0
    (asked,) = [one for one in console(sim, "/media-checks")["media_checks"] if one["trace_id"] == answer["trace_id"]]
    assert (asked["media_url"], asked["answered_at"]) == (url, None)
    sim.advance(1800)
    (event,) = pushed(sim, user, "wxa_media_check")
    assert (event["trace_id"], event["appid"], event["result"]["suggest"]) == (answer["trace_id"], sim.mini["appid"], suggest)
    assert (event["version"], event["detail"]["errcode"]) == ("2", str(errcode))
    assert console(sim, "/media-checks")["media_checks"][0]["answered_at"] is not None


def test_in_json_the_details_are_a_list_and_the_numbers_are_numbers(sim: Simulator) -> None:
    user = visitor(sim)
    with switched(sim, "push_format", "json"):
        trace_id = media_check(sim, user, "https://img.example.com/risky.jpg")["trace_id"]
        sim.advance(1800)
        (event,) = wait_until(
            lambda: [one for one in contents(sim) if one.get("trace_id") == trace_id], what="the result of the check is pushed"
        )
    assert (event["version"], event["result"]) == (2, {"suggest": "risky", "label": 20002})
    assert isinstance(event["detail"], list)


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"media_url": "ftp://img.example.com/a.jpg"}, 40097),
        ({"media_url": ""}, 40097),
        ({"media_type": 3}, 40097),
        ({"media_type": "2"}, 47001),
        ({"version": 1}, 40097),
        ({"scene": 0}, 40129),
        ({"openid": "o-nobody"}, 40003),
    ],
)
def test_a_wrong_media_check_is_refused(sim: Simulator, changed: dict[str, Any], errcode: int) -> None:
    assert media_check(sim, visitor(sim), **changed)["errcode"] == errcode


def test_media_are_limited_by_minute_and_by_day(sim: Simulator) -> None:
    user = visitor(sim)
    fresh_minute(sim)
    with limited(sim, "media_checks_per_minute", 1):
        assert [media_check(sim, user)["errcode"] for _ in range(2)] == [0, 45009]
    with limited(sim, "media_checks_per_day", 0):
        assert media_check(sim, user)["errcode"] == 45009
