"""What WeChat itself does on a person's phone, played by the platform simulator."""

from __future__ import annotations

from typing import Any

from miniprogram_mock.phone.wire import Line, Refused


class WeChat:
    """The simulator's people: consumers with their inboxes, staff with theirs, and the clock of the world."""

    def __init__(self, base: str, *, patience: float = 30.0) -> None:
        self.line = Line(base, patience=patience)
        accounts = self.line.call("GET", "/_sim/world")["accounts"]
        self.mini_program = next(one["appid"] for one in accounts if one["kind"] == "MiniProgram")
        self.service_account = next(one["appid"] for one in accounts if one["kind"] == "ServiceAccount")

    def person(self, nickname: str, phone: str) -> dict[str, Any]:
        """A new WeChat user who follows nobody yet."""
        return self.line.call("POST", "/_sim/users", json={"nickname": nickname, "phone": phone, "follow": False})

    def login_code(self, person: int) -> str:
        return str(self.line.call("POST", f"/_sim/users/{person}/login-code", json={"appid": self.mini_program})["code"])

    def phone_code(self, person: int) -> str:
        return str(self.line.call("POST", f"/_sim/users/{person}/phone-code", json={"appid": self.mini_program})["code"])

    def follow(self, person: int) -> None:
        self.line.call("POST", f"/_sim/users/{person}/follow", json={"appid": self.service_account})

    def pay(self, person: int, sheet: dict[str, Any], **faults: Any) -> dict[str, Any]:
        """Confirm the payment sheet. A second confirmation after a broken line is answered as already paid, which is as good."""
        try:
            return dict(self.line.call("POST", f"/_sim/users/{person}/pay", json={**sheet, **faults}))
        except Refused as refused:
            return dict(refused.body)

    def inbox(self, person: int) -> list[dict[str, Any]]:
        """The service-account messages she sees, newest first."""
        answer = self.line.call("GET", f"/_sim/users/{person}/inbox")
        return list(answer["messages"] if isinstance(answer, dict) else answer)

    def staff_with_messages(self) -> list[str]:
        """The userids of staff to whom anything was sent."""
        answer = self.line.call("GET", "/_sim/staff")
        members = answer["staff"] if isinstance(answer, dict) else answer
        return [one["userid"] for one in members if one["messages"]]

    def staff_inbox(self, userid: str) -> list[dict[str, Any]]:
        return list(self.line.call("GET", f"/_sim/staff/{userid}/inbox")["messages"])

    def press(self, userid: str, message_id: int, key: str) -> Any:
        return self.line.call("POST", f"/_sim/staff/{userid}/press", json={"message_id": message_id, "key": key})

    def a_day_later(self) -> None:
        """Move the simulator's clock and, through it, the platform's."""
        self.line.call("POST", "/_sim/clock/advance", json={"seconds": 86400})

    def duplicates(self) -> Any:
        return self.line.call("GET", "/_sim/duplicates")

    def payments(self) -> list[dict[str, Any]]:
        answer = self.line.call("GET", "/_sim/payments")
        return list(answer["payments"] if isinstance(answer, dict) else answer)

    def refunds(self) -> list[dict[str, Any]]:
        answer = self.line.call("GET", "/_sim/refunds")
        return list(answer["refunds"] if isinstance(answer, dict) else answer)
