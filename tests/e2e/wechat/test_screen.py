"""What the person sees of WeChat around the pages, and what pages learn of the glass."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.wechat.support import PIXEL, Start, answer, ask, begin, tap
from tests.phone.upstream import Upstream


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
    own = page.evaluate("""new Promise((resolve) => {
      phone.router.current.instance.createSelectorQuery().select('#box').boundingClientRect(resolve).exec()
    })""")
    assert own == box
    assert (box["id"], box["dataset"], box["width"], box["height"]) == ("box", {"n": "1"}, 375, 25)
    viewport = page.evaluate("phone.wx.getWindowInfo()")
    assert 0 <= box["top"] <= viewport["windowHeight"]
    assert page.evaluate("new Promise((resolve) => phone.wx.createSelectorQuery().select('#none').boundingClientRect().exec(resolve))") == [
        None
    ]


def test_a_poster_is_drawn_from_the_network_shown_and_kept_in_the_album(start: Start, upstream: Upstream) -> None:
    page = start()
    upstream.answer = (200, {"Content-Type": "image/png"}, [PIXEL])
    path = page.evaluate("""async () => {
      const query = phone.wx.createSelectorQuery().select('#canvas').fields({ node: true })
      const [{ node }] = await new Promise((resolve) => query.exec(resolve))
      node.width = node.height = 40
      const image = node.createImage()
      const loaded = new Promise((resolve, reject) => { image.onload = resolve; image.onerror = reject })
      image.src = 'https://api.marque.example/p.png'
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
    assert "fail" in ask(page, "saveImageToPhotosAlbum", filePath="https://api.marque.example/p.png")["errMsg"]
    tap(page, "退出小程序")
    expect(page.get_by_role("link", name="下载图片 1")).to_be_visible()
