"""Whatever happens to the index or to who keeps it, searches go on, and soon it is whole again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from app.kit.settings import settings
from app.vehicles.search import folders as folders_module
from app.vehicles.search.engine import IndexAway
from app.vehicles.search.folders import Folders, Generation, State, Unreadable
from app.vehicles.search.index import Index
from dev.testing import wait_until
from tests.vehicles.search.conftest import Shop

WAN = 1_000_000
ALL = [car * WAN for car in (10, 11, 12, 13, 14)]


def test_a_crash_between_the_commit_and_its_state_has_the_changes_taken_over_once_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    index, first = shop.index(), shop.follower()
    first.look()
    shop.change(0, price_fen=20 * WAN)
    with monkeypatch.context() as patch:
        patch.setattr(Generation, "write_state", _crash)
        with pytest.raises(KeyboardInterrupt):
            first.look()
    first.close()
    assert shop.prices(index) == [*ALL[1:], 20 * WAN]
    assert shop.follower().look() == 1
    assert shop.prices(index) == [*ALL[1:], 20 * WAN]


def _crash(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def start(shop: Shop, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[Any]]]:
    running: list[subprocess.Popen[Any]] = []

    def begin() -> subprocess.Popen[Any]:
        env = os.environ | {"DATABASE_URL": shop.database, "SEARCH_DIR": str(shop.folder)}
        with (tmp_path / "indexer.log").open("ab") as log:
            running.append(subprocess.Popen([sys.executable, "-m", "workers.indexer"], env=env, stdout=log, stderr=log))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def test_killed_at_any_point_the_next_one_goes_on_and_a_signal_ends_it_at_once(shop: Shop, start: Callable[[], Any]) -> None:
    """Killed when it has the lock, in the middle of making the index, and just after a change was made."""
    index = shop.index()
    for trace in ("writer.lock", "*/*/names.jsonl", "*/state.json"):
        process = start()
        wait_until(lambda trace=trace: list(shop.folder.glob(trace)), 30, trace)
        process.send_signal(signal.SIGKILL)
        process.wait()
    shop.change(0, price_fen=20 * WAN)
    last = start()
    wait_until(lambda: _answer(index, shop) == [*ALL[1:], 20 * WAN], 120)
    wait_until(lambda: len(list(shop.folder.glob("*/state.json"))) == 1, what="there still was what the killed ones had begun")
    told = time.monotonic()
    last.send_signal(signal.SIGTERM)
    assert last.wait(60) == 0
    assert time.monotonic() - told < 2


def _answer(index: Index, shop: Shop) -> list[int] | None:
    try:
        return shop.prices(index)
    except IndexAway:
        return None


def _garble(file: Path) -> None:
    """Another file in its place, so that who has mapped the old one is not struck: its middle turned round."""
    content = bytearray(file.read_bytes())
    third = len(content) // 3
    content[third : 2 * third + 1] = bytes(255 - byte for byte in content[third : 2 * third + 1])
    folders_module.replace(file, bytes(content))


def _halve(file: Path) -> None:
    folders_module.replace(file, file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize("damage", [_garble, _halve, Path.unlink])
def test_damage_on_the_disk_is_seen_at_the_start_and_healed(
    shop: Shop, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.vehicles.search.reader.RETRY_SECONDS", 0.0)
    follower = shop.follower()
    follower.look()
    for suffix in ("*.fast", "*.term", "meta.json", "names.jsonl"):
        follower.close()
        before = shop.folders.pointed_at()
        damage(next(file for file in _files(shop) if file.match(suffix)))
        assert _answer(shop.index(), shop) in (None, ALL)
        for _ in range(2):
            with_errors(follower.look)
        assert shop.folders.pointed_at() != before, suffix
        assert shop.prices(shop.index()) == ALL


def with_errors(look: Callable[[], Any]) -> None:
    """One round of a follower that has met damage."""
    try:
        look()
    except Unreadable:
        return


def _files(shop: Shop) -> list[Path]:
    current = shop.folders.current()
    assert current is not None
    return [file for file in current.of_brand(shop.brand_id).iterdir() if file.is_file()]


def test_who_begins_with_a_file_that_was_cut_off_in_place_lives_and_has_it_made_anew_by_who_follows(shop: Shop, tmp_path: Path) -> None:
    """As a web process does that comes after one which the same file has killed. The follower has opened it before, and notices nothing."""
    follower = shop.follower()
    follower.look()
    folders = [shop.folder]
    for suffix in ("*.term", "*.idx", "meta.json", "names.jsonl"):
        folders.append(shutil.copytree(shop.folder, tmp_path / f"with {suffix[-4:]}"))
        _cut_off(next(folders[-1].glob(f"*/*/{suffix}")))
    before = shop.folders.pointed_at()
    _cut_off(next(shop.folder.glob("*/*/*.fast")))
    command = [sys.executable, "-c", BEGIN, str(shop.brand_id), *map(str, folders)]
    begun = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert begun.returncode == 0, begun.stderr
    assert [line for line in begun.stdout.splitlines() if line.startswith("away")] == ["away marked"] * len(folders), begun.stdout
    with_errors(follower.look)
    follower.look()
    assert shop.folders.pointed_at() != before
    assert shop.prices(shop.index()) == ALL


def _cut_off(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


BEGIN = """
import pathlib, sys, uuid
from app.vehicles.search.engine import IndexAway
from app.vehicles.search.folders import Folders
from app.vehicles.search.reader import Reader
for folder in sys.argv[2:]:
    folders = Folders(pathlib.Path(folder))
    try:
        Reader(folders, away_seconds=60).view(uuid.UUID(sys.argv[1]))
    except IndexAway:
        print("away", "marked" if folders.current().damaged else "only")
