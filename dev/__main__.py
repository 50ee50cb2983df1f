"""`python -m dev run | stop | console | phone | miniprogram | clean`: what the Makefile calls once `.venv` is there."""

import shutil
import sys
from collections.abc import Callable

from dev import miniprogram, node, run
from dev.environment import ROOT
from dev.postgres import Postgres
from dev.steps import StepFailed, say


def clean() -> None:
    """Forget the data and everything that was built; sources and `.venv` stay."""
    run.stop(ROOT)
    Postgres(ROOT / "var" / "postgres", 0).remove()
    for made in ["var", "console/dist", "console/node_modules", "console/src/api/schema.ts", node.PHONE / "node_modules"]:
        shutil.rmtree(ROOT / made, ignore_errors=True)


ACTIONS: dict[str, Callable[[], None]] = {
    "run": lambda: run.Run(ROOT).main(),
    "stop": lambda: run.stop(ROOT),
    "console": lambda: node.console(ROOT),
    "phone": lambda: node.phone(ROOT, whole=True),
    "miniprogram": miniprogram.check,
    "clean": clean,
}


def guarded(action: Callable[[], None]) -> None:
    """Do it; a step that failed is told in words and ends the process with 1."""
    try:
        action()
    except StepFailed as failure:
        say(f"\n{failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ACTIONS:
        sys.exit(f"usage: python -m dev {' | '.join(ACTIONS)}")
    guarded(ACTIONS[sys.argv[1]])
