"""Short messages by Tencent Cloud: cloud.tencent.com/document/product/382 (SendSms, PullSmsSendStatus of 2021-01-11).

Calls are signed with TC3-HMAC-SHA256 (cloud.tencent.com/document/api/382/52071). Nothing there makes a repeated call harmless.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from app.kit.settings import settings

AT_ONCE = 16
CONNECT_SECONDS, READ_SECONDS = 3.0, 8.0
MOST_RECEIPTS = 100
_VERSION, _SERVICE = "2021-01-11", "sms"
_TYPE = "application/json; charset=utf-8"
# Of the codes that are no fault of the message; all others are final. cloud.tencent.com/document/api/382/55981
_LATER = ("InternalError", "RequestLimitExceeded", "LimitExceeded.AppDailyLimit", "LimitExceeded.DeliveryFrequencyLimit")
# Somebody has to do something about the account; the message waits for it.
_ACCOUNT = (
    "AuthFailure",
    "UnauthorizedOperation",
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "InvalidParameterValue.SdkAppIdNotExist",
)


class Unsent(Exception):
    """A message that did not leave. `maybe`: nobody knows."""

    def __init__(self, code: str, message: str, *, permanent: bool, maybe: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.permanent, self.maybe = code, message, permanent, maybe


@dataclass(frozen=True)
class Message:
    """`phone` as +8613800000000; `values` fill the template's {1}, {2}, … in their order; `key` comes back with the receipt."""

    phone: str
    template_id: str
    values: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class Report:
    """What the carrier told of a message; `key` is the message's."""

    key: str
    arrived: bool
    description: str


def is_set_up() -> bool:
    return bool(settings().sms_app_id)


def send_all(messages: Sequence[Message]) -> list[str | Unsent]:
    """Send many at once; for each, in their order, its serial number or why it did not leave."""
    if not messages:
        return []
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(messages))) as pool:
        return list(pool.map(_send, messages))


def reports() -> list[Report]:
    """Up to MOST_RECEIPTS receipts that nobody has fetched so far; each is given once. Raises `Unsent`."""
    told = _ask("PullSmsSendStatus", {"SmsSdkAppId": settings().sms_app_id, "Limit": MOST_RECEIPTS})
    listed = told.get("PullSmsSendStatusSet") or []
    return [Report(one.get("SessionContext") or "", one["ReportStatus"] == "SUCCESS", one.get("Description", "")) for one in listed]


def _send(message: Message) -> str | Unsent:
    config = settings()
    body = {
        "PhoneNumberSet": [message.phone],
        "SmsSdkAppId": config.sms_app_id,
        "SignName": config.sms_sign,
        "TemplateId": message.template_id,
        "TemplateParamSet": list(message.values),
        "SessionContext": message.key,
    }
    try:
        (state,) = _ask("SendSms", body)["SendStatusSet"]
        if state["Code"] == "Ok":
            return str(state["SerialNo"])
        return _unsent(state["Code"], state.get("Message", ""))
    except Unsent as unsent:
        return unsent
    except (KeyError, TypeError, ValueError):
        return Unsent("answer", "not understood", permanent=False, maybe=True)


def _unsent(code: str, message: str) -> Unsent:
    waits = code.startswith((*_LATER, *_ACCOUNT))
    return Unsent(code, message, permanent=not waits, maybe=code.startswith("InternalError"))


def _ask(action: str, body: Mapping[str, Any]) -> dict[str, Any]:
    config = settings()
    sent = orjson.dumps(body)
    headers = _signed(urlsplit(config.sms_base).netloc, action, sent, at=int(time.time()))
    try:
        answer = _pool().request("POST", config.sms_base, body=sent, headers=headers)
    except (NewConnectionError, MaxRetryError) as error:
        never = isinstance(error, NewConnectionError) or isinstance(error.reason, NewConnectionError)
        raise Unsent("network", type(error).__name__, permanent=False, maybe=not never) from error
    except (HTTPError, OSError) as error:
        raise Unsent("network", type(error).__name__, permanent=False, maybe=True) from error
    try:
        told: dict[str, Any] = orjson.loads(answer.data)["Response"]
    except (KeyError, TypeError, ValueError):
        raise Unsent("answer", f"HTTP {answer.status}", permanent=False, maybe=True) from None
    if wrong := told.get("Error"):
        raise _unsent(wrong["Code"], wrong.get("Message", ""))
    return told


def _signed(host: str, action: str, body: bytes, *, at: int) -> dict[str, str]:
    """The headers of a call, with its signature; `at` is real time in seconds, which the other side compares with its own."""
    config = settings()
    return {
        "Host": host,
        "Content-Type": _TYPE,
        "X-TC-Action": action,
        "X-TC-Version": _VERSION,
        "X-TC-Region": config.sms_region,
        "X-TC-Timestamp": str(at),
        "Authorization": _authorization(host, action, body, at=at),
    }


def _authorization(host: str, action: str, body: bytes, *, at: int) -> str:
    """TC3-HMAC-SHA256 over method, path, headers and body."""
    config = settings()
    names = "content-type;host;x-tc-action"
    canonical = f"content-type:{_TYPE}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    asked = f"POST\n/\n\n{canonical}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{_SERVICE}/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"TC3{config.sms_secret_key.get_secret_value()}".encode()
    for part in (day, _SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={config.sms_secret_id}/{scope}, SignedHeaders={names}, Signature={proof}"


@functools.cache
def _pool() -> urllib3.PoolManager:
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    return urllib3.PoolManager(maxsize=AT_ONCE, block=True, timeout=timeout, retries=False)
