"""Start the whole stack in order, keep it running, and end every process of it with Ctrl-C."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TextIO

from dev import node
from dev.environment import Line, complete, for_shells, port, procfile, simulator_init, write_secret
from dev.leftovers import MARK, sweep
from dev.ports import require_free
from dev.postgres import Postgres
from dev.stack import healthy
from dev.steps import StepFailed, run, say, step, tail
from dev.supervisor import ENDING, Supervisor
from dev.valkey import Valkey

READY_SECONDS = 90
HEALTH = {
    "simulator": ("SIM_PORT", "/_sim/health"),
    "web": ("WEB_PORT", "/api/public/health"),
    "phone": ("PHONE_PORT", "/health"),
    "live": ("LIVE_PORT", "/health"),
}
"""Of each process that answers HTTP: the setting with its port, and where it says that it is well."""


class Run:
    """One `make run` of the project in `root`: its servers, its preparation, its processes.

    `fast` is for tests: a database that a crash may damage.
    """

    def __init__(self, root: Path, *, fast: bool = False) -> None:
        self.root, self.var = root, root / "var"
        os.environ[MARK] = str(self.var)
        self.postgres = self.valkey = None
        if not os.environ.get("DATABASE_URL"):
            self.postgres = Postgres(self.var / "postgres", port(os.environ, "PG_PORT"), fast=fast)
        if not os.environ.get("REDIS_URL"):
            self.valkey = Valkey(self.var / "valkey", port(os.environ, "VALKEY_PORT"))
        self.env: dict[str, str] = {}
        self.problem = ""

    def main(self) -> None:
        """Start, wait for the end, clean up; StepFailed when something did not start.

        A second run of the same project only tells where the first one is found.
        """
        self.var.mkdir(exist_ok=True)
        with (self.var / "run.lock").open("a+") as lock:
            if not take(lock):
                say(running(lock))
                return
            for signum in ENDING:
                signal.signal(signum, _interrupt)
            write(lock, {"process": os.getpid()})
            try:
                with ExitStack() as cleanup:
                    cleanup.callback(sweep, self.var)
                    self._start_servers(cleanup)
                    self._prepare()
                    self._supervise(lock)
            except KeyboardInterrupt:
                say()
            write(lock, {})
        if self.problem:
            raise StepFailed(self.problem)
        say("Everything has ended.")

    def _start_servers(self, cleanup: ExitStack) -> None:
        if self.postgres:
            self.postgres.stop()
        if sweep(self.var):
            say("  · An earlier run had been killed; what it left behind has been ended")
        if self.postgres:
            require_free(self.postgres.port, setting="PG_PORT", purpose="PostgreSQL")
        if self.valkey:
            require_free(self.valkey.port, setting="VALKEY_PORT", purpose="Valkey")
        require_free(port(os.environ, "WEB_PORT"), setting="WEB_PORT", purpose="the web server")
        require_free(port(os.environ, "SIM_PORT"), setting="SIM_PORT", purpose="the WeChat simulator")
        require_free(port(os.environ, "PHONE_PORT"), setting="PHONE_PORT", purpose="the phone in the browser")
        require_free(port(os.environ, "LIVE_PORT"), setting="LIVE_PORT", purpose="the hints for open pages")
        if self.postgres:
            cleanup.callback(self.postgres.stop)
            with step("PostgreSQL"):
                self.postgres.start()
                self.postgres.ensure_database("marque")
        self.env = complete(
            os.environ,
            self.var,
            database_url=self.postgres.url("marque") if self.postgres else "",
            redis_url=self.valkey.url if self.valkey else "",
        )
        shells = self.var / "run.env"
        cleanup.callback(shells.unlink, missing_ok=True)
        write_secret(shells, for_shells(self.env))

    def _prepare(self) -> None:
        logs, flask = self.var / "log", [sys.executable, "-m", "flask", "--app", "wsgi"]
        accounts = Path(self.env["SIM_DIR"]) / "accounts.json"
        with ExitStack() as stack:
            if self.valkey:
                with step("Valkey"):
                    process = self.valkey.start()
                stack.callback(process.wait)
                stack.callback(self.valkey.stop)
            for label, name, command in [
                ("Database migrations", "migrations", [sys.executable, "-m", "alembic", "upgrade", "head"]),
                ("WeChat simulator's accounts", "simulator-init", simulator_init(self.env)),
                ("Demo data", "demo", [*flask, "demo", "seed", "--accounts", str(accounts)]),
            ]:
                run(label, command, log=logs / f"{name}.log", cwd=self.root, env=self.env)
        node.console(self.root)
        node.phone(self.root)

    def _supervise(self, lock: TextIO) -> None:
        lines = procfile(self.root / "Procfile", self.env)
        if self.valkey:
            lines.insert(0, Line("valkey", self.valkey.command(), 1))
        supervisor = Supervisor(lines, self.env, cwd=self.root, logs=self.var / "log", last=["valkey"])
        announcer = threading.Thread(target=self._announce, args=[supervisor, lock], daemon=True)
        announcer.start()
        keeper = threading.Thread(target=self._keep_postgres, args=[supervisor])
        keeper.start()
        supervisor.run()
        keeper.join()
        announcer.join(2)

    def _keep_postgres(self, supervisor: Supervisor) -> None:
        """Start PostgreSQL again when it was killed; it is no child of the supervisor, which keeps the others."""
        while self.postgres and not supervisor.ended.wait(1):
            if not self.postgres.is_alive():
                say("PostgreSQL has ended; it is started again")
                # Its children may hold on to its memory for a moment; then the next second's try succeeds.
                with suppress(StepFailed):
                    self.postgres.start()

    def _announce(self, supervisor: Supervisor, lock: TextIO) -> None:
        deadline = time.monotonic() + READY_SECONDS
        web, simulator, phone = self.env["PUBLIC_BASE_URL"], self._local("SIM_PORT"), self._local("PHONE_PORT")
        try:
            with step("Web server, workers, scheduler, indexer, live pages, WeChat simulator, phone"):
                while not supervisor.ended.is_set() and (culprit := self._unready(supervisor)):
                    if time.monotonic() > deadline or supervisor.restless():
                        log = supervisor.outputs[supervisor.restless() or culprit].file
                        raise StepFailed(f"{log.stem} does not start. The end of {log}:\n{tail(log)}")
                    time.sleep(0.1)
        except StepFailed as failure:
            self.problem = str(failure)
            supervisor.end()
        if supervisor.ended.is_set() or self.problem:
            return
        addresses = {
            "The phone": f"{phone}/",
            "Console": f"{web}/console/",
            "API documentation": f"{web}/docs",
            "WeChat simulator": f"{simulator}/",
        }
        write(lock, {"process": os.getpid(), "addresses": addresses})
        say(f"\nMarque is running.\n\n{listed(addresses)}\n\n{self._logins()}")
        say(f"Logs follow, and are kept in {self.var / 'log'}. Ctrl-C ends everything.\n")
        supervisor.show()

    def _unready(self, supervisor: Supervisor) -> str:
        for name, (setting, path) in HEALTH.items():
            if name in supervisor.counts and not healthy(self._local(setting) + path):
                return name
        return next((name for name, count in supervisor.counts.items() if supervisor.starts[name] < count), "")

    def _local(self, setting: str) -> str:
        return f"http://127.0.0.1:{self.env[setting]}"

    def _logins(self) -> str:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "demo", "logins"]
        return subprocess.run(command, cwd=self.root, env=self.env, capture_output=True, text=True).stdout


def stop(root: Path) -> None:
    """End the run of this project, or what a killed one left behind; says what there was to end."""
    (root / "var").mkdir(exist_ok=True)
    with (root / "var" / "run.lock").open("a+") as lock:
        if not take(lock):
            process = _read(lock).get("process")
            if not process:
                raise StepFailed("A run is just beginning. Ask again in a moment.")
            say(f"Ending process {process} …")
            os.kill(process, signal.SIGTERM)
            fcntl.flock(lock, fcntl.LOCK_EX)
            say("Everything has ended.")
            return
        left = sweep(root / "var")
        say(f"Ended {left} processes of a killed run." if left else "Nothing was running.")


def running(lock: TextIO) -> str:
    """What a second `make run` tells about the first."""
    first = _read(lock)
    addresses = first.get("addresses")
    if not addresses:
        return f"Marque is being started or ended by process {first.get('process', '(just begun)')}: look there."
    return f"Marque is already running (process {first['process']}; `make stop` ends it).\n\n{listed(addresses)}"


def listed(addresses: dict[str, str]) -> str:
    """Addresses as an indented table."""
    return "\n".join(f"  {name:<18} {address}" for name, address in addresses.items())


def take(lock: TextIO) -> bool:
    """Whether the lock is ours now; the system gives it back when we end, however we end."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write(lock: TextIO, facts: dict[str, Any]) -> None:
    """Leave facts about this run in the lock's file, for the next to read."""
    lock.truncate(0)
    lock.write(json.dumps(facts))
    lock.flush()


def _read(lock: TextIO) -> dict[str, Any]:
    lock.seek(0)
    return json.loads(lock.read() or "{}")


def _interrupt(*_: object) -> None:
    for signum in ENDING:
        signal.signal(signum, signal.SIG_IGN)  # impatience must not leave processes behind
    raise KeyboardInterrupt
