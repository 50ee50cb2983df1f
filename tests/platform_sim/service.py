"""A service account's server, and a person with her phone, as the tests of its side play them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.platform_sim.support import API, Simulator, wait_until

OPEN, MP = "open.weixin.qq.com", "mp.weixin.qq.com"
TEMPLATE_SEND = "/cgi-bin/message/template/send"
PAID = {
    "thing1": {"value": "极曜 S7 性能版"},
    "amount2": {"value": "¥2000.00"},
    "character_string3": {"value": "MQ20261121000001"},
    "time4": {"value": "2026年11月21日 15:01"},
}


def openid(sim: Simulator, user: dict[str, Any], account: dict[str, Any] | None = None) -> str:
    return str(user["openids"][(account or sim.service)["appid"]])


def get(sim: Simulator, path: str, account: dict[str, Any] | None = None, **query: Any) -> Any:
    """GET with the account's token; gives the answer's JSON."""
    return sim.call(API, "GET", path, access_token=sim.token(account or sim.service)["access_token"], **query).json()


def post(sim: Simulator, path: str, body: Any, account: dict[str, Any] | None = None) -> Any:
    return sim.api(path, body, account=account or sim.service)


def send_template(sim: Simulator, user: dict[str, Any], *, data: dict[str, Any] | None = None, **changed: Any) -> Any:
    body = {"touser": openid(sim, user), "template_id": sim.credentials["templates"]["deposit_paid"], "data": data or PAID, **changed}
    return post(sim, TEMPLATE_SEND, body)


def inbox(sim: Simulator, user: dict[str, Any]) -> list[dict[str, Any]]:
    return list(sim.get(f"users/{user['id']}/inbox")["messages"])


def events_of(sim: Simulator, user: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """What the account was told of her under this name (of an event, or a kind of message), oldest first."""
    pushed = map(sim.opened, sim.sink.at(f"/api/platform/wechat/{sim.service['appid']}"))
    return [one for one in pushed if one.get("Event", one["MsgType"]) == name and one["FromUserName"] == openid(sim, user)]


def told_of(sim: Simulator, user: dict[str, Any], name: str, *, times: int = 1) -> dict[str, Any]:
    """The newest event of this name, once there are so many of them."""
    wait_until(lambda: len(events_of(sim, user, name)) >= times, what=f"{times} x {name}")
    found = events_of(sim, user, name)
    assert len(found) == times
    return found[-1]


def does(sim: Simulator, user: dict[str, Any], what: str, /, **body: Any) -> Any:
    """She does something in her WeChat with the account."""
    return sim.post(f"users/{user['id']}/service/{what}", **({"appid": sim.service["appid"]} | body))


def cannot(sim: Simulator, path: str, /, **body: Any) -> tuple[int, str]:
    """What somebody cannot do: the status, and the words that say so."""
    answer = sim.http.post(f"{sim.base}/_sim/{path}", json=body, timeout=60)
    return answer.status_code, str(answer.json().get("error"))


@contextmanager
def limited(sim: Simulator, **limits: int) -> Iterator[None]:
    """Other limits for a while; a dot in a name is written as two underscores."""
    names = {name.replace("__", "."): value for name, value in limits.items()}
    for name, value in names.items():
        sim.post("limits", name=name, value=value)
    try:
        yield
    finally:
        for name in names:
            sim.post("limits", name=name)


@contextmanager
def switched(sim: Simulator, **switches: Any) -> Iterator[None]:
    """Switches of the service account for a while, by their names after the dot."""
    path = f"accounts/{sim.service['appid']}/switches"
    before = sim.get(path)["switches"]
    named = {f"service_account.{name}": value for name, value in switches.items()}
    sim.post(path, **named)
    try:
        yield
    finally:
        sim.post(path, **{name: before[name] for name in named})


def authorize_url(sim: Simulator, **changed: str) -> str:
    """The address behind a menu entry, as the documentation writes it."""
    query = {
        "appid": sim.service["appid"], "redirect_uri": "https://127.0.0.1/h5/car?id=1", "response_type": "code", "scope": "snsapi_userinfo",
        "state": "car1", **changed,
    }  # fmt: skip
    return f"https://{OPEN}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"


def web_code(sim: Simulator, user: dict[str, Any], *, snapshot: bool = False, **changed: str) -> str:
    """The code with which she comes to the account's page."""
    location = does(sim, user, "authorize", url=authorize_url(sim, **changed), snapshot=snapshot)["location"]
    return parse_qs(urlsplit(location).query)["code"][0]


def swap(sim: Simulator, code: str, **changed: str) -> Any:
    query = {"appid": sim.service["appid"], "secret": sim.service["secret"], "code": code, "grant_type": "authorization_code", **changed}
    return sim.call(API, "GET", "/sns/oauth2/access_token", **query).json()


def browse(sim: Simulator, url: str, **options: Any) -> requests.Response:
    """A browser opens an address of Tencent's, without following where it leads."""
    parts = urlsplit(url)
    return requests.get(f"{sim.base}/{parts.hostname}{parts.path}?{parts.query}", allow_redirects=False, timeout=60, **options)
