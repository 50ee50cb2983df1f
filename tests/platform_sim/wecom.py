"""A corp's applications as their server sees them: tokens, calls, and what the members' phones do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.platform_sim.support import WORK, Simulator


class App:
    """One application of the corp: the main one, or another by its name."""

    def __init__(self, sim: Simulator, name: str | None = None) -> None:
        self.sim, self.corpid = sim, sim.corp["corpid"]
        others = {app["name"]: app for app in sim.credentials["corp_apps"]}
        self.account = others[name] if name else sim.corp
        self.agentid, self.secret = self.account["agentid"], self.account["secret"]
        self.id = f"{self.corpid}.{self.agentid}" if name else self.corpid

    def gettoken(self, **changed: str) -> dict[str, Any]:
        query = {"corpid": self.corpid, "corpsecret": self.secret, **changed}
        return self.sim.call(WORK, "GET", "/cgi-bin/gettoken", **query).json()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.sim.call(WORK, "GET", f"/cgi-bin/{path}", access_token=self.gettoken()["access_token"], **query).json()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self.sim.work(f"/cgi-bin/{path}", body, token=self.gettoken()["access_token"])

    def customer(self, path: str, **body: Any) -> dict[str, Any]:
        return self.post(f"externalcontact/{path}", **body)

    def send(self, to: str, text: str = "您好", **more: Any) -> dict[str, Any]:
        return self.post("message/send", touser=to, msgtype="text", agentid=self.agentid, text={"content": text}, **more)

    def events(self, name: str, **of: str) -> list[dict[str, Any]]:
        """The corp's events of this name whose fields have these values."""
        return [event for event in self.sim.events(self.sim.corp, name) if all(event.get(key) == value for key, value in of.items())]

    def switch(self, name: str, value: Any) -> None:
        self.sim.post(f"accounts/{self.id}/switches", **{name: value})


@contextmanager
def limited(sim: Simulator, name: str, value: float) -> Iterator[None]:
    """A limit has another value inside the block."""
    sim.post("limits", name=name, value=value)
    try:
        yield
    finally:
        sim.post("limits", name=name)
