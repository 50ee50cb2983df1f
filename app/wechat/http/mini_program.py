"""The mini-program's door."""

from __future__ import annotations

import requests

from app.wechat.client import Session
from app.wechat.errors import Outcome, WechatError
from app.wechat.http.api import ApiClient
from app.wechat.http.transport import API, told
from app.wechat.models import WechatAccount


class MiniProgramDoor:
    def __init__(self, account: WechatAccount) -> None:
        self._client = ApiClient(account)

    def code_to_session(self, code: str) -> Session:
        params = {"appid": self._client.appid, "secret": self._client.secret, "js_code": code, "grant_type": "authorization_code"}
        answer = told(self._client.open_call("get", f"{API}/sns/jscode2session", params=params), "openid", "session_key")
        return Session(openid=answer["openid"], unionid=answer.get("unionid") or None, session_key=answer["session_key"])

    def phone_number(self, code: str) -> str:
        answer = told(self._client.post(f"{API}/wxa/business/getuserphonenumber", data={"code": code}), "phone_info")
        info = told(answer["phone_info"], "countryCode", "purePhoneNumber", "watermark")
        if told(info["watermark"], "appid")["appid"] != self._client.appid:
            raise WechatError(Outcome.permanent_person, "watermark", "the number was given to another mini-program")
        return f"+{info['countryCode']}{info['purePhoneNumber']}"

    def mini_program_code(self, scene: str, page: str) -> bytes:
        answer = self._client.post(f"{API}/wxa/getwxacodeunlimit", data={"scene": scene, "page": page})
        # Success is a picture, which wechatpy hands on as it came.
        if not isinstance(answer, requests.Response) or not answer.headers.get("Content-Type", "").startswith("image/"):
            raise WechatError(Outcome.unknown, "not_a_picture")
        return answer.content