"""


def test_a_reader_that_meets_damage_says_so_and_has_it_made_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    follower, index = shop.follower(), shop.index()
    follower.look()
    with monkeypatch.context() as patch:
        patch.setattr("app.vehicles.search.index.clauses", _panic)
        with pytest.raises(IndexAway, match="damaged"):
            shop.prices(index)
    with_errors(follower.look)
    follower.look()
    assert shop.prices(index) == ALL


def _panic(*_: Any) -> None:
    raise type("PanicException", (BaseException,), {})


def test_a_lost_folder_is_made_again_and_meanwhile_the_index_is_away(shop: Shop) -> None:
    follower, index = shop.follower(), shop.index()
    with pytest.raises(IndexAway, match="absent"):
        shop.prices(index)
    follower.look()
    assert shop.prices(index) == ALL
    shutil.rmtree(shop.folder)
    with pytest.raises(IndexAway):
        shop.prices(index)
    follower.look()
    assert shop.prices(index) == ALL


def test_behind_for_a_while_it_answers_and_behind_for_long_it_is_away(shop: Shop) -> None:
    index = shop.index()
    shop.follower().look()
    seen = next(shop.folder.glob("*/looked_at"))
    os.utime(seen, (time.monotonic() - 30,) * 2)
    assert shop.prices(index) == ALL
    assert REGISTRY.get_sample_value("marque_search_lag_seconds") == pytest.approx(30, abs=5)
    os.utime(seen, (time.monotonic() - 61,) * 2)
    with pytest.raises(IndexAway, match="behind"):
        shop.prices(index)
    os.utime(seen, (time.monotonic() + 1000,) * 2)  # by the clock before a restart of the machine
    with pytest.raises(IndexAway, match="behind"):
        shop.prices(index)
    os.utime(seen, (time.monotonic(),) * 2)
    assert shop.prices(index) == ALL


def test_an_index_that_is_looked_after_is_at_no_moment_behind(shop: Shop) -> None:
    """Readers ask all the time, also between two steps of saying that somebody has looked."""
    shop.follower().look()
    generation = Folders(shop.folder).current()
    assert generation is not None
    over = threading.Event()

    def look_again_and_again() -> None:
        while not over.is_set():
            generation.looked()

    keeper = threading.Thread(target=look_again_and_again)
    keeper.start()
    try:
        assert max(generation.lag_seconds() for _ in range(20_000)) < 5
    finally:
        over.set()
        keeper.join()


@pytest.mark.parametrize("wrong", [{"version": 0}, {"source": "another/1/5"}])
def test_an_index_of_another_layout_or_of_another_database_is_made_anew(shop: Shop, wrong: dict[str, Any]) -> None:
    first = shop.follower()
    first.look()
    first.close()
    current = shop.folders.current()
    assert current is not None
    state = current.state()
    current.write_state(State(**({"source": state.source, "snapshot": state.snapshot} | wrong)))
    before = shop.folders.pointed_at()
    shop.follower().look()
    assert shop.folders.pointed_at() != before
    assert shop.prices(shop.index()) == ALL


def test_a_state_that_cannot_be_read_is_no_state(shop: Shop) -> None:
    first = shop.follower()
    first.look()
    first.close()
    before = shop.folders.pointed_at()
    next(shop.folder.glob("*/state.json")).write_text("{")
    shop.follower().look()
    assert shop.folders.pointed_at() != before
    assert shop.prices(shop.index()) == ALL


def test_a_brand_without_an_index_has_none(shop: Shop) -> None:
    shop.follower().look()
    with pytest.raises(IndexAway, match="absent"):
        Index(shop.folder, away_seconds=60)._reader.view(shop.cars[0])


def test_by_hand_one_sees_how_it_stands_and_has_it_made_anew(shop: Shop, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.vehicles.cli.settings", lambda: settings().model_copy(update={"search_dir": str(shop.folder)}))
    run, follower = app.test_cli_runner().invoke, shop.follower()
    assert run(args=["vehicles", "index", "status"]).exit_code == 1
    follower.look()
    told = run(args=["vehicles", "index", "status"])
    assert told.exit_code == 0
    assert "1 brands" in told.output
    before = shop.folders.pointed_at()
    assert run(args=["vehicles", "index", "rebuild"]).exit_code == 0
    follower.look()
    assert shop.folders.pointed_at() not in (before, None)
    assert follower.look() == 0
