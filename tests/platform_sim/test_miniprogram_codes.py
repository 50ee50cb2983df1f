"""Mini-program codes and links beyond the happy path: quotas, wrong bodies, what opens when somebody scans or taps."""

from typing import Any

import pytest

from tests.platform_sim.mini import console, did, does, fresh_minute, limited, now
from tests.platform_sim.support import API, Simulator

CODE, LINK, SCHEME = "/wxa/getwxacodeunlimit", "/wxa/generate_urllink", "/wxa/generatescheme"
DAY = 86400
PAGE = "pages/index/index"


def drawn(sim: Simulator, **body: Any) -> int:
    """0 for a picture, else the errcode."""
    answer = sim.call(API, "POST", CODE, body={"scene": "s=abc", **body}, access_token=sim.token()["access_token"])
    return 0 if answer.headers["Content-Type"] == "image/png" else int(answer.json()["errcode"])


def page(sim: Simulator) -> str:
    (mini,) = [one for one in sim.get("world")["accounts"] if one["appid"] == sim.mini["appid"]]
    return str(mini["pages"][0])


def link(sim: Simulator, **body: Any) -> dict[str, Any]:
    return dict(sim.api(LINK, {"expire_type": 1, "expire_interval": 30, **body}))


def scheme(sim: Simulator, **body: Any) -> dict[str, Any]:
    return dict(sim.api(SCHEME, {"is_expire": True, "expire_type": 1, "expire_interval": 1, **body}))


def test_more_codes_in_a_minute_than_allowed_are_refused_until_the_next(sim: Simulator) -> None:
    fresh_minute(sim)
    with limited(sim, "codes_per_minute", 2):
        assert [drawn(sim, width=280) for _ in range(3)] == [0, 0, 45009]
        sim.advance(60)
        assert drawn(sim, width=280) == 0


def test_pages_that_are_not_published_are_counted_once_each(sim: Simulator) -> None:
    with limited(sim, "unchecked_pages", 2):
        unchecked = {"check_path": False, "width": 280}
        assert [drawn(sim, page=f"pages/unborn/{n}", **unchecked) for n in (1, 2, 2, 3, 1)] == [0, 0, 0, 45009, 0]
        assert drawn(sim, page=page(sim), **unchecked) == 0


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"check_path": "true"}, 47001),
        ({"width": "430"}, 47001),
        ({"width": 1281}, 40097),
        ({"line_color": {"r": 1, "g": 2, "b": 3, "a": 4}}, 40097),
        ({"line_color": "red"}, 47001),
        ({"line_color": {"r": "256"}}, 40097),
        ({"line_color": {"r": "0", "g": "128", "b": "255"}}, 0),
        ({"is_hyaline": 1}, 47001),
        ({"page": ""}, 0),
        ({"scene": "!#$&'()*+,/:;=?@-._~"}, 0),
        ({"scene": "x" * 32}, 0),
    ],
)
def test_every_field_of_a_code_has_its_type_and_range(sim: Simulator, changed: dict[str, Any], errcode: int) -> None:
    assert drawn(sim, **changed) == errcode


def test_a_scanned_code_opens_its_page_with_the_scene_url_encoded(sim: Simulator) -> None:
    user, scene = sim.user(), "d=12&s=ab"
    assert drawn(sim, scene=scene, page=page(sim)) == 0
    opened = did(sim, user, "scan-code", scene=scene, page=page(sim))
    assert (opened["path"], opened["query"], opened["scene"]) == (page(sim), {"scene": "d%3D12%26s%3Dab"}, 1047)
    assert does(sim, user, "scan-code", scene="never-drawn", page=page(sim)).status_code == 404


def test_the_same_code_is_listed_once_however_often_it_was_drawn(sim: Simulator) -> None:
    for _ in range(2):
        drawn(sim, scene="twice", width=280)
    listed = console(sim, "/codes", limit=1000)["codes"]
    assert len([one for one in listed if one["scene"] == "twice"]) == 1
    assert [one["id"] for one in listed] == sorted((one["id"] for one in listed), reverse=True)
    assert console(sim, "/codes", limit=1, after=listed[0]["id"])["codes"] == listed[1:2]


