"""The console's own checks run with ours: types, tests of its pure parts, its words in one place, its lock without addresses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dev import node

CONSOLE = Path(__file__).resolve().parents[2] / "console"
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
IDEOGRAPH = re.compile(r"[一-鿿]+")


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_consoles_own_checks_pass(script: str) -> None:
    assert (CONSOLE / "node_modules").is_dir(), "run `make console` first"
    environment = os.environ | {"PATH": f"{node.node_folder()}{os.pathsep}{os.environ['PATH']}", "CI": "true"}
    done = subprocess.run(
        [sys.executable, "-c", node.NPM, "run", script], cwd=CONSOLE, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_chinese_word_is_in_the_catalogue() -> None:
    strays = {
        str(file.relative_to(CONSOLE)): found
        for file in (CONSOLE / "src").rglob("*.ts*")
        if file.name != "zh-CN.ts" and ".test." not in file.name and (found := IDEOGRAPH.findall(COMMENT.sub("", file.read_text())))
    }
    assert strays == {}


def test_every_page_takes_its_words_in_the_language_that_was_chosen() -> None:
    sources = [
        file for file in (CONSOLE / "src").rglob("*.ts*") if CONSOLE / "src" / "texts" not in file.parents and ".test." not in file.name
    ]
    always_chinese = [file.name for file in sources if re.search(r'from "[^"]*texts/[^"]+"', file.read_text(encoding="utf-8"))]
    assert always_chinese == [], 'import { t } from "…/texts", which knows the language; texts/zh-CN is one of them'


def test_the_lock_names_versions_and_hashes_but_no_address() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert len(installed) > 50
    assert [name for name, package in installed.items() if "resolved" in package] == []
    assert [name for name, package in installed.items() if "integrity" not in package] == []
