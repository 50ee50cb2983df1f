"""A project in miniature, whose processes stand in for the real ones, so that the stack itself is what is tested."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from dev.environment import ROOT
from dev.leftovers import marked, sweep
from dev.ports import free_port
from dev.postgres import Postgres
from dev.testing import wait_until

PROCFILE = """\
web: python standin.py serve $WEB_PORT
worker: python standin.py idle
scheduler: python standin.py idle
simulator: python standin.py serve $SIM_PORT
phone: python standin.py serve $PHONE_PORT
"""

STANDIN = """\
import http.server, subprocess, sys, time

class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

if sys.argv[1] == "serve":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Healthy).serve_forever()
else:
    subprocess.run(["sleep", "600"])
"""


class Project:
    """The miniature in `folder`, with a run of it under way or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs: list[subprocess.Popen[bytes]] = []
        self.ports = {name: free_port() for name in ("WEB_PORT", "SIM_PORT", "PHONE_PORT", "LIVE_PORT", "PG_PORT", "VALKEY_PORT")}
        (folder / "miniprogram_mock" / "platform").mkdir(parents=True)
        for module in ("__init__", "platform/__init__", "platform/__main__"):
            (folder / "miniprogram_mock" / f"{module}.py").touch()
        (folder / "miniprogram_mock" / "platform" / "lbs.py").write_text("KEY = SECRET = 'made up'")
        (folder / "miniprogram_mock" / "platform" / "sms.py").write_text("APP_ID = SIGN = SECRET_ID = SECRET_KEY = 'made up'")
        (folder / "alembic.py").touch()
        (folder / "flask.py").write_text("print('login: adviser001')")
        (folder / "standin.py").write_text(STANDIN)
        (folder / "Procfile").write_text(PROCFILE)

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def begin(self) -> subprocess.Popen[bytes]:
        """Start a run, as `make run` does, in a session of its own."""
        start = "import sys; from dev.__main__ import guarded; from dev.run import Run; from pathlib import Path;"
        start += " guarded(Run(Path(sys.argv[1]), fast=True).main)"
        environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        environment |= {name: str(port) for name, port in self.ports.items()} | {"PYTHONPATH": str(ROOT)}
        with (self.folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", start, str(self.folder)],
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env=environment,
                start_new_session=True,
            )
        self.runs.append(process)
        return process

    def run(self) -> subprocess.Popen[bytes]:
        """Start a run and wait until it says that everything is there."""
        process = self.begin()
        wait_until(lambda: "Marque is running" in self.output or process.poll() is not None)
        assert process.poll() is None, self.output
        return process

    def processes(self, words: str = "") -> list[int]:
        """Ids of the run's processes whose command line contains the words."""
        found = []
        for process in marked(self.folder / "var"):
            with suppress(psutil.NoSuchProcess):
                if words in " ".join(process.cmdline()):
                    found.append(process.pid)
        return sorted(found)


@contextmanager
def miniature(folder: Path) -> Iterator[Project]:
    """A project whose every process has gone when the block is left."""
    project = Project(folder)
    yield project
    for run in project.runs:
        run.kill()  # else it would bring back what is swept away
        run.wait()
    sweep(folder / "var")
    Postgres(folder / "var" / "postgres", 0).remove()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A miniature project that nobody has started."""
    with miniature(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def running_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A miniature project with a run under way, shared by tests that leave it so."""
    with miniature(tmp_path_factory.mktemp("project")) as made:
        made.run()
        yield made
