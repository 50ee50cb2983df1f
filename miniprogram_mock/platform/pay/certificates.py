"""`GET /v3/certificates`: the platform certificates that are valid now, each encrypted with the merchant's APIv3 key (spec 3.2)."""

from typing import Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.pay import keys
from miniprogram_mock.platform.pay.wire import ANYBODY, PayRefusal, pay_endpoint
from miniprogram_mock.platform.world import Merchant


@pay_endpoint("GET", "/v3/certificates", for_whom=ANYBODY)
def certificates(call: Call, merchant: Merchant) -> dict[str, Any]:
    """A merchant who has the public key only has no certificates to fetch."""
    found = keys.certificates(call.platform, merchant)
    if not found:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台使用微信支付公钥")
    return {"data": [_told(call, merchant, one) for one in found]}


def _told(call: Call, merchant: Merchant, one: keys.Certificate) -> dict[str, Any]:
    sealed = crypto.seal(merchant.apiv3_key, one.pem.encode(), kind="certificate")
    return {
        "serial_no": one.serial, "effective_time": call.platform.clock.rfc3339(one.since),
        "expire_time": call.platform.clock.rfc3339(one.until),
        "encrypt_certificate": {name: sealed[name] for name in ("algorithm", "nonce", "associated_data", "ciphertext")},
    }  # fmt: skip
