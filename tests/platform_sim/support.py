"""A running simulator, the merchant's side of its wires, and a sink for its callbacks."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import xmltodict
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as WorkCrypto

from dev import testing
from dev.ports import free_port
from tests.simulator import set_up

API, PAY, WORK = "api.weixin.qq.com", "api.mch.weixin.qq.com", "qyapi.weixin.qq.com"
PATIENCE = 60.0


def wait_until(found: Callable[[], Any], *, what: str, seconds: float = PATIENCE) -> Any:
    """Poll until `found()` is true and give its value; fails with `what` when the time is up."""
    return testing.wait_until(found, seconds, f"never happened: {what},")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class Sink:
    """An HTTP server that keeps every callback; `answers` holds what the next ones get: a status, or (status, body)."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answers: list[int | tuple[int, str]] = []
        self.echo: Callable[[dict[str, str]], str] | None = None
        self.silent = threading.Event()
        self.answer_again = threading.Event()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                sink.received.append({
                    "path": parts.path, "query": dict(parse_qsl(parts.query)), "body": body.decode(), "headers": dict(self.headers),
                })  # fmt: skip
                if sink.silent.is_set():
                    sink.answer_again.wait(30)
                answer = sink.answers.pop(0) if sink.answers else 200
                status, text = answer if isinstance(answer, tuple) else (answer, "")
                self._reply(status, text)

            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                text = sink.echo(query) if sink.echo else ""
                self._reply(200, text)

            def _reply(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                """Keep the test output clean."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        self.answer_again.set()
        self._server.shutdown()
        self._server.server_close()

    def at(self, path: str) -> list[dict[str, Any]]:
        return [one for one in self.received if one["path"] == path]

    def clear(self) -> None:
        self.received.clear()
        self.answers.clear()


class Simulator:
    """A simulator process with a folder of its own, and the merchant's credentials for it."""

    def __init__(self, folder: Path, sink: Sink, *, followers: tuple[str, ...] = ()) -> None:
        self.folder, self.sink = folder, sink
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.http = requests.Session()
        set_up(folder, sink.url, clock_followers=[{"url": url, "token": "tick"} for url in followers])
        self.credentials = json.loads((folder / "accounts.json").read_text())
        kinds = {account["kind"]: account for account in self.credentials["accounts"]}
        self.mini, self.service = kinds["mini_program"], kinds["service_account"]
        self.corp, self.merchant = kinds["corp"], kinds["merchant"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Simulator":
        command = [sys.executable, "-m", "miniprogram_mock.platform", "serve", "--dir", str(self.folder), "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until(self._healthy, what="the simulator answers")
        except AssertionError:
            self.kill()
            raise
        return self

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.http.close()

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=60)

    def _healthy(self) -> bool:
        try:
            return requests.get(f"{self.base}/_sim/health", timeout=1).ok
        except requests.RequestException:
            return False

    # The simulator's own interface.
    def get(self, path: str, /, **params: Any) -> Any:
        answer = self.http.get(f"{self.base}/_sim/{path}", params=params, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, /, **body: Any) -> Any:
        answer = self.http.post(f"{self.base}/_sim/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def advance(self, seconds: float) -> Any:
        return self.post("clock/advance", seconds=seconds)

    def user(self, nickname: str = "林晓雯", *, phone: str | None = "13800010001", follow: bool = True) -> dict[str, Any]:
        return self.post("users", nickname=nickname, phone=phone, follow=follow)

    # The merchant's side of the wires.
    def call(self, host: str, method: str, path: str, *, body: Any = None, **query: Any) -> Any:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.http.request(method, f"{self.base}/{host}{path}", params=query, data=data, timeout=60)

    def token(self, account: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        account = account or self.mini
        body = {"grant_type": "client_credential", "appid": account["appid"], "secret": account["secret"], **more}
        return self.call(API, "POST", "/cgi-bin/stable_token", body=body).json()

    def api(self, path: str, body: Any, *, account: dict[str, Any] | None = None, token: str | None = None) -> Any:
        token = self.token(account)["access_token"] if token is None else token
        return self.call(API, "POST", path, body=body, access_token=token).json()

    def work(self, path: str, body: Any, *, token: str | None = None) -> Any:
        if token is None:
            query = {"corpid": self.corp["corpid"], "corpsecret": self.corp["secret"]}
            token = self.call(WORK, "GET", "/cgi-bin/gettoken", **query).json()["access_token"]
        return self.call(WORK, "POST", path, body=body, access_token=token).json()

    def login(self, code: str, **changed: Any) -> Any:
        query = {"appid": self.mini["appid"], "secret": self.mini["secret"], "js_code": code, "grant_type": "authorization_code", **changed}
        return self.call(API, "GET", "/sns/jscode2session", **{name: value for name, value in query.items() if value is not None}).json()

    @cached_property
    def merchant_client(self) -> WeChatPay:
        return self.pay_client()

    @cached_property
    def _refund_client(self) -> WeChatPay:
        client = self.pay_client()
        client._notify_url = None  # else the library sends the payment's address when a refund names none
        return client

    def pay_client(self) -> WeChatPay:
        """wechatpayv3 in public-key mode, its gateway turned to the simulator; it verifies every answer itself."""
        merchant = self.merchant
        client = WeChatPay(
            wechatpay_type=WeChatPayType.MINIPROG, mchid=merchant["mchid"], private_key=merchant["merchant_private_key"],
            cert_serial_no=merchant["merchant_serial"], appid=merchant["appid"], apiv3_key=merchant["apiv3_key"],
            notify_url=f"{self.sink.url}/paid", public_key=merchant["public_key"], public_key_id=merchant["public_key_id"], timeout=(5, 60),
        )  # fmt: skip
        client._core._gate_way = f"{self.base}/{PAY}"
        return client

    def prepay(
        self, user: dict[str, Any], number: str, *, total: int = 200_000, client: WeChatPay | None = None, **more: Any
    ) -> tuple[int, Any]:
        body = {"description": "极曜 S7 订金", "out_trade_no": number, "amount": {"total": total, "currency": "CNY"}, **more}
        payer = more.pop("payer", {"openid": user["openids"][self.mini["appid"]]})
        status, text = (client or self.merchant_client).pay(**{**body, "payer": payer})
        return status, json.loads(text)

    def sheet(self, prepay_id: str, **changed: str) -> dict[str, str]:
        """The parameters of `wx.requestPayment`, signed by the merchant."""
        package, stamp, nonce = f"prepay_id={prepay_id}", str(int(time.time())), "nonce5K8264ILTKCH16CQ2502SI8ZNM"
        values = {"appId": self.mini["appid"], "timeStamp": stamp, "nonceStr": nonce, "package": package, "signType": "RSA", **changed}
        values["paySign"] = self.merchant_client.sign([values["appId"], values["timeStamp"], values["nonceStr"], values["package"]])
        return values

    def paid(self, user: dict[str, Any], number: str, *, total: int = 200_000, **how: Any) -> None:
        """Prepay and pay, in one go."""
        status, answer = self.prepay(user, number, total=total)
        assert status == 200, answer
        assert self.post(f"users/{user['id']}/pay", **self.sheet(answer["prepay_id"]), **how)["result"] == "ok"

    def refund(self, number: str, refund_no: str, *, refund: int, total: int = 200_000, **more: Any) -> tuple[int, Any]:
        amount = {"refund": refund, "total": total, "currency": "CNY"}
        status, text = self._refund_client.refund(out_refund_no=refund_no, amount=amount, out_trade_no=number, **more)
        return status, json.loads(text)

    def opened(self, received: dict[str, Any]) -> dict[str, Any]:
        """A message callback as wechatpy verifies and decrypts it."""
        query, envelope = received["query"], xmltodict.parse(received["body"])["xml"]
        appid = received["path"].rsplit("/", 1)[1]
        account = next(one for one in (self.mini, self.service, self.corp) if appid in (one.get("appid"), one.get("corpid")))
        crypt = (WorkCrypto if account is self.corp else WeChatCrypto)(account["token"], account["aes_key"], appid)
        text = crypt.decrypt_message(received["body"], query["msg_signature"], query["timestamp"], query["nonce"])
        return {**xmltodict.parse(text)["xml"], "_to": envelope["ToUserName"]}

    def events(self, account: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """Every event of this name that the sink received for the account, decrypted."""
        path = f"/api/platform/wechat/{account.get('corpid') or account['appid']}"
        return [event for event in map(self.opened, self.sink.at(path)) if event["Event"] == name]

    def callbacks(self, **of: str) -> list[dict[str, Any]]:
        """The simulator's own record of callbacks whose columns have these values, oldest first."""
        rows = self.get("callbacks", limit=1000)["callbacks"]
        return [row for row in reversed(rows) if all(row[name] == value for name, value in of.items())]
