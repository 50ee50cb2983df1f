"""A corp's application with a member's phone at hand: who adds whom, who chats, what arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xmltodict

from app.wechat.client import WeCom
from tests.simulator import Simulator


@dataclass(frozen=True)
class Corp:
    door: WeCom
    simulator: Simulator

    def does(self, path: str, **body: Any) -> dict[str, Any]:
        """Somebody does something in WeCom, or in its console."""
        told: dict[str, Any] = self.simulator.ask(path, **body)
        return told

    def person(self, nickname: str = "李雷") -> dict[str, Any]:
        """Somebody in WeChat."""
        told: dict[str, Any] = self.simulator.ask("users", nickname=nickname)
        return told

    def befriend(self, userid: str, person: dict[str, Any] | None = None) -> str:
        """A member adds somebody; gives the external_userid."""
        return str(self.does(f"staff/{userid}/customers", user=(person or self.person())["id"])["external_userid"])

    def chat(self, userid: str, external_userid: str, *, by: str = "customer") -> None:
        self.does(f"staff/{userid}/customers/{external_userid}/chat", by=by, text="您好")

    def chats(self, external_userid: str) -> list[dict[str, Any]]:
        """What a customer sees in WeChat, newest first."""
        return list(self.simulator.look(f"wecom/customers/{external_userid}/chats")["chats"])

    def inbox(self, userid: str) -> list[dict[str, Any]]:
        """A member's messages, newest first."""
        return list(self.simulator.look(f"staff/{userid}/inbox")["messages"])

    def welcome_code(self, external_userid: str) -> str:
        """What came with the event of her adding a member."""
        for told in self.simulator.look("callbacks", event="change_external_contact", limit=20)["callbacks"]:
            fields = xmltodict.parse(self.simulator.look(f"callbacks/{told['id']}")["content"])["xml"]
            if fields.get("ExternalUserID") == external_userid and "WelcomeCode" in fields:
                return str(fields["WelcomeCode"])
        raise AssertionError("nobody added anybody")
