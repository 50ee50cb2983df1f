"""Group commit: work of one turn of the event loop shares a transaction, and nobody's failure is a neighbour's."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from miniprogram_mock.platform.group import Group
from miniprogram_mock.platform.store import Store


def on_a_thread_of_its_own(test: Callable[[Store], None]) -> Callable[[Path], None]:
    """The test with a store in a new thread: in the first one Playwright keeps a loop running, once a process has had a browser."""

    def run(tmp_path: Path) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: test(Store(tmp_path / "state.sqlite"))).result()

    return run


def together(store: Store, *works: Callable[[], Any]) -> list[Any]:
    """The results, or errors, of works that were ready in the same turn."""

    async def all_at_once() -> list[Any]:
        group = Group(store)
        return await asyncio.gather(*(group.run(work) for work in works), return_exceptions=True)

    return asyncio.run(all_at_once())


def write(store: Store, name: str, *, then: Exception | None = None) -> Callable[[], str]:
    def work() -> str:
        with store.savepoint():
            store.run("INSERT INTO meta VALUES (?, '')", name)
            if then is not None:
                raise then
        return name

    return work


def kept(store: Store) -> list[str]:
    return [row["name"] for row in store.all("SELECT name FROM meta ORDER BY name")]


@on_a_thread_of_its_own
def test_a_failing_work_undoes_itself_and_nothing_else(store: Store) -> None:
    results = together(store, write(store, "a"), write(store, "b", then=ValueError("b")), write(store, "c"))
    assert (results[0], type(results[1]), results[2]) == ("a", ValueError, "c")
    assert kept(store) == ["a", "c"]


@on_a_thread_of_its_own
def test_works_of_one_turn_are_one_transaction(store: Store) -> None:
    begun = []
    store._db.set_trace_callback(lambda sql: begun.append(sql) if sql.startswith(("BEGIN", "COMMIT")) else None)
    together(store, *(write(store, f"{n:03}") for n in range(50)))
    assert (begun, len(kept(store))) == (["BEGIN IMMEDIATE", "COMMIT"], 50)


@on_a_thread_of_its_own
def test_nobody_hears_of_success_when_the_commit_fails(store: Store) -> None:
    def work() -> str:
        store.run("PRAGMA defer_foreign_keys = ON")
        store.run("INSERT INTO openids VALUES ('wx', 'o', 999999, NULL)")
        return "written"

    store._db.execute("PRAGMA foreign_keys = ON")
    results = together(store, write(store, "a"), work)
    assert [type(result).__name__ for result in results] == ["IntegrityError", "IntegrityError"]
    assert (kept(store), store.all("SELECT * FROM openids")) == ([], [])


@on_a_thread_of_its_own
def test_work_of_a_caller_that_went_away_is_done_all_the_same(store: Store) -> None:
    async def one_leaves() -> str:
        group = Group(store)
        leaving = asyncio.create_task(group.run(write(store, "left")))
        await asyncio.sleep(0)
        leaving.cancel()
        return await group.run(write(store, "stayed"))

    assert asyncio.run(one_leaves()) == "stayed"
    assert kept(store) == ["left", "stayed"]
