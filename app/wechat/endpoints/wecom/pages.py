"""Pages of ours inside WeCom: who opens them, and the signatures with which they may call its functions. Spec 4.4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.kit.settings import settings
from app.wechat.endpoints import Ask, Repeat, Ticket, get
from app.wechat.endpoints.page_signature import PageSignature, sign_page
from app.wechat.endpoints.wecom.door import PER_MINUTE, WeComDoor


@dataclass(frozen=True)
class Visitor:
    """Who a code stands for: a member by `userid`, or somebody else by `openid`, and by `external_userid` when she is a customer.

    `user_ticket` is for a member's details, which only snsapi_privateinfo gives.
    """

    userid: str | None
    openid: str | None = None
    external_userid: str | None = None
    user_ticket: str | None = field(default=None, repr=False)


class Pages(WeComDoor):
    def authorize_url(self, redirect_uri: str, *, state: str, private: bool = False) -> str:
        """Where a member's browser goes; WeCom sends it to `redirect_uri` (of the app's trusted domain) with code and state.

        `state`, letters and digits up to 128 bytes, comes back as it is: compare it with what was given to this browser. `private` asks
        the member for her details too (snsapi_privateinfo).
        """
        asked = {
            "appid": self.account.appid,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "snsapi_privateinfo" if private else "snsapi_base",
            "state": state,
            "agentid": str(self.agentid),
        }
        return f"{settings().wechat_open_base.rstrip('/')}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    @get("/cgi-bin/auth/getuserinfo", repeat=Repeat.never, per_minute=PER_MINUTE)
    def visitor(self, code: str) -> Ask[Visitor]:
        """Swap the code, which works once and for five minutes [K]. Refusals: 40029 (code), 60111."""

        def read(told: dict[str, Any]) -> Visitor:
            # Letters have been of both cases in WeCom's own examples.
            userid, openid = told.get("userid") or told.get("UserId"), told.get("openid") or told.get("OpenId")
            if not userid and not openid:
                raise ValueError("nobody")
            return Visitor(userid, openid, told.get("external_userid") or None, told.get("user_ticket") or None)

        return Ask(read, query={"code": code})

    @get("/cgi-bin/get_jsapi_ticket", per_minute=PER_MINUTE)
    def corp_ticket(self) -> Ask[Ticket]:
        """A ticket to sign for `wx.config`: 400 an hour for the corp; `page_signature` keeps it."""
        return Ask(_ticket)

    @get("/cgi-bin/ticket/get", per_minute=PER_MINUTE)
    def app_ticket(self) -> Ask[Ticket]:
        """A ticket to sign for `wx.agentConfig`: 100 an hour for the app; `app_page_signature` keeps it."""
        return Ask(_ticket, query={"type": "agent_config"})

    def page_signature(self, url: str) -> PageSignature:
        """What `wx.config` wants for a page by its address, of the app's trusted domain. Raises `WechatError`."""
        return sign_page(self.account.appid, self.line.kept(self.corp_ticket.prepare()), url)

    def app_page_signature(self, url: str) -> PageSignature:
        """The same for `wx.agentConfig`, which also wants the `agentid`."""
        return sign_page(self.account.appid, self.line.kept(self.app_ticket.prepare()), url)


def _ticket(told: dict[str, Any]) -> Ticket:
    return Ticket(str(told["ticket"]), int(told["expires_in"]))
