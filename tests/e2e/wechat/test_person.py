"""What WeChat asks the person, and what the mini-program learns of it: place, number, money, messages, sharing, coming and going."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.e2e.wechat.support import Start, answer, ask, begin, in_a_tap, tap
from tests.phone.upstream import Upstream
from tests.simulator import Simulator


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
