"""Where a browser would be kinder than WeChat: methods, crowds of requests, the background, pictures, nicknames, buttons."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.wechat.support import PIXEL, Start, ask, stop_the_clock, tap
from tests.phone.upstream import Upstream

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="#f00"/></svg>'


def events(page: Page) -> list[Any]:
    return list(page.evaluate("phone.router.current.instance.data.events"))


def warnings(page: Page, words: str) -> int:
    return int(
        page.evaluate("words => phone.entries.filter(({ kind, message }) => kind === 'warning' && message.includes(words)).length", words)
    )


def test_there_is_no_patch_and_the_eleventh_request_waits_its_turn(start: Start) -> None:
    page = start()
    told = page.evaluate("""async () => {
      const { fetch } = window
      const open = []
      window.fetch = () => new Promise((resolve) => open.push(() => resolve(new Response('{}'))))
      const ended = []
      const send = (more) => phone.wx.request({ url: 'https://api.marque.example/', complete: ({ errMsg }) => ended.push(errMsg), ...more })
      const soon = () => new Promise((resolve) => setTimeout(resolve, 0))
      send({ method: 'PATCH' })
      await soon()
      const tasks = [...Array(13)].map(() => send())
      await soon()
      const atFirst = open.length
      tasks[10].abort()
      await soon()
      const until = async (count) => {
        for (let turn = 0; ended.length < count && turn < 500; turn += 1) await soon()
        await soon()
      }
      open[0]()
      await until(3)
      const afterOne = open.length
      open.forEach((answer) => answer())
      await until(12)
      open.forEach((answer) => answer())
      await until(14)
      window.fetch = fetch
      return [atFirst, afterOne, open.length, ended]
    }""")
    ok = ["request:ok"] * 12
    assert told == [10, 11, 12, ["request:fail method is invalid", "request:fail abort", *ok]]


def test_in_the_background_requests_end_and_timers_stand_still(start: Start) -> None:
    page = start()
    stop_the_clock(page)
    page.evaluate("""() => {
      window.fetch = () => new Promise(() => {})
      window.ended = []
      window.send = () => phone.wx.request({ url: 'https://api.marque.example/', fail: ({ errMsg }) => window.ended.push(errMsg) })
      phone.router.current.instance.beat()
      window.send()
      phone.hide()
    }""")
    heard = "[window.ended, phone.router.current.instance.heard]"
    page.clock.run_for(4950)
    assert page.evaluate(heard) == [[], ["beat"] * 7]
    page.clock.run_for(20_000)
    page.evaluate("window.send()")
    assert page.evaluate(heard) == [["request:fail interrupted"] * 2, ["beat"] * 7]
    page.evaluate("phone.show()")
    page.clock.run_for(1)
    assert page.evaluate(heard)[1] == [*["beat"] * 7, "shown", "beat", "late"]
    page.evaluate("window.send()")
    page.clock.run_for(710)
    assert page.evaluate(heard)[1][10:] == ["beat"]
    assert len(page.evaluate("window.ended")) == 2, "a request of hers is under way again"
    page.evaluate("phone.hide(); phone.show()")
    page.clock.run_for(6000)
    assert len(page.evaluate("window.ended")) == 2, "she came back in time"


def test_pictures_come_over_the_network_she_is_in(start: Start, upstream: Upstream) -> None:
    page = start(network="offline")
    upstream.received.clear()
    upstream.answer = (200, {"Content-Type": "image/png"}, [PIXEL])
    show = "(name) => phone.router.current.instance.setData({ events: [], drawn: `https://api.marque.example/${name}.png` })"
    heard = "phone.router.current.instance.data.events.length"
    page.evaluate(show, "one")
    page.wait_for_function(heard)
    assert (events(page)[0][0], upstream.received) == ("error", [])
    page.evaluate("phone.set('network', 'slow')")
    stop_the_clock(page)
    page.evaluate(show, "two")
    page.clock.run_for(1900)
    assert (events(page), upstream.received) == ([], [])
    page.clock.run_for(200)
    page.wait_for_function(heard)
    assert events(page) == [["load", {"width": 1, "height": 1}]]
    page.evaluate("phone.set('network', 'offline')")
    page.evaluate("phone.router.current.instance.setData({ drawn: '' })")
    page.evaluate(show, "two")
    page.wait_for_function(heard)
    assert events(page) == [["load", {"width": 1, "height": 1}]], "what was here is kept"


def test_drawings_are_shown_but_neither_shared_nor_previewed_nor_drawn_upon(start: Start, upstream: Upstream) -> None:
    page = start()
    upstream.answer = (200, {"Content-Type": "image/svg+xml"}, [DRAWING])
    page.evaluate("phone.router.current.instance.setData({ drawn: 'https://api.marque.example/p.svg' })")
    page.wait_for_function("phone.router.current.instance.data.events.length")
    assert events(page) == [["load", {"width": 40, "height": 40}]]
    drawn = page.evaluate("""() => new Promise((resolve) => {
      const image = phone.wx.createOffscreenCanvas({ type: '2d' }).createImage()
      image.onload = () => resolve('drawn')
      image.onerror = () => resolve('error')
      image.src = 'https://api.marque.example/p.svg'
    })""")
    assert (drawn, warnings(page, "image of a canvas: WeChat takes no SVG")) == ("error", 1)
    page.evaluate("""() => {
      const map = document.createElement('wx-map')
      map.receive('markers', [{ id: 1, latitude: 31, longitude: 121, iconPath: 'https://api.marque.example/p.svg' }])
      document.querySelector('wx-page').prepend(map)
    }""")
    page.wait_for_function("document.querySelector('wx-map').shadowRoot.querySelector('.pin svg')")
    assert warnings(page, "marker of a map: WeChat takes no SVG") == 1
    ask(page, "previewImage", urls=["https://api.marque.example/p.svg"])
    page.wait_for_function("phone.entries.some(({ message }) => message?.startsWith('previewImage: WeChat takes no SVG'))")
    assert page.locator(".ph-preview-strip img[src]").count() == 0
    tap(page, "关闭")
    page.evaluate("phone.router.current.instance.shares = () => ({ title: 'a card', imageUrl: 'https://api.marque.example/p.svg' })")
    tap(page, "share")
    tap(page, "周宇航")
    expect(page.get_by_role("dialog")).to_contain_text("a card")
    tap(page, "发送")
    assert (page.evaluate("phone.shared[0].imageUrl"), warnings(page, "share card: WeChat takes no SVG")) == ("", 1)


def test_a_nickname_is_looked_at_after_she_left_it_and_taken_away_when_it_does_not_pass(start: Start) -> None:
    page = start()
    field = page.get_by_label("nickname")
    stop_the_clock(page)
    for verdict, kept in (("pass", "林晓雯"), ("fail", "")):
        page.evaluate("verdict => { phone.set('nickname', verdict); phone.router.current.instance.setData({ events: [] }) }", verdict)
        field.fill("林晓雯")
        field.blur()
        assert events(page) == [["blur", {"value": "林晓雯"}]]
        page.clock.run_for(1000)
        assert events(page)[1:] == [["nicknamereview", {"pass": verdict == "pass", "timeout": False}]]
        expect(field).to_have_value(kept)


def test_a_disabled_button_looks_as_wechat_wants_it_whatever_a_class_says(start: Start) -> None:
    page = start()
    look = "getComputedStyle([...document.querySelectorAll('.mine')].at(-1))"
    assert page.evaluate(f"[{look}.backgroundColor, {look}.color]") == ["rgb(247, 247, 247)", "rgba(0, 0, 0, 0.3)"]
