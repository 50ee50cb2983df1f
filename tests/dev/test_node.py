"""What Node.js is for, with the Node.js of the PyPI package: only when there is something to build or to install."""

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


def phone(root: Path) -> Path:
    """A phone with one package to run and one to check with, both folders beside it."""
    folder = root / node.PHONE
    for name in ("engine", "checker"):
        (folder / name).mkdir(parents=True)
        (folder / name / "package.json").write_text(json.dumps({"name": name, "version": "1.0.0"}))
    package = {
        "name": "tiny",
        "version": "1.0.0",
        "dependencies": {"engine": "file:engine"},
        "devDependencies": {"checker": "file:checker"},
    }
    (folder / "package.json").write_text(json.dumps(package))
    installed = {
        "": package,
        "engine": {"version": "1.0.0"},
        "checker": {"version": "1.0.0", "dev": True},
        "node_modules/engine": {"resolved": "engine", "link": True},
        "node_modules/checker": {"resolved": "checker", "link": True, "dev": True},
    }
    lock = {"name": "tiny", "version": "1.0.0", "lockfileVersion": 3, "packages": installed}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return folder


def test_the_phone_runs_with_few_packages_and_is_checked_with_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = phone(tmp_path)
    node.phone(tmp_path)
    assert (folder / "node_modules" / "engine").exists()
    assert not (folder / "node_modules" / "checker").exists()

    node.phone(tmp_path, whole=True)
    assert (folder / "node_modules" / "checker").exists()
    capsys.readouterr()

    node.phone(tmp_path)
    assert capsys.readouterr().out == "", "what is there to check with stays"

    (folder / "package-lock.json").write_text((folder / "package-lock.json").read_text() + "\n")
    node.phone(tmp_path)
    assert "The phone's packages" in capsys.readouterr().out


def test_without_a_phone_nothing_is_installed(tmp_path: Path):
    node.phone(tmp_path)

    assert list(tmp_path.iterdir()) == []
