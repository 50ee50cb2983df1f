"""What every WeChat Pay endpoint has in common: the merchant's signature is checked, every answer is signed (spec 3.1, 3.2)."""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import unquote

import orjson

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import ENDPOINTS, PAY, Answer, Call
from miniprogram_mock.platform.faults import kind
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay import keys
from miniprogram_mock.platform.pay.errors import PayRefusal
from miniprogram_mock.platform.pay.fields import Shape, checked
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.world.merchants import Merchant, SubMerchant

__all__ = ["ANYBODY", "DIRECT", "PARTNER", "PayRefusal", "dealer", "dealer_named", "decrypted", "pay_endpoint"]

declare("CREATE TABLE IF NOT EXISTS pay_rates (name TEXT PRIMARY KEY, second INTEGER NOT NULL, used INTEGER NOT NULL)")
WINDOW = limit("pay.signature_window_seconds", 300, "3.1, 3.2: how old a signature may be, on the real clock")
OLD_CODES = switch("pay_old_error_codes", False, "错误码用 2020 年文档的拼写，如 SYSTEMERROR")
UNSIGNED_ERRORS = switch("pay_errors_unsigned", False, "错误应答不带签名")
UNSIGNED = kind("unsigned_answer", "支付的 2xx 应答没有任何签名，像伪造的一样")
PROBED = "signtest"
# Who may call an endpoint: direct merchants, service providers, or both.
DIRECT, PARTNER, ANYBODY = "direct", "partner", "anybody"
_AUTHORIZATION = re.compile(rf'{crypto.PAY_SCHEME} +(\w+="[^"]*"(?:, *\w+="[^"]*")*)')
_PART = re.compile(r'(\w+)="([^"]*)"')
_PARTS = ["mchid", "nonce_str", "serial_no", "signature", "timestamp"]
_NO_CONTENT = 204

Function = Callable[[Call, Merchant], dict[str, Any] | Answer | None]


def pay_endpoint(
    method: str, path: str, *, for_whom: str, body: Shape | None = None, query: Shape | None = None, rate: str = "", error_rate: str = ""
) -> Callable[[Function], Function]:
    """Register an endpoint; it gets the merchant whose signature was checked, and answers 204 when it returns None.

    `rate` and `error_rate` are names of limits: calls, and refused calls, of a merchant in one second. An `Answer` goes out unsigned.
    """

    def decorate(function: Function) -> Function:
        @wraps(function)
        def run(call: Call) -> Answer:
            merchant = None
            try:
                _check_headers(call)
                merchant = _authenticate(call)
                _check_rates(call, merchant, rate, error_rate)
                _check_party(merchant, for_whom)
                _read(call, body, query or {})
                content = function(call, merchant)
            except PayRefusal as refusal:
                return _refused(call, merchant, refusal, error_rate)
            if isinstance(content, Answer):
                return content
            answer = Answer(b"", status=_NO_CONTENT) if content is None else Answer.json(content)
            return _signed(call, merchant, answer)

        ENDPOINTS.add(PAY, method, path, run)
        return function

    return decorate


def dealer(merchant: Merchant, number: Any) -> SubMerchant:
    """The service provider's sub-merchant of this number."""
    found = merchant.sub_merchant(number)
    if found is None:
        raise PayRefusal("NO_AUTH", "特约商户号与服务商没有绑定关系", field="/sub_mchid", value=number)
    return found


def dealer_named(merchant: Merchant, told: Mapping[str, Any]) -> SubMerchant | None:
    """Whom a request is for, where both modes share an endpoint: a service provider names a dealer, a direct merchant nobody."""
    number = told.get("sub_mchid")
    if bool(merchant.sub_merchants) != (number is not None):
        raise PayRefusal("PARAM_ERROR", "服务商必填sub_mchid，直连商户不填", field="/sub_mchid", value=number)
    return None if number is None else dealer(merchant, number)


def decrypted(call: Call, merchant: Merchant, sealed: str, field: str) -> str:
    """A field that must come encrypted for WeChat Pay's key, which the header `Wechatpay-Serial` names."""
    serial = _asked_serial(call)
    if serial is None:
        raise PayRefusal("PARAM_ERROR", "有加密字段时Http头须带Wechatpay-Serial", field="Wechatpay-Serial", location="header")
    plain = keys.opened(call.platform, merchant, sealed, serial=serial)
    if not plain:
        raise PayRefusal("PARAM_ERROR", "加密字段解密失败，请确认使用了Wechatpay-Serial对应的公钥", field=field)
    return plain


def _asked_serial(call: Call) -> str | None:
    """The key by whose name the caller wants the answer signed, and with which it encrypted fields."""
    return call.headers.get("Wechatpay-Serial")


