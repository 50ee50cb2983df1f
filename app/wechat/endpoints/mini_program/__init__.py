"""The mini-program's door."""

from __future__ import annotations

from app.wechat.endpoints.mini_program.codes import Codes
from app.wechat.endpoints.mini_program.login import Login


class MiniProgram(Login, Codes):
    """A mini-program: login, phone numbers, codes."""
