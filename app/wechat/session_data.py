"""What a mini-program's front end got from WeChat sealed or signed with her session key (spec 1.5).

wechatpy's own `WeChatWxaCrypto` accepts any padding, and `check_wxa_signature` compares in a time that tells; of it we use the cipher.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson
from wechatpy.crypto import WeChatCipher

from app.wechat.errors import SignatureRefused
from app.wechat.models import WechatAccount

_BLOCK = 16


def open_sealed(account: WechatAccount, session_key: str, *, encrypted_data: str, iv: str) -> dict[str, Any]:
    """The object inside `encryptedData`; `watermark.timestamp` in it says when it was sealed.

    Raises `SignatureRefused` when this session key does not open it (she has logged in again since), or it was sealed for another account.
    """
    key, vector, sealed = (_decoded(text) for text in (session_key, iv, encrypted_data))
    if len(key) != _BLOCK or len(vector) != _BLOCK or not sealed or len(sealed) % _BLOCK:
        raise SignatureRefused("length")
    padded: bytes = WeChatCipher(key, vector).decrypt(sealed)
    count = padded[-1]
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise SignatureRefused("padding")
    told = _object(padded[:-count])
    watermark = told.get("watermark")
    if not isinstance(watermark, dict) or watermark.get("appid") != account.appid:
        raise SignatureRefused("watermark")
    return told


def check_signed(session_key: str, *, raw_data: str, signature: str) -> dict[str, Any]:
    """The object in `rawData`, exactly as the front end got it. Raises `SignatureRefused` when it was not signed with this session key."""
    expected = hashlib.sha1((raw_data + session_key).encode()).hexdigest()  # noqa: S324  # the scheme is Tencent's
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise SignatureRefused("signature")
    return _object(raw_data.encode())


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureRefused("base64") from None


def _object(plain: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(plain)
    except orjson.JSONDecodeError:
        raise SignatureRefused("JSON") from None
    if not isinstance(told, dict):
        raise SignatureRefused("not an object")
    return told
