"""What a request to WeChat Pay may hold, declared beside its endpoint; what does not fit is PARAM_ERROR and names the field.

A shape maps a name to a check; a name that ends in `?` may be missing. A bound is a number or the name of a limit.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay.errors import PayRefusal

Check = Callable[[Call, Any, str], None]
Shape = Mapping[str, Check]
Bound = int | str

# An https address without a query; plain http only to this machine, where there is no certificate to have.
_NOTIFY_URL = re.compile(r"(https://[^/?#\s]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)(/[^?#\s]*)?")
_ORDER_NUMBER, _OTHER_NUMBER = r"[0-9A-Za-z_\-|*]+", r"[0-9A-Za-z_\-|*@]+"
ORDER_NUMBER = limit("pay.out_trade_no_characters", 32, "3.3: 6 to 32")
OTHER_NUMBER = limit("pay.out_refund_no_characters", 64, "3.6; other numbers of the merchant's [K], not verified")


def checked(call: Call, data: Any, shape: Shape, *, where: str = "") -> None:
    """Refuse an object that lacks something, has something wrong, or has what the interface does not know."""
    if not isinstance(data, dict):
        raise PayRefusal("PARAM_ERROR", "必须是JSON对象", field=where or "/")
    for name in data:
        if name not in shape and f"{name}?" not in shape:
            raise PayRefusal("PARAM_ERROR", f"无法识别的参数{name}", field=f"{where}/{name}")
    for marked, check in shape.items():
        name = marked.removesuffix("?")
        if name in data:
            check(call, data[name], f"{where}/{name}")
        elif name == marked:
            raise PayRefusal("PARAM_ERROR", f"缺少参数{name}", field=f"{where}/{name}")


def text(most: Bound, *, least: int = 1, pattern: str | None = None, one_of: tuple[str, ...] = ()) -> Check:
    """A text of so many characters."""

    def check(call: Call, value: Any, where: str) -> None:
        longest = _bound(call, most)
        if not isinstance(value, str) or not least <= len(value) <= longest:
            raise wrong(where, value, f"必须是{least}到{longest}个字符")
        if one_of and value not in one_of:
            raise wrong(where, value, f"只能是{'、'.join(one_of)}")
        if pattern and not re.fullmatch(pattern, value):
            raise wrong(where, value, "含有不允许的字符或格式有误")

    return check


def order_number() -> Check:
    """The merchant's own number of an order."""
    return text(ORDER_NUMBER, least=6, pattern=_ORDER_NUMBER)


def other_number() -> Check:
    """The merchant's own number of a refund, a share or a return."""
    return text(OTHER_NUMBER, pattern=_OTHER_NUMBER)


def whole(least: int = 0) -> Check:
    """A whole number; money is in fen."""

    def check(_: Call, value: Any, where: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise wrong(where, value, f"必须是不小于{least}的整数")

    return check


def flag() -> Check:
    def check(_: Call, value: Any, where: str) -> None:
        if not isinstance(value, bool):
            raise wrong(where, value, "必须是true或false")

    return check


def section(shape: Shape) -> Check:
    def check(call: Call, value: Any, where: str) -> None:
        checked(call, value, shape, where=where)

    return check


def many(of: Check, *, most: Bound, least: int = 1) -> Check:
    def check(call: Call, value: Any, where: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= _bound(call, most):
            raise wrong(where, None, f"必须是{least}到{_bound(call, most)}项的数组")
        for position, one in enumerate(value):
            of(call, one, f"{where}/{position}")

    return check


def notify_url(most: Bound) -> Check:
    length = text(most)

    def check(call: Call, value: Any, where: str) -> None:
        length(call, value, where)
        if not _NOTIFY_URL.fullmatch(value):
            raise wrong(where, value, "必须是不带参数的https地址")

    return check


def moment(value: Any, where: str) -> float:
    """Unix seconds of an RFC 3339 time with its zone."""
    try:
        told = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        told = None
    if told is None or told.tzinfo is None:
        raise wrong(where, value, "必须是RFC3339格式的时间")
    return told.timestamp()


def wrong(where: str, value: Any, why: str) -> PayRefusal:
    return PayRefusal("PARAM_ERROR", f"参数{where.rpartition('/')[2]}不符合要求：{why}", field=where, value=value)


def _bound(call: Call, bound: Bound) -> int:
    return call.platform.limits[bound] if isinstance(bound, str) else bound
