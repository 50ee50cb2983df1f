"""What a callback looks like on the wire: a message push in XML or JSON, encrypted or plain, and a signed Pay notification."""

import json
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import orjson

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.world import Account, Corp, Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

PUSH_ON = switch("push_on", True, "消息推送已启用；停用后什么都不推送")
PUSH_FORMAT = switch("push_format", "xml", "消息推送的数据格式", choices=("xml", "json"))
PUSH_ENCRYPTED = switch("push_encrypted", True, "消息推送的加密方式：安全模式，关闭后是明文模式")
CREATE_TIME_AS_TEXT = switch("create_time_as_text", False, "JSON 推送里 CreateTime 写成文本")
NO_ASSOCIATED_DATA = switch("pay_no_associated_data", False, "支付通知的 associated_data 为空（3.5 两种写法都有）")
SIGNTEST = "WECHATPAY/SIGNTEST/"

Request = tuple[str, bytes, dict[str, str]]
PaySigner = Callable[["Platform", Merchant, str, bytes], dict[str, str]]


def content(platform: "Platform", account: Account, elements: dict[str, Any]) -> tuple[str, str]:
    """The text of a message and its format, as the account has it set. WeCom knows XML only.

    In JSON the lists of the subscribe events stand at the top, an object for one item and an array for several (spec 1.8).
    """
    if isinstance(account, Corp) or platform.switches[account.appid, PUSH_FORMAT] == "xml":
        return xml(elements), "xml"
    flat: dict[str, Any] = {}
    for name, value in elements.items():
        if isinstance(value, dict) and set(value) == {"List"}:
            flat["List"] = value["List"][0] if len(value["List"]) == 1 else value["List"]
        else:
            flat[name] = value
    if platform.switches[account.appid, CREATE_TIME_AS_TEXT]:
        flat["CreateTime"] = str(flat["CreateTime"])
    return json.dumps(flat, ensure_ascii=False), "json"


def message_request(platform: "Platform", row: Row, *, spoilt: str | None) -> Request:
    """Address, body and headers of one attempt: a new nonce, timestamp and encryption each time."""
    account = platform.world.accounts[row["account"]]
    crypt = crypt_of(account, receiver=crypto.random_text(18) if spoilt == "wrong_receiver" else None)
    timestamp, nonce = str(platform.clock.wall()), str(secrets.randbelow(10**10))
    query, body = {"timestamp": timestamp, "nonce": nonce}, row["content"]
    if isinstance(account, Corp) or platform.switches[account.appid, PUSH_ENCRYPTED]:
        encrypted = crypt.encrypt(body)
        query["msg_signature"] = crypt.signature(timestamp, nonce, encrypted)
        if isinstance(account, Corp):
            body = xml({"ToUserName": account.corpid, "Encrypt": encrypted, "AgentID": account.agentid})
        else:
            envelope = {"ToUserName": account.original_id, "Encrypt": encrypted}
            body = json.dumps(envelope) if row["format"] == "json" else xml(envelope)
            query["encrypt_type"] = "aes"
    if not isinstance(account, Corp):
        query |= {"signature": crypt.signature(timestamp, nonce), "openid": row["recipient"]}
    if spoilt == "bad_signature":
        query |= {name: _spoil(query[name]) for name in ("signature", "msg_signature") if name in query}
    kind = "application/json" if row["format"] == "json" else "text/xml"
    # Whatever is in the query is made of letters and digits, but for an id that somebody chose.
    address = "&".join(f"{name}={quote(value, safe='')}" if name == "openid" else f"{name}={value}" for name, value in query.items())
    return f"{row['url']}?{address}", body.encode(), {"Content-Type": kind}


