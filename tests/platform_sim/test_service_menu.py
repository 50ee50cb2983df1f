"""The menu of the service account: its rules, what a person sees of it, and what her presses tell."""

from collections.abc import Iterator

import pytest

from tests.platform_sim.service import cannot, does, events_of, get, openid, post, told_of
from tests.platform_sim.support import Simulator

CREATE, CONDITIONAL = "/cgi-bin/menu/create", "/cgi-bin/menu/addconditional"
CLICK = {"type": "click", "name": "我的订单", "key": "ORDERS"}
VIEW = {"type": "view", "name": "选车", "url": "https://h5.jiyao.example/cars"}


def create(sim: Simulator, *buttons: object) -> int:
    return int(post(sim, CREATE, {"button": list(buttons)})["errcode"])


def seen(sim: Simulator, user: dict) -> list[str] | None:
    menu = sim.get(f"users/{user['id']}/service/menu", appid=sim.service["appid"])["menu"]
    return [button["name"] for button in menu["button"]] if menu else None


@pytest.fixture(autouse=True)
def no_menu(sim: Simulator) -> Iterator[None]:
    yield
    assert get(sim, "/cgi-bin/menu/delete")["errcode"] == 0


def page(sim: Simulator, **changed: object) -> dict:
    link = {"appid": sim.mini["appid"], "pagepath": "pages/index/index", "url": "https://h5.jiyao.example/"}
    return {"type": "miniprogram", "name": "预约试驾", **link, **changed}


def test_a_menu_is_read_back_and_seen(sim: Simulator) -> None:
    user = sim.user()
    assert create(sim, CLICK, {"name": "更多", "sub_button": [VIEW, page(sim)]}) == 0
    menu = get(sim, "/cgi-bin/menu/get")["menu"]
    assert [button["name"] for button in menu["button"]] == ["我的订单", "更多"]
    assert [below["type"] for below in menu["button"][1]["sub_button"]] == ["view", "miniprogram"]
    assert seen(sim, user) == ["我的订单", "更多"]
    assert create(sim, VIEW) == 0
    assert seen(sim, user) == ["选车"]


def test_without_a_menu_there_is_none_to_read_or_to_press(sim: Simulator) -> None:
    user = sim.user()
    assert get(sim, "/cgi-bin/menu/get")["errcode"] == 46003
    assert seen(sim, user) is None
    assert cannot(sim, f"users/{user['id']}/service/menu", appid=sim.service["appid"], path=[0])[0] == 404


def test_each_kind_of_button_tells_its_own_event(sim: Simulator) -> None:
    user = sim.user()
    assert create(sim, CLICK, VIEW, {"name": "更多", "sub_button": [page(sim)]}) == 0
    menu_id = get(sim, "/cgi-bin/menu/get")["menu"]["menuid"]
    does(sim, user, "menu", path=[0])
    click = told_of(sim, user, "CLICK")
    assert (click["EventKey"], "MenuId" in click) == ("ORDERS", False)
    assert does(sim, user, "menu", path=[1])["button"]["url"] == VIEW["url"]
    view = told_of(sim, user, "VIEW")
    assert (view["EventKey"], view["MenuId"]) == (VIEW["url"], str(menu_id))
    does(sim, user, "menu", path=[2, 0])
    assert told_of(sim, user, "view_miniprogram")["EventKey"] == "pages/index/index"


def test_who_does_not_follow_sees_no_menu(sim: Simulator) -> None:
    stranger = sim.user(follow=False)
    assert create(sim, CLICK) == 0
    assert cannot(sim, f"users/{stranger['id']}/service/menu", appid=sim.service["appid"], path=[0])[0] == 409
    assert events_of(sim, stranger, "CLICK") == []


