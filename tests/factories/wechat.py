"""Accounts at Tencent for tests; the keys are real, so that signatures can be made and refused."""

from __future__ import annotations

import base64
import functools
import itertools
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.wechat.models import AccountKind, WechatAccount

_count = itertools.count(1)
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092026"


@functools.cache
def key_pair(whose: str) -> tuple[str, str]:
    """(private, public) PEM of the merchant or of the platform; made once per run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@functools.cache
def certificate(whose: str, number: int = 0x5157F09EFDC096DE15EBE81A47057A7232F1B8E1, *, years: tuple[int, int] = (2020, 2099)) -> str:
    """PEM of a certificate, with this serial number, for somebody's key; good from the first of these years to the last."""
    key: Any = load_pem_private_key(key_pair(whose)[0].encode(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign")])
    made = x509.CertificateBuilder(name, name, key.public_key(), number)
    made = made.not_valid_before(datetime(years[0], 1, 1, tzinfo=UTC)).not_valid_after(datetime(years[1], 1, 1, tzinfo=UTC))
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def account(session: Session, of: Brand, kind: AccountKind = AccountKind.mini_program, **fields: Any) -> WechatAccount:
    """An account of a brand; for a merchant give `linked_appid`."""
    number = next(_count)
    aes_key = base64.b64encode(f"{number:032d}".encode()).decode().rstrip("=")
    prefix = {AccountKind.corp: "ww", AccountKind.merchant: "19"}.get(kind, "wx")
    settings: dict[str, Any] = {}
    secrets = {"secret": f"secret-of-{number}", "token": f"token{number}", "aes_key": aes_key}
    if kind is AccountKind.service_account:
        settings = {"original_id": f"gh_{number:012d}"}
    elif kind is AccountKind.corp:
        settings = {"agentid": 1000002}
    elif kind is AccountKind.merchant:
        settings = {
            "merchant_serial": f"{number:040X}",
            "public_key_id": PUBLIC_KEY_ID,
            "public_key": key_pair("platform")[1],
        }
        secrets = {"merchant_private_key": key_pair("merchant")[0], "apiv3_key": f"{number:032d}"}
        fields.setdefault("linked_appid", f"wxlinked{number:08d}")
    made = WechatAccount(
        **{
            "brand_id": of.id,
            "kind": kind,
            "appid": f"{prefix}{number:016d}",
            "name": f"账号{number}",
            "settings": settings,
            "secrets": secrets,
        }
        | fields
    )
    session.add(made)
    session.flush()
    return made
