"""Which addresses may call for an account: the IP whitelist of an AppSecret, and the trusted addresses of a WeCom application.

An API account is asked about when it fetches a token (40164, spec 1.2), a WeCom application at every call (60020, spec 4.4). The list is
off at first: then everybody may.
"""

from ipaddress import ip_address, ip_network

from miniprogram_mock.platform.endpoints import WORK, Call, Refusal
from miniprogram_mock.platform.switches import switch

WHITELIST_ON = switch("ip_whitelist_on", False, "只有 ip_whitelist 里的地址可以调用")
WHITELIST = switch("ip_whitelist", [], "IP 白名单（企业微信：可信 IP）：地址或网段的列表")
# 89503, 89506 and 89507 are [K], not verified.
CONFIRMATION = switch("ip_confirmation", "none", "新 IP 要管理员确认", choices=("none", "waiting", "refused_once", "refused_twice"))
_CONFIRMATIONS = {
    "waiting": (89503, "the calling ip needs to be confirmed by the administrator"),
    "refused_once": (89507, "the calling ip was refused by the administrator once, wait for 1 hour"),
    "refused_twice": (89506, "the calling ip was refused by the administrator twice, wait for 24 hours"),
}


def check_caller(call: Call, account: str) -> None:
    """Refuse a caller whose address the account does not list, or whose address its administrator has yet to confirm."""
    switches = call.platform.switches
    if switches[account, WHITELIST_ON] and not any(covers(str(listed), call.remote) for listed in switches[account, WHITELIST]):
        raise Refusal(*not_allowed(call))
    if call.host != WORK and (refusal := _CONFIRMATIONS.get(switches[account, CONFIRMATION])):
        raise Refusal(*refusal)


def not_allowed(call: Call) -> tuple[int, str]:
    """The code and the words for a caller whose address is not listed."""
    if call.host == WORK:
        return 60020, "not allow to access from your ip"
    return 40164, f"invalid ip {call.remote} ipv6 ::ffff:{call.remote}, not in whitelist"


def covers(listed: str, address: str) -> bool:
    """Whether an address is the listed one, or in the listed network."""
    try:
        return ip_address(address) in ip_network(listed, strict=False)
    except ValueError:
        return False
