"""What a failure means is decided in one table, and an answer that cannot be read decides nothing."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kit.settings import settings
from app.wechat import http
from app.wechat.client import Outcome, WechatError
from app.wechat.endpoints import ENDPOINTS, Host
from app.wechat.http import HttpGateway, outcomes
from app.wechat.models import AccountKind, WechatAccount
from miniprogram_mock.platform.pay.errors import OLD_SPELLINGS, STATUS_OF_CODE
from tests.factories import dealers as make
from tests.factories import wechat as accounts

ROOT = Path(__file__).parents[2]
SIMULATOR, OURS = ROOT / "miniprogram_mock" / "platform", ROOT / "app" / "wechat" / "endpoints"
# Smaller numbers beside a text are anything; a day has so many seconds.
SMALLEST_CODE, DAY = 40_000, 86_400


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
        (777777, "777777", Outcome.unknown),
    ],
)
def test_a_code_has_one_name_and_one_meaning(code: int | str, name: str, outcome: Outcome) -> None:
    error = outcomes.of_code(code)
    assert (error.code, error.outcome) == (name, outcome)


@pytest.mark.parametrize(
    ("code", "host", "path", "outcome"),
    [
        (48002, Host.api, "/cgi-bin/message/custom/send", Outcome.permanent_person),
        (48002, Host.work, "/cgi-bin/message/send", Outcome.permanent_account),
        (50002, Host.work, "/cgi-bin/user/get", Outcome.permanent_person),
        (50002, Host.api, "/cgi-bin/message/template/send", Outcome.permanent_account),
        (40001, Host.api, "/sns/userinfo", Outcome.permanent_person),
        (40001, Host.api, "/sns/jscode2session", Outcome.permanent_account),
        (40001, Host.api, "/cgi-bin/user/info", Outcome.retry_later),
        ("NOTENOUGH", Host.pay, "/v3/profitsharing/orders", Outcome.permanent_person),
        ("NOT_ENOUGH", Host.pay, "/v3/refund/domestic/refunds", Outcome.retry_later),
    ],
)
def test_what_a_code_means_elsewhere_does_not_matter(code: int | str, host: Host, path: str, outcome: Outcome) -> None:
    assert outcomes.of_code(code, host=host, path=path).outcome is outcome


def test_the_table_says_of_every_code_once_what_it_means_and_who_says_so() -> None:
    places = [(row.code, row.at) for row in outcomes.ROWS]
    assert len(places) == len(set(places))
    known = set(Host) | {endpoint.path for endpoint in ENDPOINTS.values()} | {""}
    for row in outcomes.ROWS:
        assert row.meaning, row
        assert re.search(r"spec|\bmp\b|\bma\b|\bcp\b|\[K\]", row.source), row
        assert row.at in known, row


def test_every_spelling_of_wechat_pay_is_one_code() -> None:
    for code, old in OLD_SPELLINGS.items():
        assert outcomes.of_code(old).code == code


def codes_answered(source: str) -> set[str]:
    """Every code that a source of the simulator refuses with."""
    tree = ast.parse(source)
    named = {
        target.id: value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target, value in _pairs(node)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        for part in _where_codes_stand(node):
            for one in ast.walk(part):
                value = named.get(one.id) if isinstance(one, ast.Name) else one.value if isinstance(one, ast.Constant) else None
                if (type(value) is int and value >= SMALLEST_CODE and value != DAY) or (
                    isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)+|ORDERPAID", value)
                ):
                    found.add(str(value))
    return found


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    (target, *_), value = node.targets, node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def _where_codes_stand(node: ast.AST) -> list[ast.expr]:
    """`Refusal(code, …)`, `PayRefusal(code, …)`, `Text(wrong=code)`, `(code, "words")`, `{code: "words"}`."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        keywords = [one.value for one in node.keywords if one.arg in ("wrong", "missing", "too_long", "errcode")]
        return keywords + (node.args[:1] if name in ("Refusal", "PayRefusal") else [])
    if isinstance(node, ast.Tuple) and any(_is_text(one) for one in node.elts):
        return [one for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, int)]
    if isinstance(node, ast.Dict):
        keys = [key for key, value in zip(node.keys, node.values, strict=True) if key is not None and _is_text(value)]
        return [key for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, int)]
    return []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def codes_described(source: str) -> set[str]:
    """Every code that a docstring of ours tells behind the word "Refusal"."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    told = " ".join(one.partition("efusal")[2] for one in docstrings)
    return set(re.findall(r"(?<![\d,.])\d{5,9}(?![\d,]\d)|\b[A-Z]+(?:_[A-Z]+)+\b|\bORDERPAID\b", told))


def test_every_code_that_the_simulator_answers_is_in_the_table() -> None:
    answered = {path: codes_answered(path.read_text(encoding="utf-8")) for path in SIMULATOR.rglob("*.py")}
    assert len(set().union(*answered.values())) > 150
    unlisted = {str(path.relative_to(ROOT)): codes - set(outcomes.OUTCOMES) for path, codes in answered.items()}
    assert {path: sorted(codes) for path, codes in unlisted.items() if codes} == {}
    assert set(STATUS_OF_CODE) <= set(outcomes.OUTCOMES)


def test_every_code_that_an_endpoint_tells_of_is_in_the_table() -> None:
    described = {path: codes_described(path.read_text(encoding="utf-8")) for path in OURS.rglob("*.py")}
    assert len(set().union(*described.values())) > 80
    unlisted = {str(path.relative_to(ROOT)): codes - set(outcomes.OUTCOMES) for path, codes in described.items()}
    assert {path: sorted(codes) for path, codes in unlisted.items() if codes} == {}


def test_a_code_that_nobody_listed_would_be_found() -> None:
    simulated = """
_MINE, _YOURS = 77001, 77002
fields = {"a": Text(wrong=_MINE, most=99999), "b": Int(too_long=77003)}
raise Refusal(_YOURS if late else 77004, "no")
raise PayRefusal("NOT_LISTED", "不")
CODES = {"type": (77005, 77006, "bad type"), "seconds": 88888}
WORDS = {77007: f"no {reason}"}
"""
    assert codes_answered(simulated) == {"77001", "77002", "77003", "77004", "77005", "77006", "77007", "NOT_LISTED"}
    assert codes_described('"""Up to 100,000 a day. Refusals: 77001, 77002 (a), NOT_LISTED; 45009 beyond 5,000."""') == {
        "77001",
        "77002",
        "NOT_LISTED",
        "45009",
    }


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
        (408, "text/html", b"<html>request timeout</html>"),
    ],
    ids=["a page", "a list", "another form", "nothing", "a bad gateway", "an error without a code", "a proxy that waited in vain"],
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
