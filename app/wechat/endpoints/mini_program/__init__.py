"""The mini-program's door."""

from __future__ import annotations

from app.wechat.endpoints.mini_program.codes import Codes
from app.wechat.endpoints.mini_program.customer_service import CustomerService
from app.wechat.endpoints.mini_program.links import Links
from app.wechat.endpoints.mini_program.live_notices import LiveNotices
from app.wechat.endpoints.mini_program.login import Login
from app.wechat.endpoints.mini_program.safety import Safety
from app.wechat.endpoints.mini_program.shipping import Shipping
from app.wechat.endpoints.mini_program.subscribe import Subscribe


class MiniProgram(Login, Codes, Links, Subscribe, LiveNotices, CustomerService, Safety, Shipping):
    """A mini-program: who she is, ways in, messages to her, checks of what she writes, what was shipped to her."""
