"""WeChat's client in the browser answers a mini-program as WeChat does: what it gives, what it refuses, what the person sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.serving import phone_for
from tests.phone.upstream import Upstream
from tests.simulator import Simulator, running

PROGRAM = Path(__file__).parent / "wechat_program"
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="#f00"/></svg>'
SHANGHAI = "31.2304,121.4737,here"
Start = Callable[..., Page]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("simulator"), "http://127.0.0.1:9") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="module")
def address(simulator: Simulator, upstream: Upstream) -> Iterator[str]:
    with phone_for(PROGRAM, simulator=simulator.base, app=upstream.url) as address:
        yield address


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 375, "height": 812})
    yield context
    context.close()


@pytest.fixture
def start(context: BrowserContext, address: str) -> Start:
    """Open a phone: `start(scene=1007, path=…, place=…)`."""

    def open_phone(**world: Any) -> Page:
        page = context.new_page()
        query = "&".join(f"{name}={value}" for name, value in {"person": 1, "place": SHANGHAI, **world}.items())
        page.goto(f"{address}/device?{query}")
        page.wait_for_selector("html[data-ready]")
        return page

    return open_phone


def ask(page: Page, api: str, **options: Any) -> dict[str, Any]:
    """What an API answers by its promise, granted or refused."""
    return dict(page.evaluate("([api, options]) => phone.wx[api](options).catch((refusal) => refusal)", [api, options]))


def begin(page: Page, api: str, **options: Any) -> None:
    """Call an API that will ask her something; `answer` gives what came of it."""
    page.evaluate("([api, options]) => { window.asked = phone.wx[api](options).catch((refusal) => refusal) }", [api, options])


def answer(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("window.asked"))


def in_a_tap(page: Page, script: str) -> dict[str, Any]:
    """What a call gives that the mini-program makes in the handler of a real tap."""
    page.evaluate(
        "script => { phone.router.current.instance.tapped = (wx) => { window.asked = new Function('wx', `return ${script}`)(wx) } }", script
    )
    tap(page, "tap")
    return {}


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


# -- how APIs answer -----------------------------------------------------------------------------------------------------------------


def test_callbacks_come_in_wechats_order_and_leave_no_promise(start: Start) -> None:
    page = start()
    told = page.evaluate("""() => new Promise((resolve) => {
      const told = []
      const given = phone.wx.getStorage({ key: 'none', success: () => told.push('success'), fail: ({ errMsg }) => told.push(errMsg),
        complete: ({ errMsg }) => { told.push(`complete ${errMsg}`); resolve([String(given), ...told]) } })
    })""")
    assert told == ["undefined", "getStorage:fail data not found", "complete getStorage:fail data not found"]


def test_an_api_that_is_not_simulated_is_missing_as_on_an_old_wechat_and_said_once(start: Start) -> None:
    page = start()
    kinds = page.evaluate(
        "[typeof phone.wx.faceVerify, typeof phone.wx.faceVerify, phone.wx.canIUse('faceVerify'), phone.wx.canIUse('request')]"
    )
    assert kinds == ["undefined", "undefined", False, True]
    said = [entry for entry in page.evaluate("phone.entries") if "faceVerify" in entry.get("message", "")]
    assert len(said) == 1


def test_a_handler_that_throws_reaches_the_app_and_stops_nobody(start: Start) -> None:
    page = start()
    heard = page.evaluate("""() => new Promise((resolve) => {
      const heard = []
      phone.wx.onError((text) => heard.push(text.includes('broken handler')))
      phone.wx.getSetting({ success: () => { throw new Error('broken handler') }, 
        complete: () => { heard.push('complete'); setTimeout(resolve, 0, heard) },
      })
    })""")
    assert heard == [True, "complete"]


# -- network -------------------------------------------------------------------------------------------------------------------------


def test_a_request_is_sent_as_wechat_sends_it(start: Start, upstream: Upstream) -> None:
    page = start()
    upstream.received.clear()
    upstream.answer = (201, {"Content-Type": "text/plain", "X-Request-Id": "r1"}, [b'{"n": 1}'])
    send = "(options) => new Promise((resolve) => phone.wx.request({ ...options, success: resolve, fail: resolve }))"
    told = page.evaluate(send, {"url": "https://api.marque.example/a?x=1", "data": {"q": "红 车", "n": [1]}, "header": {"X-Appid": "wx"}})
    assert (told["statusCode"], told["data"], told["header"]["X-Request-Id"], told["errMsg"]) == (201, {"n": 1}, "r1", "request:ok")
    page.evaluate(send, {"url": "https://api.marque.example/b", "method": "PATCH", "data": {"name": "林"}})
    form = {"content-type": "application/x-www-form-urlencoded"}
    page.evaluate(send, {"url": "https://api.marque.example/c", "method": "POST", "data": {"a": "1 2"}, "header": form})
    first, second, third = upstream.received
    assert first["path"] == "/a?x=1&q=%E7%BA%A2%20%E8%BD%A6&n=%5B1%5D"
    assert (
        second["method"],
        json.loads(second["body"]),
        {name.lower(): value for name, value in second["headers"].items()}["content-type"],
    ) == (
        "PATCH",
        {"name": "林"},
        "application/json",
    )
    assert third["body"] == b"a=1%202"


@pytest.mark.parametrize(
    ("url", "setting", "refusal"),
    [
        ("https://evil.example/", "wifi", {"errMsg": "request:fail url not in domain list", "errno": 600002}),
        ("/relative", "wifi", {"errMsg": 'request:fail invalid url "/relative"', "errno": 600009}),
        ("https://api.marque.example/", "offline", {"errMsg": "request:fail net::ERR_INTERNET_DISCONNECTED", "errno": 600001}),
        ("https://api.marque.example/", "slow", {"errMsg": "request:fail timeout", "errno": 5}),
    ],
)
def test_what_the_network_refuses_comes_in_wechats_words(start: Start, upstream: Upstream, url: str, setting: str, refusal: object) -> None:
    page = start(network=setting)
    upstream.received.clear()
    send = "(url) => new Promise((resolve) => phone.wx.request({ url, timeout: 200, success: resolve, fail: resolve }))"
    assert (page.evaluate(send, url), upstream.received) == (refusal, [])


def test_no_network_is_to_be_seen_on_the_phone_and_told_to_the_mini_program(start: Start) -> None:
    page = start()
    page.evaluate("phone.wx.onNetworkStatusChange((told) => { window.told = told })")
    page.evaluate("phone.set('network', 'offline')")
    expect(page.get_by_text("网络连接不可用")).to_be_visible()
    assert page.evaluate("window.told") == {"isConnected": False, "networkType": "none"}
    assert ask(page, "login")["errMsg"].startswith("login:fail")


# -- storage -------------------------------------------------------------------------------------------------------------------------


def test_storage_keeps_values_as_they_were_and_refuses_more_than_a_megabyte(start: Start) -> None:
    page = start()
    page.evaluate("phone.wx.setStorageSync('k', { a: [1, null, '车'] })")
    assert page.evaluate("[phone.wx.getStorageSync('k'), phone.wx.getStorageSync('none')]") == [{"a": [1, None, "车"]}, ""]
    full = page.evaluate("() => { try { phone.wx.setStorageSync('big', 'x'.repeat(1024 * 1024)) } catch (error) { return error.message } }")
    assert full == "setStorageSync:fail entry size limit reached"
    assert ask(page, "setStorage", data=1)["errMsg"].startswith("setStorage:fail parameter error")
    assert page.evaluate("phone.wx.getStorageInfoSync().keys") == ["k"]


# -- place, privacy, permission ------------------------------------------------------------------------------------------------------


def test_her_place_needs_her_agreement_and_her_permission_and_a_no_is_final(start: Start) -> None:
    page = start()
    begin(page, "getLocation", type="gcj02")
    page.get_by_role("dialog").get_by_role("button", name="拒绝").click()
    assert answer(page) == {"errMsg": "getLocation:fail privacy permission is not authorized", "errno": 104}
    page.evaluate("phone.set('privacyAgreed', true)")
    begin(page, "getLocation", type="gcj02")
    expect(page.get_by_role("dialog")).to_contain_text("to sort by distance")
    page.get_by_role("dialog").get_by_role("button", name="拒绝").click()
    assert answer(page)["errMsg"] == "getLocation:fail auth deny"
    assert ask(page, "getLocation", type="gcj02")["errMsg"] == "getLocation:fail auth deny"
    assert ask(page, "getSetting")["authSetting"] == {"scope.userLocation": False}


def test_what_she_refused_she_can_allow_in_the_settings(start: Start) -> None:
    page = start()
    page.evaluate("phone.set('privacyAgreed', true); phone.set('granted', { 'scope.userLocation': false })")
    tap(page, "更多菜单")
    tap(page, "设置")
    page.get_by_role("switch", name="位置信息").check()
    page.get_by_role("dialog", name="设置").get_by_role("button", name="返回").click()
    assert ask(page, "getLocation", type="gcj02")["latitude"] == 31.2304


def test_a_place_is_told_in_the_coordinates_that_were_asked_for(start: Start) -> None:
    page = start()
    page.evaluate("phone.set('privacyAgreed', true); phone.set('granted', { 'scope.userLocation': true })")
    gcj, wgs = ask(page, "getLocation", type="gcj02"), ask(page, "getLocation")
    assert (gcj["latitude"], gcj["longitude"]) == (31.2304, 121.4737)
    # What the platform makes of the same point (app.kit.geo), some five hundred metres away.
    assert (round(wgs["latitude"], 5), round(wgs["longitude"], 5)) == (31.23233, 121.46916)
    page.evaluate("phone.set('locationFails', true)")
    assert ask(page, "getLocation")["errCode"] == 2


def test_what_was_not_declared_is_refused_before_she_is_asked(start: Start) -> None:
    page = start()
    assert "requiredPrivateInfos" in ask(page, "getFuzzyLocation")["errMsg"]
    page.evaluate("phone.set('privacyDeclared', ['phone'])")
    assert ask(page, "getLocation") == {"errMsg": "getLocation:fail api scope is not declared in the privacy agreement", "errno": 112}
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_mini_programs_own_privacy_popup_counts_only_with_a_tap_on_its_button(start: Start) -> None:
    page = start()
    page.evaluate(
        "phone.wx.onNeedPrivacyAuthorization((resolve, { referrer }) => { window.resolve = resolve; window.referrer = referrer })"
    )
    begin(page, "requirePrivacyAuthorize")
    page.evaluate("window.resolve({ event: 'agree', buttonId: 'yes' })")
    assert page.evaluate("[window.referrer, phone.settings.privacyAgreed]") == ["requirePrivacyAuthorize", False]
    tap(page, "agree")
    page.evaluate("window.resolve({ event: 'agree', buttonId: 'yes' })")
    assert answer(page) == {"errMsg": "requirePrivacyAuthorize:ok"}
    assert ask(page, "getPrivacySetting")["needAuthorization"] is False


# -- who she is ----------------------------------------------------------------------------------------------------------------------


def test_her_number_is_told_as_a_code_and_only_when_she_allows_it(start: Start) -> None:
    page = start()
    page.evaluate("phone.set('privacyAgreed', true)")
    tap(page, "number")
    expect(page.get_by_role("dialog")).to_contain_text("138****0001")
    tap(page, "不允许")
    expect(page.get_by_text("told")).to_contain_text("getPhoneNumber:fail user deny")
    tap(page, "number")
    tap(page, "允许")
    expect(page.get_by_text("told")).to_contain_text('"code"')
    login = ask(page, "login")
    assert (len(login["code"]), login["errMsg"]) == (32, "login:ok")


# -- payment and messages ------------------------------------------------------------------------------------------------------------


def test_a_payment_needs_its_values_and_an_order_behind_them(start: Start) -> None:
    page = start()
    refused = ask(page, "requestPayment", timeStamp=1)
    assert refused["errMsg"] == "requestPayment:fail parameter error: parameter.timeStamp should be String instead of Number;"
    begin(page, "requestPayment", timeStamp="1", nonceStr="n", package="prepay_id=none", signType="RSA", paySign="s")
    tap(page, "确定")
    assert answer(page)["errMsg"].startswith("requestPayment:fail")


def test_messages_are_asked_for_only_in_a_tap_and_only_known_ones(start: Start) -> None:
    page = start()
    template = page.evaluate("phone.accounts.find((one) => one.appid === phone.appid).subscribe_templates[0].template_id")
    assert "TAP gesture" in ask(page, "requestSubscribeMessage", tmplIds=[template])["errMsg"]
    for script, code in {"[]": 10001, "['none']": 20001, "['a', 'b', 'c', 'd']": 20003}.items():
        in_a_tap(page, f"wx.requestSubscribeMessage({{ tmplIds: {script} }}).catch((refusal) => refusal)")
        assert answer(page)["errCode"] == code
    page.evaluate("phone.set('subscribe', 'off')")
    in_a_tap(page, f"wx.requestSubscribeMessage({{ tmplIds: ['{template}'] }}).catch((refusal) => refusal)")
    assert answer(page)["errCode"] == 20004


def test_a_tap_does_not_last_beyond_a_request(start: Start, upstream: Upstream) -> None:
    page = start()
    upstream.answer = (200, {}, [b"{}"])
    in_a_tap(
        page,
        """new Promise((resolve) => wx.request({ url: 'https://api.marque.example/',
      success: () => wx.requestSubscribeMessage({ tmplIds: ['none'] }).catch(resolve) }))""",
    )
    assert "TAP gesture" in answer(page)["errMsg"]


def test_what_she_answers_for_good_is_not_asked_again(start: Start, simulator: Simulator) -> None:
    page = start(person=2)
    first, second = page.evaluate("phone.accounts.find((one) => one.appid === phone.appid).subscribe_templates.slice(0, 2)")
    wanted = json.dumps([first["template_id"], second["template_id"]])
    in_a_tap(page, f"wx.requestSubscribeMessage({{ tmplIds: {wanted} }})")
    page.get_by_role("checkbox", name=second["title"]).uncheck()
    page.get_by_role("checkbox", name="总是保持以上选择").check()
    tap(page, "允许")
    expected = {first["template_id"]: "accept", second["template_id"]: "reject", "errMsg": "requestSubscribeMessage:ok"}
    assert answer(page) == expected
    in_a_tap(page, f"wx.requestSubscribeMessage({{ tmplIds: {wanted} }})")
    assert answer(page) == expected
    expect(page.get_by_role("dialog")).to_have_count(0)
    kept = {row["template_id"]: row for row in simulator.look("users/2")["subscriptions"]}
    assert set(kept) == {first["template_id"], second["template_id"]}


# -- sharing, Moments, life ----------------------------------------------------------------------------------------------------------


def test_a_card_carries_what_the_pages_promise_says_and_opens_on_the_other_phone(start: Start) -> None:
    page = start()
    page.evaluate("""() => { phone.router.current.instance.shares = (from) => ({ title: 'early', path: '/pages/two/two?x=0',
      promise: Promise.resolve({ title: `late from ${from}`, path: '/pages/two/two?share_id=s%2F1' }) }) }""")
    tap(page, "share")
    tap(page, "周宇航")
    expect(page.get_by_role("dialog")).to_contain_text("late from button")
    tap(page, "发送")
    friend = start(person=2)
    tap(friend, "退出小程序")
    friend.get_by_role("button").filter(has_text="late from button").click()
    expect(friend.get_by_text("two {")).to_contain_text('{"share_id":"s%2F1"}')
    assert friend.evaluate("[phone.entry.scene, phone.wx.getEnterOptionsSync().query]") == [1007, {"share_id": "s%2F1"}]


def test_a_page_without_a_path_of_its_own_is_shared_as_it_stands_and_may_forbid_it(start: Start) -> None:
    page = start(path="pages/one/one%3Fq=1")
    tap(page, "更多菜单")
    tap(page, "转发给朋友")
    tap(page, "周宇航")
    tap(page, "发送")
    card = page.evaluate("phone.shared[0]")
    assert (card["path"], card["query"], card["title"]) == ("pages/one/one", "q=1", page.evaluate("phone.shell.appName"))
    ask(page, "hideShareMenu")
    tap(page, "更多菜单")
    expect(page.get_by_role("button", name="当前页面不可转发")).to_be_disabled()


def test_moments_open_the_page_alone_without_a_person_until_she_goes_into_the_mini_program(start: Start) -> None:
    page = start()
    page.evaluate("phone.wx.setStorageSync('mine', 1)")
    tap(page, "更多菜单")
    tap(page, "分享到朋友圈")
    page.get_by_label("这一刻的想法…").fill("look at this")
    tap(page, "发表")
    tap(page, "退出小程序")
    expect(page.get_by_text("look at this")).to_be_visible()
    page.get_by_role("button").filter(has_text="For all").click()
    expect(page.get_by_text("options")).to_contain_text('{"n":"5"}')
    assert (page.evaluate("phone.entry.scene"), page.evaluate("phone.wx.getStorageSync('mine')")) == (1154, "")
    for api in ("login", "requestPayment", "getLocation", "navigateTo", "requestSubscribeMessage"):
        assert ask(page, api)["errMsg"].startswith(f"{api}:fail")
    expect(page.get_by_role("navigation")).to_be_hidden()
    tap(page, "前往小程序")
    expect(page.get_by_role("navigation")).to_be_visible()
    assert page.evaluate("[phone.entry.scene, phone.entry.query, phone.wx.getStorageSync('mine')]") == [1155, {"n": "5"}, 1]


def test_the_capsule_leaves_and_comes_back_to_the_same_page(start: Start) -> None:
    page = start(path="pages/two/two%3Fa=1")
    page.evaluate("phone.wx.onAppHide(() => { window.hidden = true })")
    tap(page, "退出小程序")
    assert page.evaluate("window.hidden") is True
    page.get_by_role("button", name=page.evaluate("phone.shell.appName")).click()
    expect(page.get_by_text("two {")).to_contain_text('"a":"1"')
    tap(page, "返回首页")
    expect(page.get_by_text("options {}")).to_be_visible()
    page.evaluate("phone.router.current.instance.setData({ told: 'before' })")
    tap(page, "更多菜单")
    tap(page, "重新进入小程序")
    expect(page.get_by_text("told", exact=True)).to_be_visible()


# -- what she sees -------------------------------------------------------------------------------------------------------------------


def test_a_modal_keeps_the_page_out_of_reach_and_tells_what_she_pressed(start: Start) -> None:
    page = start()
    begin(page, "showModal", title="Sure?", content="Really", confirmText="Yes", cancelText="No")
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || Boolean(document.activeElement.closest('[role=dialog]'))")
    tap(page, "No")
    assert answer(page) == {"confirm": False, "cancel": True, "content": None, "errMsg": "showModal:ok"}
    begin(page, "showActionSheet", itemList=["one", "two"])
    tap(page, "two")
    assert answer(page)["tapIndex"] == 1
    begin(page, "showActionSheet", itemList=["one"])
    page.keyboard.press("Escape")
    assert answer(page)["errMsg"] == "showActionSheet:fail cancel"


def test_wheels_give_the_indexes_and_a_day_that_exists_within_its_bounds(start: Start) -> None:
    page = start()
    tap(page, "pick two")
    page.get_by_role("option", name="b").click()
    page.get_by_role("option", name="d").click()
    tap(page, "确定")
    expect(page.get_by_text("told")).to_contain_text("[1,1]")
    tap(page, "pick a day")
    expect(page.get_by_role("option", name="29日")).to_have_count(0)
    page.get_by_role("option", name="2028年").click()
    expect(page.get_by_role("option", name="29日")).to_have_count(1)
    tap(page, "确定")
    expect(page.get_by_text("told")).to_contain_text("2028-02-28")


def test_marks_and_titles_are_drawn_where_wechat_draws_them(start: Start) -> None:
    page = start()
    ask(page, "setTabBarBadge", index=1, text="3")
    ask(page, "setNavigationBarTitle", title="New title")
    expect(page.get_by_role("navigation").get_by_role("button", name="3 Tab")).to_be_visible()
    expect(page.get_by_role("heading", name="New title")).to_be_visible()
    assert ask(page, "setTabBarBadge", index=9, text="3")["errMsg"] == "setTabBarBadge:fail tabbar item not found"


def test_boxes_are_measured_from_the_pages_own_corner(start: Start) -> None:
    page = start()
    page.evaluate("phone.router.current.scrollTo({ selector: '#box', duration: 0 })")
    box = page.evaluate("new Promise((resolve) => phone.wx.createSelectorQuery().select('#box').boundingClientRect(resolve).exec())")
    assert (box["id"], box["dataset"], box["width"], box["height"]) == ("box", {"n": "1"}, 375, 25)
    viewport = page.evaluate("phone.wx.getWindowInfo()")
    assert 0 <= box["top"] <= viewport["windowHeight"]
    assert page.evaluate("new Promise((resolve) => phone.wx.createSelectorQuery().select('#none').boundingClientRect().exec(resolve))") == [
        None
    ]


def test_a_poster_is_drawn_from_the_network_shown_and_kept_in_the_album(start: Start, upstream: Upstream) -> None:
    page = start()
    upstream.answer = (200, {"Content-Type": "image/svg+xml"}, [PIXEL])
    path = page.evaluate("""async () => {
      const query = phone.wx.createSelectorQuery().select('#canvas').fields({ node: true })
      const [{ node }] = await new Promise((resolve) => query.exec(resolve))
      node.width = node.height = 40
      const image = node.createImage()
      const loaded = new Promise((resolve, reject) => { image.onload = resolve; image.onerror = reject })
      image.src = 'https://api.marque.example/p.svg'
      await loaded
      node.getContext('2d').drawImage(image, 0, 0, 40, 40)
      return (await phone.wx.canvasToTempFilePath({ canvas: node })).tempFilePath
    }""")
    page.evaluate("drawn => phone.router.current.instance.setData({ drawn })", path)
    page.wait_for_function("document.querySelector('wx-image').shadowRoot.querySelector('img').naturalWidth === 40")
    page.evaluate("phone.set('privacyAgreed', true)")
    begin(page, "saveImageToPhotosAlbum", filePath=path)
    tap(page, "允许")
    assert answer(page) == {"errMsg": "saveImageToPhotosAlbum:ok"}
    assert "fail" in ask(page, "saveImageToPhotosAlbum", filePath="https://api.marque.example/p.svg")["errMsg"]
    tap(page, "退出小程序")
    expect(page.get_by_role("link", name="下载图片 1")).to_be_visible()
