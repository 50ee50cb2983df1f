"""WeCom: what every endpoint refuses, tried for each of them."""

import pytest

from miniprogram_mock.platform import server
from miniprogram_mock.platform.endpoints import ENDPOINTS
from tests.platform_sim.support import WORK, Simulator
from tests.platform_sim.wecom import App

assert server
_OPEN = "/cgi-bin/gettoken"
EVERY = sorted((method, path) for host, method, path in ENDPOINTS._exact if host == WORK and path != _OPEN)
POSTS = [path for method, path in EVERY if method == "POST"]


@pytest.fixture(scope="module")
def app(sim: Simulator) -> App:
    return App(sim)


@pytest.fixture(scope="module")
def all_powerful(sim: Simulator) -> dict[str, str]:
    """For each kind of right an application's token: 通讯录同步 writes, the main one has customers."""
    sync, main = App(sim, "通讯录同步").gettoken()["access_token"], App(sim).gettoken()["access_token"]
    writes = ("/user/", "/department/")
    return {path: sync if any(part in path for part in writes) else main for path in POSTS}


def test_the_list_is_not_empty() -> None:
    assert len(EVERY) > 55
    assert len(POSTS) > 35


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_without_a_token_of_a_corp_nothing_is_done(app: App, method: str, path: str) -> None:
    def code(**query: str) -> int:
        return int(app.sim.call(WORK, method, path, body={} if method == "POST" else None, **query).json()["errcode"])

    assert [code(), code(access_token="nonsense"), code(access_token=app.sim.token()["access_token"])] == [41001, 40014, 40014]


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_none_is_refused(app: App, all_powerful: dict[str, str], path: str) -> None:
    def code(body: bytes) -> int:
        return int(app.sim.call(WORK, "POST", path, body=body, access_token=all_powerful[path]).json()["errcode"])

    assert [code(b""), code(b"[]"), code(b"{"), code(rb'{"x": "\u4e2d"}'), code(b'{"no_such_field": 1}')] == [
        44002, 47001, 47001, 40033, 40058,
    ]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_the_other_method_is_refused(app: App, method: str, path: str) -> None:
    token = app.gettoken()["access_token"]
    other = "GET" if method == "POST" else "POST"
    answer = app.sim.call(WORK, other, path, body={} if other == "POST" else None, access_token=token).json()
    assert answer["errcode"] == (43002 if other == "GET" else 43001)
