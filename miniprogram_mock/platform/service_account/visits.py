"""What a person does in her WeChat with a service account: scans, writes, presses the menu, tells where she is (spec 2.6, 2.7)."""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account import following, inbox, menu, scene_codes, windows
from miniprogram_mock.platform.service_account.console import account_of, openid_of
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.world import ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# What a press of the menu tells the account. The types that go on in WeChat (scanning, pictures, places) tell only that they began.
_EVENTS = {"click": "CLICK", "view": "VIEW", "miniprogram": "view_miniprogram", "media_id": None}
# Leaving for a page is no reason to be written to ([K], not verified: the contract says "menu click").
_OPEN_A_WINDOW = ("click", "scancode_push", "scancode_waitmsg")


def scan(platform: "Platform", user_id: int, ticket_or_url: str, *, follows: bool) -> Row:
    """She scans a scene code. A follower's scan is pushed as SCAN; somebody else may follow there, pushed as `subscribe`; or not."""
    code = scene_codes.scanned(platform, ticket_or_url)
    account = account_of(platform, code["appid"])
    openid = openid_of(platform, account, user_id)
    if _is_following(platform, account, user_id):
        windows.open_for(platform, account, openid, "scan")
        fields = {"EventKey": code["scene"], "Ticket": code["ticket"]}
        platform.callbacks.message(account, "SCAN", recipient=openid, fields=fields)
    elif follows:
        following.follow(platform, user_id, appid=account.appid, following=True, code=code)
    return {"appid": account.appid, "following": _is_following(platform, account, user_id)}


def say(platform: "Platform", user_id: int, appid: str, content: dict[str, Any]) -> str:
    """She writes to the account: `content` is the push from MsgType on. Gives its MsgId."""
    account, openid = _as_follower(platform, user_id, appid)
    msgid = inbox.new_msgid()
    windows.open_for(platform, account, openid, "message")
    inbox.keep_hers(platform, appid, openid, content, msgid=msgid)
    platform.callbacks.push(account, {**content, "MsgId": msgid}, recipient=openid)
    return str(msgid)


def conversation(platform: "Platform", user_id: int, appid: str, *, limit: int, before: int) -> list[dict[str, Any]]:
    """What she sees when she opens the account's conversation, newest first."""
    account = account_of(platform, appid)
    return inbox.conversation(platform, appid, openid_of(platform, account, user_id), limit=limit, before=before)


def picture(url: str) -> dict[str, Any]:
    """What she writes when it is a picture."""
    return {"MsgType": "image", "PicUrl": url, "MediaId": crypto.random_text(64)}


def location(platform: "Platform", user_id: int, appid: str, *, latitude: float, longitude: float, precision: float) -> None:
    """WeChat tells where she is, as it does when she opens a chat with an account that may know."""
    account, openid = _as_follower(platform, user_id, appid)
    fields = {"Latitude": f"{latitude:.6f}", "Longitude": f"{longitude:.6f}", "Precision": f"{precision:.6f}"}
    platform.callbacks.message(account, "LOCATION", recipient=openid, fields=fields)


def seen_menu(platform: "Platform", user_id: int, appid: str) -> dict[str, Any] | None:
    account, openid = _as_follower(platform, user_id, appid)
    return menu.seen_by(platform, account.appid, openid)


def press(platform: "Platform", user_id: int, appid: str, path: list[int]) -> dict[str, Any]:
    """She presses a button of the menu that she sees: `path` is its place, [0] or [0, 2]. Gives the button."""
    account, openid = _as_follower(platform, user_id, appid)
    shown = menu.seen_by(platform, appid, openid)
    below, button = (shown or {}).get("button", []), None
    for place in path:
        if not 0 <= place < len(below):
            raise NotPossible("菜单里没有这个按钮", status=404)
        button = below[place]
        below = button["sub_button"]
    if button is None or below:
        raise NotPossible("这是一级菜单，展开后才能点", status=422)
    event = _EVENTS.get(button["type"], button["type"])
    if event is not None:
        key = button.get("key") or (button["pagepath"] if button["type"] == "miniprogram" else button["url"])
        menu_id = {} if event == "CLICK" else {"MenuId": shown["menuid"] if shown else 0}
        if button["type"] in _OPEN_A_WINDOW:
            windows.open_for(platform, account, openid, "menu")
        platform.callbacks.message(account, event, recipient=openid, fields={"EventKey": key, **menu_id})
    return {name: value for name, value in button.items() if name != "sub_button"}


def _as_follower(platform: "Platform", user_id: int, appid: str) -> tuple[ServiceAccount, str]:
    account = account_of(platform, appid)
    openid = openid_of(platform, account, user_id)
    if not _is_following(platform, account, user_id):
        raise NotPossible("她没有关注这个服务号")
    return account, openid


def _is_following(platform: "Platform", account: ServiceAccount, user_id: int) -> bool:
    return bool(platform.store.value("SELECT following FROM follows WHERE appid = ? AND user_id = ?", account.appid, user_id))