def test_a_link_opens_the_page_with_its_query_from_outside_and_inside(sim: Simulator) -> None:
    user = sim.user()
    url = link(sim, path=f"/{page(sim)}", query="share=1&from=sms")["url_link"]
    assert url.startswith("https://wxaurl.cn/")
    outside, inside = did(sim, user, "open-link", link=url), did(sim, user, "open-link", link=url, inside=True)
    assert (outside["path"], outside["query"], outside["scene"], inside["scene"]) == (page(sim), "share=1&from=sms", 1194, 1167)
    (kept,) = [one for one in console(sim, "/links")["links"] if one["link"] == url]
    assert kept["opened"] == 2


def test_a_scheme_opens_the_home_page_when_it_names_none(sim: Simulator) -> None:
    answer = scheme(sim)
    assert answer["openlink"].startswith("weixin://dl/business/?t=")
    assert did(sim, sim.user(), "open-link", link=answer["openlink"])["path"] == page(sim)


def test_what_follows_cq_joins_the_query(sim: Simulator) -> None:
    url = link(sim, query="a=1")["url_link"]
    assert did(sim, sim.user(), "open-link", link=f"{url}?cq=b%3D2")["query"] == "a=1&b=2"
    opened = scheme(sim, jump_wxa={"path": page(sim), "query": ""})["openlink"]
    assert did(sim, sim.user(), "open-link", link=f"{opened}&cq=b%3D2")["query"] == "b=2"


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"expire_interval": 31}, 85401),
        ({"expire_interval": 0}, 85401),
        ({"expire_interval": "30"}, 47001),
        ({"expire_type": 2}, 85401),
        ({"expire_type": 0}, 85401),
        ({"is_expire": False}, 85400),
        ({"path": "pages/unborn/index"}, 40165),
        ({"path": f"{PAGE}?a=1"}, 40165),
        ({"query": "q" * 1025}, 40212),
        ({"query": "q" * 1024}, 0),
        ({"env_version": "beta"}, 85402),
        ({"cloud_base": {"env": "x"}}, 40097),
        ({"urllink": 1}, 40097),
    ],
)
def test_a_wrong_link_is_refused(sim: Simulator, body: dict[str, Any], errcode: int) -> None:
    assert link(sim, **body)["errcode"] == errcode


@pytest.mark.parametrize(("seconds", "errcode"), [(30 * DAY + 60, 85401), (10, 85401), (-5, 85401), (30 * DAY - 60, 0), (120, 0)])
def test_the_end_of_a_link_lies_between_a_minute_and_thirty_days_ahead(sim: Simulator, seconds: int, errcode: int) -> None:
    end = int(now(sim).timestamp()) + seconds
    assert sim.api(LINK, {"expire_type": 0, "expire_time": end})["errcode"] == errcode


def test_a_link_or_scheme_for_ever_is_no_longer_given(sim: Simulator) -> None:
    assert sim.api(LINK, {"path": page(sim)})["errcode"] == 85400
    assert sim.api(SCHEME, {"jump_wxa": {"path": page(sim)}})["errcode"] == 85400


def test_an_old_link_opens_nothing(sim: Simulator) -> None:
    url = link(sim, expire_interval=1)["url_link"]
    sim.advance(DAY + 1)
    assert does(sim, sim.user(), "open-link", link=url).json()["error"] == "链接已过期"
    assert does(sim, sim.user(), "open-link", link="https://wxaurl.cn/never").status_code == 404


def test_links_and_schemes_are_counted_together_by_the_day(sim: Simulator) -> None:
    sim.advance(DAY)
    with limited(sim, "links_per_day", 2):
        assert [link(sim)["errcode"], scheme(sim)["errcode"], link(sim)["errcode"], scheme(sim)["errcode"]] == [0, 0, 45009, 45009]
        sim.advance(DAY)
        assert scheme(sim)["errcode"] == 0


def test_the_openings_of_a_day_have_an_end_too(sim: Simulator) -> None:
    sim.advance(DAY)
    url, user = link(sim)["url_link"], sim.user()
    with limited(sim, "link_opens_per_day", 1):
        did(sim, user, "open-link", link=url)
        assert does(sim, user, "open-link", link=url).status_code == 409
