"""Open message pushes: WXBizMsgCrypt, the same for mini-programs, service accounts and WeCom (developers.weixin.qq.com, "消息加解密")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import datetime

from wechatpy.crypto import WeChatCipher

from app.wechat.callbacks.elements import elements_of
from app.wechat.callbacks.request import CallbackRequest, within_window
from app.wechat.errors import SignatureRefused
from app.wechat.models import AccountKind, WechatAccount

_BLOCK = 32
_HEAD = 20  # 16 random bytes and the length of the message


def verify_address(account: WechatAccount, request: CallbackRequest, now: datetime) -> str:
    """What to answer when Tencent asks whether this address is ours; `now` is the real time."""
    query = request.parameters()
    echo = query.get("echostr", "")
    within_window(query.get("timestamp", ""), now)
    if account.kind == AccountKind.corp:
        _same_signature(account, query, query.get("msg_signature", ""), echo)
        return _decrypted(account, echo)
    _same_signature(account, query, query.get("signature", ""))
    return echo


def open_message(account: WechatAccount, request: CallbackRequest, now: datetime) -> str:
    """The decrypted text of a message push in safe mode; the plain mode is not spoken."""
    query = request.parameters()
    within_window(query.get("timestamp", ""), now)
    try:
        envelope = elements_of(request.body.decode())
    except UnicodeDecodeError:
        raise SignatureRefused("body is not UTF-8") from None
    encrypted = envelope.get("Encrypt") if envelope else None
    if not isinstance(encrypted, str):
        raise SignatureRefused("no Encrypt in the body")
    _same_signature(account, query, query.get("msg_signature", ""), encrypted)
    return _decrypted(account, encrypted)


def _same_signature(account: WechatAccount, query: dict[str, str], claimed: str, *encrypted: str) -> None:
    parts = sorted([account.secrets["token"], query.get("timestamp", ""), query.get("nonce", ""), *encrypted])
    expected = hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324  # the scheme is Tencent's
    if not hmac.compare_digest(expected.encode(), claimed.encode()):
        raise SignatureRefused("signature")


def _decrypted(account: WechatAccount, encrypted: str) -> str:
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
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise SignatureRefused("message is not UTF-8") from None
