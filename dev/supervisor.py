"""Run the Procfile's processes under circus: what dies comes back, what they print gets a prefix."""

import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from circus.arbiter import Arbiter
from circus.watcher import Watcher
from tornado import gen

from dev.environment import Line
from dev.steps import say

CHECK_SECONDS = 0.3
GRACE_SECONDS = 10
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COLOURS = (36, 33, 35, 32, 34, 31)


class Output:
    """What one line of the Procfile prints: all of it to a file and, once `shown`, line by line to the terminal."""

    def __init__(self, name: str, file: Path, *, prefix: str) -> None:
        self.name, self.file, self.prefix, self.shown = name, file, prefix, False
        self._handle = file.open("wb", buffering=0)
        self._unfinished: defaultdict[int, bytes] = defaultdict(bytes)

    def __call__(self, data: Mapping[str, Any]) -> None:
        """Called by circus with a piece of what process `pid` printed."""
        self._handle.write(data["data"])
        *lines, self._unfinished[data["pid"]] = (self._unfinished[data["pid"]] + data["data"]).split(b"\n")
        if self.shown:
            for line in lines:
                say(f"{self.prefix} {line.decode(errors='replace')}")


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
        watchers = []
        for line, colour in zip(lines, COLOURS * len(lines), strict=False):
            prefix = f"{line.name:<{width}} │"
            if sys.stdout.isatty():
                prefix = f"\033[{colour}m{prefix}\033[0m"
            self.outputs[line.name] = Output(line.name, logs / f"{line.name}.log", prefix=prefix)
            watchers.append(self._watcher(line, dict(env), cwd))
        # Nobody commands this circus from outside: its endpoints stay inside the process.
        self._arbiter = Arbiter(watchers, "inproc://commands", "inproc://events", check_delay=CHECK_SECONDS)
        self._arbiter.ctrl.sys_hdl.stop()

    def run(self) -> None:
        """Start everything; returns when `end` was called or a signal came, and no process is left."""
        for signum in ENDING:
            signal.signal(signum, lambda *_: self._arbiter.loop.add_callback_from_signal(self._stop))
        self._arbiter.start().result()

    def end(self) -> None:
        """Ask for the end, from any thread."""
        self._arbiter.loop.add_callback(self._stop)

    def show(self) -> None:
        """From now on print what the processes print."""
        for output in self.outputs.values():
            output.shown = True

    def restless(self, limit: int = 3) -> str:
        """The name of a process that dies again and again; empty if all are well."""
        return next((name for name, count in self.counts.items() if self.starts[name] > count * limit), "")

    def _watcher(self, line: Line, env: dict[str, str], cwd: Path) -> Watcher:
        stream = {"stream": self.outputs[line.name]}
        return Watcher(
            line.name,
            line.command[0],
            args=line.command[1:],
            numprocesses=line.count,
            working_dir=str(cwd),
            env=env,
            stdout_stream=stream,
            stderr_stream=stream,
            graceful_timeout=GRACE_SECONDS,
            priority=1 if line.name in self._last else 0,
            hooks={"after_spawn": (self._started, False)},
        )

    def _started(self, watcher: Watcher, *_: object, **__: object) -> bool:
        self.starts[watcher.name] += 1
        if self.starts[watcher.name] > watcher.numprocesses and self.outputs[watcher.name].shown:
            say(f"{self.outputs[watcher.name].prefix} ended unexpectedly and was started again")
        return True

    async def _stop(self) -> None:
        for signum in ENDING:
            signal.signal(signum, signal.SIG_IGN)  # impatience must not leave processes behind
        watchers = self._arbiter.watchers
        await gen.multi([watcher._stop(True) for watcher in watchers if watcher.name not in self._last])
        await gen.multi([watcher._stop(True) for watcher in watchers if watcher.name in self._last])
        self._arbiter.loop.stop()
