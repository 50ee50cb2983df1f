"""A crowd that a marketer brings in a file and writes to: some want to hear of news, the others never said so."""

from __future__ import annotations

import secrets
from typing import Any

from dev.testing import wait_until
from miniprogram_mock.phone.phone import Desk


def do(desk: Desk, path: str, **body: Any) -> dict[str, Any]:
    """What a button of the console does."""
    return dict(desk.line.call("POST", f"/api/staff/{path}", headers={"Idempotency-Key": secrets.token_hex(16)}, json=body))


def brought(desk: Desk, *, agreed: int, silent: int, more: str = "") -> str:
    """The key of a tag that all of them carry, and of an active message for them; `more` is a row of the file that is not theirs."""
    key = f"fair_{secrets.token_hex(3)}"
    do(desk, "tags/", key=key, label=key, kind="manual", value_type="none")
    said = {"content": "{{ customer_name }}，新车到店，欢迎来看。"}
    written = do(desk, "templates/", channel="inbox", key=key, title=f"新车到店 {key}", purpose="marketing", fields=said)
    do(desk, f"templates/{written['id']}/activate", version=1)
    first = secrets.randbelow(10**8 - agreed - silent)
    rows = [f"137{first + n:08d},读者{n},{key}" + (",是,2026-11,2026-11-01 10:00" if n < agreed else ",,,") for n in range(agreed + silent)]
    file = "\r\n".join(["手机号,昵称,标签,同意营销,同意书版本,同意时间", *rows, more]).encode()
    run = desk.line.call("POST", "/api/staff/people/files/", params={"kind": "people", "file_name": f"{key}.csv"}, data=file)
    wait_until(lambda: desk.look(f"people/files/{run['id']}")["status"] == "done", what="the people are there")
    return key
