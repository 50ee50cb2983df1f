"""The platform's processes as a test needs them: each can be killed without warning and started again."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil
import requests

from dev.environment import ROOT, Line, complete, procfile, simulator_init
from dev.leftovers import MARK
from dev.ports import free_port
from dev.steps import StepFailed, tail
from dev.valkey import Valkey


class Stack:
    """Web, worker, scheduler, indexer, live, simulator and phone (and Valkey, unless `redis` gives the address of one) on free ports.

    State, logs and secrets go to `folder`. The database at `database_url` must be migrated already; `settings` go
    before everything else that the processes would be given. `flask(...)` works before `start()`.
    """

    def __init__(self, folder: Path, database_url: str, *, redis: str | None = None, settings: dict[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.valkey = None if redis else Valkey(folder / "valkey", free_port())
        given = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TZ"}}
        given |= {name: str(free_port()) for name in ("WEB_PORT", "SIM_PORT", "PHONE_PORT", "LIVE_PORT")}
        given |= {MARK: str(folder)} | (settings or {})
        redis_url = redis or (self.valkey.url if self.valkey else "")
        self.env = complete(given, folder, database_url=database_url, redis_url=redis_url)
        self.lines = {line.name: line for line in procfile(ROOT / "Procfile", self.env)}
        if self.valkey:
            self.lines = {"valkey": Line("valkey", self.valkey.command(), 1)} | self.lines
        self.running: dict[str, list[subprocess.Popen[bytes]]] = {}
        self._is_prepared = False

    @property
    def web(self) -> str:
        """Where the platform answers."""
        return f"http://127.0.0.1:{self.env['WEB_PORT']}"

    @property
    def simulator(self) -> str:
        """Where the simulated Tencent answers."""
        return f"http://127.0.0.1:{self.env['SIM_PORT']}"

    @property
    def phone(self) -> str:
        """Where the phone in the browser is served."""
        return f"http://127.0.0.1:{self.env['PHONE_PORT']}"

    @property
    def accounts(self) -> Path:
        """The accounts.json that the simulator wrote; there once `prepare()` or `start()` has been called."""
        return Path(self.env["SIM_DIR"]) / "accounts.json"

    def prepare(self) -> None:
        """Create the simulated Tencent's world, or tell one that is there our addresses; once is enough."""
        if not self._is_prepared:
            self._command(simulator_init(self.env))
            self._is_prepared = True

    def migrate(self) -> None:
        """Bring the database to the newest tables."""
        self._command([sys.executable, "-m", "alembic", "upgrade", "head"])

    def flask(self, *arguments: str) -> str:
        """Run a command of the platform, `flask("demo", "seed", …)`, and give what it printed."""
        return self._command([sys.executable, "-m", "flask", "--app", "wsgi", *arguments])

    def start(self) -> None:
        """Start everything and wait until it is healthy."""
        self.prepare()
        for name in self.lines:
            self.restart(name)
        self.wait_healthy()

    def restart(self, name: str) -> None:
        """Start one process (again); one that still runs is killed first."""
        self.kill(name)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = [
                subprocess.Popen(
                    self.lines[name].command,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    cwd=ROOT,
                    env=self.env,
                    start_new_session=True,
                )
                for _ in range(self.lines[name].count)
            ]

    def kill(self, name: str) -> None:
        """SIGKILL to the process and everything that it started, at once, as if the machine had lost its power."""
        for process in self.running.pop(name, []):
            end(process, signal.SIGKILL)

    def stop(self) -> None:
        """End everything in order, Valkey last; what does not go within ten seconds is killed."""
        for name in sorted(self.running, key=lambda name: name == "valkey"):
            for process in self.running.pop(name):
                end(process, signal.SIGTERM)

    def wait_healthy(self, seconds: float = 180) -> None:
        """Return when every process that should run does and its servers answer; StepFailed with the logs if not."""
        deadline = time.monotonic() + seconds
        while problem := self._problem():
            if time.monotonic() > deadline:
                raise StepFailed(f"{problem} is not healthy after {seconds:.0f} s:\n{tail(self.folder / f'{problem}.log')}")
            time.sleep(0.1)

    def _problem(self) -> str:
        for name, processes in self.running.items():
            if any(process.poll() is not None for process in processes):
                return name
        if "valkey" in self.running and self.valkey and not self.valkey.answers():
            return "valkey"
        if "web" in self.running and not healthy(f"{self.web}/api/public/health"):
            return "web"
        if "simulator" in self.running and not healthy(f"{self.simulator}/_sim/health"):
            return "simulator"
        if "phone" in self.running and not healthy(f"{self.phone}/health"):
            return "phone"
        return ""

    def _command(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise StepFailed(f"{' '.join(command)} failed (exit {done.returncode}):\n{done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def healthy(url: str) -> bool:
    """Whether that address answers 200."""
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def end(process: subprocess.Popen[bytes] | psutil.Process, signum: int, patience: float = 10) -> None:
    """Send the signal to a process, and SIGKILL to it and all its descendants that are still there after `patience`.

    With SIGKILL as the signal the descendants get it at once too. A worker's child has a group of its own, so
    killing the group would not reach it.
    """
    family: list[psutil.Process] = []
    with suppress(psutil.Error):
        parent = psutil.Process(process.pid)
        family = [parent, *parent.children(recursive=True)]
        parent.send_signal(signum)
    if signum != signal.SIGKILL:
        with suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
            process.wait(patience)
    for member in family:
        with suppress(psutil.Error):
            member.kill()
    process.wait()
