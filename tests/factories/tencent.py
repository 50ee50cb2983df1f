"""Callbacks as Tencent would make them, well or badly: written from the contract, not from our own code."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import struct
import time
import uuid
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.wechat.models import WechatAccount
from tests.factories.wechat import PUBLIC_KEY_ID, key_pair

BLOCK = 32


def xml(**elements: Any) -> str:
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in elements.items()) + "</xml>"


def encrypt(account: WechatAccount, text: str | bytes, *, receiver: str | None = None, padding: bytes | None = None) -> str:
    """The `Encrypt` element; `padding` in place of the right one."""
    plain = text.encode() if isinstance(text, str) else text
    body = b"0123456789abcdef" + struct.pack(">I", len(plain)) + plain + (receiver or account.appid).encode()
    count = BLOCK - len(body) % BLOCK
    return cipher(account, body + (padding if padding is not None else bytes([count]) * count))


def cipher(account: WechatAccount, body: bytes) -> str:
    """Whole blocks of plain text under the account's key."""
    key = base64.b64decode(account.secrets["aes_key"] + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(body) + encryptor.finalize()).decode()


def query(account: WechatAccount, *signed: str, age: int = 0, name: str = "msg_signature") -> dict[str, str]:
    """timestamp, nonce and the signature over them and `signed`; `age` in seconds."""
    timestamp, nonce = str(int(time.time()) - age), uuid.uuid4().hex[:10]
    joined = "".join(sorted([account.secrets["token"], timestamp, nonce, *signed]))
    return {"timestamp": timestamp, "nonce": nonce, name: hashlib.sha1(joined.encode()).hexdigest()}  # noqa: S324


def push(client: Any, account: WechatAccount, text: str, *, form: str = "xml", **query_changes: str) -> Any:
    """Push a message to its account's address, encrypted and signed; `query_changes` spoil the query."""
    sealed = encrypt(account, text)
    body = xml(ToUserName="gh_1", Encrypt=sealed) if form == "xml" else json.dumps({"ToUserName": "gh_1", "Encrypt": sealed})
    return client.post(f"/api/platform/wechat/{account.appid}", query_string=query(account, sealed) | query_changes, data=body)


def notification(account: WechatAccount, resource: dict[str, Any], *, event_type: str = "TRANSACTION.SUCCESS", event_id: str = "") -> bytes:
    """The body of a notification of WeChat Pay."""
    kind = "refund" if event_type.startswith("REFUND") else "transaction"
    nonce = uuid.uuid4().hex[:12]
    sealed = AESGCM(account.secrets["apiv3_key"].encode()).encrypt(nonce.encode(), json.dumps(resource).encode(), kind.encode())
    return json.dumps(
        {
            "id": event_id or f"EV-{uuid.uuid4()}",
            "create_time": "2026-11-21T10:00:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": "支付成功",
            "resource": {
                "original_type": kind,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": kind,
                "nonce": nonce,
            },
        },
        ensure_ascii=False,
    ).encode()


@functools.cache
def _private(pem: str) -> Any:
    return load_pem_private_key(pem.encode(), None)


def pay_headers(body: bytes, *, age: int = 0, key: str | None = None, serial: str = PUBLIC_KEY_ID) -> dict[str, str]:
    """The Wechatpay-* headers over a body, signed with the platform's key or another (PEM)."""
    timestamp, nonce = str(int(time.time()) - age), uuid.uuid4().hex
    signature = _private(key or key_pair("platform")[0]).sign(
        f"{timestamp}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), hashes.SHA256()
    )
    return {
        "Content-Type": "application/json",
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    }


def notify(client: Any, account: WechatAccount, body: bytes, headers: dict[str, str] | None = None, *, kind: str = "payments") -> Any:
    """Send a notification to the merchant's address."""
    address = f"/api/platform/wechat/pay/{account.appid}/{kind}"
    return client.post(address, data=body, headers=headers if headers is not None else pay_headers(body))
