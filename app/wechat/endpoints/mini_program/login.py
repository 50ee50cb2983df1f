"""Who she is: login codes and phone numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor
from app.wechat.errors import Outcome, WechatError


@dataclass(frozen=True)
class Session:
    """What a login code was worth; `unionid` only where the accounts are bound to one open-platform account."""

    openid: str
    unionid: str | None
    session_key: str


class Login(MiniProgramDoor):
    @get("/sns/jscode2session", repeat=Repeat.never, token=False)
    def code_to_session(self, code: str) -> Ask[Session]:
        """Swap a wx.login code, which works once and for five minutes. Refusals: 40029, 40163 (code), 40226 (person blocked)."""
        query = {
            "appid": self.account.appid,
            "secret": self.account.secrets["secret"],
            "js_code": code,
            "grant_type": "authorization_code",
        }
        return Ask(lambda told: Session(told["openid"], told.get("unionid") or None, told["session_key"]), query=query)

    @post("/wxa/business/getuserphonenumber", repeat=Repeat.never)
    def phone_number(self, code: str) -> Ask[str]:
        """Swap a getPhoneNumber code (not a login code), once and for five minutes, for the number as WeChat writes it. Refusal: 40029."""

        def read(told: dict[str, Any]) -> str:
            info = told["phone_info"]
            if info["watermark"]["appid"] != self.account.appid:
                raise WechatError(Outcome.permanent_person, "watermark", "the number was given to another mini-program")
            return f"+{info['countryCode']}{info['purePhoneNumber']}"

        return Ask(read, body={"code": code})
