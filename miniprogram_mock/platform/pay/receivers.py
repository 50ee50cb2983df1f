"""Who may share in a merchant's money: receivers are added and deleted, their names come encrypted (spec 3.8)."""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay.fields import Shape, text
from miniprogram_mock.platform.pay.wire import ANYBODY, PayRefusal, dealer_named, decrypted, pay_endpoint
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS pay_receivers (
    mchid TEXT NOT NULL, type TEXT NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, relation_type TEXT NOT NULL, added_at REAL NOT NULL,
    PRIMARY KEY (mchid, type, account))
""")
MOST_RECEIVERS = limit("pay.receivers_of_a_merchant", 20_000, "3.8 [K], not verified")
MERCHANT = "MERCHANT_ID"
# Under which appid of the request an openid stands.
_OPENID_UNDER = {"PERSONAL_OPENID": "appid", "PERSONAL_SUB_OPENID": "sub_appid"}
TYPES = (MERCHANT, *_OPENID_UNDER)
_RELATIONS = (
    "STORE", "STAFF", "STORE_OWNER", "PARTNER", "HEADQUARTER", "BRAND", "DISTRIBUTOR", "USER", "SUPPLIER", "SERVICE_PROVIDER", "CUSTOM",
)  # fmt: skip
_ID = text(32)
_WHO: Shape = {"appid": _ID, "sub_appid?": _ID, "sub_mchid?": _ID, "type": text(32, one_of=TYPES), "account": text(64)}
_ADD: Shape = {**_WHO, "name?": text(1024), "relation_type": text(32, one_of=_RELATIONS), "custom_relation?": text(10)}


@pay_endpoint("POST", "/v3/profitsharing/receivers/add", for_whom=ANYBODY, body=_ADD)
def add(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Add a receiver; adding it again takes its new relation and name."""
    data, platform = call.data, call.platform
    mchid = sharer(call, merchant)
    if data["type"] == MERCHANT and "name" not in data:
        raise PayRefusal("PARAM_ERROR", "接收方是商户时name必填", field="/name")
    if (data["relation_type"] == "CUSTOM") != ("custom_relation" in data):
        raise PayRefusal("PARAM_ERROR", "relation_type为CUSTOM时custom_relation必填，否则不填", field="/custom_relation")
    name = decrypted(call, merchant, data["name"], "/name") if "name" in data else ""
    _check_account(call, name)
    used = platform.store.value("SELECT count(*) FROM pay_receivers WHERE mchid = ?", mchid)
    if find(platform, mchid, data["type"], data["account"]) is None and used >= platform.limits[MOST_RECEIVERS]:
        raise PayRefusal("RULE_LIMIT", "分账接收方数量已达上限")
    platform.store.run(
        "INSERT OR REPLACE INTO pay_receivers VALUES (?, ?, ?, ?, ?, ?)",
        mchid, data["type"], data["account"], name, data["relation_type"], platform.clock.now(),
    )  # fmt: skip
    told = ("sub_mchid", "type", "account", "name", "relation_type", "custom_relation")
    return {field: data[field] for field in told if field in data}


@pay_endpoint("POST", "/v3/profitsharing/receivers/delete", for_whom=ANYBODY, body=_WHO)
def delete(call: Call, merchant: Merchant) -> dict[str, Any]:
    data = call.data
    mchid = sharer(call, merchant)
    gone = call.platform.store.run(
        "DELETE FROM pay_receivers WHERE mchid = ? AND type = ? AND account = ?", mchid, data["type"], data["account"]
    )
    if not gone:
        raise PayRefusal("INVALID_REQUEST", "分账接收方不存在", field="/account", value=data["account"])
    return {field: data[field] for field in ("sub_mchid", "type", "account") if field in data}


def find(platform: "Platform", mchid: str, type_: str, account: str) -> Row | None:
    return platform.store.one("SELECT * FROM pay_receivers WHERE mchid = ? AND type = ? AND account = ?", mchid, type_, account)


def sharer(call: Call, merchant: Merchant) -> str:
    """Whose money is shared: the merchant's own, or in partner mode the dealer's; the appids of the request must be theirs."""
    data = call.data
    sub = dealer_named(merchant, data)
    if data.get("appid", merchant.appid) != merchant.appid:
        raise PayRefusal("APPID_MCHID_NOT_MATCH", "appid和mchid不匹配，请检查是否已绑定", field="/appid", value=data["appid"])
    if "sub_appid" in data and (sub is None or data["sub_appid"] != sub.sub_appid):
        message = "sub_appid和sub_mchid不匹配，请检查是否已绑定"
        raise PayRefusal("APPID_MCHID_NOT_MATCH", message, field="/sub_appid", value=data["sub_appid"])
    return sub.sub_mchid if sub else merchant.mchid


def _check_account(call: Call, name: str) -> None:
    """A merchant must exist and be called so; an openid must be one of the appid it stands under."""
    data = call.data
    if data["type"] == MERCHANT:
        if call.platform.world.payees.get(data["account"]) != name:
            raise PayRefusal("INVALID_REQUEST", "分账接收方商户号不存在或商户全称不匹配", field="/account", value=data["account"])
        return
    appid = data.get(_OPENID_UNDER[data["type"]])
    if not call.platform.store.value("SELECT 1 FROM openids WHERE appid = ? AND openid = ?", appid, data["account"]):
        raise PayRefusal("INVALID_REQUEST", "分账接收方openid与appid不匹配", field="/account", value=data["account"])
