"""The real processes, as a crash test uses them: each is killed without warning and comes back healthy."""

import os

import psutil
import pytest
import requests

from dev.leftovers import MARK
from dev.stack import Stack
from dev.steps import StepFailed
from dev.testing import wait_until


@pytest.fixture(scope="module")
def stack(database, tmp_path_factory):
    """The whole platform on free ports, on this worker's database."""
    with Stack(tmp_path_factory.mktemp("stack"), database) as running:
        yield running


def family(stack: Stack, name: str) -> list[psutil.Process]:
    """A process of the stack and all that it started."""
    parents = [psutil.Process(process.pid) for process in stack.running[name]]
    return parents + [child for parent in parents for child in parent.children(recursive=True)]


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "simulator", "phone", "valkey"])
def test_a_killed_process_is_gone_with_its_children_and_comes_back_healthy(stack, name):
    before = family(stack, name)
    assert before

    stack.kill(name)

    wait_until(lambda: not any(alive(process) for process in before))
    stack.restart(name)
    stack.wait_healthy()
    assert not {process.pid for process in before} & {process.pid for process in family(stack, name)}


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_servers_answer_and_the_simulator_has_written_its_accounts(stack):
    assert requests.get(f"{stack.web}/api/public/health", timeout=60).status_code == 200
    assert requests.get(f"{stack.simulator}/_sim/health", timeout=60).status_code == 200
    assert requests.get(f"{stack.phone}/health", timeout=60).status_code == 200
    assert stack.accounts.exists()


def test_the_platform_s_commands_run_in_the_stack_s_environment(stack):
    assert "/api/public/health" in stack.flask("routes")
    with pytest.raises(StepFailed, match="No such command 'nonsense'"):
        stack.flask("nonsense")


def test_two_stacks_share_nothing(stack, database, tmp_path):
    other = Stack(tmp_path / "other", database, redis="redis://127.0.0.1:1")

    assert other.env["WEB_PORT"] != stack.env["WEB_PORT"]
    assert other.env["SECRET_KEY"] != stack.env["SECRET_KEY"]
    assert other.env["REDIS_URL"] == "redis://127.0.0.1:1"
    assert "valkey" not in other.lines


def test_a_process_that_does_not_start_is_named_with_its_last_words(database, tmp_path):
    broken = Stack(tmp_path / "broken", database, settings={"FIELD_KEY": "short"})
    broken.restart("scheduler")
    wait_until(lambda: broken.running["scheduler"][0].poll() is not None)

    with pytest.raises(StepFailed, match=r"(?s)scheduler is not healthy.*FIELD_KEY"):
        broken.wait_healthy(5)
    broken.stop()


def test_what_the_suite_itself_was_told_does_not_reach_a_stack(stack):
    assert os.environ["SECRET_KEY"] != stack.env["SECRET_KEY"]
    assert stack.env[MARK] == str(stack.folder)
