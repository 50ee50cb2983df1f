"""Merchants of WeChat Pay as their console shows them: numbers, keys, certificates, and a service provider's sub-merchants."""

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from miniprogram_mock.platform import crypto

KEY_MODES = ("public_key", "certificate", "mixed")
_CERTIFICATE_YEARS = 5
_SERIAL_BYTES = 20
_COPIED = ("mchid", "appid", "name", "merchant_serial", "merchant_private_key", "merchant_certificate", "apiv3_key", "key_mode")


@dataclass(frozen=True)
class SubMerchant:
    """A dealer's own number (特约商户) under a service provider; `sub_appid` is "" when none is bound to it."""

    sub_mchid: str
    name: str
    sub_appid: str


@dataclass(frozen=True)
class Merchant:
    """A direct merchant, or with `sub_merchants` a service provider, whose `mchid` and `appid` are then the sp_ ones.

    WeChat Pay signs with `platform_private_key` under the name `public_key_id`, and with `certificate_private_key` under the serial of
    `platform_certificate`; `key_mode` says which of the two the merchant sees (spec 3.2).
    """

    mchid: str
    appid: str
    name: str
    merchant_serial: str
    merchant_private_key: str
    merchant_certificate: str
    apiv3_key: str
    public_key_id: str
    platform_private_key: str
    platform_certificate: str
    certificate_private_key: str
    key_mode: str
    sub_merchants: list[SubMerchant]

    @cached_property
    def merchant_key(self) -> rsa.RSAPublicKey:
        """What the merchant's signatures are checked with."""
        return crypto.private_key(self.merchant_private_key).public_key()

    @cached_property
    def platform_key(self) -> rsa.RSAPrivateKey:
        """The key pair that is called by its `public_key_id`."""
        return crypto.private_key(self.platform_private_key)

    @property
    def public_key(self) -> str:
        """What the console lets the operator download, as PEM."""
        return public_pem(self.platform_key.public_key())

    def sub_merchant(self, sub_mchid: object) -> SubMerchant | None:
        return next((one for one in self.sub_merchants if one.sub_mchid == sub_mchid), None)


def read(raw: dict[str, Any]) -> Merchant:
    """A merchant as `world.json` keeps it."""
    return Merchant(**{**raw, "sub_merchants": [SubMerchant(**one) for one in raw["sub_merchants"]]})


def new(appid: str) -> list[dict[str, Any]]:
    return [_new("1900000109", appid, "极曜汽车销售有限公司", []), _new_partner(appid)]


def upgrade(merchants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a world of an earlier version lacks: certificates, and the service provider."""
    for raw in merchants:
        if "key_mode" not in raw:
            raw |= {"key_mode": "public_key", "sub_merchants": [], **_certificates(raw["merchant_private_key"])}
    if not any(raw["sub_merchants"] for raw in merchants):
        merchants = [*merchants, _new_partner(merchants[0]["appid"])]
    return merchants


def copied(one: Merchant) -> dict[str, Any]:
    """What the operator copies out of the console; who has no public key there fetches the certificates."""
    entry = {"kind": "merchant", **{name: getattr(one, name) for name in _COPIED}}
    if one.key_mode != "certificate":
        entry |= {"public_key_id": one.public_key_id, "public_key": one.public_key}
    if one.sub_merchants:
        entry["sub_mchids"] = [{name: value for name, value in asdict(sub).items() if value} for sub in one.sub_merchants]
    return entry


def certificate(private_pem: str, common_name: str) -> tuple[str, str]:
    """A new self-signed X.509 certificate over this key: its serial in hex, and the PEM. Nobody here checks a chain."""
    key, serial = crypto.private_key(private_pem), secrets.token_bytes(_SERIAL_BYTES)
    # A serial is a positive number of twenty bytes: its first bit is 0, its first byte is not.
    number = int.from_bytes(bytes([serial[0] % 64 + 64]) + serial[1:])
    name = x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tenpay.com"),
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
    ])  # fmt: skip
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(number)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=365 * _CERTIFICATE_YEARS))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return f"{number:040X}", made.public_bytes(Encoding.PEM).decode()


def new_private_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _new_partner(appid: str) -> dict[str, Any]:
    """A service provider with two dealers: one bound the mini-program as its own, one has no appid."""
    dealers = [
        SubMerchant("1900000311", "上海极曜汽车销售服务有限公司", appid),
        SubMerchant("1900000312", "北京极曜汽车销售服务有限公司", ""),
    ]
    return _new("1900000201", appid, "极曜数字科技有限公司", dealers)


def _new(mchid: str, appid: str, name: str, sub_merchants: list[SubMerchant]) -> dict[str, Any]:
    merchant_private_key = new_private_pem()
    return asdict(
        Merchant(
            mchid=mchid, appid=appid, name=name, apiv3_key=crypto.random_text(32), key_mode="public_key", sub_merchants=sub_merchants,
            public_key_id=f"PUB_KEY_ID_011{mchid[1:]}2026{secrets.randbelow(10**15):015}", platform_private_key=new_private_pem(),
            merchant_private_key=merchant_private_key, **_certificates(merchant_private_key),
        )
    )  # fmt: skip


def _certificates(merchant_private_key: str) -> dict[str, str]:
    serial, merchant_certificate = certificate(merchant_private_key, "Tenpay.com API merchant")
    certificate_private_key = new_private_pem()
    return {
        "merchant_serial": serial, "merchant_certificate": merchant_certificate, "certificate_private_key": certificate_private_key,
        "platform_certificate": certificate(certificate_private_key, "Tenpay.com sign")[1],
    }  # fmt: skip
