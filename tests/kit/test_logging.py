"""No secret and no person's number reaches a log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import select

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kit.logging import _TURN, _mask, mask_text, trace, trace_by_turns


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("she is 13812345678", "she is 138****5678"),
        ("GET /sns/jscode2session?appid=wx1&secret=abc&js_code=def HTTP", "GET /sns/jscode2session?appid=wx1&secret=***&js_code=*** HTTP"),
        ("POST /cgi-bin/message/send?access_token=XYZ-1 200", "POST /cgi-bin/message/send?access_token=*** 200"),
        ("duplicate key\nDETAIL:  Key (openid)=(oABC) already exists.\n[SQL: …]", "duplicate key\nDETAIL:  ***\n[SQL: …]"),
        ("order 20261121138123456789 is a number too", "order 20261121138123456789 is a number too"),
    ],
)
def test_text_is_masked(said: str, kept: str) -> None:
    assert mask_text(said) == kept


def test_fields_that_are_secret_by_name_are_masked() -> None:
    fields = {"event": "login", "session_key": "k", "openid": "o", "Authorization": "WECHATPAY2…", "seconds": 1.5}
    assert _mask(None, "info", fields) == {
        "event": "login",
        "session_key": "***",
        "openid": "***",
        "Authorization": "***",
        "seconds": 1.5,
    }


def test_what_the_database_refuses_is_not_repeated(session: Session) -> None:
    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.execute(text("INSERT INTO brands (id, key, name) VALUES (gen_random_uuid(), :key, NULL)"), {"key": "王小明"})
    assert "王小明" not in mask_text(str(refused.value))


class Gone(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_log_that_nobody_reads_any_more_fails_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the line tells of has happened by then."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(Gone())])
    trace("wechat call", level="error", ms=1.5)


class Writes(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def write(self, text: str) -> int:
        self.texts.append(text)
        return len(text)


def test_what_a_loop_traces_in_one_turn_is_written_with_it_in_order_and_in_pieces_that_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe takes no more than PIPE_BUF in one piece; a longer text another process's line could tear apart."""
    out = Writes()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(out)])
    monkeypatch.setattr(_TURN, "loop", None)

    async def turns() -> None:
        trace_by_turns(asyncio.get_running_loop())
        for turn in range(2):
            for number in range(100):
                trace("wechat call", level="error", number=turn * 100 + number)
            await asyncio.sleep(0)
            assert "".join(out.texts).count("\n") == (turn + 1) * 100, "a process that is killed loses one turn's lines at most"

    asyncio.run(turns())
    assert [json.loads(line)["number"] for line in "".join(out.texts).splitlines()] == list(range(200))
    assert len(out.texts) < 20
    assert all(text.endswith("\n") and len(text.encode()) <= select.PIPE_BUF for text in out.texts)
