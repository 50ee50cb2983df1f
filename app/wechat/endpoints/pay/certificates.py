"""The platform's certificates, with which it signs where a merchant has no public key of it."""

from __future__ import annotations

from typing import Any

from wechatpayv3.utils import aes_decrypt

from app.wechat.endpoints import Ask, get
from app.wechat.endpoints.pay.door import PayDoor


class Certificates(PayDoor):
    @get("/v3/certificates")
    def certificates(self) -> Ask[list[str]]:
        """Those that are valid now, as PEM; while they change there are two.

        They are encrypted with the APIv3 key, which only WeChat Pay and we have: that they open vouches for them.
        """
        return Ask(self._read, vouched=True)

    def _read(self, told: dict[str, Any]) -> list[str]:
        pems = []
        for one in told["data"]:
            sealed = one["encrypt_certificate"]
            pem = aes_decrypt(
                nonce=sealed["nonce"],
                ciphertext=sealed["ciphertext"],
                associated_data=sealed["associated_data"],
                apiv3_key=self.account.secrets["apiv3_key"],
            )
            if pem is None:
                raise ValueError("a certificate that does not open with our key")
            pems.append(pem)
        return pems
