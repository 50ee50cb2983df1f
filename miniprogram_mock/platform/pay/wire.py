"""What every WeChat Pay endpoint has in common: the merchant's signature is checked, every answer is signed (spec 3.1, 3.2)."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.callbacks import pay_signature
from miniprogram_mock.platform.endpoints import ENDPOINTS, PAY, Answer, Call
from miniprogram_mock.platform.world import Merchant

WINDOW_SECONDS = 300
_AUTHORIZATION = re.compile(rf"{crypto.PAY_SCHEME} (.+)", re.DOTALL)
_PART = re.compile(r'(\w+)="([^"]*)"')
_PARTS = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
_NO_CONTENT = 204

STATUS_OF_CODE = {
    "PARAM_ERROR": 400, "INVALID_REQUEST": 400, "APPID_MCHID_NOT_MATCH": 400, "MCH_NOT_EXISTS": 400, "ORDER_CLOSED": 400, "ORDERPAID": 400,
    "SIGN_ERROR": 401, "NO_AUTH": 403, "OUT_TRADE_NO_USED": 403, "RULE_LIMIT": 403, "TRADE_ERROR": 403, "ACCOUNT_ERROR": 403,
    "NOT_ENOUGH": 403, "USER_ACCOUNT_ABNORMAL": 403, "ORDER_NOT_EXIST": 404, "RESOURCE_NOT_EXISTS": 404, "FREQUENCY_LIMITED": 429,
    "SYSTEM_ERROR": 500, "OPENID_MISMATCH": 500, "BANK_ERROR": 500,
}  # fmt: skip


class PayRefusal(Exception):
    """An error answer of WeChat Pay; `field` is a JSON pointer such as `/amount/total`."""

    def __init__(self, code: str, message: str, *, field: str | None = None, value: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.value = code, message, field, value

    def answer(self) -> Answer:
        content: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field:
            content["detail"] = {"field": self.field, "value": self.value, "issue": self.message, "location": "body"}
        return Answer.json(content, status=STATUS_OF_CODE.get(self.code, 400), errcode=self.code)


Function = Callable[[Call, Merchant], dict[str, Any] | None]


def pay_endpoint(method: str, path: str, *, fields: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Register an endpoint; it gets the merchant whose signature was checked, and answers 204 when it returns None."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def run(call: Call) -> Answer:
            merchant = None
            try:
                merchant = _authenticate(call)
                if method == "POST":
                    call.data = _read_body(call, fields)
                content = function(call, merchant)
                answer = Answer(b"", status=_NO_CONTENT) if content is None else Answer.json(content)
            except PayRefusal as refusal:
                answer = refusal.answer()
            answer.content_type = "application/json; charset=utf-8"
            signer = merchant or call.platform.world.merchants[0]
            answer.headers |= pay_signature(signer, str(call.platform.clock.wall()), answer.body)
            answer.headers["Request-ID"] = crypto.random_text(32)
            return answer

        ENDPOINTS.add(PAY, method, path, run)
        return function

    return decorate


def _authenticate(call: Call) -> Merchant:
    """The merchant who signed this request; anything doubtful is 401 SIGN_ERROR."""
    found = _AUTHORIZATION.fullmatch(call.headers.get("Authorization", ""))
    parts = dict(_PART.findall(found[1])) if found else {}
    if set(parts) != _PARTS:
        raise PayRefusal("SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    merchant = call.platform.world.merchant(parts["mchid"])
    if merchant is None or parts["serial_no"] != merchant.merchant_serial:
        raise PayRefusal("SIGN_ERROR", "商户证书序列号有误，请使用签名私钥匹配的证书序列号")
    if not parts["timestamp"].isdigit() or abs(call.platform.clock.wall() - int(parts["timestamp"])) > WINDOW_SECONDS:
        raise PayRefusal("SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    lines = (call.method, call.target, parts["timestamp"], parts["nonce_str"], call.body.decode(errors="replace"))
    if not 1 <= len(parts["nonce_str"]) <= 32 or not crypto.verifies(merchant.merchant_key, parts["signature"], *lines):
        raise PayRefusal("SIGN_ERROR", "错误的签名，验签失败")
    if call.headers.get("Wechatpay-Serial", merchant.public_key_id) != merchant.public_key_id:
        raise PayRefusal("PARAM_ERROR", "Wechatpay-Serial不是本商户的微信支付公钥ID")
    return merchant


def _read_body(call: Call, fields: tuple[str, ...]) -> dict[str, Any]:
    try:
        data = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise PayRefusal("PARAM_ERROR", "请求体不是合法的JSON") from None
    if not isinstance(data, dict):
        raise PayRefusal("PARAM_ERROR", "请求体必须是JSON对象")
    known(data, fields, where="")
    return data


def known(data: dict[str, Any], fields: tuple[str, ...], *, where: str) -> None:
    """Refuse what the interface does not have: a misspelt field is a bug of the caller."""
    for name in data:
        if name not in fields:
            raise PayRefusal("PARAM_ERROR", f"无法识别的参数{where}/{name}", field=f"{where}/{name}")


def text(data: dict[str, Any], name: str, *, most: int, required: bool = True, pattern: str | None = None) -> str | None:
    """A text of at most so many characters."""
    value = data.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= most or (pattern and not re.fullmatch(pattern, value)):
        raise PayRefusal("PARAM_ERROR", f"参数{name}不符合要求", field=f"/{name}", value=value)
    return value


def section(data: dict[str, Any], name: str, fields: tuple[str, ...]) -> dict[str, Any]:
    """A required object with known fields."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise PayRefusal("PARAM_ERROR", f"缺少参数{name}", field=f"/{name}")
    known(value, fields, where=f"/{name}")
    return value


def fen(data: dict[str, Any], name: str, *, where: str) -> int:
    """An amount: a whole number of fen, at least 1."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise PayRefusal("PARAM_ERROR", f"参数{name}必须是不小于1的整数（单位：分）", field=f"{where}/{name}", value=value)
    return value


def notify_url(data: dict[str, Any], *, most: int, required: bool) -> str | None:
    """An https address without a query; plain http only to this machine, where there is no certificate to have."""
    url = text(data, "notify_url", most=most, required=required)
    if url is not None and not re.fullmatch(r"(https://[^/?#\s]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)(/[^?#\s]*)?", url):
        raise PayRefusal("PARAM_ERROR", "notify_url必须是不带参数的https地址", field="/notify_url", value=url)
    return url
