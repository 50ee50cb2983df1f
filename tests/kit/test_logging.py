"""No secret and no person's number reaches a log."""

from __future__ import annotations

import pytest

from app.kit.logging import _mask, mask_text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("she is 13812345678", "she is 138****5678"),
        ("GET /sns/jscode2session?appid=wx1&secret=abc&js_code=def HTTP", "GET /sns/jscode2session?appid=wx1&secret=***&js_code=*** HTTP"),
        ("POST /cgi-bin/message/send?access_token=XYZ-1 200", "POST /cgi-bin/message/send?access_token=*** 200"),
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
