"""A merchant's own till, written from the contract alone: signs requests, checks answers and notifications, in every key mode."""

import base64
import functools
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from tests.platform_sim.support import PAY, Simulator

SCHEME = "WECHATPAY2-SHA256-RSA2048"
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303


@dataclass
class Reply:
    """`signed_by` is the serial under which the answer verified, None when it did not."""

    status: int
    body: bytes
    headers: Any
    signed_by: str | None

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        return self.status, self.data.get("code", "") if self.body else ""


@functools.cache  # to prove a key takes longer than most tests
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


class Till:
    """One merchant or service provider of the world; `keys` are the serials it can verify, with their public keys."""

    def __init__(self, sim: Simulator, entry: dict[str, Any]) -> None:
        self.sim, self.entry, self.mchid = sim, entry, entry["mchid"]
        self._key = _private(entry["merchant_private_key"])
        self.keys: dict[str, rsa.RSAPublicKey] = {}
        if "public_key" in entry:
            public = load_pem_public_key(entry["public_key"].encode())
            assert isinstance(public, rsa.RSAPublicKey)
            self.keys[entry["public_key_id"]] = public

    def authorization(self, method: str, target: str, body: bytes = b"", *, stamp: int | None = None) -> dict[str, str]:
        """The parts of the Authorization header; the caller puts them in any order."""
        stamp, nonce = stamp or int(time.time()), "593BEC0C930BF1AFEB40B4A08C8FB242"
        return {
            "mchid": self.mchid, "nonce_str": nonce, "signature": self.sign(method, target, str(stamp), nonce, body.decode()),
            "timestamp": str(stamp), "serial_no": self.entry["merchant_serial"],
        }  # fmt: skip

    def sign(self, *lines: str) -> str:
        text = "".join(f"{line}\n" for line in lines).encode()
        return base64.b64encode(self._key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()

    def ask(self, method: str, path: str, body: Any = None, *, serial: str | None = None, **query: str) -> Reply:
        """A well-formed call; `serial` goes out as Wechatpay-Serial."""
        target = f"{path}?{urlencode(query)}" if query else path
        sent = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        parts = ",".join(f'{name}="{value}"' for name, value in self.authorization(method, target, sent).items())
        headers = {"Authorization": f"{SCHEME} {parts}", "Accept": "application/json", "User-Agent": "till"}
        headers |= {"Wechatpay-Serial": serial} if serial else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        return self.raw(method, target, sent, headers)

    def raw(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Exactly these headers; one that the HTTP library would add has to be named to be empty."""
        answer = requests.request(method, f"{self.sim.base}/{PAY}{target}", data=body or None, headers=headers, timeout=60)
        return Reply(answer.status_code, answer.content, answer.headers, self.signer(answer.headers, answer.content))

    def signer(self, headers: Any, body: bytes) -> str | None:
        """The serial whose key verifies this signature, if one of ours does."""
        serial = headers.get("Wechatpay-Serial")
        if serial not in self.keys:
            return None
        text = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n{body.decode()}\n".encode()
        try:
            signature = base64.b64decode(headers["Wechatpay-Signature"])
            self.keys[serial].verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return None
        return str(serial)

    def fetch_certificates(self) -> list[x509.Certificate]:
        """GET /v3/certificates, decrypted; their keys are known from then on."""
        reply = self.ask("GET", "/v3/certificates")
        assert reply.status == 200, reply.body
        found = [x509.load_pem_x509_certificate(self.unseal(one["encrypt_certificate"])) for one in reply.data["data"]]
        for told, certificate in zip(reply.data["data"], found, strict=True):
            public = certificate.public_key()
            assert isinstance(public, rsa.RSAPublicKey)
            self.keys[told["serial_no"]] = public
        return found

    def unseal(self, sealed: dict[str, str]) -> bytes:
        key, nonce, extra = self.entry["apiv3_key"].encode(), sealed["nonce"].encode(), sealed["associated_data"].encode()
        return AESGCM(key).decrypt(nonce, base64.b64decode(sealed["ciphertext"]), extra)

    def notices(self, path: str, number: str) -> list[dict[str, Any]]:
        """Every notification of an order of this merchant that reached the sink; `resource` is decrypted, `sealed` as it came, `serial`
        what it says who signed it, `signed_by` who did.
        """
        found = []
        for one in list(self.sim.sink.at(path)):
            body, headers = json.loads(one["body"]), one["headers"]
            try:
                resource = json.loads(self.unseal(body["resource"]))
            except InvalidTag:
                continue
            if resource["out_trade_no"] == number:
                told = {"sealed": body["resource"], "resource": resource, "serial": headers["Wechatpay-Serial"]}
                found.append({**body, **told, "signed_by": self.signer(headers, one["body"].encode())})
        return found

    def sealed(self, text: str, serial: str) -> str:
        """A field encrypted for WeChat Pay."""
        return base64.b64encode(self.keys[serial].encrypt(text.encode(), OAEP)).decode()

    # What a merchant does.
    def order(self, user: dict[str, Any], number: str, *, total: int = 200_000, **more: Any) -> dict[str, Any]:
        """The body of a prepay of a direct merchant."""
        return {
            "appid": self.entry["appid"], "mchid": self.mchid, "description": "极曜 S7 订金", "out_trade_no": number,
            "notify_url": f"{self.sim.sink.url}/paid", "amount": {"total": total, "currency": "CNY"},
            "payer": {"openid": user["openids"][self.entry["appid"]]}, **more,
        }  # fmt: skip

    def dealer_order(self, user: dict[str, Any], number: str, sub_mchid: str, *, total: int = 200_000, **more: Any) -> dict[str, Any]:
        """The body of a prepay of a service provider; the payer under the provider's appid unless said."""
        return {
            "sp_appid": self.entry["appid"], "sp_mchid": self.mchid, "sub_mchid": sub_mchid, "description": "极曜 S7 订金",
            "out_trade_no": number, "notify_url": f"{self.sim.sink.url}/paid", "amount": {"total": total, "currency": "CNY"},
            "payer": {"sp_openid": user["openids"][self.entry["appid"]]}, **more,
        }  # fmt: skip

    def prepay(self, body: dict[str, Any]) -> Reply:
        return self.ask("POST", f"/v3/pay/{'partner/' if 'sp_mchid' in body else ''}transactions/jsapi", body)

    def pay(self, user: dict[str, Any], body: dict[str, Any], **how: Any) -> Any:
        """Open the order and let her pay it."""
        reply = self.prepay(body)
        assert reply.status == 200, reply.body
        return self.sim.post(f"users/{user['id']}/pay", **self.sheet(reply.data["prepay_id"], self.entry["appid"]), **how)

    def sheet(self, prepay_id: str, appid: str) -> dict[str, str]:
        stamp, nonce, package = str(int(time.time())), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", f"prepay_id={prepay_id}"
        signature = self.sign(appid, stamp, nonce, package)
        return {"appId": appid, "timeStamp": stamp, "nonceStr": nonce, "package": package, "signType": "RSA", "paySign": signature}

    def query(self, number: str) -> Any:
        return self.ask("GET", f"/v3/pay/transactions/out-trade-no/{number}", mchid=self.mchid).data

    def refund(self, number: str, refund_no: str, *, refund: int, total: int = 200_000, **more: Any) -> Reply:
        amount = {"refund": refund, "total": total, "currency": "CNY"}
        body = {"out_trade_no": number, "out_refund_no": refund_no, "amount": amount, **more}
        return self.ask("POST", "/v3/refund/domestic/refunds", body)

    def balance(self, mchid: str | None = None) -> Any:
        """What the merchant's console shows of its money, or of a dealer's."""
        shown = self.sim.get(f"merchants/{self.mchid}")
        return shown["balance"] if mchid is None else next(one["balance"] for one in shown["sub_merchants"] if one["mchid"] == mchid)


def direct(sim: Simulator) -> Till:
    return Till(sim, sim.merchant)


def provider(sim: Simulator) -> Till:
    """The world's service provider; its first dealer bound the mini-program, its second has no appid."""
    return Till(sim, sim.credentials["partners"][0])
