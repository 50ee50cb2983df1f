"""The simulator's own interface: the clock and its followers, people, the page, the command line."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform_sim.support import Simulator, Sink


@pytest.fixture
def followed(tmp_path: Path, sink: Sink) -> Iterator[Simulator]:
    """A simulator whose clock the sink follows, besides an address where nobody answers."""
    simulator = Simulator(tmp_path / "platform", sink, followers=(f"{sink.url}/clock", "http://127.0.0.1:9/clock")).start()
    yield simulator
    simulator.stop()


def test_moving_the_clock_tells_every_follower_and_names_the_one_that_failed(followed: Simulator, sink: Sink) -> None:
    answer = followed.advance(86_400)
    [told] = sink.at("/clock")
    assert (json.loads(told["body"]), told["headers"]["X-Clock-Token"]) == ({"seconds": 86_400}, "tick")
    assert [follower["ok"] for follower in answer["followers"]] == [True, False]
    assert (answer["offset_seconds"], followed.get("clock")["offset_seconds"]) == (86_400, 86_400)


@pytest.mark.parametrize("seconds", [0, -5, "1", None, True, 10**9])
def test_the_clock_only_moves_forward_and_not_for_ever(sim: Simulator, seconds: object) -> None:
    before = sim.get("clock")["offset_seconds"]
    answer = sim.http.post(f"{sim.base}/_sim/clock/advance", json={"seconds": seconds}, timeout=60)
    assert (answer.status_code, sim.get("clock")["offset_seconds"]) == (422, before)


def test_three_people_are_there_from_the_start(sim: Simulator) -> None:
    users = sim.get("users")["users"]
    assert [user["nickname"] for user in users[:3]] == ["林晓雯", "周宇航", "陌生人"]
    follows = [user["follows"][sim.service["appid"]]["following"] for user in users[:3]]
    assert follows == [True, True, False]
    assert sim.get("users", limit=1, after=users[0]["id"])["users"] == [users[1]]


def test_staff_in_sight_are_those_the_operator_was_given(sim: Simulator) -> None:
    staff = {member["userid"]: member["visible"] for member in sim.get("staff")["staff"]}
    assert [userid for userid, visible in staff.items() if visible] == sim.credentials["staff"]
    assert (len(staff), staff["hidden01"], staff["adv240"], staff["mgr060"]) == (301, False, True, True)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("users", {}, 422),
        ("users/999999/login-code", {"appid": "x"}, 404),
        ("users/1/login-code", {"appid": "x"}, 422),
        ("users/1/follow", {"appid": "x"}, 422),
        ("users/1/pay", {"appId": "x"}, 422),
        ("staff/adv001/press", {"message_id": 999999, "key": "x"}, 409),
        ("faults", {"earthquake": 1}, 422),
        ("faults", {"errcode": {"path": "/sns/jscode2session"}}, 422),
        ("users/1/restrict", {"appid": "x", "blacklisted": True}, 422),
    ],
)
def test_what_cannot_be_done_is_said(sim: Simulator, path: str, body: dict, status: int) -> None:
    answer = sim.http.post(f"{sim.base}/_sim/{path}", json=body, timeout=60)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


def test_only_the_simulators_own_page_may_speak_to_it_from_a_browser(sim: Simulator) -> None:
    def asked(**headers: str) -> int:
        return int(sim.http.post(f"{sim.base}/_sim/users", json={"nickname": "林晓雯"}, headers=headers, timeout=60).status_code)

    assert [asked(Origin=origin) for origin in ("https://evil.example", "null", "http://127.0.0.1:1")] == [403, 403, 403]
    assert asked(Host="evil.example") == 403
    assert (asked(), asked(Origin=sim.base)) == (200, 200)


def test_the_page_and_everything_it_loads_are_served(sim: Simulator) -> None:
    page = sim.http.get(f"{sim.base}/", timeout=60)
    assert (page.status_code, "微信平台模拟器" in page.text) == (200, True)
    for name in ("app.js", "style.css"):
        assert f"/_sim/static/{name}" in page.text
        assert sim.http.get(f"{sim.base}/_sim/static/{name}", timeout=60).status_code == 200


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "miniprogram_mock.platform", *args], capture_output=True, text=True, timeout=60)


def test_serving_without_a_world_says_what_to_do(tmp_path: Path) -> None:
    run = command("serve", "--dir", str(tmp_path))
    assert (run.returncode, "init --dir" in run.stderr) == (2, True)


def test_a_taken_port_is_named(sim: Simulator) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        run = command("serve", "--dir", str(sim.folder), "--port", port)
    assert (run.returncode, f"Port {port}" in run.stderr) == (1, True)


def test_init_again_keeps_the_keys_and_takes_the_new_address(tmp_path: Path) -> None:
    command("init", "--dir", str(tmp_path), "--callback-base", "http://127.0.0.1:8000")
    accounts = (tmp_path / "accounts.json").read_text()
    command("init", "--dir", str(tmp_path), "--callback-base", "http://127.0.0.1:8001/")
    assert (tmp_path / "accounts.json").read_text() == accounts
    assert json.loads((tmp_path / "world.json").read_text())["callback_base"] == "http://127.0.0.1:8001"
    assert (tmp_path / "world.json").stat().st_mode & 0o077 == 0


def test_the_simulator_never_imports_the_platform_it_tests() -> None:
    script = "import sys, miniprogram_mock.platform.server; sys.exit(any(name.split('.')[0] == 'app' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0
