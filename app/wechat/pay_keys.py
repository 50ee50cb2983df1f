"""The keys of WeChat Pay: we sign with the merchant's, and check with the platform's, a public key or certificates or both at once.

pay.weixin.qq.com/doc/v3/merchant/4012365342 (signatures), 4012154180 (public keys beside certificates).
"""

from __future__ import annotations

import functools
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from wechatpayv3.utils import load_private_key, load_public_key, rsa_encrypt, rsa_sign, rsa_verify

from app.wechat.errors import Outcome, SignatureRefused, WechatError
from app.wechat.models import WechatAccount

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PUBLIC_KEY_PREFIX = "PUB_KEY_ID_"
# The request's header that names the key: for which fields are encrypted, and with which WeChat Pay is to sign its answer.
SERIAL = "Wechatpay-Serial"
WINDOW_SECONDS = 300
# WeChat Pay probes its merchants with signatures that are wrong on purpose: to be refused like any other, without alarm.
PROBE = "WECHATPAY/SIGNTEST/"

_learnt: dict[str, tuple[str, ...]] = {}


class SerialUnknown(SignatureRefused):
    """Signed with a certificate that we do not have (yet)."""


def sign(account: WechatAccount, *lines: str) -> str:
    """The merchant's signature over lines, each ended by a line feed: SHA256withRSA, in base64."""
    signature: str = rsa_sign(_private(account.secrets["merchant_private_key"]), "\n".join(lines) + "\n")
    return signature


def timestamp() -> str:
    """Real time, in whole seconds, as signatures bear it."""
    return str(int(time.time()))


def check(account: WechatAccount, headers: Mapping[str, str], body: str) -> None:
    """Raises `SignatureRefused` unless WeChat Pay signed this body. `headers` by lower-case name."""
    if headers.get("wechatpay-signature-type", SCHEME) != SCHEME:
        raise SignatureRefused("unknown signature type")
    key = _key(account, headers.get("wechatpay-serial", ""))
    claimed = headers.get("wechatpay-signature", "")
    try:
        holds = rsa_verify(headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", ""), body, claimed, key)
    except ValueError:
        holds = False
    if not holds:
        raise SignatureRefused("signature")


def check_answer(account: WechatAccount, headers: Mapping[str, str], body: str) -> None:
    """As `check`, for an answer that came just now: one that was signed minutes ago is a recording."""
    signed_at = headers.get("wechatpay-timestamp", "")
    if not signed_at.isdecimal() or abs(time.time() - int(signed_at)) > WINDOW_SECONDS:
        raise SignatureRefused("signed at another time")
    check(account, headers, body)


def seal(account: WechatAccount, *texts: str) -> tuple[str, list[str]]:
    """(serial, ciphertexts): fields that only WeChat Pay may read; the serial goes into the request's header `SERIAL`.

    Raises `WechatError` (retry_later, code "no_platform_key") when a merchant of certificates has not fetched one yet.
    """
    serial = current_serial(account)
    if serial is None:
        raise WechatError(Outcome.retry_later, "no_platform_key", "the merchant has no key of WeChat Pay yet")
    key = _key(account, serial)
    return serial, [str(rsa_encrypt(text, key)) for text in texts]


def current_serial(account: WechatAccount) -> str | None:
    """Which of the platform's keys to encrypt for: the public key, which never ends, or else the certificate that ends last."""
    if account.settings.get("public_key_id"):
        return str(account.settings["public_key_id"])
    certificates = _certificates(account)
    return max(certificates, key=lambda serial: certificates[serial].not_valid_after_utc) if certificates else None


def knows(account: WechatAccount, serial: str) -> bool:
    """Whether we have the key of this serial."""
    return serial.startswith(PUBLIC_KEY_PREFIX) or serial.upper() in _certificates(account)


def learn(account: WechatAccount, pems: Sequence[str]) -> None:
    """Keep certificates of the platform in this process, beside those that the account has on record."""
    _learnt[account.appid] = tuple(pems)


def _key(account: WechatAccount, serial: str) -> RSAPublicKey:
    if serial.startswith(PUBLIC_KEY_PREFIX):
        if not hmac.compare_digest(serial.encode(), str(account.settings.get("public_key_id")).encode()):
            raise SignatureRefused("another public key")
        return _public(account.settings["public_key"])
    certificate = _certificates(account).get(serial.upper())
    if certificate is None:
        raise SerialUnknown("unknown serial")
    if not certificate.not_valid_before_utc.timestamp() <= time.time() <= certificate.not_valid_after_utc.timestamp():
        raise SignatureRefused("the certificate is out of its time")
    key: Any = certificate.public_key()
    return key


def _certificates(account: WechatAccount) -> dict[str, x509.Certificate]:
    """By serial, as WeChat Pay writes it: forty hexadecimal digits, upper case."""
    pems = {*account.settings.get("platform_certificates", ()), *_learnt.get(account.appid, ())}
    return {f"{one.serial_number:040X}": one for one in map(_certificate, pems)}


@functools.lru_cache(maxsize=256)
def _private(pem: str) -> RSAPrivateKey:
    key: RSAPrivateKey = load_private_key(pem)
    return key


@functools.lru_cache(maxsize=256)
def _public(pem: str) -> RSAPublicKey:
    key: RSAPublicKey = load_public_key(pem)
    return key


@functools.lru_cache(maxsize=256)
def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())
