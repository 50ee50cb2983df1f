"""The record of every call that the platform received, with secrets and personal data masked before they are written."""

import re
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.bad_calls import account_of
from miniprogram_mock.platform.clock import Clock
from miniprogram_mock.platform.endpoints import Answer, Call
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.store import Row, Store, declare_column

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

KEEP = limit("recorder.keep", 200_000, "the simulator's own: how many calls, and how many attempts of callbacks, are kept")
for _name in ("request_id", "account", "recipient", "key", "fault"):
    declare_column("calls", _name, "TEXT")

_MASKED_NAMES = (
    "secret",
    "appsecret",
    "corpsecret",
    "access_token",
    "refresh_token",
    "session_key",
    "js_code",
    "phoneNumber",
    "purePhoneNumber",
    "ciphertext",
    "response_code",
    "user_ticket",
    "mobile",
    "remark_mobiles",
)
_MASKED = re.compile(rf'"({"|".join(_MASKED_NAMES)})"\s*:\s*(?:"[^"]*"?|\[[^\]]*\]?)')
_CODE = re.compile(r'"(code)"\s*:\s*"[^"]*"?')
# The last two are of the location service: its signature, and somebody's address.
_MASKED_IN_QUERY = frozenset((*_MASKED_NAMES, "code", "sig", "ip"))
# Somebody's address, which the location service repeats.
_ADDRESS = re.compile(r'"(ip)":"[^"]*"')
_HIDDEN = r'"\1":"***"'
_LONGEST = 4000
_PRUNE_EVERY = 500
# Whom a call is about, and the key under which it must happen once: the first of these that it has.
_RECIPIENTS = ("touser", "openid", "external_userid", "userid")
_KEYS = ("client_msg_id", "clientmsgid", "out_refund_no", "out_order_no", "out_trade_no", "task_id", "notify_code")
_FILTERS = {
    "host": "host = ?", "path": "path GLOB ?", "account": "account = ?", "errcode": "errcode = ?", "outcome": "outcome = ?",
    "fault": "',' || fault || ',' LIKE '%,' || ? || ',%'", "request_id": "request_id = ?", "recipient": "recipient = ?", "key": "key = ?",
    "since": "at >= ?", "until": "at < ?", "after": "id > ?", "before": "id < ?",
}  # fmt: skip
GROUPS = ("host", "path", "account", "errcode", "outcome", "fault", "status", "recipient", "key")


def record(platform: "Platform", call: Call, answer: Answer, *, at: float, outcome: str, ms: float, faults: list[str]) -> None:
    """Write one call.

    `outcome`: `answered`; `timed out` (carried out, but no answer was sent); `not carried out` (nor answered); `fault` (a planted
    refusal); `failed` (a bug of the simulator).
    """
    store = platform.store
    row_id = store.insert(
        "calls", at=at, host=call.host, method=call.method, path=call.path, query=_query(call),
        request=_CODE.sub(_HIDDEN, _text(call.body)),
        status=answer.status, errcode=answer.errcode, answer=_answer(answer), outcome=outcome, ms=ms,
        request_id=call.headers.get("X-Request-Id"), account=account_of(call), recipient=_first(call, _RECIPIENTS),
        key=_first(call, _KEYS), fault=",".join(faults) or None,
    )  # fmt: skip
    if row_id % _PRUNE_EVERY == 0:
        oldest = row_id - platform.limits[KEEP]
        store.run("DELETE FROM calls WHERE id <= ?", oldest)
        store.run("DELETE FROM callback_attempts WHERE id <= (SELECT max(id) FROM callback_attempts) - ?", platform.limits[KEEP])


def listed(store: Store, filters: dict[str, Any], *, limit: int) -> list[Row]:
    """The newest calls first; with `after` (an id) the ones that came later, oldest first. `path` is a glob, times are Unix seconds."""
    condition, args = _where(filters)
    order = "id" if "after" in filters else "id DESC"
    rows = store.all(f"SELECT * FROM calls WHERE {condition} ORDER BY {order} LIMIT ?", *args, limit)  # noqa: S608
    return [{**row, "at": Clock.rfc3339(row["at"])} for row in rows]


def summed_up(store: Store, filters: dict[str, Any], *, by: tuple[str, ...]) -> list[Row]:
    """How many calls there were of each group, the most frequent first; `by` are some of GROUPS."""
    condition, args = _where(filters)
    names = ", ".join(by)
    return store.all(
        f"SELECT {names}, count(*) AS calls, round(avg(ms), 2) AS ms, max(id) AS last FROM calls WHERE {condition} "  # noqa: S608
        f"GROUP BY {names} ORDER BY calls DESC, {names} LIMIT 1000", *args,
    )  # fmt: skip


def _where(filters: dict[str, Any]) -> tuple[str, list[Any]]:
    given = {name: value for name, value in filters.items() if name in _FILTERS and value is not None}
    return " AND ".join(_FILTERS[name] for name in given) or "1 = 1", list(given.values())


def _first(call: Call, names: tuple[str, ...]) -> str | None:
    for where in (call.data, call.path_args, call.query):
        if not where:
            continue
        for name in names:
            if name in where and isinstance(value := where[name], str | int):
                return str(value)
    return None


def _query(call: Call) -> str:
    parts = (part.partition("=") for part in call.target.partition("?")[2].split("&"))
    return "&".join(f"{name}=***" if name in _MASKED_IN_QUERY else name + sign + value for name, sign, value in parts)


def _answer(answer: Answer) -> str:
    is_text = "json" in answer.content_type or not answer.body
    return _text(answer.body) if is_text else f"({answer.content_type}, {len(answer.body)} bytes)"


def _text(body: bytes) -> str:
    """The beginning of a body, masked; looking for the names first is cheaper than the pattern on a body that has none."""
    text = body[: 4 * _LONGEST].decode(errors="replace")[:_LONGEST]
    if any(name in text for name in _MASKED_NAMES):
        text = _MASKED.sub(_HIDDEN, text)
    return _ADDRESS.sub(_HIDDEN, text) if '"ip":"' in text else text
