"""Web login: who opens a page of ours inside WeChat (OAuth 2, spec 2.1: not verified).

Her access token is for /sns/ alone, and is not the account's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from app.kit.settings import settings
from app.wechat.endpoints import Ask, Repeat, done, get
from app.wechat.endpoints.service_account.door import ServiceAccountDoor

# base tells the openid without a word to her; userinfo asks her, and tells name, picture and unionid.
Scope = Literal["snsapi_base", "snsapi_userinfo"]


@dataclass(frozen=True)
class WebSession:
    """What a code was worth. `is_snapshot`: she looks at a snapshot of the page and is a made-up person, of whom no customer may be made.

    `access_token` lives for `seconds`, `refresh_token` for 30 days.
    """

    openid: str
    scope: str
    seconds: int
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    unionid: str | None = None
    is_snapshot: bool = False


@dataclass(frozen=True)
class WebUser:
    """What she allowed to be told."""

    openid: str
    unionid: str | None
    nickname: str
    avatar_url: str | None


class WebLogin(ServiceAccountDoor):
    def authorize_url(self, redirect_uri: str, *, scope: Scope, state: str) -> str:
        """Where her browser goes; WeChat sends it to `redirect_uri` (of a domain that the console knows, else 10003) with code and state.

        `state` ≤ 128 bytes comes back as it is: compare it with what was given to this browser.
        """
        # WeChat wants them in this order.
        asked = {"appid": self.account.appid, "redirect_uri": redirect_uri, "response_type": "code", "scope": scope, "state": state}
        return f"{settings().wechat_open_base.rstrip('/')}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    @get("/sns/oauth2/access_token", repeat=Repeat.never, token=False)
    def web_session(self, code: str) -> Ask[WebSession]:
        """Swap the code, which works once and for five minutes. Refusals: 40029, 40163, 42003 (code)."""
        query = {
            "appid": self.account.appid,
            "secret": self.account.secrets["secret"],
            "code": code,
            "grant_type": "authorization_code",
        }
        return Ask(_session, query=query)

    @get("/sns/oauth2/refresh_token", token=False)
    def refresh_web_session(self, refresh_token: str) -> Ask[WebSession]:
        """A token that lives again; the refresh token stays the same. Refusals: 40030, 42002 (send her to `authorize_url` again)."""
        query = {"appid": self.account.appid, "refresh_token": refresh_token, "grant_type": "refresh_token"}
        return Ask(_session, query=query)

    @get("/sns/userinfo", token=False)
    def web_user(self, openid: str, access_token: str) -> Ask[WebUser]:
        """Her name and picture. Refusals: 48001 (asked with snsapi_base), 40003; 40001, 42001 (her token: refresh it)."""
        query = {"access_token": access_token, "openid": openid, "lang": "zh_CN"}
        return Ask(
            lambda told: WebUser(told["openid"], told.get("unionid") or None, told["nickname"], told.get("headimgurl") or None),
            query=query,
        )

    @get("/sns/auth", token=False)
    def holds_web_session(self, openid: str, access_token: str) -> Ask[bool]:
        """Whether her access token still holds. Refusal: 40003 (it is somebody else's)."""
        refused = {"40001": False, "40014": False, "42001": False}
        return Ask(_holds, query={"access_token": access_token, "openid": openid}, instead=refused)


def _session(told: dict[str, Any]) -> WebSession:
    return WebSession(
        openid=told["openid"],
        scope=told["scope"],
        seconds=int(told["expires_in"]),
        access_token=told["access_token"],
        refresh_token=told["refresh_token"],
        unionid=told.get("unionid") or None,
        is_snapshot=told.get("is_snapshotuser") == 1,
    )


def _holds(told: dict[str, Any]) -> bool:
    done(told)
    return True
