"""One consumer's phone with the mini-program on it: logs in, searches, shares, reserves, pays, cancels."""

from __future__ import annotations

import secrets
from typing import Any

import requests

from miniprogram_mock.phone.wechat import WeChat
from miniprogram_mock.phone.wire import Line, Refused


class Phone:
    """A person of the simulator and her mini-program. Prices, brands and results always come from the server."""

    def __init__(self, app: str, wechat: WeChat, *, nickname: str, phone: str, patience: float = 30.0) -> None:
        self.line = Line(app, patience=patience)
        self.wechat = wechat
        self.nickname = nickname
        self.person = int(wechat.person(nickname, phone)["id"])
        self.visitor_id = secrets.token_hex(8)
        self.token: str | None = None
        self.customer: dict[str, Any] = {}

    def call(self, method: str, path: str, **options: Any) -> Any:
        return self.line.content(self.raw(method, path, **options))

    def raw(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> requests.Response:
        sent = {"X-Appid": self.wechat.mini_program, **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        return self.line.raw(method, f"/api{path}", headers=sent, **options)

    def login(self, *, share_id: str | None = None) -> dict[str, Any]:
        """wx.login and our login. A code is good once, so a try whose answer was lost is followed by one with a new code."""
        for _ in range(10):
            body = {"code": self.wechat.login_code(self.person), "visitor_id": self.visitor_id}
            if share_id:
                body["share_id"] = share_id
            try:
                answer = self.call("POST", "/visitor/identity/login", json=body)
            except Refused as refused:
                if refused.status != 401:
                    raise
                continue
            self.token, self.customer = answer["token"], answer["customer"]
            return self.customer
        raise AssertionError("ten login codes in a row were refused")

    def agree(self, purpose: str, text_version: str) -> None:
        """Tick a box under a text of which we keep the version."""
        self.call("POST", "/customer/identity/consents", json={"purpose": purpose, "granted": True, "text_version": text_version})

    def bind_phone(self) -> dict[str, Any]:
        """The phone-number button; like login it asks again when the code was used up by a try whose answer was lost."""
        for _ in range(10):
            try:
                return dict(self.call("POST", "/customer/identity/phone", json={"code": self.wechat.phone_code(self.person)}))
            except Refused as refused:
                if refused.status not in (401, 409, 422):
                    raise
        raise AssertionError("ten phone codes in a row were refused")

    def call_me(self, nickname: str) -> dict[str, Any]:
        return dict(self.call("PUT", "/customer/identity/me", json={"nickname": nickname}))

    def search(self, **filters: Any) -> dict[str, Any]:
        return dict(self.call("GET", "/visitor/vehicles/", params=filters))

    def vehicle(self, vehicle_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/visitor/vehicles/{vehicle_id}"))

    def share(self, vehicle_id: str) -> dict[str, Any]:
        return dict(self.call("POST", "/customer/sharing/", json={"kind": "vehicle", "vehicle_id": vehicle_id, "channel": "friend"}))

    def open_share(self, share_id: str) -> dict[str, Any]:
        """Open a share as Moments does it: without login."""
        return dict(self.call("GET", f"/visitor/sharing/{share_id}", params={"visitor_id": self.visitor_id, "scene": "1154"}))

    def share_code(self, share_id: str) -> bytes:
        return bytes(self.call("GET", f"/visitor/sharing/{share_id}/code"))

    def terms(self) -> dict[str, Any]:
        return dict(self.call("GET", "/visitor/orders/terms"))

    def reserve(self, vehicle_id: str, *, terms_version: str, key: str) -> requests.Response:
        """Ask to hold a vehicle; the answer as it came, to be compared byte for byte."""
        body = {"vehicle_id": vehicle_id, "terms_version": terms_version}
        return self.raw("POST", "/customer/orders/", json=body, headers={"Idempotency-Key": key})

    def order(self, order_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/customer/orders/{order_id}"))

    def cancel(self, order_id: str, reason: str) -> dict[str, Any]:
        return dict(self.call("POST", f"/customer/orders/{order_id}/cancel", json={"reason": reason}))


class Desk:
    """The web console's API as a staff member uses it."""

    def __init__(self, app: str, *, username: str, password: str, patience: float = 30.0) -> None:
        self.line = Line(app, patience=patience)
        self._who = {"username": username, "password": password}
        self._sign_in()

    def _sign_in(self) -> None:
        self.line.call("POST", "/api/public/staff/login", json=self._who)

    def look(self, path: str, **query: Any) -> Any:
        """What a page of the console reads; after a day the session has ended, and she signs in again."""
        try:
            return self.line.call("GET", f"/api/staff/{path}", params=query)
        except Refused as refused:
            if refused.status != 401:
                raise
        self._sign_in()
        return self.line.call("GET", f"/api/staff/{path}", params=query)
