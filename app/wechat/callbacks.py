"""Opening what Tencent calls back with: signatures, windows and ciphers, and nothing that happens afterwards.

Everything doubtful is `SignatureRefused`. Messages: WXBizMsgCrypt, the same for mini-programs, service accounts and WeCom
(developers.weixin.qq.com, "消息加解密"). Payments: APIv3, pay.weixin.qq.com/doc/v3/merchant/4012365342.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

import orjson
import xmltodict
from wechatpayv3.utils import aes_decrypt, load_public_key, rsa_verify
from wechatpy.crypto import WeChatCipher

from app.kit.settings import settings
from app.wechat.errors import SignatureRefused
from app.wechat.models import AccountKind, WechatAccount

MAX_BYTES = 256 * 1024
# WeChat Pay probes its merchants with signatures that are wrong on purpose: to be refused like any other, without alarm.
PROBE = "WECHATPAY/SIGNTEST/"
# Types and entities can only be declared before the root element, and Tencent never does.
_ROOT = re.compile(r"\s*(?:<\?xml[^<>]*\?>\s*)?<xml>")
_BLOCK = 32
_HEAD = 20  # 16 random bytes and the length of the message
_PAY_SCHEME = "WECHATPAY2-SHA256-RSA2048"


def verify_address(account: WechatAccount, query: Mapping[str, str], now: datetime) -> str:
    """What to answer when Tencent asks whether this address is ours; `now` is the real time."""
    echo = query.get("echostr", "")
    _within_window(query.get("timestamp", ""), now)
    if account.kind == AccountKind.corp:
        _same_signature(account, query, query.get("msg_signature", ""), echo)
        return _decrypt(account, echo).decode()
    _same_signature(account, query, query.get("signature", ""))
    return echo


def open_message(account: WechatAccount, query: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The decrypted text of a message push in safe mode; the plain mode is not spoken."""
    _within_window(query.get("timestamp", ""), now)
    envelope = parse(body)
    encrypted = envelope.get("Encrypt") if envelope else None
    if not isinstance(encrypted, str):
        raise SignatureRefused("no Encrypt in the body")
    _same_signature(account, query, query.get("msg_signature", ""), encrypted)
    try:
        return _decrypt(account, encrypted).decode()
    except UnicodeDecodeError:
        raise SignatureRefused("message is not UTF-8") from None


def parse(body: str | bytes) -> dict[str, Any] | None:
    """The elements of a message in either of Tencent's forms, or None. XML that declares types or entities is not read at all."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        if text.lstrip().startswith("{"):
            read = orjson.loads(text)
            return read if isinstance(read, dict) else None
        if not _ROOT.match(text):
            return None
        read = xmltodict.parse(text)["xml"]
        return read if isinstance(read, dict) else None
    except (ExpatError, KeyError, TypeError, ValueError):
        return None


def open_notification(account: WechatAccount, headers: Mapping[str, str], body: bytes, now: datetime) -> dict[str, Any]:
    """A notification of WeChat Pay with its `resource` decrypted in place."""
    _within_window(headers.get("Wechatpay-Timestamp", ""), now)
    if headers.get("Wechatpay-Signature-Type", _PAY_SCHEME) != _PAY_SCHEME:
        raise SignatureRefused("unknown signature type")
    if not hmac.compare_digest(headers.get("Wechatpay-Serial", "").encode(), account.settings["public_key_id"].encode()):
        raise SignatureRefused("unknown serial")
    try:
        text = body.decode()
        key = load_public_key(account.settings["public_key"])
        signed = rsa_verify(
            headers["Wechatpay-Timestamp"], headers.get("Wechatpay-Nonce", ""), text, headers.get("Wechatpay-Signature", ""), key
        )
        if not signed:
            raise SignatureRefused("signature")
        notification: dict[str, Any] = orjson.loads(text)
        sealed = notification["resource"]
        plain = aes_decrypt(
            nonce=sealed["nonce"],
            ciphertext=sealed["ciphertext"],
            associated_data=sealed.get("associated_data") or "",
            apiv3_key=account.secrets["apiv3_key"],
        )
        if sealed["algorithm"] != "AEAD_AES_256_GCM" or plain is None:
            raise SignatureRefused("resource does not open")
        notification["resource"] = orjson.loads(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureRefused(f"unreadable: {type(error).__name__}") from None
    return notification


def _within_window(timestamp: str, now: datetime) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise SignatureRefused("no timestamp")
    if abs(now.timestamp() - int(timestamp)) > settings().wechat_callback_window_seconds:
        raise SignatureRefused("outside the window")


def _same_signature(account: WechatAccount, query: Mapping[str, str], claimed: str, *encrypted: str) -> None:
    parts = sorted([account.secrets["token"], query.get("timestamp", ""), query.get("nonce", ""), *encrypted])
    expected = hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324  # the scheme is Tencent's
    if not hmac.compare_digest(expected.encode(), claimed.encode()):
        raise SignatureRefused("signature")


def _decrypt(account: WechatAccount, encrypted: str) -> bytes:
    """The message inside: padding, length and receiver are all checked, which wechatpy's own decryption does not."""
    key = base64.b64decode(account.secrets["aes_key"] + "=")
    try:
        padded: bytes = WeChatCipher(key).decrypt(base64.b64decode(encrypted, validate=True))
    except (binascii.Error, ValueError):
        raise SignatureRefused("ciphertext") from None
    count = padded[-1] if padded else 0
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise SignatureRefused("padding")
    plain = padded[:-count]
    if len(plain) < _HEAD:
        raise SignatureRefused("truncated")
    (length,) = struct.unpack(">I", plain[16:_HEAD])
    message, receiver = plain[_HEAD : _HEAD + length], plain[_HEAD + length :]
    if len(message) != length or not hmac.compare_digest(receiver, account.appid.encode()):
        raise SignatureRefused("receiver")
    return message
