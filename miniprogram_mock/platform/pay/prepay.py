"""Opening a JSAPI order, for direct merchants and for service providers (spec 3.3, 3.8)."""

import ipaddress
import json
import secrets
from typing import Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay import transactions
from miniprogram_mock.platform.pay.fields import Shape, flag, many, moment, notify_url, order_number, section, text, whole, wrong
from miniprogram_mock.platform.pay.wire import DIRECT, PARTNER, PayRefusal, dealer, pay_endpoint
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.world import Merchant

DEFAULT_EXPIRY = limit("pay.default_expiry_seconds", 7 * 86400, "3.3")
LONGEST_EXPIRY = limit("pay.longest_expiry_seconds", 90 * 86400, "3.3 and 9: pages differ (15 or 90 days)")
SHORTEST_EXPIRY = limit("pay.shortest_expiry_seconds", 60, "3.3: a shorter one is raised to it")
PREPAY_LIFETIME = limit("pay.prepay_lifetime_seconds", 2 * 3600, "3.3 [K], not verified")
DESCRIPTION = limit("pay.description_characters", 127, "3.3")
ATTACH = limit("pay.attach_characters", 128, "3.3")
NOTIFY_URL = limit("pay.notify_url_characters", 255, "3.3")
GOODS_TAG = limit("pay.goods_tag_characters", 32, "3.3")
GOODS = limit("pay.goods_lines", 6000, "3.3 [K], not verified")
RATE = limit("pay.prepay_per_second", 600, "3.4 [K], not verified: above it FREQUENCY_LIMITED")

_ID, _APPID = text(32), text(32)


def _address(call: Call, value: Any, where: str) -> None:
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        raise wrong(where, value, "必须是IP地址") from None


_GOODS: Shape = {
    "merchant_goods_id": _ID, "wechatpay_goods_id?": _ID, "goods_name?": text(256), "quantity": whole(1), "unit_price": whole(0),
}  # fmt: skip
_ORDER: Shape = {
    "description": text(DESCRIPTION), "out_trade_no": order_number(), "time_expire?": text(64),
    "attach?": text(ATTACH), "notify_url": notify_url(NOTIFY_URL), "goods_tag?": text(GOODS_TAG), "support_fapiao?": flag(),
    "amount": section({"total": whole(1), "currency?": text(16, one_of=("CNY",))}),
    "detail?": section({"cost_price?": whole(0), "invoice_id?": _ID, "goods_detail?": many(section(_GOODS), most=GOODS)}),
    "scene_info?": section({
        "payer_client_ip": _address, "device_id?": text(32),
        "store_info?": section({"id": _ID, "name?": text(256), "area_code?": _ID, "address?": text(512)}),
    }),
    "settle_info?": section({"profit_sharing?": flag()}),
}  # fmt: skip
_DIRECT: Shape = {"appid": _APPID, "mchid": _ID, "payer": section({"openid": text(128)}), **_ORDER}
_PARTNER: Shape = {
    "sp_appid": _APPID, "sp_mchid": _ID, "sub_appid?": _APPID, "sub_mchid": _ID,
    "payer": section({"sp_openid?": text(128), "sub_openid?": text(128)}), **_ORDER,
}  # fmt: skip


