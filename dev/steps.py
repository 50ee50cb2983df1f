"""One line per step of a longer piece of work, with the seconds it took, so that nobody wonders whether it hangs."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

HEARTBEAT_SECONDS = 15


class StepFailed(Exception):
    """A step ended badly; the text tells a person what to do about it."""


def say(text: str = "") -> None:
    """Print a line. A terminal that has gone away is no reason to leave processes behind, so it is not an error."""
    with suppress(OSError):
        print(text, flush=True)


@contextmanager
def step(label: str) -> Iterator[None]:
    """Tell that the step runs (a ticking line on a terminal, a line now and then elsewhere) and how long it took."""
    started, ended = time.monotonic(), threading.Event()
    terminal = sys.stdout.isatty()

    def tick() -> None:
        while not ended.wait(0.5 if terminal else HEARTBEAT_SECONDS):
            seconds = time.monotonic() - started
            if terminal:
                sys.stdout.write(f"\r  … {label} {seconds:4.0f} s")
                sys.stdout.flush()
            else:
                say(f"  … {label}, still working after {seconds:.0f} s")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    mark = "✗"
    try:
        yield
        mark = "✓"
    finally:
        ended.set()
        ticker.join()
        say(("\r" if terminal else "") + f"  {mark} {label} {time.monotonic() - started:6.1f} s")


def run(label: str, command: Sequence[str | Path], *, log: Path, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a command as a step, its output going to `log`; StepFailed with the end of that log if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with step(label), log.open("wb") as output:
        status = _call([str(part) for part in command], stdout=output, cwd=cwd, env=env)
        if status:
            raise StepFailed(f"{label} failed (exit {status}). The end of {log}:\n{tail(log)}")


def _call(command: list[str], *, stdout: BinaryIO, cwd: Path, env: Mapping[str, str] | None) -> int:
    # A session of its own: when we are interrupted, the command's own children go with it.
    process = subprocess.Popen(
        command,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env=env,
        start_new_session=True,
    )
    try:
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log file, indented; empty when there is none."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])


def digest(files: list[Path]) -> str:
    """One hash over names and contents."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(str(file).encode() + b"\0" + (file.read_bytes() if file.exists() else b"") + b"\0")
    return whole.hexdigest()


def kept(stamp: Path) -> str:
    """What a stamp holds; empty when there is none."""
    return stamp.read_text() if stamp.exists() else ""
