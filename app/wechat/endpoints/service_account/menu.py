"""The menu below the conversation with the service account (spec 2.6: rules and codes are not verified)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, get, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor

# A button as WeChat describes it: {"type": "view", "name", "url"}, {"type": "click", "name", "key"}, {"type": "miniprogram", "name", "url",
# "appid", "pagepath"} …, or {"name", "sub_button": [up to five of them]}.
Button = Mapping[str, Any]


@dataclass(frozen=True)
class Menu:
    """`tag_id`: who alone sees it, None for everybody."""

    menu_id: str
    buttons: tuple[Button, ...]
    tag_id: int | None = None


class Menus(ServiceAccountDoor):
    @post("/cgi-bin/menu/create", repeat=Repeat.harmless)
    def set_menu(self, buttons: Sequence[Button]) -> Ask[None]:
        """Replace the menu that everybody sees: one to three buttons.

        Refusals: 40016, 40023 (number of buttons), 40017, 40018, 40019, 40020, 40024, 40025, 40026, 40027 (what is wrong with one, at the
        top and below), 40054, 40055 (address), 40007 (material), 40013, 40165 (mini-program).
        """
        return Ask(done, body={"button": list(buttons)})

    @post("/cgi-bin/menu/addconditional", repeat=Repeat.never)
    def add_menu_for_tag(self, tag_id: int, buttons: Sequence[Button]) -> Ask[str]:
        """Another menu for whoever bears a tag; gives its id. Refusals: 65303 (no menu for everybody yet), 45159, and as `set_menu`."""
        return Ask(lambda told: str(told["menuid"]), body={"button": list(buttons), "matchrule": {"tag_id": str(tag_id)}})

    @get("/cgi-bin/menu/get")
    def menus(self) -> Ask[list[Menu]]:
        """The menu for everybody, then those for tags; none at all where nothing was set (46003)."""
        return Ask(_menus, instead={"46003": []})

    @get("/cgi-bin/menu/delete")
    def delete_menus(self) -> Ask[None]:
        """Takes all of them away."""
        return Ask(done)


def _menus(told: dict[str, Any]) -> list[Menu]:
    for_tags = told.get("conditionalmenu", ())
    everybodys = Menu(str(told["menu"].get("menuid", "")), tuple(told["menu"]["button"]))
    return [everybodys, *(Menu(str(one["menuid"]), tuple(one["button"]), _tag_of(one)) for one in for_tags)]


def _tag_of(menu: dict[str, Any]) -> int | None:
    rule = menu["matchrule"].get("tag_id") or menu["matchrule"].get("group_id")
    return None if rule is None else int(rule)