@pay_endpoint("POST", "/v3/pay/transactions/jsapi", for_whom=DIRECT, body=_DIRECT, rate=RATE)
def prepay(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Open an order of a direct merchant; the same parameters again give a fresh prepay_id for the same order."""
    data = call.data
    if data["mchid"] != merchant.mchid:
        raise PayRefusal("MCH_NOT_EXISTS", "商户号与签名的商户号不一致", field="/mchid", value=data["mchid"])
    if data["appid"] != merchant.appid:
        raise PayRefusal("APPID_MCHID_NOT_MATCH", "appid和mchid不匹配，请检查是否已绑定", field="/appid", value=data["appid"])
    return _open(call, merchant, appid=data["appid"], openid=data["payer"]["openid"], field="/payer/openid")


@pay_endpoint("POST", "/v3/pay/partner/transactions/jsapi", for_whom=PARTNER, body=_PARTNER, rate=RATE)
def partner_prepay(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Open an order of a dealer: the payer is named under the service provider's appid, or under the dealer's if that is named too."""
    data, payer = call.data, call.data["payer"]
    if data["sp_mchid"] != merchant.mchid:
        raise PayRefusal("MCH_NOT_EXISTS", "服务商商户号与签名的商户号不一致", field="/sp_mchid", value=data["sp_mchid"])
    if data["sp_appid"] != merchant.appid:
        raise PayRefusal("APPID_MCHID_NOT_MATCH", "sp_appid和sp_mchid不匹配，请检查是否已绑定", field="/sp_appid", value=data["sp_appid"])
    sub = dealer(merchant, data["sub_mchid"])
    if "sub_appid" in data and data["sub_appid"] != sub.sub_appid:
        message = "sub_appid和sub_mchid不匹配，请检查是否已绑定"
        raise PayRefusal("APPID_MCHID_NOT_MATCH", message, field="/sub_appid", value=data["sub_appid"])
    if len(payer) != 1:
        raise PayRefusal("PARAM_ERROR", "sp_openid与sub_openid须二选一", field="/payer")
    if "sub_openid" in payer and "sub_appid" not in data:
        raise PayRefusal("PARAM_ERROR", "传sub_openid时必须传sub_appid", field="/sub_appid")
    [(name, openid)] = payer.items()
    return _open(call, merchant, appid=data["sub_appid" if name == "sub_openid" else "sp_appid"], openid=openid, field=f"/payer/{name}")


def _open(call: Call, merchant: Merchant, *, appid: str, openid: str, field: str) -> dict[str, Any]:
    """Keep the order, unless it is there already, and issue a prepay_id; `appid` is the one under which the pay sheet opens."""
    data, platform = call.data, call.platform
    if not platform.store.value("SELECT 1 FROM openids WHERE appid = ? AND openid = ?", appid, openid):
        raise PayRefusal("OPENID_MISMATCH", "openid和appid不匹配", field=field, value=openid)
    now, number = platform.clock.now(), data["out_trade_no"]
    earlier = transactions.find(platform, merchant, number)
    expires_at = _expires_at(call) if earlier is None else earlier["expires_at"]
    platform.store.attempt("out_trade_no", number, effect=earlier is None)
    if earlier is None:
        platform.store.insert(
            "payments", out_trade_no=number, mchid=merchant.mchid, appid=appid, openid=openid, total=data["amount"]["total"],
            expires_at=expires_at, state="NOTPAY", request=json.dumps(data, sort_keys=True), created_at=now,
        )  # fmt: skip
    else:
        _check_same(earlier, data, now)
    prepay_id = f"wx{platform.clock.local(now):%Y%m%d%H%M%S}{secrets.token_hex(9)}0000"
    platform.store.insert("prepays", prepay_id=prepay_id, mchid=merchant.mchid, out_trade_no=number, issued_at=now)
    return {"prepay_id": prepay_id}


def _expires_at(call: Call) -> float:
    """Last moment to pay: seven days unless said, at least a minute, at most ninety days from now."""
    now, limits, said = call.platform.clock.now(), call.platform.limits, call.data.get("time_expire")
    if said is None:
        return now + limits[DEFAULT_EXPIRY]
    until = moment(said, "/time_expire")
    if not now < until <= now + limits[LONGEST_EXPIRY]:
        raise wrong("/time_expire", said, f"必须晚于当前时间，且不超过{limits[LONGEST_EXPIRY] // 86400}天")
    return max(until, now + limits[SHORTEST_EXPIRY])


def _check_same(earlier: Row, data: dict[str, Any], now: float) -> None:
    """A repeated order number must be the same open order."""
    if transactions.request_of(earlier) != data:
        raise PayRefusal("OUT_TRADE_NO_USED", "商户订单号重复，且请求参数与首次下单不一致")
    if earlier["state"] == "CLOSED":
        raise PayRefusal("ORDER_CLOSED", "该订单已关闭，请更换商户订单号重新下单")
    if earlier["state"] != "NOTPAY":
        raise PayRefusal("ORDERPAID", "该订单已支付")
    if now >= earlier["expires_at"]:
        raise PayRefusal("INVALID_REQUEST", "该订单已过期，请更换商户订单号重新下单")
