"""How WeChat Pay refuses: a code, its HTTP status, and where in the request the trouble is (spec 3.4, 3.6)."""

from typing import Any

from miniprogram_mock.platform.endpoints import Answer

STATUS_OF_CODE = {
    "PARAM_ERROR": 400, "INVALID_REQUEST": 400, "APPID_MCHID_NOT_MATCH": 400, "MCH_NOT_EXISTS": 400, "ORDER_CLOSED": 400, "ORDERPAID": 400,
    "NO_STATEMENT_EXIST": 400, "STATEMENT_CREATING": 400, "SIGN_ERROR": 401, "NO_AUTH": 403, "OUT_TRADE_NO_USED": 403, "RULE_LIMIT": 403,
    "TRADE_ERROR": 403, "ACCOUNT_ERROR": 403, "NOT_ENOUGH": 403, "USER_ACCOUNT_ABNORMAL": 403, "REQUEST_BLOCKED": 403,
    "ORDER_NOT_EXIST": 404, "RESOURCE_NOT_EXISTS": 404, "FREQUENCY_LIMITED": 429, "SYSTEM_ERROR": 500, "OPENID_MISMATCH": 500,
    "BANK_ERROR": 500, "INVALID_TRANSACTIONID": 500, "USER_PAYING": 202,
}  # fmt: skip
# As pages of 2020 spell them; callers have to know both (spec 3.4). Which interface still answers so is not verified [K].
OLD_SPELLINGS = {
    "SYSTEM_ERROR": "SYSTEMERROR", "RULE_LIMIT": "RULELIMIT", "ORDER_NOT_EXIST": "ORDERNOTEXIST", "ORDER_CLOSED": "ORDERCLOSED",
    "NOT_ENOUGH": "NOTENOUGH", "NO_AUTH": "NOAUTH", "TRADE_ERROR": "TRADEERROR", "ACCOUNT_ERROR": "ACCOUNTERROR",
    "BANK_ERROR": "BANKERROR", "FREQUENCY_LIMITED": "RATELIMIT_EXCEEDED",
}  # fmt: skip


class PayRefusal(Exception):
    """An error answer of WeChat Pay; `field` is a JSON pointer such as `/amount/total`, `location` body, query, uri_template or header."""

    def __init__(self, code: str, message: str, *, field: str | None = None, value: Any = None, location: str = "body") -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.value, self.location = code, message, field, value, location

    def answer(self, *, old_spelling: bool = False) -> Answer:
        code = OLD_SPELLINGS.get(self.code, self.code) if old_spelling else self.code
        content: dict[str, Any] = {"code": code, "message": self.message}
        if self.field:
            content["detail"] = {"field": self.field, "value": self.value, "issue": self.message, "location": self.location}
        return Answer.json(content, status=STATUS_OF_CODE.get(self.code, 400), errcode=code)
