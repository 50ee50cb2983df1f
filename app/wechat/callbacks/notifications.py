"""Open notifications of WeChat Pay: APIv3, signed with its public key or with one of its certificates.

pay.weixin.qq.com/doc/v3/merchant/4012791861 (payment), 4012791865 (refund).
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.wechat import pay_keys
from app.wechat.callbacks.request import CallbackRequest, within_window
from app.wechat.errors import SignatureRefused
from app.wechat.models import WechatAccount

_CIPHER = "AEAD_AES_256_GCM"


def open_notification(account: WechatAccount, request: CallbackRequest, now: datetime) -> dict[str, Any]:
    """A notification with its `resource` decrypted in place; `now` is the real time. Never asks anybody for anything.

    Raises:
        SignatureRefused: in any doubt; it is `pay_keys.SerialUnknown` when the certificate is one that we do not have.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    within_window(headers.get("wechatpay-timestamp", ""), now)
    if headers.get("wechatpay-signature", "").startswith(pay_keys.PROBE):
        raise SignatureRefused(pay_keys.PROBE)
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise SignatureRefused("body is not UTF-8") from None
    pay_keys.check(account, headers, text)
    try:
        notification: dict[str, Any] = orjson.loads(text)
        notification["resource"] = resource = orjson.loads(_unsealed(account, notification["resource"]))
        receiver = resource.get("mchid") or resource["sp_mchid"]
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureRefused(f"resource does not open: {type(error).__name__}") from None
    if receiver != account.appid:
        raise SignatureRefused("receiver")
    return notification


def _unsealed(account: WechatAccount, sealed: dict[str, str]) -> bytes:
    if sealed["algorithm"] != _CIPHER:
        raise ValueError("another cipher")
    added = (sealed.get("associated_data") or "").encode()
    return AESGCM(account.secrets["apiv3_key"].encode()).decrypt(sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"]), added)
