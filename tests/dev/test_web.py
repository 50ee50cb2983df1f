"""The web server as the Procfile starts it: when a process dies, when it is told to stop, and with odd requests."""

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import psycopg
import pytest
import requests

from dev.stack import Stack
from dev.testing import wait_until

WEB = ("valkey", "simulator", "web")
NOBODY = {"username": "nobody", "password": "not a password"}


@pytest.fixture(scope="module")
def stack(database, tmp_path_factory):
    """No more of the platform than answers HTTP."""
    stack = Stack(tmp_path_factory.mktemp("web"), database)
    try:
        stack.prepare()
        for name in WEB:
            stack.restart(name)
        stack.wait_healthy()
        yield stack
    finally:
        stack.stop()


def serving(stack: Stack) -> list[psutil.Process]:
    """The processes that answer; beside them Python may have started helpers of its own."""
    children = psutil.Process(stack.running["web"][0].pid).children()
    found = []
    for child in children:
        with suppress(psutil.Error):
            if child.status() != psutil.STATUS_ZOMBIE and child.num_threads() > 1:
                found.append(child)
    return found


def healthy(stack: Stack) -> bool:
    return requests.get(f"{stack.web}/api/public/health", timeout=20).status_code == 200


def test_a_web_process_that_dies_is_replaced_and_people_are_answered_meanwhile(stack):
    wait_until(lambda: len(serving(stack)) == 2)
    died, remaining = serving(stack)

    died.kill()

    answered = 0
    for _ in range(20):
        with suppress(requests.ConnectionError):  # what the dead one had taken is lost
            answered += healthy(stack)
    assert answered >= 18
    wait_until(lambda: len(serving(stack)) == 2)
    assert remaining.pid in {one.pid for one in serving(stack)}


def test_a_body_in_pieces_of_unknown_length_is_read_like_any_other(stack):
    door = f"{stack.web}/api/public/staff/login"
    whole = requests.post(door, json=NOBODY, timeout=20)

    pieces = requests.post(
        door,
        data=iter([b'{"username": "nobody", ', b'"password": "not a password"}']),
        headers={"Content-Type": "application/json"},
        timeout=20,
    )

    assert pieces.status_code == whole.status_code
    assert pieces.json()["error"] == whole.json()["error"]


def test_a_body_beyond_every_use_is_refused_and_the_next_request_is_answered(stack):
    refused = requests.post(
        f"{stack.web}/api/public/staff/login", data=b" " * (3 * 1024 * 1024), headers={"Content-Type": "application/json"}, timeout=20
    )

    assert refused.status_code == 413
    assert refused.json()["error"] == "http.413"
    assert healthy(stack)


def test_two_hundred_who_never_finish_their_question_keep_nobody_waiting(stack):
    address = ("127.0.0.1", int(stack.env["WEB_PORT"]))
    lingering = [socket.create_connection(address, timeout=20) for _ in range(200)]
    try:
        for one in lingering:
            one.sendall(b"POST /api/public/staff/login HTTP/1.1\r\nHost: here\r\n")

        assert requests.get(f"{stack.web}/api/public/health", timeout=20).elapsed.total_seconds() < 2
    finally:
        for one in lingering:
            one.close()


def test_who_is_being_answered_when_the_web_is_told_to_stop_gets_the_answer(stack):
    with ThreadPoolExecutor(1) as pool, psycopg.connect(stack.env["DATABASE_URL"].replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE staff IN ACCESS EXCLUSIVE MODE")
        asked = pool.submit(requests.post, f"{stack.web}/api/public/staff/login", json=NOBODY, timeout=30)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'staff'::regclass"
        with psycopg.connect(stack.env["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as looking:
            wait_until(lambda: looking.execute(waiting).fetchone() == (1,))
        psutil.Process(stack.running["web"][0].pid).send_signal(signal.SIGTERM)
        assert not asked.done()
        other.rollback()

        answer = asked.result()

    assert json.loads(answer.content)["error"]
    assert answer.status_code < 500
    assert stack.running["web"][0].wait(20) == 0
    stack.restart("web")
    stack.wait_healthy()
