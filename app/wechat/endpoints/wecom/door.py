"""What all endpoints of WeCom have in common."""

from __future__ import annotations

from app.wechat.endpoints import Door, Host


class WeComDoor(Door):
    """One app of a corp."""

    door = "wecom"
    host = Host.work

    @property
    def agentid(self) -> int:
        return int(self.account.settings["agentid"])
