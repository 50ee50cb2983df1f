"""The browser that the tests drive: a Chromium of the machine's own; Playwright would bring one, but is never asked to."""

from __future__ import annotations

import os
import shutil

# The headless shell, where there is one, first: it draws the same with a third of the work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)


def found() -> str | None:
    """The browser's program: that of the variable CHROMIUM, else the first of the usual names."""
    given = os.environ.get("CHROMIUM")
    if given:
        return shutil.which(given)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def is_required() -> bool:
    """Whether a run without a browser has failed, as in CI."""
    return os.environ.get("CI_BROWSER") == "required"
