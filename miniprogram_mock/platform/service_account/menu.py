"""The menu of the service account: its rules, one for everybody and others for tagged people (spec 2.6, [K]: not verified)."""

import json
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.service_account import tags
from miniprogram_mock.platform.service_account.console import media_title
from miniprogram_mock.platform.service_account.door import check_mini_program, service
from miniprogram_mock.platform.shapes import Anything, Many, Object
from miniprogram_mock.platform.store import declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS service_menus (
    menuid INTEGER PRIMARY KEY AUTOINCREMENT, appid TEXT NOT NULL, tag_id INTEGER, buttons TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS service_menus_of_account ON service_menus (appid);
""")
_SOURCE = "[K], not verified"
BUTTONS = limit("menu.buttons", 3, _SOURCE)
SUB_BUTTONS = limit("menu.sub_buttons", 5, _SOURCE)
NAME_BYTES = limit("menu.name_bytes", 16, _SOURCE)
SUB_NAME_BYTES = limit("menu.sub_name_bytes", 60, _SOURCE)
KEY_BYTES = limit("menu.key_bytes", 128, _SOURCE)
URL_BYTES = limit("menu.url_bytes", 1024, _SOURCE)
# type -> the fields that a button of this type has besides type and name
KINDS: dict[str, tuple[str, ...]] = {
    "click": ("key",), "view": ("url",), "miniprogram": ("url", "appid", "pagepath"), "scancode_push": ("key",),
    "scancode_waitmsg": ("key",), "pic_sysphoto": ("key",), "pic_photo_or_album": ("key",), "pic_weixin": ("key",),
    "location_select": ("key",), "media_id": ("media_id",),
}  # fmt: skip
# What is wrong with a button, and the code for it at the top and below.
_CODES = {
    "type": (40017, 40024, "invalid button type"),
    "name": (40018, 40025, "invalid button name size"),
    "key": (40019, 40026, "invalid button key size"),
    "url": (40020, 40027, "invalid button url size"),
    "domain": (40055, 40054, "invalid button url domain"),
}
_BUTTONS = Many(Anything(), least=0, required=True, missing=40016)


@service("POST", "/cgi-bin/menu/create", fields={"button": _BUTTONS})
def create(call: Call) -> Result:
    """Replace the menu for everybody; the ones for tagged people stay."""
    buttons = _checked(call)
    call.platform.store.run("DELETE FROM service_menus WHERE appid = ? AND tag_id IS NULL", call.account.appid)
    _insert(call, buttons, tag_id=None)
    return ok()


@service("POST", "/cgi-bin/menu/addconditional", fields={
    "button": _BUTTONS, "matchrule": Object({"tag_id": Anything(required=True, missing=65305)}, required=True, missing=65303),
})  # fmt: skip
def add_conditional(call: Call) -> Result:
    """A menu for people with a tag (the one rule that is simulated); there has to be one for everybody first."""
    if not call.platform.store.value("SELECT count(*) FROM service_menus WHERE appid = ? AND tag_id IS NULL", call.account.appid):
        raise Refusal(65303, "there is no selfmenu, please create selfmenu first")
    tag_id = str(call.data["matchrule"]["tag_id"])
    if not tag_id.isdecimal() or len(tag_id) > 9 or not tags.exists(call.platform, call.account.appid, int(tag_id)):
        raise Refusal(45159, "invalid tag id")
    return {"menuid": str(_insert(call, _checked(call), tag_id=int(tag_id)))}


@service("GET", "/cgi-bin/menu/get")
def get(call: Call) -> Result:
    rows = call.platform.store.all("SELECT * FROM service_menus WHERE appid = ? ORDER BY menuid", call.account.appid)
    menus = [{"button": json.loads(row["buttons"]), "menuid": row["menuid"], "tag_id": row["tag_id"]} for row in rows]
    for_all = [{"button": one["button"], "menuid": one["menuid"]} for one in menus if one["tag_id"] is None]
    if not for_all:
        raise Refusal(46003, "menu no exist")
    tagged = [
        {"button": one["button"], "menuid": one["menuid"], "matchrule": {"tag_id": str(one["tag_id"])}}
        for one in menus
        if one["tag_id"] is not None
    ]
    return {"menu": for_all[0], **({"conditionalmenu": tagged} if tagged else {})}


@service("GET", "/cgi-bin/menu/delete")
def delete(call: Call) -> Result:
    """Take away every menu, those for tagged people too."""
    call.platform.store.run("DELETE FROM service_menus WHERE appid = ?", call.account.appid)
    return ok()


def seen_by(platform: "Platform", appid: str, openid: str) -> dict[str, Any] | None:
    """The menu that she sees: the newest for one of her tags, else the one for everybody."""
    borne = tags.of_person(platform, openid)
    rows = platform.store.all("SELECT * FROM service_menus WHERE appid = ? ORDER BY menuid DESC", appid)
    fitting = [row for row in rows if row["tag_id"] in borne] or [row for row in rows if row["tag_id"] is None]
    return {"menuid": fitting[0]["menuid"], "button": json.loads(fitting[0]["buttons"])} if fitting else None


def _insert(call: Call, buttons: list[dict[str, Any]], *, tag_id: int | None) -> int:
    """Gives the menuid."""
    content = json.dumps(buttons, ensure_ascii=False)
    return call.platform.store.insert("service_menus", appid=call.account.appid, tag_id=tag_id, buttons=content)


def _checked(call: Call) -> list[dict[str, Any]]:
    """The buttons as they are kept: every one with its list of buttons below, empty if it has none."""
    buttons, limits = call.data["button"], call.platform.limits
    if not 1 <= len(buttons) <= limits[BUTTONS]:
        raise Refusal(40016, "invalid button size")
    checked = []
    for position, button in enumerate(buttons):
        where = f"button[{position}]"
        below = button.get("sub_button", []) if isinstance(button, dict) else []
        if not isinstance(button, dict) or not isinstance(below, list):
            raise Refusal(47001, f"data format error, {where}")
        if len(below) > limits[SUB_BUTTONS]:
            raise Refusal(40023, f"invalid sub button size, {where}")
        if below:
            _check_fields(button, ("name", "sub_button"), where)
            _check_text(call, button, "name", where, most=NAME_BYTES, is_sub=False)
        else:
            _check_button(call, {name: value for name, value in button.items() if name != "sub_button"}, where, is_sub=False)
        for place, one in enumerate(below):
            if not isinstance(one, dict):
                raise Refusal(47001, f"data format error, {where}.sub_button[{place}]")
            _check_button(call, one, f"{where}.sub_button[{place}]", is_sub=True)
        checked.append({**button, "sub_button": [{**one, "sub_button": []} for one in below]})
    return checked


def _check_button(call: Call, button: dict[str, Any], where: str, *, is_sub: bool) -> None:
    """A button that can be pressed: type, name and what its type needs."""
    kind = button.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        _refuse("type", where, is_sub=is_sub)
    _check_fields(button, ("type", "name", *KINDS[kind]), where)
    _check_text(call, button, "name", where, most=SUB_NAME_BYTES if is_sub else NAME_BYTES, is_sub=is_sub)
    for name, most in (("key", KEY_BYTES), ("url", URL_BYTES)):
        if name in KINDS[kind]:
            _check_text(call, button, name, where, most=most, is_sub=is_sub)
    if "url" in KINDS[kind] and urlsplit(button["url"]).scheme not in ("http", "https"):
        _refuse("domain", where, is_sub=is_sub)
    if kind == "miniprogram":
        link = {"appid": button.get("appid"), "pagepath": button.get("pagepath", "")}
        if not isinstance(link["pagepath"], str):
            raise Refusal(40165, f"invalid weapp pagepath, {where}")
        check_mini_program(call, link)
    if kind == "media_id" and media_title(call.platform, call.account.appid, type_="image", media_id=str(button.get("media_id"))) is None:
        raise Refusal(40007, f"invalid media_id, {where}")


def _check_fields(button: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for name in button:
        if name not in allowed:
            raise Refusal(40097, f"invalid args, unknown field: {where}.{name}")


def _check_text(call: Call, button: dict[str, Any], name: str, where: str, *, most: str, is_sub: bool) -> None:
    value = button.get(name)
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= call.platform.limits[most]:
        _refuse(name, where, is_sub=is_sub)


def _refuse(what: str, where: str, *, is_sub: bool) -> NoReturn:
    at_top, below, words = _CODES[what]
    raise Refusal(below if is_sub else at_top, f"{words}, {where}")
