"""What the front end brings counts only when WeChat sealed or signed it, for this mini-program and with her present session key."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.wechat.errors import SignatureRefused
from app.wechat.models import WechatAccount
from app.wechat.session_data import check_signed, open_sealed

# The examples of Tencent's own documentation ("开放数据校验与解密").
APPID = "wx4f4bc4dec97d474b"
SESSION_KEY = "tiihtNczf5v6AKRyjwEUhQ=="
IV = "r7BXXKkLb8qrSNn05n0qiA=="
ENCRYPTED_DATA = (
    "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142d"
    "NCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn"
    "/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns"
    "/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuy"
    "Db/XcxxmK01EpqOyuxINew=="
)
RAW_DATA = (
    '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":'
    '"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}'
)
SIGNATURE, SIGNING_KEY = "75e81ceda165f4ffa64f4068af58c64b8f54b88c", "HyVFkGl5F5OQWJZZaNzBBg=="


def mini_program(appid: str = APPID) -> WechatAccount:
    return WechatAccount(kind="mini_program", appid=appid, name="极曜", settings={}, secrets={})


def sealed(content: Any, *, padding: bytes | None = None) -> dict[str, str]:
    """As WeChat seals; with another padding than the right one if wanted."""
    plain, vector = content if isinstance(content, bytes) else json.dumps(content).encode(), os.urandom(16)
    count = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(base64.b64decode(SESSION_KEY)), modes.CBC(vector)).encryptor()
    whole = encryptor.update(plain + (bytes([count]) * count if padding is None else padding)) + encryptor.finalize()
    return {"encrypted_data": base64.b64encode(whole).decode(), "iv": base64.b64encode(vector).decode()}


def test_tencents_own_example_opens() -> None:
    told = open_sealed(mini_program(), SESSION_KEY, encrypted_data=ENCRYPTED_DATA, iv=IV)
    assert told["openId"] == "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
    assert told["unionId"] == "ocMvos6NjeKLIBqg5Mr9QjxrP1FA"
    assert told["watermark"] == {"timestamp": 1477314187, "appid": APPID}


def test_tencents_own_example_of_a_signature_holds() -> None:
    assert check_signed(SIGNING_KEY, raw_data=RAW_DATA, signature=SIGNATURE)["nickName"] == "Band"


def test_what_was_sealed_for_another_mini_program_is_refused() -> None:
    with pytest.raises(SignatureRefused) as refused:
        open_sealed(mini_program("wx0000000000000000"), SESSION_KEY, encrypted_data=ENCRYPTED_DATA, iv=IV)
    assert refused.value.reason == "watermark"


FITTING = {"phoneNumber": "13800138000", "watermark": {"appid": APPID, "timestamp": 1}}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"session_key": SIGNING_KEY}, ("padding", "JSON")),
        ({"session_key": "short"}, ("base64",)),
        ({"session_key": base64.b64encode(b"k" * 32).decode()}, ("length",)),
        ({"iv": ""}, ("length",)),
        ({"iv": "!"}, ("base64",)),
        ({"iv": base64.b64encode(b"v" * 15).decode()}, ("length",)),
        ({"encrypted_data": ""}, ("length",)),
        ({"encrypted_data": ENCRYPTED_DATA[:-4]}, ("length", "base64")),
        ({"encrypted_data": "不是密文"}, ("base64",)),
        (sealed(FITTING, padding=b"\x00" * (16 - len(json.dumps(FITTING)) % 16)), ("padding",)),
        (sealed(b"x" * 15, padding=b"\x11"), ("padding",)),
        (sealed(b"x" * 14, padding=b"\x01\x02"), ("padding",)),
        (sealed(b"not JSON"), ("JSON",)),
        (sealed(b"\xff\xfe"), ("JSON",)),
        (sealed([1, 2]), ("not an object",)),
        (sealed({"phoneNumber": "13800138000"}), ("watermark",)),
        (sealed({"watermark": APPID}), ("watermark",)),
        (sealed({"watermark": {"appid": None}}), ("watermark",)),
    ],
)
def test_what_does_not_open_cleanly_is_refused_without_a_detail(changed: dict[str, str], reason: tuple[str, ...]) -> None:
    given = {"session_key": SESSION_KEY, "encrypted_data": ENCRYPTED_DATA, "iv": IV, **changed}
    with pytest.raises(SignatureRefused) as refused:
        open_sealed(mini_program(), given["session_key"], encrypted_data=given["encrypted_data"], iv=given["iv"])
    assert refused.value.reason in reason
    assert refused.value.message == SignatureRefused.message


def test_a_fitting_one_opens_whatever_the_length_of_what_is_in_it() -> None:
    for length in range(33):
        content = {"text": "x" * length, "watermark": {"appid": APPID, "timestamp": 1}}
        assert open_sealed(mini_program(), SESSION_KEY, **sealed(content)) == content


@pytest.mark.parametrize(
    ("raw_data", "signature", "session_key"),
    [
        (RAW_DATA.replace("Band", "Bond"), SIGNATURE, SIGNING_KEY),
        (RAW_DATA, SIGNATURE, SESSION_KEY),
        (RAW_DATA, SIGNATURE.upper(), SIGNING_KEY),
        (RAW_DATA, "", SIGNING_KEY),
        (RAW_DATA, "签名", SIGNING_KEY),
        (RAW_DATA + " ", SIGNATURE, SIGNING_KEY),
    ],
)
def test_what_was_signed_otherwise_is_refused(raw_data: str, signature: str, session_key: str) -> None:
    with pytest.raises(SignatureRefused):
        check_signed(session_key, raw_data=raw_data, signature=signature)
