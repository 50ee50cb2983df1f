"""Who she is: login codes, session keys, phone numbers, the unionid behind a payment (spec 1.1, 1.3, 1.4, 2.2)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, get, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor
from app.wechat.errors import Outcome, WechatError


@dataclass(frozen=True)
class Session:
    """What a login code was worth; `unionid` only where the accounts are bound to one open-platform account."""

    openid: str
    unionid: str | None
    session_key: str = field(repr=False)


class Login(MiniProgramDoor):
    @get("/sns/jscode2session", repeat=Repeat.never, token=False)
    def code_to_session(self, code: str) -> Ask[Session]:
        """Swap a wx.login code, which works once and for five minutes, up to 100 times a minute for one person.

        Refusals: 40029, 40163 (code), 40226 (person blocked), 45011 (she logs in too often).
        """
        query = {
            "appid": self.account.appid,
            "secret": self.account.secrets["secret"],
            "js_code": code,
            "grant_type": "authorization_code",
        }
        return Ask(lambda told: Session(told["openid"], told.get("unionid") or None, told["session_key"]), query=query)

    @get("/wxa/checksession")
    def check_session(self, openid: str, session_key: str) -> Ask[bool]:
        """Whether this is her session key still. Refusal: 40003. The fields, and 87007 beside 87009, are not verified."""
        return Ask(_holds, query=_signed(openid, session_key), instead={"87007": False, "87009": False})

    @get("/wxa/resetusersessionkey", repeat=Repeat.never)
    def reset_session(self, openid: str, session_key: str) -> Ask[str]:
        """A new session key in the place of this one, which is worth nothing from then on. Refusals: 40003, 87007, 87009 (not verified)."""
        return Ask(lambda told: str(told["session_key"]), query=_signed(openid, session_key))

    @post("/wxa/business/getuserphonenumber", repeat=Repeat.never)
    def phone_number(self, code: str, *, openid: str | None = None) -> Ask[str]:
        """Swap a getPhoneNumber code (not a login code), once and for five minutes, for the number as WeChat writes it: paid by the piece.

        With an `openid`, only a code of hers works. Refusals: 40029 (ask her again), 40003, 45011.
        """

        def read(told: dict[str, Any]) -> str:
            info = told["phone_info"]
            if info["watermark"]["appid"] != self.account.appid:
                raise WechatError(Outcome.permanent_person, "watermark", "the number was given to another mini-program")
            return f"+{info['countryCode']}{info['purePhoneNumber']}"

        return Ask(read, body={"code": code} | ({"openid": openid} if openid else {}))

    @get("/wxa/getpaidunionid")
    def paid_unionid(self, openid: str, transaction_id: str) -> Ask[str | None]:
        """The unionid of whoever paid within the last five minutes, without a login; None where the account is bound to no open platform.

        Refusals: 40003, 89300 (no such payment, or too long ago); the codes are not verified.
        """
        query = {"openid": openid, "transaction_id": transaction_id}
        return Ask(lambda told: told["unionid"] or None, query=query, instead={"89002": None})


def _signed(openid: str, session_key: str) -> Mapping[str, str]:
    """What shows that we hold her session key, which itself never leaves."""
    signature = hmac.new(session_key.encode(), b"", hashlib.sha256).hexdigest()
    return {"openid": openid, "signature": signature, "sig_method": "hmac_sha256"}


def _holds(told: dict[str, Any]) -> bool:
    done(told)
    return True
