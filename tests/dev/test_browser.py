"""A machine without a browser is told so."""

from __future__ import annotations

import os
import subprocess
import sys

from dev.environment import ROOT

NOWHERE = {"CHROMIUM": "no-such-browser"}


def collected(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "--collect-only", "-p", "no:cacheprovider"]
    command += ["--ignore-glob=tests/[a-df-z]*", "tests"]  # what begins with e is enough
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120)


def test_without_a_browser_the_summary_says_what_was_left_out() -> None:
    done = collected(**NOWHERE, CI_BROWSER="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests/e2e was LEFT OUT" in done.stdout
    assert "tests/e2e/" not in done.stdout
    assert "tests/events/" in done.stdout


def test_in_ci_there_is_no_leaving_out() -> None:
    done = collected(**NOWHERE, CI_BROWSER="required")
    assert done.returncode != 0
    assert "no Chromium" in done.stdout + done.stderr
