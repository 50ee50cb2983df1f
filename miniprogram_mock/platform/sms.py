"""Tencent Cloud's short messages (SendSms, PullSmsSendStatus of 2021-01-11): every call's TC3-HMAC-SHA256 is verified.

Sources: cloud.tencent.com/document/api/382/52071 (signature), 55981 (SendSms), 55969 (PullSmsSendStatus). Not verified against the live
service: the order in which things are checked.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import ENDPOINTS, SMS, Answer, Call
from miniprogram_mock.platform.faults import kind
from miniprogram_mock.platform.store import declare

# What its console shows: the app, its signature, the key, and the templates with how many places each has.
APP_ID, SIGN = "1400000001", "极曜汽车"
SECRET_ID, SECRET_KEY = "AKIDsimulated0000000000000000000001", "SimulatedSecretKeyOfShortMessages"
TEMPLATES = {"1900001": 2, "1900002": 1}
REFUSED = kind("sms_refused", "接下来的短信以 code 拒绝", code="FailedOperation.PhoneNumberInBlacklist")
NOT_DELIVERED = kind("sms_undelivered", "接下来的短信运营商回执为失败，Description 为 status", status="UNDELIV")
_VERSION, _APART_SECONDS, _LONGEST_NUMBER = "2021-01-11", 300, 15

declare("""
CREATE TABLE IF NOT EXISTS short_messages (
    serial TEXT PRIMARY KEY, phone TEXT NOT NULL, template_id TEXT NOT NULL, params TEXT NOT NULL, context TEXT NOT NULL,
    sent_at REAL NOT NULL, failure TEXT, told INTEGER NOT NULL DEFAULT 0);
""")


class CloudRefusal(Exception):
    """An answer with an `Error`; the HTTP status stays 200."""

    def __init__(self, code: str, message: str = "refused") -> None:
        super().__init__(message)
        self.code = code


def answer(call: Call) -> Answer:
    """One address for all actions, which a header names."""
    try:
        _check(call)
        act = _ACTIONS.get(call.headers.get("X-TC-Action", ""))
        if act is None or call.headers.get("X-TC-Version") != _VERSION:
            raise CloudRefusal("InvalidAction")
        body = json.loads(call.body)
        if body.get("SmsSdkAppId") != APP_ID:
            raise CloudRefusal("InvalidParameterValue.SdkAppIdNotExist")
        told, code = act(call, body), "0"
    except CloudRefusal as refusal:
        told, code = {"Error": {"Code": refusal.code, "Message": str(refusal)}}, refusal.code
    return Answer.json({"Response": {**told, "RequestId": str(uuid.uuid4())}}, errcode=code)


def _check(call: Call) -> None:
    """The signature over what was really sent, with the host as the caller named it."""
    at, host = call.headers.get("X-TC-Timestamp", ""), call.headers.get("Host", "")
    if not at.isdecimal() or abs(call.platform.clock.wall() - int(at)) > _APART_SECONDS:
        raise CloudRefusal("AuthFailure.SignatureExpire")
    action, content_type = call.headers.get("X-TC-Action", "").lower(), call.headers.get("Content-Type", "")
    names = "content-type;host;x-tc-action"
    canonical = f"content-type:{content_type}\nhost:{host}\nx-tc-action:{action}\n"
    asked = f"POST\n/\n\n{canonical}\n{names}\n{hashlib.sha256(call.body).hexdigest()}"
    day = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d")
    scope = f"{day}/sms/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = ("TC3" + SECRET_KEY).encode()
    for part in (day, "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    expected = f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, SignedHeaders={names}, Signature={proof}"
    if not crypto.same(call.headers.get("Authorization", ""), expected):
        raise CloudRefusal("AuthFailure.SignatureFailure")


def _send(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    states = [_sent(call, body, phone) for phone in body["PhoneNumberSet"]]
    return {"SendStatusSet": states}


def _sent(call: Call, body: dict[str, Any], phone: str) -> dict[str, Any]:
    platform, serial = call.platform, f"2028:{crypto.random_text(16)}"
    code = _refusal(call, body, phone)
    # Nothing makes a repeated call harmless: each is a message.
    platform.store.attempt("sms", body.get("SessionContext", ""), effect=code == "Ok")
    if code != "Ok":
        return {"SerialNo": "", "PhoneNumber": phone, "Fee": 0, "SessionContext": "", "Code": code, "Message": code, "IsoCode": "CN"}
    platform.store.insert(
        "short_messages", serial=serial, phone=phone, template_id=body["TemplateId"], params=json.dumps(body["TemplateParamSet"]),
        context=body.get("SessionContext", ""), sent_at=platform.clock.now(), failure=platform.faults.take(NOT_DELIVERED),
    )  # fmt: skip
    context = body.get("SessionContext", "")
    return {
        "SerialNo": serial, "PhoneNumber": phone, "Fee": 1, "SessionContext": context, "Code": "Ok", "Message": "send success",
        "IsoCode": "CN",
    }  # fmt: skip


def _refusal(call: Call, body: dict[str, Any], phone: str) -> str:
    if body.get("SignName") != SIGN:
        return "FailedOperation.SignatureIncorrectOrUnapproved"
    if body.get("TemplateId") not in TEMPLATES:
        return "FailedOperation.TemplateIncorrectOrUnapproved"
    if len(body.get("TemplateParamSet", [])) != TEMPLATES[body["TemplateId"]]:
        return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
    if not (phone.startswith("+") and phone[1:].isdecimal() and len(phone) <= _LONGEST_NUMBER):
        return "InvalidParameterValue.IncorrectPhoneNumber"
    return call.platform.faults.take(REFUSED) or "Ok"


def _pull(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Receipts that nobody has fetched so far, each once."""
    rows = call.platform.store.all("SELECT * FROM short_messages WHERE told = 0 ORDER BY sent_at LIMIT ?", body["Limit"])
    for row in rows:
        call.platform.store.run("UPDATE short_messages SET told = 1 WHERE serial = ?", row["serial"])
    return {
        "PullSmsSendStatusSet": [
            {
                "UserReceiveTime": int(row["sent_at"]), "CountryCode": "86", "SubscriberNumber": row["phone"][3:],
                "PhoneNumber": row["phone"], "SerialNo": row["serial"], "ReportStatus": "FAIL" if row["failure"] else "SUCCESS",
                "Description": row["failure"] or "DELIVRD", "SessionContext": row["context"],
            }
            for row in rows
        ]
    }  # fmt: skip


_ACTIONS: dict[str, Callable[[Call, dict[str, Any]], dict[str, Any]]] = {"SendSms": _send, "PullSmsSendStatus": _pull}
ENDPOINTS.add(SMS, "POST", "/", answer)
