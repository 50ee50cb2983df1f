"""The job that makes the sizes of photographs: it may die anywhere, and many may work at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.kit import clock
from app.kit import files as kept
from app.vehicles import imaging, photos, queries, service
from app.vehicles.models import Vehicle, VehiclePhoto
from tests.factories import dealers, pictures, vehicles
from tests.factories.desk import Desk


class Killed(BaseException):
    """What a process that is killed does not survive, and nobody catches."""


@pytest.mark.parametrize("dies_at", range(5))
def test_a_process_may_die_at_any_step_of_the_job_and_another_finishes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None], dies_at: int
) -> None:
    desk.upload(pictures.encoded(pictures.image(400, 300)))
    steps = iter(range(100))
    keep, show = kept.Folder.keep, service.photos.show

    def dies(do: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any) -> Any:
            if next(steps) == dies_at:
                raise Killed
            return do(*given)

        return step

    with monkeypatch.context() as broken:
        broken.setattr(kept.Folder, "keep", dies(keep))
        broken.setattr(service.photos, "show", dies(show))
        if dies_at < 4:
            with pytest.raises(Killed):
                service.make_due_sizes()
            assert all("widths" not in one for one in desk.shown())
        else:
            service.make_due_sizes()
    assert service.make_due_sizes() == 0, "somebody is at work, as far as anybody knows"
    later(minutes=3)
    assert service.make_due_sizes() == (1 if dies_at < 4 else 0)
    (shown,) = desk.shown()
    assert desk.client.get(shown["url"]).status_code == 200
    later(hours=7)
    assert service.make_due_sizes() == 0


def test_one_whose_file_is_lost_holds_up_no_other(desk: Desk, folder: Path) -> None:
    desk.upload(pictures.encoded(pictures.image(400, 300)))
    next(folder.rglob("master.jpg")).unlink()
    desk.upload(pictures.encoded(pictures.image(400, 300)), alt="好的")
    assert service.make_due_sizes() == 1
    assert [one["alt"] for one in desk.shown()] == ["好的"]


def test_uploads_at_the_same_moment_all_have_their_place(committed: Any, folder: Path) -> None:
    with committed() as session:
        store = dealers.store(session, dealers.dealer(session, dealers.brand(session)))
        car, adviser = vehicles.vehicle(session, store), dealers.staff(session, store.dealer)
    ready = [imaging.cleaned(pictures.encoded(pictures.image(400, 300))) for _ in range(4)]

    def put_up(picture: imaging.Picture) -> None:
        with committed() as session:
            service.put_up(session, adviser, car.id, picture, alt="")

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(put_up, [*ready, *ready]))
    with ThreadPoolExecutor(2) as workers:
        assert sum(workers.map(lambda _: service.make_due_sizes(), range(2))) == 4
    with committed() as session:
        rows = session.execute(select(VehiclePhoto).order_by(VehiclePhoto.position)).scalars().all()
        assert [one.position for one in rows] == [1, 2, 3, 4]
        assert [photos.of_row(one)["url"] for one in queries.photos_of(session, car.id)] == [
            one["url"] for one in session.get_one(Vehicle, car.id).photos
        ]


# Dies as a machine does, when the first of the sizes is on disk.
DIES = """
import os, signal
from app.factory import assemble
assemble()
from app.kit import files
from app.vehicles import service
keep = files.Folder.keep
def keep_and_die(*given):
    keep(*given)
    os.kill(os.getpid(), signal.SIGKILL)
files.Folder.keep = keep_and_die
service.make_due_sizes()
"""


def test_what_a_killed_process_left_is_finished_by_another(committed: Any, folder: Path) -> None:
    with committed() as session:
        store = dealers.store(session, dealers.dealer(session, dealers.brand(session)))
        car, adviser = vehicles.vehicle(session, store), dealers.staff(session, store.dealer)
        service.put_up(session, adviser, car.id, imaging.cleaned(pictures.encoded(pictures.image(400, 300))), alt="")
    killed = subprocess.run([sys.executable, "-c", DIES], env=os.environ | {"MEDIA_DIR": str(folder)}, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert {file.name for file in folder.rglob("*.*")} == {"master.jpg", "320.webp"}
    assert service.make_due_sizes() == 0
    with committed() as session:
        clock.advance(session, timedelta(minutes=3))
    assert service.make_due_sizes() == 1
    with committed() as session:
        (shown,) = session.get_one(Vehicle, car.id).photos
    assert shown["widths"] == [320, 400]
    assert {file.name for file in folder.rglob("*.*")} == {"master.jpg", "card.jpg", "320.webp", "400.webp"}