def pay_request(platform: "Platform", row: Row, *, spoilt: str | None) -> Request:
    merchant = platform.world.merchant(row["account"])
    assert merchant is not None
    kind, summary = ("refund", "退款通知") if row["event"].startswith("REFUND") else ("transaction", "支付成功")
    plain = row["content"]
    if spoilt == "wrong_receiver":
        told = json.loads(plain)
        plain = json.dumps({**told, "sp_mchid" if "sp_mchid" in told else "mchid": "1900000001"}, ensure_ascii=False)
    associated_data = "" if platform.switches[merchant.mchid, NO_ASSOCIATED_DATA] else kind
    body = orjson.dumps({
        "id": row["event_id"], "create_time": platform.clock.rfc3339(row["created_at"]), "resource_type": "encrypt-resource",
        "event_type": row["event"], "summary": summary,
        "resource": crypto.seal(merchant.apiv3_key, plain.encode(), kind=kind, associated_data=associated_data),
    })  # fmt: skip
    headers = _pay_signer(platform, merchant, str(platform.clock.wall()), body)
    if spoilt == "bad_signature":
        headers["Wechatpay-Signature"] = _spoil(headers["Wechatpay-Signature"])
    elif spoilt == "signtest":
        headers["Wechatpay-Signature"] = SIGNTEST + headers["Wechatpay-Signature"][len(SIGNTEST) :]
    elif spoilt == "wrong_serial":
        headers["Wechatpay-Serial"] = secrets.token_hex(20).upper()
    return row["url"], body, {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0", **headers}


def pay_signature(merchant: Merchant, timestamp: str, body: bytes) -> dict[str, str]:
    """The Wechatpay-* headers over a body, for answers and notifications alike (spec 3.2)."""
    nonce = crypto.random_text(32)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": crypto.sign(merchant.platform_key, timestamp, nonce, body.decode()),
        "Wechatpay-Serial": merchant.public_key_id,
        "Wechatpay-Signature-Type": crypto.PAY_SCHEME,
    }


def _sign_in_public_key_mode(_: "Platform", merchant: Merchant, timestamp: str, body: bytes) -> dict[str, str]:
    return pay_signature(merchant, timestamp, body)


_pay_signer: PaySigner = _sign_in_public_key_mode


def pay_signer(function: PaySigner) -> PaySigner:
    """Decorate the one function that signs Pay notifications: it chooses the key by the merchant's mode, and gives the headers."""
    global _pay_signer
    _pay_signer = function
    return function


def crypt_of(account: Account, *, receiver: str | None = None) -> crypto.MessageCrypt:
    """What encrypts for an account; inside is its appid, for WeCom the corpid."""
    return _crypt(account.token, account.aes_key, receiver or (account.corpid if isinstance(account, Corp) else account.appid))


@lru_cache(maxsize=100)
def _crypt(token: str, aes_key: str, receive_id: str) -> crypto.MessageCrypt:
    return crypto.MessageCrypt(token=token, aes_key=aes_key, receive_id=receive_id)


def xml(elements: dict[str, Any]) -> str:
    """Numbers plain, texts in CDATA, as Tencent writes its XML; a list is its element several times."""
    return f"<xml>{_inside(elements)}</xml>"


def complaint(row: Row, status: int, answer: str) -> str | None:
    """Why an answer does not count as received. For Pay the status alone decides; a message needs `success`, nothing, or a reply."""
    if row["wire"] == "pay":
        return None if status in (200, 204) else f"HTTP {status}"
    if status != 200:
        return f"HTTP {status}"
    text = answer.strip()
    if text in ("", "success") or text.startswith("{" if row["format"] == "json" else "<xml>"):
        return None
    return "the answer is neither success nor a reply"


def _inside(elements: dict[str, Any]) -> str:
    each = ((name, one) for name, value in elements.items() for one in (value if isinstance(value, list) else [value]))
    return "".join(f"<{name}>{_value(one)}</{name}>" for name, one in each)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _inside(value)
    return str(value) if isinstance(value, int) else _cdata(str(value))


def _cdata(text: str) -> str:
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"


def _spoil(signature: str) -> str:
    """Another signature of the same length."""
    return ("1" if signature[0] != "1" else "2") + signature[1:]
