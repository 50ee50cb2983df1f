"""What `make run` promises: one start, clear refusals, processes that come back, and none left behind."""

import os
import signal
import socket

import psutil
import pytest

from dev.postgres import Postgres
from dev.run import stop
from dev.testing import wait_until

PATIENCE = 60


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGHUP])
def test_every_process_ends_with_the_run(project, signum):
    run = project.run()
    for program in ("postgres", "valkey-server", "serve", "idle", "sleep"):
        assert project.processes(program), f"{program} does not run"

    run.send_signal(signum)

    assert run.wait(PATIENCE) == 0
    assert project.processes() == []
    assert "Everything has ended." in project.output


def test_a_ctrl_c_while_the_database_is_being_made_leaves_nothing(project):
    run = project.begin()
    wait_until(lambda: project.processes("postgres"))

    os.killpg(run.pid, signal.SIGINT)
    os.killpg(run.pid, signal.SIGINT)

    run.wait(PATIENCE)
    assert project.processes() == []


def test_the_settings_of_a_run_are_there_while_it_runs_and_for_its_owner_only(project):
    run, file = project.run(), project.folder / "var" / "run.env"
    assert "export DATABASE_URL=" in file.read_text()
    assert f"export WEB_PORT={project.ports['WEB_PORT']}\n" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0

    run.send_signal(signal.SIGINT)

    run.wait(PATIENCE)
    assert not file.exists()


def test_a_second_run_tells_where_the_first_is_found(running_project):
    project = running_project
    first = project.processes()

    assert project.begin().wait(PATIENCE) == 0

    assert f"already running (process {project.runs[0].pid};" in project.output
    assert f"http://127.0.0.1:{project.ports['WEB_PORT']}/console/" in project.output
    assert f"http://127.0.0.1:{project.ports['PHONE_PORT']}/" in project.output
    assert project.processes() == first


@pytest.mark.parametrize("name", ["serve {WEB_PORT}", "serve {SIM_PORT}", "serve {PHONE_PORT}", "idle", "valkey-server"])
def test_a_killed_process_comes_back_each_time(running_project, name):
    project = running_project
    words = name.format(**project.ports)

    for _ in range(3):
        before = project.processes(words)
        psutil.Process(before[0]).kill()

        wait_until(lambda before=before: len(set(project.processes(words)) - set(before)) == 1)
        wait_until(lambda before=before: len(project.processes(words)) == len(before))


def test_a_killed_database_comes_back(running_project):
    project = running_project
    postgres = Postgres(project.folder / "var" / "postgres", int(project.ports["PG_PORT"]))
    killed = int((postgres.data / "postmaster.pid").read_text().split()[0])

    psutil.Process(killed).kill()

    wait_until(lambda: not postgres.is_alive())
    wait_until(postgres.answers)


@pytest.mark.parametrize("setting", ["WEB_PORT", "SIM_PORT", "PHONE_PORT", "LIVE_PORT", "PG_PORT", "VALKEY_PORT"])
def test_a_taken_port_is_named_with_its_holder_and_the_setting_that_changes_it(project, setting):
    with socket.create_server(("127.0.0.1", project.ports[setting])):
        assert project.begin().wait(PATIENCE) == 1

    assert f"Port {project.ports[setting]} (" in project.output
    assert f"(process {os.getpid()})" in project.output
    assert f"{setting}={project.ports[setting] + 1} make run" in project.output
    assert project.processes() == []


def test_a_program_that_does_not_start_is_shown_with_its_last_words(project):
    (project.folder / "Procfile").write_text("web: python standin.py serve no-number\nsimulator: python standin.py serve $SIM_PORT\n")

    assert project.begin().wait(PATIENCE) == 1

    assert "web does not start" in project.output
    assert "invalid literal for int() with base 10: 'no-number'" in project.output
    assert project.processes() == []


def test_a_step_that_fails_is_shown_with_its_last_words(project):
    (project.folder / "alembic.py").write_text("raise SystemExit('no such revision')")

    assert project.begin().wait(PATIENCE) == 1

    assert "Database migrations failed" in project.output
    assert "no such revision" in project.output
    assert project.processes() == []


def test_what_a_killed_run_left_behind_is_ended_by_the_next(project):
    first = project.run()
    orphans = set(project.processes())
    first.kill()
    first.wait()

    project.run()

    assert not orphans & set(project.processes())
    assert "what it left behind has been ended" in project.output


def test_stop_ends_a_run_from_elsewhere_and_the_next_finds_its_data(project, capsys):
    run = project.run()
    secrets, cluster = project.folder / "var" / "dev.env", Postgres(project.folder / "var" / "postgres", project.ports["PG_PORT"])
    before = secrets.read_text(), cluster.url("marque")

    stop(project.folder)

    assert run.wait(PATIENCE) == 0
    assert project.processes() == []
    stop(project.folder)
    assert "Nothing was running." in capsys.readouterr().out
    project.run()
    assert cluster.answers()
    assert (secrets.read_text(), cluster.url("marque")) == before
    assert secrets.stat().st_mode & 0o077 == 0
