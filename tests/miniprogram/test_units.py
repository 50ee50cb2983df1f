"""The unit tests of the mini-program's pages run with ours, on the Node of a PyPI package."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dev import node

HERE = Path(__file__).resolve().parent


def test_the_pages_logic_keeps_its_promises() -> None:
    files = sorted(str(file) for file in HERE.glob("*.test.js"))
    done = subprocess.run([node.node_folder() / "node", "--test", *files], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
