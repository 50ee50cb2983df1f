"""The one table of what Tencent's error codes mean for the caller; what is not listed is unknown, and logged.

Sources: the error tables of each call's page at developers.weixin.qq.com, developer.work.weixin.qq.com and pay.weixin.qq.com/doc/v3
(4012556398, 4012556457), and the enumerations of WxJava (WxMpErrorMsgEnum, WxCpErrorMsgEnum).
"""

from __future__ import annotations

from app.wechat.errors import Outcome, WechatError

# The token is at fault, and a fresh one may help: done once by the transport, before anybody hears of it.
TOKEN_REFUSED = frozenset({"40001", "40014", "42001"})

_BY_OUTCOME: dict[Outcome, tuple[str, ...]] = {
    Outcome.retry_now: (
        "-1",  # system busy
    ),
    Outcome.retry_later: (
        "40001",  # the token was refused twice: the fresh one is not known everywhere yet, or may not be forced again so soon
        "40014",
        "42001",
        "45009",  # quota of the day or the minute
        "45011",  # too many calls in a minute
        "45033",  # too many at once (WeCom)
        "43117",  # too often to this person
        "USER_PAYING",
        "NOT_ENOUGH",  # the merchant's balance does not cover the refund yet
        "FREQUENCY_LIMITED",
    ),
    Outcome.permanent_person: (
        "40003",  # openid
        "40029",  # code
        "40033",  # characters
        "40058",  # a parameter, e.g. a response_code that is used up
        "40097",
        "40129",  # scene
        "40163",  # code been used
        "40169",  # scene
        "40226",  # person blocked for risk
        "42014",  # task_id was used
        "43004",  # does not follow
        "43019",  # blacklisted
        "43101",  # refused, or the subscription is used up
        "44002",
        "44004",  # empty content
        "45002",  # too long
        "45015",  # out of the 48 hours
        "45047",  # too many within the 48 hours
        "47001",
        "47003",  # a value breaks its type's rule
        "60111",  # userid
        "81013",  # nobody of the addressed can be reached
        "82001",
        "PARAM_ERROR",
        "INVALID_REQUEST",
        "ORDER_CLOSED",
        "ORDERPAID",
        "OUT_TRADE_NO_USED",
        "OPENID_MISMATCH",
        "ORDER_NOT_EXIST",
        "RESOURCE_NOT_EXISTS",
        "INVALID_TRANSACTIONID",
        "RULE_LIMIT",
        "TRADE_ERROR",
        "REQUEST_BLOCKED",
        "USER_ACCOUNT_ABNORMAL",
    ),
    Outcome.permanent_account: (
        "40002",
        "40008",
        "40013",  # appid or corpid
        "40036",
        "40037",  # template
        "40056",  # agentid
        "40066",
        "40091",
        "40125",  # secret
        "40164",  # our address is not on the account's list
        "40165",  # page of the linked mini-program
        "40243",  # the secret is frozen
        "41001",
        "41002",
        "41004",
        "41008",
        "41030",  # page
        "43116",  # template withdrawn
        "48001",  # no permission
        "48002",
        "48004",  # banned
        "50002",
        "50003",  # app disabled
        "60011",
        "60020",  # our address is not on the corp's list
        "89503",
        "89506",
        "89507",
        "301002",
        "APPID_MCHID_NOT_MATCH",
        "MCH_NOT_EXISTS",
        "SIGN_ERROR",
        "NO_AUTH",
        "ACCOUNT_ERROR",
    ),
    Outcome.unknown: (
        "SYSTEM_ERROR",
        "BANK_ERROR",
    ),
}
OUTCOMES: dict[str, Outcome] = {code: outcome for outcome, codes in _BY_OUTCOME.items() for code in codes}

# Older and newer spellings of WeChat Pay for one thing.
_SPELLINGS = {
    "SYSTEMERROR": "SYSTEM_ERROR",
    "RULELIMIT": "RULE_LIMIT",
    "ORDERNOTEXIST": "ORDER_NOT_EXIST",
    "ORDERCLOSED": "ORDER_CLOSED",
    "ORDER_PAID": "ORDERPAID",
    "USERPAYING": "USER_PAYING",
    "NOTENOUGH": "NOT_ENOUGH",
    "RATELIMIT_EXCEEDED": "FREQUENCY_LIMITED",
    "RATELIMIT_EXCEED": "FREQUENCY_LIMITED",
}


def of_code(code: int | str, message: str = "") -> WechatError:
    """The error for a code that Tencent answered."""
    name = _SPELLINGS.get(str(code), str(code))
    return WechatError(OUTCOMES.get(name, Outcome.unknown), name, message)


def of_status(status: int) -> WechatError:
    """The error for an HTTP status without a readable code."""
    if status == 429:
        outcome = Outcome.retry_later
    elif 400 <= status < 500:
        outcome = Outcome.permanent_account
    else:
        outcome = Outcome.unknown
    return WechatError(outcome, f"http.{status}")
