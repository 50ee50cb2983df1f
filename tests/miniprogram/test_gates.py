"""WeChat's compilers and the type checker stand at the gate: what they would refuse is found before WeChat sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dev import miniprogram


@pytest.mark.parametrize(
    ("name", "text", "breach"),
    [
        ("page.wxml", "<view>\n  <text>{{a + }}</text>\n</view>", "page.wxml:2:9: Bad value"),
        ("page.wxml", '<view>\n  <image src="a.png">\n</view>', "page.wxml:3:3: expect end-tag `image`"),
        ("page.wxml", "<view>\n  <text>{{a?.b}}</text>\n</view>", "page.wxml:2:9: Bad value"),
        ("page.wxss", ".a {\n  color: red;\n.b { color: red; }", "page.wxss:3:4: unexpected `{`"),
        ("page.wxss", ".a { color: red; }\n}\n", "page.wxss:2:1: error at token `}`"),
    ],
)
def test_what_wechat_could_not_compile_is_named_with_its_line(tmp_path: Path, name: str, text: str, breach: str) -> None:
    (tmp_path / "good.wxml").write_text('<view wx:for="{{list}}" wx:key="id" bind:tap="go">{{item}}</view>')
    (tmp_path / "good.wxss").write_text("page { --ink: #111; }\n.a { width: 750rpx; color: var(--ink); }\n")
    assert miniprogram.compile_all(tmp_path) == []

    (tmp_path / name).write_text(text)
    (found,) = miniprogram.compile_all(tmp_path)
    assert found.startswith(f"{tmp_path}/{breach}")


def project(folder: Path, source: str) -> Path:
    """A tsconfig as strict as the mini-program's, over one source."""
    (folder / "page.js").write_text(source)
    own = miniprogram.WEB / "tsconfig.miniprogram.json"
    typings = miniprogram.WEB / "node_modules" / "miniprogram-api-typings"
    (folder / "tsconfig.json").write_text(
        json.dumps({"extends": str(own), "compilerOptions": {"types": [str(typings)]}, "include": ["page.js"]})
    )
    return folder / "tsconfig.json"


WRONG = {
    "wx.navigateTo({ uri: '/pages/index/index' });": "'uri' does not exist",
    "wx.setStorageSnyc('a', 1);": "Did you mean 'setStorageSync'",
    "module.exports = { greet(name) { return name; } };": "Parameter 'name' implicitly has an 'any' type",
    "Page({ data: { a: 1 }, onLoad() { this.gone(); } });": "'gone' does not exist",
}


def test_types_are_those_of_wechat(tmp_path: Path) -> None:
    assert miniprogram.types(project(tmp_path, "Page({ onLoad() { wx.showToast({ title: 'x' }); } });\n")) == []

    found = miniprogram.types(project(tmp_path, "\n".join(WRONG)))
    for line, breach in enumerate(WRONG.values(), 1):
        assert [one for one in found if f"page.js:{line}:" in one and breach in one], found


def test_the_lock_names_versions_and_hashes_but_no_address() -> None:
    packages = json.loads((miniprogram.WEB / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert {"node_modules/glass-easel", "node_modules/miniprogram-compiler"} <= installed.keys()
    assert [name for name, package in installed.items() if "resolved" in package or "integrity" not in package] == []
