"""The console's build with the Node.js of the PyPI package: only when there is something to build."""

import json
from pathlib import Path

import pytest

from dev import node
from dev.steps import StepFailed

BUILD = "node -e \"fs.mkdirSync('dist', {recursive: true}); fs.copyFileSync('page', 'dist/index.html')\""


def console(root: Path, build: str = BUILD) -> Path:
    """A console without packages whose build copies a page."""
    folder = root / "console"
    folder.mkdir()
    package = {"name": "tiny", "version": "1.0.0"}
    (folder / "package.json").write_text(json.dumps(package | {"scripts": {"build": build}}))
    (folder / "package-lock.json").write_text(json.dumps(package | {"lockfileVersion": 3, "packages": {"": package}}))
    (folder / "page").write_text("first")
    (folder / "node_modules").mkdir()
    return folder


def test_a_build_follows_its_sources_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = console(tmp_path)
    node.build(tmp_path)
    assert (folder / "dist" / "index.html").read_text() == "first"
    capsys.readouterr()

    node.build(tmp_path)
    assert capsys.readouterr().out == ""

    (folder / "page").write_text("second")
    node.build(tmp_path)
    assert (folder / "dist" / "index.html").read_text() == "second"
    assert "Console packages" not in capsys.readouterr().out


def test_a_failed_build_is_shown_and_tried_again(tmp_path: Path):
    console(tmp_path, build="node -e \"console.error('broken type'); process.exit(2)\"")

    for _ in range(2):
        with pytest.raises(StepFailed, match=r"(?s)Console build failed.*broken type"):
            node.build(tmp_path)


def test_without_a_console_nothing_is_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    node.build(tmp_path)

    assert "no console/package.json" in capsys.readouterr().out
