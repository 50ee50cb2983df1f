"""WeChat answers a mini-program: how, over which network, with which storage, in whose coordinates."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.wechat.support import Start, ask
from tests.phone.upstream import Upstream


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


def test_a_request_is_sent_as_wechat_sends_it(start: Start, upstream: Upstream) -> None:
    page = start()
    upstream.received.clear()
    upstream.answer = (201, {"Content-Type": "text/plain", "X-Request-Id": "r1"}, [b'{"n": 1}'])
    send = "(options) => new Promise((resolve) => phone.wx.request({ ...options, success: resolve, fail: resolve }))"
    told = page.evaluate(send, {"url": "https://api.marque.example/a?x=1", "data": {"q": "红 车", "n": [1]}, "header": {"X-Appid": "wx"}})
    assert (told["statusCode"], told["data"], told["header"]["X-Request-Id"], told["errMsg"]) == (201, {"n": 1}, "r1", "request:ok")
    page.evaluate(send, {"url": "https://api.marque.example/b", "method": "PUT", "data": {"name": "林"}})
    form = {"content-type": "application/x-www-form-urlencoded"}
    page.evaluate(send, {"url": "https://api.marque.example/c", "method": "POST", "data": {"a": "1 2"}, "header": form})
    first, second, third = upstream.received
    assert first["path"] == "/a?x=1&q=%E7%BA%A2%20%E8%BD%A6&n=%5B1%5D"
    assert (
        second["method"],
        json.loads(second["body"]),
        {name.lower(): value for name, value in second["headers"].items()}["content-type"],
    ) == (
        "PUT",
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


def test_storage_keeps_values_as_they_were_and_refuses_more_than_a_megabyte(start: Start) -> None:
    page = start()
    page.evaluate("phone.wx.setStorageSync('k', { a: [1, null, '车'] })")
    assert page.evaluate("[phone.wx.getStorageSync('k'), phone.wx.getStorageSync('none')]") == [{"a": [1, None, "车"]}, ""]
    full = page.evaluate("() => { try { phone.wx.setStorageSync('big', 'x'.repeat(1024 * 1024)) } catch (error) { return error.message } }")
    assert full == "setStorageSync:fail entry size limit reached"
    assert ask(page, "setStorage", data=1)["errMsg"].startswith("setStorage:fail parameter error")
    assert page.evaluate("phone.wx.getStorageInfoSync().keys") == ["k"]