def test_tagged_people_see_their_own_menu_and_lose_it_with_the_tag(sim: Simulator) -> None:
    owner, other = sim.user(), sim.user()
    tag_id = post(sim, "/cgi-bin/tags/create", {"tag": {"name": "车主"}})["tag"]["id"]
    own = {"button": [{**CLICK, "name": "车主服务"}], "matchrule": {"tag_id": str(tag_id)}}
    assert post(sim, CONDITIONAL, own)["errcode"] == 65303
    assert create(sim, CLICK) == 0
    for unknown in ("99999", "²", 2**63, "x"):
        assert post(sim, CONDITIONAL, {**own, "matchrule": {"tag_id": unknown}})["errcode"] == 45159
    menu_id = post(sim, CONDITIONAL, own)["menuid"]
    tagging = {"openid_list": [openid(sim, owner)], "tagid": tag_id}
    assert post(sim, "/cgi-bin/tags/members/batchtagging", tagging)["errcode"] == 0
    assert (seen(sim, owner), seen(sim, other)) == (["车主服务"], ["我的订单"])
    [listed] = get(sim, "/cgi-bin/menu/get")["conditionalmenu"]
    assert (str(listed["menuid"]), listed["matchrule"]) == (menu_id, {"tag_id": str(tag_id)})
    assert post(sim, "/cgi-bin/tags/members/batchuntagging", tagging)["errcode"] == 0
    assert seen(sim, owner) == ["我的订单"]


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "type": "dance"}], 40017),
        ([{"name": "缺类型", "key": "K"}], 40017),
        ([{**CLICK, "name": "六个汉字太长"}], 40018),
        ([{**CLICK, "name": ""}], 40018),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{"type": "click", "name": "无键"}], 40019),
        ([{**VIEW, "url": f"https://h5.jiyao.example/{'x' * 1024}"}], 40020),
        ([{**VIEW, "url": "javascript:alert(1)"}], 40055),
        ([{**CLICK, "url": "https://h5.jiyao.example/"}], 40097),
        ([{"name": "更多", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "更多", "type": "click", "sub_button": [CLICK]}], 40097),
        ([{"name": "更多", "sub_button": [{**CLICK, "type": "dance"}]}], 40024),
        ([{"name": "更多", "sub_button": [{**CLICK, "name": "长" * 21}]}], 40025),
        ([{"name": "更多", "sub_button": [{**CLICK, "key": "k" * 129}]}], 40026),
        ([{"name": "更多", "sub_button": [{**VIEW, "url": f"https://a.example/{'x' * 1024}"}]}], 40027),
        ([{"name": "更多", "sub_button": [{**VIEW, "url": "ftp://a.example/"}]}], 40054),
        ([{"name": "更多", "sub_button": [{"name": "三级", "sub_button": [CLICK]}]}], 40024),
        (["选车"], 47001),
        ([{"name": "更多", "sub_button": ["选车"]}], 47001),
        ([{"type": "media_id", "name": "图", "media_id": "x" * 64}], 40007),
    ],
)
def test_a_menu_that_breaks_a_rule_is_refused_and_the_old_one_stays(sim: Simulator, buttons: list, errcode: int) -> None:
    assert create(sim, VIEW) == 0
    assert create(sim, *buttons) == errcode
    assert seen(sim, sim.user()) == ["选车"]


def test_a_button_leads_only_to_pages_of_a_linked_mini_program(sim: Simulator) -> None:
    assert create(sim, page(sim, appid="wx0000000000000000")) == 40013
    assert create(sim, page(sim, pagepath="pages/nowhere/index")) == 40165
    assert create(sim, page(sim, pagepath="pages/index/index?from=menu")) == 0


def test_a_button_that_only_opens_others_cannot_be_pressed(sim: Simulator) -> None:
    user = sim.user()
    assert create(sim, {"name": "更多", "sub_button": [CLICK]}) == 0
    path = f"users/{user['id']}/service/menu"
    assert cannot(sim, path, appid=sim.service["appid"], path=[0])[0] == 422
    assert cannot(sim, path, appid=sim.service["appid"], path=[0, 1])[0] == 404
    assert cannot(sim, path, appid=sim.service["appid"], path="0")[0] == 422
