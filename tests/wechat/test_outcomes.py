"""What a failure means is decided in one table, and an answer that cannot be read decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kit.settings import settings
from app.wechat import http
from app.wechat.client import Outcome, WechatError
from app.wechat.http import HttpGateway, outcomes
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers as make
from tests.factories import wechat as accounts


@pytest.mark.parametrize(
    ("code", "name", "outcome"),
    [
        (-1, "-1", Outcome.retry_now),
        (43004, "43004", Outcome.permanent_person),
        (45009, "45009", Outcome.retry_later),
        (40125, "40125", Outcome.permanent_account),
        ("SYSTEMERROR", "SYSTEM_ERROR", Outcome.unknown),
        ("ORDERNOTEXIST", "ORDER_NOT_EXIST", Outcome.permanent_person),
        ("RATELIMIT_EXCEEDED", "FREQUENCY_LIMITED", Outcome.retry_later),
        ("SOMETHING_NEW", "SOMETHING_NEW", Outcome.unknown),
    ],
)
def test_a_code_has_one_name_and_one_meaning(code: int | str, name: str, outcome: Outcome) -> None:
    error = outcomes.of_code(code)
    assert (error.code, error.outcome) == (name, outcome)


class Odd(BaseHTTPRequestHandler):
    """A server that is not quite Tencent: it answers everything with what the test put into `answer`."""

    answer: tuple[int, str, bytes] = (200, "application/json", b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content_type, body = (
            (200, "application/json", b'{"access_token": "t", "expires_in": 7200}') if "token" in self.path.split("?")[0] else self.answer
        )
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_args: Any) -> None: ...


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Odd]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name in ("WECHAT_API_BASE", "WECHAT_PAY_BASE", "WECOM_API_BASE"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    settings.cache_clear()
    http.forget()
    yield Odd
    server.shutdown()
    thread.join()
    server.server_close()
    monkeypatch.undo()
    settings.cache_clear()
    http.forget()


@pytest.fixture
def doors(session: Session) -> dict[str, Any]:
    brand = make.brand(session)
    made: dict[AccountKind, WechatAccount] = {kind: accounts.account(session, brand, kind) for kind in AccountKind}
    gateway = HttpGateway()
    mini_program = gateway.mini_program(made[AccountKind.mini_program])
    service_account = gateway.service_account(made[AccountKind.service_account])
    wecom, pay = gateway.wecom(made[AccountKind.corp]), gateway.pay(made[AccountKind.merchant])
    return {
        "login": lambda: mini_program.code_to_session("code"),
        "phone": lambda: mini_program.phone_number("code"),
        "picture": lambda: mini_program.mini_program_code("s", "pages/index/index"),
        "template": lambda: service_account.send_template("o", "t", {}, client_msg_id="1"),
        "user": lambda: service_account.user_info("o"),
        "users": lambda: service_account.user_infos(["o"]),
        "followers": service_account.followers,
        "card": lambda: wecom.send_card(["adv001"], {}),
        "update": lambda: wecom.update_card(["adv001"], "r", replace_name="好"),
        "query": lambda: pay.query("PAY0000001"),
        "refund": lambda: pay.query_refund("REFUND0001"),
    }


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", b"<html>maintenance</html>"),
        (200, "application/json", b"[]"),
        (200, "application/json", b'{"errcode": 0, "phone_info": 7}'),
        (200, "application/json", b""),
        (502, "text/html", b"<html>bad gateway</html>"),
        (503, "application/json", b'{"message": "?"}'),
    ],
    ids=["a page", "a list", "another form", "nothing", "a bad gateway", "an error without a code"],
)
def test_an_answer_that_says_nothing_is_an_unknown_outcome_at_every_door(
    odd: type[Odd], doors: dict[str, Any], monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str, bytes]
) -> None:
    monkeypatch.setattr(Odd, "answer", answer)
    for name, call in doors.items():
        if name == "update" and answer[2].startswith(b"{") and answer[0] == 200:
            continue  # errcode 0 is all that this call answers
        with pytest.raises(WechatError) as doubtful:
            call()
        assert doubtful.value.outcome is Outcome.unknown, name


def test_too_many_and_not_allowed_are_told_apart(odd: type[Odd], doors: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for status, outcome in ((429, Outcome.retry_later), (403, Outcome.permanent_account)):
        monkeypatch.setattr(Odd, "answer", (status, "text/plain", b"no"))
        for call in doors.values():
            with pytest.raises(WechatError) as refused:
                call()
            assert (refused.value.outcome, refused.value.code) == (outcome, f"http.{status}")
