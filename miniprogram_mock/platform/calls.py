"""The record of every call that the platform received, with secrets and personal data masked before they are written."""

import re
from typing import Any

from miniprogram_mock.platform.clock import Clock
from miniprogram_mock.platform.endpoints import Answer, Call
from miniprogram_mock.platform.store import Row, Store

_MASKED_NAMES = r"secret|corpsecret|access_token|session_key|js_code|phoneNumber|purePhoneNumber|ciphertext|response_code"
_IN_JSON = re.compile(rf'"({_MASKED_NAMES})"\s*:\s*"[^"]*"')
_CODE_IN_JSON = re.compile(r'"code"\s*:\s*"[^"]*"')
_IN_QUERY = re.compile(rf"\b({_MASKED_NAMES})=[^&]*")
_LONGEST = 4000
_KEEP, _PRUNE_EVERY = 50_000, 5_000


def record(store: Store, call: Call, answer: Answer, *, at: float, outcome: str, ms: float) -> None:
    """Write one call; `outcome` is `answered`, `timed out` (carried out, but no answer was sent) or `fault`."""
    request = _CODE_IN_JSON.sub('"code":"***"', _masked(call.body))
    is_text = "json" in answer.content_type
    row_id = store.insert(
        "calls", at=at, host=call.host, method=call.method, path=call.path,
        query=_IN_QUERY.sub(r"\1=***", call.target.partition("?")[2]), request=request, status=answer.status, errcode=answer.errcode,
        answer=_masked(answer.body) if is_text else f"({answer.content_type}, {len(answer.body)} bytes)", outcome=outcome, ms=ms,
    )  # fmt: skip
    if row_id % _PRUNE_EVERY == 0:
        store.run("DELETE FROM calls WHERE id <= ?", row_id - _KEEP)


def listed(store: Store, *, path: str | None, limit: int, after: int | None) -> list[Row]:
    """The newest calls first; with `after` (an id) the ones that came later, oldest first. `path` is a glob."""
    where: list[str] = ["1 = 1"]
    args: list[Any] = []
    if path:
        where.append("path GLOB ?")
        args.append(path)
    if after is not None:
        where.append("id > ?")
        args.append(after)
    order = "id" if after is not None else "id DESC"
    condition = " AND ".join(where)
    rows: list[dict[str, Any]] = store.all(f"SELECT * FROM calls WHERE {condition} ORDER BY {order} LIMIT ?", *args, limit)  # noqa: S608
    return [{**row, "at": Clock.rfc3339(row["at"])} for row in rows]


def _masked(body: bytes) -> str:
    return _IN_JSON.sub(r'"\1":"***"', body.decode(errors="replace")[:_LONGEST])
