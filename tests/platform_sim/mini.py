"""A mini-program's people and console, in the words of its tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests
import xmltodict
from wechatpy.crypto import WeChatCrypto

from tests.platform_sim.support import Simulator, wait_until

Person = dict[str, Any]


def openid(sim: Simulator, user: Person) -> str:
    return str(user["openids"][sim.mini["appid"]])


def does(sim: Simulator, user: Person, what: str, **body: Any) -> requests.Response:
    """Something that she does on her phone; the answer as it came."""
    return sim.http.post(f"{sim.base}/_sim/users/{user['id']}/{what}", json={"appid": sim.mini["appid"], **body}, timeout=60)


def did(sim: Simulator, user: Person, what: str, **body: Any) -> Any:
    """Something that she does and that must succeed."""
    answer = does(sim, user, what, **body)
    assert answer.ok, answer.text
    return answer.json()


def login(sim: Simulator, user: Person) -> dict[str, Any]:
    """A whole login: the code and what the server gets for it."""
    return dict(sim.login(did(sim, user, "login-code")["code"]))


def visitor(sim: Simulator, nickname: str = "林晓雯", **more: Any) -> Person:
    """Somebody who has just logged in."""
    user: Person = sim.user(nickname, **more)
    assert "openid" in login(sim, user)
    return user


def now(sim: Simulator) -> datetime:
    """The simulator's clock."""
    return datetime.fromisoformat(sim.get("clock")["now"])


def fresh_minute(sim: Simulator) -> None:
    """Move to the beginning of the next minute, so that what follows falls into one."""
    sim.advance(60 - now(sim).second)


def console(sim: Simulator, path: str = "", **params: Any) -> Any:
    return sim.get(f"mini-programs/{sim.mini['appid']}{path}", **params)


def notices(sim: Simulator, user: Person) -> list[dict[str, Any]]:
    """What mini-programs sent her, newest first."""
    return list(sim.get(f"users/{user['id']}/notices")["notices"])


def pushed(sim: Simulator, user: Person, event: str, *, count: int = 1) -> list[dict[str, Any]]:
    """So many events of one name from her, decrypted, once they have come."""
    mine = openid(sim, user)

    def found() -> list[dict[str, Any]]:
        events = [one for one in contents(sim) if one.get("Event") == event and one["FromUserName"] == mine]
        return events if len(events) >= count else []

    return list(wait_until(found, what=f"{count} {event} from {user['nickname']}"))


def contents(sim: Simulator) -> list[dict[str, Any]]:
    """Every push to the mini-program in whatever format it came, decrypted, with the whole text as `_text`."""
    crypt = WeChatCrypto(sim.mini["token"], sim.mini["aes_key"], sim.mini["appid"])
    found = []
    for one in sim.sink.at(f"/api/platform/wechat/{sim.mini['appid']}"):
        is_xml = one["body"].startswith("<")
        whole = xmltodict.parse(one["body"])["xml"] if is_xml else json.loads(one["body"])
        text = one["body"]
        if "Encrypt" in whole:
            query = one["query"]
            text = crypt.decrypt_message(whole, query["msg_signature"], query["timestamp"], query["nonce"])
        plain = xmltodict.parse(text)["xml"] if text.startswith("<") else json.loads(text)
        found.append({**plain, "_text": text})
    return found


@contextmanager
def limited(sim: Simulator, name: str, value: float) -> Iterator[None]:
    """A limit of the mini-program's that is another one for a while."""
    sim.post("limits", name=f"mini_program.{name}", value=value)
    try:
        yield
    finally:
        sim.post("limits", name=f"mini_program.{name}")


@contextmanager
def switched(sim: Simulator, name: str, value: Any) -> Iterator[None]:
    """A switch of the mini-program's that stands otherwise for a while."""
    path = f"accounts/{sim.mini['appid']}/switches"
    before = sim.get(path)["switches"][name]
    sim.post(path, **{name: value})
    try:
        yield
    finally:
        sim.post(path, **{name: before})
