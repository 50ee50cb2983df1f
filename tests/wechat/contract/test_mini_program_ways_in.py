"""Ways into the mini-program, over HTTP: codes, links, schemes, and where they lead whoever uses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from app.wechat.client import Outcome
from tests.wechat.contract.support import Person, advance, limited, now, refused

PERSON = Outcome.permanent_person
HOME, DETAIL = "pages/index/index", "pages/vehicles/detail"


def test_who_scans_a_code_arrives_where_it_leads_with_its_scene(visitor: Person) -> None:
    picture = visitor.door.mini_program_code("s=3kT9&d=(1)", DETAIL, width=600, color=(0, 82, 217), transparent=True)
    assert picture.startswith(b"\x89PNG")
    arrived = visitor.does("scan-code", scene="s=3kT9&d=(1)", page=DETAIL)
    assert (arrived["path"], arrived["query"]) == (DETAIL, {"scene": "s%3D3kT9%26d%3D%281%29"})
    assert picture != visitor.door.mini_program_code("s=3kT9&d=(1)", DETAIL, width=600)
    assert visitor.door.mini_program_code("home").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("scene", "page", "options", "code", "outcome"),
    [
        ("x" * 33, HOME, {}, "40169", PERSON),
        ("分享", HOME, {}, "40129", PERSON),
        ("a%20b", HOME, {}, "40129", PERSON),
        ("s", "pages/nowhere", {}, "41030", Outcome.permanent_account),
        ("s", f"/{HOME}", {}, "41030", Outcome.permanent_account),
        ("s", HOME, {"width": 100}, "40097", PERSON),
    ],
)
def test_a_code_that_could_not_be_scanned_is_not_drawn(
    visitor: Person, scene: str, page: str, options: Any, code: str, outcome: Outcome
) -> None:
    with refused(code, outcome):
        visitor.door.mini_program_code(scene, page, **options)


def test_a_page_that_is_not_published_yet_has_a_code_when_nobody_checks(visitor: Person) -> None:
    assert visitor.door.mini_program_code("s", "pages/next/season", check_path=False, version="develop").startswith(b"\x89PNG")


def test_codes_beyond_the_minutes_quota_are_not_even_asked_for(visitor: Person) -> None:
    with limited(visitor.simulator, "mini_program.codes_per_minute", 0):
        with refused("45009", Outcome.retry_later):
            visitor.door.mini_program_code("s", HOME)
        with refused("quota", Outcome.retry_later):
            visitor.door.mini_program_code("s", HOME)


@pytest.fixture(params=["url_link", "scheme"])
def make(request: pytest.FixtureRequest, visitor: Person) -> Callable[..., str]:
    """Either way to make an address."""
    made: Callable[..., str] = getattr(visitor.door, request.param)
    return made


def test_both_kinds_of_address_look_as_wechat_makes_them(visitor: Person) -> None:
    assert visitor.door.url_link(DETAIL, days=1).startswith("https://wxaurl.cn/")
    assert visitor.door.scheme(DETAIL, days=1).startswith("weixin://dl/business/?t=")


def test_an_address_leads_in_until_its_end(visitor: Person, make: Callable[..., str]) -> None:
    days = make(DETAIL, "id=7&share=3kT9", days=2)
    moment = make(HOME, until=now(visitor.simulator) + timedelta(hours=3))
    outside = visitor.does("open-link", link=days)
    assert (outside["path"], outside["query"], outside["scene"]) == (DETAIL, "id=7&share=3kT9", 1194)
    assert visitor.does("open-link", link=days, inside=True)["scene"] == 1167
    assert visitor.does("open-link", link=moment)["path"] == HOME
    advance(visitor.simulator, hours=4)
    assert visitor.does("open-link", link=days)["path"] == DETAIL
    with pytest.raises(requests.HTTPError):
        visitor.does("open-link", link=moment)


@pytest.mark.parametrize(
    ("path", "query", "days", "code", "outcome"),
    [
        ("pages/nowhere", "", 1, "40165", Outcome.permanent_account),
        (HOME, "q" * 1025, 1, "40212", PERSON),
        (HOME, "", 31, "85401", PERSON),
        (HOME, "", 0, "85401", PERSON),
    ],
)
def test_an_address_that_would_not_work_is_refused(
    make: Callable[..., str], path: str, query: str, days: int, code: str, outcome: Outcome
) -> None:
    with refused(code, outcome):
        make(path, query, days=days)


def test_an_address_says_once_when_it_ends(visitor: Person, make: Callable[..., str]) -> None:
    for wrong in ({}, {"days": 1, "until": now(visitor.simulator)}):
        with pytest.raises(ValueError, match="days"):
            make(HOME, **wrong)


def test_the_days_addresses_are_used_up(visitor: Person, make: Callable[..., str]) -> None:
    with limited(visitor.simulator, "mini_program.links_per_day", 0), refused("45009", Outcome.retry_later):
        make(HOME, days=1)
