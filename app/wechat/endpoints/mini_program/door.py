"""What all endpoints of mini-programs have in common."""

from __future__ import annotations

from app.wechat.endpoints import Door, Host


class MiniProgramDoor(Door):
    door = "mini_program"
    host = Host.api