def _check_headers(call: Call) -> None:
    accepts = call.headers.get("Accept", "")
    if not call.headers.get("User-Agent") or not accepts:
        raise PayRefusal("PARAM_ERROR", "Http头缺少Accept或User-Agent", field="Accept", location="header")
    if not any(kind in accepts for kind in ("application/json", "*/*")):
        raise PayRefusal("PARAM_ERROR", "Http头Accept须包含application/json", field="Accept", value=accepts, location="header")
    if call.method == "POST" and call.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise PayRefusal(
            "PARAM_ERROR", "Http头Content-Type须为application/json", field="Content-Type", value=call.headers.get("Content-Type"),
            location="header",
        )  # fmt: skip


def _authenticate(call: Call) -> Merchant:
    """The merchant who signed this request; anything doubtful is 401 SIGN_ERROR."""
    platform = call.platform
    found = _AUTHORIZATION.fullmatch(call.headers.get("Authorization", ""))
    pairs = _PART.findall(found[1]) if found else []
    if sorted(name for name, _ in pairs) != _PARTS:
        raise PayRefusal("SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    parts = dict(pairs)
    merchant = platform.world.merchant(parts["mchid"])
    if merchant is None or parts["serial_no"] != merchant.merchant_serial:
        raise PayRefusal("SIGN_ERROR", "商户证书序列号有误，请使用签名私钥匹配的证书序列号")
    if not parts["timestamp"].isdigit() or abs(platform.clock.wall() - int(parts["timestamp"])) > platform.limits[WINDOW]:
        raise PayRefusal("SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    lines = (call.method, call.target, parts["timestamp"], parts["nonce_str"], call.body.decode(errors="replace"))
    if not 1 <= len(parts["nonce_str"]) <= 32 or not crypto.verifies(merchant.merchant_key, parts["signature"], *lines):
        raise PayRefusal("SIGN_ERROR", "错误的签名，验签失败")
    serial = _asked_serial(call)
    if serial is not None and serial not in keys.names(platform, merchant):
        raise PayRefusal(
            "PARAM_ERROR", "平台证书序列号或微信支付公钥ID错误，请使用最新的", field="Wechatpay-Serial", value=serial, location="header"
        )
    return merchant


def _check_rates(call: Call, merchant: Merchant, rate: str, error_rate: str) -> None:
    store, second = call.platform.store, int(call.platform.clock.now())
    failed = error_rate and store.value("SELECT used FROM pay_rates WHERE name = ? AND second = ?", _rate(error_rate, merchant), second)
    if (failed and failed >= call.platform.limits[error_rate]) or (rate and _count(call, merchant, rate) > call.platform.limits[rate]):
        raise PayRefusal("FREQUENCY_LIMITED", "频率超限，请降低频率后重试")


def _check_party(merchant: Merchant, for_whom: str) -> None:
    if for_whom != ANYBODY and (for_whom == PARTNER) != bool(merchant.sub_merchants):
        raise PayRefusal("NO_AUTH", "商户无权限调用该接口")


def _read(call: Call, body: Shape | None, query: Shape) -> None:
    call.path_args = {name: unquote(value) for name, value in call.path_args.items()}
    try:
        checked(call, call.query, query)
    except PayRefusal as refusal:
        refusal.location = "query"
        raise
    if body is None:
        return
    try:
        data = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise PayRefusal("PARAM_ERROR", "请求体不是合法的JSON") from None
    checked(call, data, body)
    call.data = data


def _refused(call: Call, merchant: Merchant | None, refusal: PayRefusal, error_rate: str) -> Answer:
    """An error answer; one to a caller who is nobody has no key to be signed with."""
    if merchant is None:
        return _dressed(refusal.answer())
    if error_rate:
        _count(call, merchant, error_rate)
    answer = refusal.answer(old_spelling=call.platform.switches[merchant.mchid, OLD_CODES])
    return _dressed(answer) if call.platform.switches[merchant.mchid, UNSIGNED_ERRORS] else _signed(call, merchant, answer)


def _signed(call: Call, merchant: Merchant, answer: Answer) -> Answer:
    if answer.status >= 300 or not _strikes(call, merchant, UNSIGNED):
        is_probe = answer.status < 300 and _strikes(call, merchant, PROBED)
        serial = _asked_serial(call)
        answer.headers |= keys.answer_headers(call.platform, merchant, answer.body, asked=serial, is_probe=is_probe)
    return _dressed(answer)


def _strikes(call: Call, merchant: Merchant, fault: str) -> bool:
    return call.platform.faults.take(fault, path=call.path, account=merchant.mchid) is not None


def _dressed(answer: Answer) -> Answer:
    answer.content_type = "application/json; charset=utf-8"
    answer.headers["Request-ID"] = crypto.random_text(32)
    return answer


def _count(call: Call, merchant: Merchant, name: str) -> int:
    """Count a call in this second and give how many there were."""
    used: int = call.platform.store.value(
        "INSERT INTO pay_rates VALUES (?, ?, 1) ON CONFLICT DO UPDATE "
        "SET used = CASE second WHEN excluded.second THEN used + 1 ELSE 1 END, second = excluded.second RETURNING used",
        _rate(name, merchant), int(call.platform.clock.now()),
    )  # fmt: skip
    return used


def _rate(name: str, merchant: Merchant) -> str:
    return f"{name}:{merchant.mchid}"
