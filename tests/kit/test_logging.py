"""No secret and no person's number reaches a log."""

from __future__ import annotations

import io
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kit.logging import _mask, mask_text, trace


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
