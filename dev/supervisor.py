"""Run the Procfile's processes under circus: what dies comes back, what they print gets a prefix."""

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from circus.arbiter import Arbiter
from circus.exc import ConflictError
from circus.watcher import Watcher
from tornado import gen

from dev.environment import Line
from dev.steps import say

CHECK_SECONDS = 0.3
GRACE_SECONDS = 10
PRINT_SECONDS = 0.2
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COLOURS = (36, 33, 35, 32, 34, 31)


# Straight to the file: through circus a pipe would be read twice when a killed process left children who hold it open.
INTO_LOG = 'exec "$@" >>"$0" 2>&1'


class Output:
    """The log file of one line of the Procfile, and what of it the terminal has not seen yet."""

    def __init__(self, file: Path, *, prefix: str) -> None:
        self.file, self.prefix = file, prefix
        self._reader = file.open("w+", errors="replace")

    def skip(self) -> None:
        """Leave out what has been written so far."""
        self._reader.seek(0, os.SEEK_END)

    def print_new(self) -> None:
        """Print the lines that were completed since the last call."""
        place = self._reader.tell()
        while (line := self._reader.readline()).endswith("\n"):
            say(f"{self.prefix} {line.rstrip()}")
            place = self._reader.tell()
        self._reader.seek(place)


class Supervisor:
    """Keeps the processes of some Procfile lines running until it is told to end.

    Those named in `last` are started first and ended when all others have gone.
    """

    def __init__(self, lines: Iterable[Line], env: Mapping[str, str], *, cwd: Path, logs: Path, last: Iterable[str] = ()) -> None:
        lines, self._last = list(lines), set(last)
        width = max(len(line.name) for line in lines)
        self.starts: Counter[str] = Counter()
        self.counts = {line.name: line.count for line in lines}
        self.outputs: dict[str, Output] = {}
        self._shown, self.ended = False, threading.Event()
        watchers = []
        for line, colour in zip(lines, COLOURS * len(lines), strict=False):
            prefix = f"{line.name:<{width}} │"
            if sys.stdout.isatty():
                prefix = f"\033[{colour}m{prefix}\033[0m"
            self.outputs[line.name] = Output(logs / f"{line.name}.log", prefix=prefix)
            watchers.append(self._watcher(line, dict(env), cwd))
        # Nobody commands this circus from outside: its endpoints stay inside the process.
        self._arbiter = Arbiter(watchers, "inproc://commands", "inproc://events", check_delay=CHECK_SECONDS)
        self._arbiter.ctrl.sys_hdl.stop()
        self._look, self._arbiter.manage_watchers = self._arbiter.manage_watchers, self._check

    def run(self) -> None:
        """Start everything; returns when `end` was called or a signal came, and no process is left."""
        for signum in ENDING:
            signal.signal(signum, lambda *_: self._arbiter.loop.add_callback_from_signal(self._stop))
        self._arbiter.start().result()
        self.ended.set()

    def end(self) -> None:
        """Ask for the end, from any thread."""
        self._arbiter.loop.add_callback(self._stop)

    def show(self) -> None:
        """Print what the processes print, from now on and until all have ended; a terminal that stands still stops nobody else."""
        for output in self.outputs.values():
            output.skip()
        self._shown, ended = True, False
        while not ended:
            ended = self.ended.wait(PRINT_SECONDS)
            for output in self.outputs.values():
                output.print_new()

    def restless(self, limit: int = 3) -> str:
        """The name of a process that dies again and again; empty if all are well."""
        return next((name for name, count in self.counts.items() if self.starts[name] > count * limit), "")

    def _watcher(self, line: Line, env: dict[str, str], cwd: Path) -> Watcher:
        return Watcher(
            line.name,
            "/bin/sh",
            args=["-c", INTO_LOG, str(self.outputs[line.name].file), *line.command],
            numprocesses=line.count,
            working_dir=str(cwd),
            env=env,
            graceful_timeout=GRACE_SECONDS,
            priority=1 if line.name in self._last else 0,
            hooks={"after_spawn": (self._started, False)},
        )

    def _check(self) -> object:
        """Circus' look after the processes; while it still starts them, which takes a slow machine some seconds, there is nothing to do."""
        with suppress(ConflictError):
            return self._look()
        return None

    def _started(self, watcher: Watcher, *_: object, **__: object) -> bool:
        self.starts[watcher.name] += 1
        if self.starts[watcher.name] > watcher.numprocesses and self._shown:
            say(f"{self.outputs[watcher.name].prefix} ended unexpectedly and was started again")
        return True

    async def _stop(self) -> None:
        for signum in ENDING:
            signal.signal(signum, signal.SIG_IGN)  # impatience must not leave processes behind
        watchers = self._arbiter.watchers
        await gen.multi([watcher._stop(True) for watcher in watchers if watcher.name not in self._last])
        await gen.multi([watcher._stop(True) for watcher in watchers if watcher.name in self._last])
        self._arbiter.loop.stop()
