"""Whose key signs what WeChat Pay says, and who can read what was encrypted for it: public key, certificates, or both (spec 3.2)."""

import base64
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pushes import SIGNTEST, pay_signer
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.world import merchants
from miniprogram_mock.platform.world.merchants import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS pay_certificates (
    serial TEXT PRIMARY KEY, mchid TEXT NOT NULL, certificate TEXT NOT NULL, private_key TEXT NOT NULL,
    since REAL NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pay_key_modes (mchid TEXT PRIMARY KEY, mode TEXT NOT NULL, since REAL NOT NULL)
""")
OVERLAP = limit("pay.certificate_overlap_seconds", 10 * 86400, "3.2 [K], not verified: how long the old certificate lives beside the new")
MIXED = limit("pay.mixed_seconds", 7 * 86400, "3.2: a notification of a merchant in the mixed mode is signed by the public key from day 7")
MIX_SEED = switch("pay_mix_seed", 0, "有几把密钥可选时，支付通知用哪一把签名：同一种子、同一顺序，结果相同")
CLOCK_SKEW = switch("pay_clock_skew_seconds", 0, "Wechatpay-Timestamp 偏差的秒数")


@dataclass(frozen=True)
class Certificate:
    """A platform certificate; `since` and `until` bound its use on the business clock."""

    serial: str
    pem: str
    private_pem: str
    since: float
    until: float


def mode(platform: "Platform", merchant: Merchant) -> str:
    told: str = platform.store.value("SELECT mode FROM pay_key_modes WHERE mchid = ?", merchant.mchid) or merchant.key_mode
    return told


def set_mode(platform: "Platform", merchant: Merchant, told: str) -> None:
    """The operator changes over in the console."""
    assert told in merchants.KEY_MODES
    platform.store.run("INSERT OR REPLACE INTO pay_key_modes VALUES (?, ?, ?)", merchant.mchid, told, platform.clock.now())


def certificates(platform: "Platform", merchant: Merchant) -> list[Certificate]:
    """Those that are valid now, the newest first; none for a merchant who has the public key only."""
    if mode(platform, merchant) == "public_key":
        return []
    rows = platform.store.all("SELECT * FROM pay_certificates WHERE mchid = ? ORDER BY since DESC", merchant.mchid)
    known = [Certificate(row["serial"], row["certificate"], row["private_key"], row["since"], row["until"]) for row in rows]
    now = platform.clock.now()
    return [one for one in known or [_first(merchant)] if one.until > now]


def rotate(platform: "Platform", merchant: Merchant) -> Certificate:
    """Issue a new certificate; for a while both are valid, then the old one is gone."""
    store, now = platform.store, platform.clock.now()
    if not store.value("SELECT 1 FROM pay_certificates WHERE mchid = ?", merchant.mchid):
        _keep(platform, merchant, _first(merchant))
    until = now + platform.limits[OVERLAP]
    store.run("UPDATE pay_certificates SET until = min(until, ?) WHERE mchid = ?", until, merchant.mchid)
    private_pem = merchants.new_private_pem()
    serial, pem = merchants.certificate(private_pem, "Tenpay.com sign")
    fresh = Certificate(serial, pem, private_pem, now, x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.timestamp())
    _keep(platform, merchant, fresh)
    return fresh


def names(platform: "Platform", merchant: Merchant) -> dict[str, str]:
    """Every `Wechatpay-Serial` that this merchant may use or meet now, with its private key as PEM."""
    known = {one.serial: one.private_pem for one in certificates(platform, merchant)}
    return known if mode(platform, merchant) == "certificate" else {merchant.public_key_id: merchant.platform_private_key, **known}


def answer_headers(platform: "Platform", merchant: Merchant, body: bytes, *, asked: str | None, is_probe: bool) -> dict[str, str]:
    """The signature over an answer: by the key that the request asked for, else by the newest certificate, where there is one."""
    known = names(platform, merchant)
    newest = next((one.serial for one in certificates(platform, merchant)), merchant.public_key_id)
    headers = _headers(platform, merchant, body, serial=asked if asked in known else newest)
    if is_probe:
        headers["Wechatpay-Signature"] = SIGNTEST + headers["Wechatpay-Signature"][len(SIGNTEST) :]
    return headers


@pay_signer
def notice_headers(platform: "Platform", merchant: Merchant, _: str, body: bytes) -> dict[str, str]:
    """The signature over a notification: by any key that the merchant must know, one after the other as the seed has it."""
    known = list(names(platform, merchant))
    since = platform.store.value("SELECT since FROM pay_key_modes WHERE mchid = ? AND mode = 'mixed'", merchant.mchid)
    if since is not None and platform.clock.now() >= since + platform.limits[MIXED]:
        known = known[:1]
    serial = known[0] if len(known) == 1 else known[_drawn(platform, merchant) % len(known)]
    return _headers(platform, merchant, body, serial=serial)


def opened(platform: "Platform", merchant: Merchant, sealed: str, *, serial: str) -> str | None:
    """What the merchant encrypted (RSA-OAEP, SHA-1) for the key of this name, or None when that key cannot read it."""
    try:
        return _key(names(platform, merchant)[serial]).decrypt(base64.b64decode(sealed, validate=True), OAEP).decode()
    except (KeyError, ValueError):
        return None


OAEP = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 - the interface's choice


def _headers(platform: "Platform", merchant: Merchant, body: bytes, *, serial: str) -> dict[str, str]:
    nonce = crypto.random_text(32)
    timestamp = str(platform.clock.wall() + platform.switches[merchant.mchid, CLOCK_SKEW])
    return {
        "Wechatpay-Timestamp": timestamp, "Wechatpay-Nonce": nonce, "Wechatpay-Serial": serial,
        "Wechatpay-Signature": crypto.sign(_key(names(platform, merchant)[serial]), timestamp, nonce, body.decode()),
        "Wechatpay-Signature-Type": crypto.PAY_SCHEME,
    }  # fmt: skip


def _drawn(platform: "Platform", merchant: Merchant) -> int:
    sequence = platform.store.count_up("pay.notices", merchant.mchid)
    return sha256(f"{platform.switches[merchant.mchid, MIX_SEED]}:{sequence}".encode()).digest()[0]


def _first(merchant: Merchant) -> Certificate:
    """The one that the world came with."""
    found = x509.load_pem_x509_certificate(merchant.platform_certificate.encode())
    since, until = found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()
    return Certificate(f"{found.serial_number:040X}", merchant.platform_certificate, merchant.certificate_private_key, since, until)


def _keep(platform: "Platform", merchant: Merchant, one: Certificate) -> None:
    platform.store.insert(
        "pay_certificates", serial=one.serial, mchid=merchant.mchid, certificate=one.pem, private_key=one.private_pem,
        since=one.since, until=one.until,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _key(private_pem: str) -> rsa.RSAPrivateKey:
    return crypto.private_key(private_pem)
