"""The simulator's clock: set, advanced, run fast, never back; its followers keep up with it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.platform_sim.support import Simulator, Sink, wait_until


@pytest.fixture
def followed(tmp_path: Path, sink: Sink) -> Iterator[Simulator]:
    """A simulator whose clock the sink follows."""
    sink.clear()
    simulator = Simulator(tmp_path / "platform", sink, followers=(f"{sink.url}/clock",)).start()
    yield simulator
    simulator.kill()


def now(sim: Simulator) -> datetime:
    return datetime.fromisoformat(sim.get("clock")["now"])


def told(sink: Sink) -> list[int]:
    return [json.loads(one["body"])["seconds"] for one in sink.at("/clock")]


def test_the_clock_is_set_to_a_moment_and_its_followers_are_moved_as_far(followed: Simulator, sink: Sink) -> None:
    wanted = now(followed) + timedelta(days=3)
    followed.post("clock", set=wanted.isoformat())
    assert timedelta(0) <= now(followed) - wanted < timedelta(seconds=5)
    [seconds] = told(sink)
    assert (type(seconds), abs(seconds - 3 * 86400) <= 5) == (int, True)


@pytest.mark.parametrize(
    "body",
    [
        {"set": "2020-01-01T00:00:00+08:00"}, {"set": "2999-01-01T00:00:00"}, {"set": "tomorrow"}, {"set": None}, {"advance": -1},
        {"speed": 0}, {"speed": 0.5}, {"speed": 1.5}, {"speed": 10**6}, {}, {"advance": 1, "speed": 2}, {"back": 1},
    ],
)  # fmt: skip
def test_it_never_goes_back_and_takes_no_nonsense(sim: Simulator, body: dict) -> None:
    before = sim.get("clock")["offset_seconds"]
    assert sim.http.post(f"{sim.base}/_sim/clock", json=body, timeout=60).status_code == 422
    assert sim.get("clock")["offset_seconds"] == before


def test_a_fast_clock_runs_on_after_a_crash_and_its_followers_hear_of_every_step(followed: Simulator, sink: Sink) -> None:
    followed.post("clock", speed=61)
    wait_until(lambda: len(told(sink)) >= 3, what="three steps")
    followed.kill()
    heard = len(told(sink))
    followed.start()
    wait_until(lambda: len(told(sink)) > heard, what="it runs on")
    assert followed.post("clock", speed=1)["speed"] == 1
    steps, offset = told(sink), followed.get("clock")["offset_seconds"]
    assert set(steps) == {60}
    # A step that was written when the crash came may not have been told.
    assert offset - sum(steps) in (0, 60)


def test_a_retry_of_a_callback_comes_sooner_when_time_runs_fast(followed: Simulator, sink: Sink) -> None:
    sink.answers.extend([500, 500])
    followed.post("limits", name="callback.message.retry_1_seconds", value=3600)
    followed.post("limits", name="callback.message.retry_2_seconds", value=3600)
    user = followed.user(follow=False)
    followed.post(f"users/{user['id']}/follow", appid=followed.service["appid"])
    wait_until(lambda: followed.callbacks(event="subscribe")[0]["attempts"] == 1, what="the first attempt")
    sink.answers.clear()
    followed.post("clock", speed=3600)
    wait_until(lambda: followed.callbacks(event="subscribe", state="delivered"), what="delivered an hour later")


def test_a_follower_that_refuses_keeps_the_clock_at_real_time(followed: Simulator, sink: Sink) -> None:
    sink.answers.append(401)
    answer = followed.http.post(f"{followed.base}/_sim/clock", json={"speed": 10}, timeout=60)
    assert (answer.status_code, "401" in answer.json()["error"]) == (409, True)
    assert followed.get("clock")["speed"] == 1
    followed.post("clock", speed=10)
    sink.answers.append(500)
    wait_until(lambda: followed.get("clock")["speed"] == 1, what="a follower that goes away stops the fast clock")
    assert "500" in followed.get("clock")["stopped"]
