"""The kernel runs a mini-program's files as WeChat does: a small one that uses every kind of thing, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.phone.serving import phone_for
from tests.simulator import running

PROGRAM = Path(__file__).parent / "kernel_program"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A phone's server for the small mini-program, and a simulator for who holds the phone; no platform."""
    with (
        running(tmp_path_factory.mktemp("simulator"), "http://127.0.0.1:9") as simulator,
        phone_for(PROGRAM, simulator=simulator.base) as address,
    ):
        yield address


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """The small mini-program, started at its first page."""
    page = context.new_page()
    page.goto(f"{address}/device?path=pages/one/one%3Fq=7")
    page.wait_for_selector("html[data-ready]")
    yield page
    page.close()


def see(page: Page, words: str) -> None:
    expect(page.locator(".page-frame:not([hidden])").get_by_text(words).first).to_be_visible()


def tap(page: Page, words: str) -> None:
    page.locator(".page-frame:not([hidden])").get_by_text(words, exact=True).click()


def style(page: Page, selector: str, name: str) -> str:
    return str(page.evaluate("([selector, name]) => getComputedStyle(document.querySelector(selector))[name]", [selector, name]))


def test_templates_loops_scripts_and_the_query_reach_the_screen(page: Page) -> None:
    see(page, "HELLOn 7 no window")
    see(page, "0 Ann")
    tap(page, "flip")
    see(page, "gone")
    see(page, "0 Anna")


def test_a_tap_bubbles_and_a_caught_one_does_not(page: Page) -> None:
    tap(page, "1 Bob")
    see(page, "outer 1 caught told tapped b by undefined marked")
    tap(page, "catch me")
    see(page, "outer 1 caught true")


def test_a_disabled_button_hears_nothing(page: Page) -> None:
    page.get_by_text("never").click(force=True)
    see(page, "there")
    tap(page, "flip")
    see(page, "gone")


def test_components_get_lists_as_they_are_fill_their_slots_and_tell_their_page(page: Page) -> None:
    see(page, "foot of Bob")
    tap(page, "card Ann! yes true")
    see(page, "told card Ann")


def test_styles_of_pages_components_and_themes_stay_in_their_place(page: Page) -> None:
    assert style(page, "wx-page", "backgroundColor") == "rgb(250, 250, 250)"
    assert style(page, ".imported", "color") == "rgb(1, 2, 3)"
    assert style(page, ".half", "width") == "187.5px", "375rpx are half the phone"
    assert style(page, "card wx-view", "color") == "rgb(200, 0, 0)"
    assert style(page, "card wx-view", "fontWeight") == "400", "the page's .local reached into the component"
    page.evaluate("phone.set('theme', 'dark')")
    assert style(page, "wx-page", "backgroundColor") == "rgb(5, 5, 5)"
    tap(page, "go")
    see(page, "two %E8%BD%A6 1 of 2")
    see(page, "imported 1")
    assert style(page, '[data-route="pages/two/two"] .local', "fontWeight") == "400", "one page's style reached another page"


def test_controls_tell_what_was_chosen(page: Page) -> None:
    page.get_by_label("field").fill("abcdefg")
    see(page, "typed abcde.")
    page.get_by_label("bound").fill("both ways")
    see(page, "bound both ways.")
    tap(page, "ex")
    see(page, "picked x+y.")
    tap(page, "second")
    see(page, "picked r2.")
    page.get_by_role("switch").click()
    see(page, "switch true")


def test_swipers_and_scroll_views_tell_where_they_are(page: Page) -> None:
    page.evaluate("document.querySelector('wx-swiper').track.scrollTo(400, 0)")
    see(page, "swiped 1")
    page.evaluate("document.querySelector('.scroller').scrollTo(0, 200)")
    see(page, "lower true")


def test_a_swiper_that_is_told_where_the_finger_was_is_a_warning(page: Page) -> None:
    told = "phone.entries.filter(({ kind, message }) => kind === 'warning' && message.includes('jumps back')).length"
    page.evaluate("phone.router.current.instance.setData({ to: 1 })")
    see(page, "swiped 1")
    page.wait_for_function("document.querySelector('wx-swiper').source === 'touch'")
    assert page.evaluate(told) == 0, "a page may move it by itself"
    page.evaluate("phone.router.current.instance.late = true; document.querySelector('wx-swiper').track.scrollTo(0, 0)")
    see(page, "swiped 0")
    assert page.evaluate(told) == 1


def test_too_much_data_does_not_reach_the_view_and_much_is_a_warning(page: Page) -> None:
    page.evaluate("""() => {
      const { instance } = phone.router.current
      instance.setData({ told: 'x'.repeat(300 * 1024) })
      instance.setData({ told: 'kept', picked: undefined })
      instance.setData({ told: '车'.repeat(350 * 1024) })
    }""")
    see(page, "told kept")
    entries = page.evaluate("phone.entries.filter(({ message }) => /setData|undefined is invalid/.test(message))")
    kinds = [(entry["kind"], entry["message"].split(":")[0]) for entry in entries]
    assert kinds == [
        ("warning", "setData (pages/one/one)"),
        ("warning", 'Setting data field "picked" to undefined is invalid (pages/one/one)'),
        ("error", "setData (pages/one/one)"),
    ]


def test_rich_text_runs_no_script(page: Page) -> None:
    see(page, "rich text")
    assert page.evaluate("window.broken") is None


def test_what_a_handler_throws_reaches_the_app_and_the_page_lives_on(page: Page) -> None:
    tap(page, "fails")
    assert "error true" in page.evaluate("phone.space.app.calls")
    tap(page, "flip")
    see(page, "gone")


def test_a_pull_refreshes_and_the_bottom_is_reached_once(page: Page) -> None:
    page.mouse.move(180, 150)
    page.mouse.down()
    page.mouse.move(180, 250, steps=4)
    page.mouse.move(180, 350, steps=4)
    page.mouse.up()
    page.evaluate("phone.router.current.refreshed()")
    page.mouse.wheel(0, 5000)
    see(page, "bottoms 1 pulled true")


def test_the_stack_refuses_in_wechats_words(page: Page) -> None:
    tap(page, "go tab")
    see(page, "navigateTo:fail can not navigateTo a tabbar page")
    tap(page, "go nowhere")
    see(page, 'navigateTo:fail page "pages/none/none" is not found')
    tap(page, "go")
    for _ in range(9):
        tap(page, "deeper")
    see(page, "navigateTo:fail webview count limit exceed")
    assert page.evaluate("phone.router.navigateBack(9).then(() => phone.router.stack.length)") == 1
    assert page.evaluate("phone.space.app.calls.filter((call) => call === 'two unloaded').length") == 9


def test_tabs_stay_alive(page: Page) -> None:
    tap(page, "flip")
    page.evaluate("phone.router.switchTab('/pages/tab/tab')")
    see(page, "tab true shown 1")
    page.evaluate("phone.router.switchTab('/pages/one/one')")
    see(page, "shows 2 ready true")
    see(page, "gone")
