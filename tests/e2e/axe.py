"""Whether somebody who cannot see, or holds no mouse, is shut out of a page: what axe-core finds serious."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from dev.environment import ROOT

SOURCE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
# What is on its way from one colour to another has neither; a page that has just got another width begins to move a moment later.
STILL = """async () => {
    const moving = () => document.getAnimations().filter(({effect}) => effect.getComputedTiming().endTime !== Infinity)
    do {
        await new Promise((then) => setTimeout(then, 50))
        await Promise.allSettled(moving().map(({finished}) => finished))
    } while (moving().length)
}"""
# To fetch and read the style sheets once more is for two rules only: one is an experiment, which is off, the other is not serious.
SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations'], preload: false})).violations
    .filter(({impact}) => impact === 'serious' || impact === 'critical')
    .map(({id, help, nodes}) => `${id}: ${help}: ` + nodes.slice(0, 3)
        .map(({html, any}) => html.slice(0, 240) + ' ' + (any[0]?.message ?? '')).join(' | '))"""


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def shut_out(page: Page) -> list[str]:
    """Each serious or critical violation of the page as it stands, with where it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    page.evaluate(STILL)
    return list(page.evaluate(SERIOUS))
