"""The page that says how faithful the phone is names what the phone really has, and nothing that it has not."""

from __future__ import annotations

from tests.e2e.conftest import Phones

LISTED = """async (part) => {
    const { [part]: groups } = await import('/web/fidelity.js')
    return groups.flatMap(([, entries]) => entries).flatMap(([names, level]) => names.map((name) => [name, level]))
}"""
ELEMENTS = "() => window.__elements.filter((name) => name.startsWith('wx-')).map((name) => name.slice(3))"
NOTED = """
window.__elements = []
const define = customElements.define.bind(customElements)
customElements.define = (name, ...more) => { window.__elements.push(name); define(name, ...more) }
"""
COMPILED_AWAY = {"block", "slot", "template", "wxs"}


def test_every_api_of_the_phone_is_described_and_no_other_is_promised(phone: Phones) -> None:
    page = phone().open().page
    listed = page.evaluate(LISTED, "APIS")
    promised = {name for name, level in listed if level != "absent"}

    assert len(listed) == len({name for name, _ in listed}), "each name has one line"
    assert promised == set(page.evaluate("Object.keys(window.phone.wx)"))


def test_every_element_of_the_phone_is_described_and_no_other_is_promised(phone: Phones) -> None:
    her = phone()
    her.page.add_init_script(NOTED)
    page = her.open().page
    listed = page.evaluate(LISTED, "ELEMENTS")
    promised = {name for name, level in listed if level != "absent"} - COMPILED_AWAY

    assert promised == set(page.evaluate(ELEMENTS))
