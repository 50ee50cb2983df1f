"""What an operator, or Tencent, has set for a service account beyond its keys; and the account and the person that somebody means."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.world import ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS service_media (
    media_id TEXT PRIMARY KEY, appid TEXT NOT NULL, type TEXT NOT NULL, title TEXT NOT NULL, added_at REAL NOT NULL);
""")
WITHHELD = switch(
    "service_account.withheld",
    {},
    '被收回的接口：路径通配到 48001（未授权）、48004（违规封禁）或 50002（用户受限），如 {"/cgi-bin/message/*": 48004}',
)
OPEN_PLATFORM = switch("service_account.open_platform", True, "已绑定微信开放平台账号，因此给出 unionid")
CONFIRMS_GROUP_SENDS = switch("service_account.confirms_group_sends", False, "接口群发保护：群发要管理员确认")
WEB_DOMAINS = switch("service_account.web_domains", [], "网页授权域名和 JS 接口安全域名；空的就是回调地址的域名")
MEDIA_TYPES = ("image", "voice", "video", "mpnews")


def account_of(platform: "Platform", appid: str) -> ServiceAccount:
    account = platform.world.accounts.get(appid)
    if not isinstance(account, ServiceAccount):
        raise NotPossible("appid 不是服务号", status=422)
    return account


def openid_of(platform: "Platform", account: ServiceAccount, user_id: int) -> str:
    """The openid by which the account knows this person, whose WeChat account still exists."""
    people.present(platform, user_id)
    return people.openid_of(platform, user_id, account.appid)


def is_own_domain(platform: "Platform", appid: str, url: str) -> bool:
    """Whether a page lies under a domain that the operator has named for the account."""
    own = platform.switches[appid, WEB_DOMAINS] or [urlsplit(platform.world.callback_base).hostname]
    return urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname in own


def add_media(platform: "Platform", appid: str, *, type_: str, title: str) -> str:
    """Material that an operator uploaded in the console; gives its media_id."""
    if type_ not in MEDIA_TYPES:
        raise NotPossible(f"type 只能是 {'、'.join(MEDIA_TYPES)}", status=422)
    media_id = crypto.random_text(64)
    platform.store.insert("service_media", media_id=media_id, appid=appid, type=type_, title=title, added_at=platform.clock.now())
    return media_id


def media_title(platform: "Platform", appid: str, *, type_: str, media_id: str) -> str | None:
    """The title of the account's material of this type, or None."""
    title: str | None = platform.store.value(
        "SELECT title FROM service_media WHERE media_id = ? AND appid = ? AND type = ?", media_id, appid, type_
    )
    return title
