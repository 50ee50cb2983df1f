"""Pictures that a feed names are fetched after it, from the open internet only, once, in its order; one that fails costs no car."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from app.kit import queue
from app.kit.settings import settings
from app.vehicles import fetching, service
from app.vehicles.fetching import Unfetchable
from app.vehicles.jobs import photos as photo_jobs
from app.vehicles.models import FeedPhoto, VehiclePhoto
from app.vehicles.service import feed_photos
from tests.factories import pictures
from tests.vehicles.test_stock import office
from tests.vehicles.test_stock_feeds import CAR, FeedDesk, store

__all__ = ["store"]


class Album:
    """A dealer's server of pictures: what it answers for a path, and how often it was asked."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: Counter[str] = Counter()

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def put(self, *paths: str) -> list[str]:
        """Another picture behind each path; their addresses."""
        for path in paths:
            self.answers[path] = (200, {}, pictures.of_a_telephone(pictures.image(400, 300)))
        return [self.url(path) for path in paths]


@pytest.fixture
def album() -> Iterator[Album]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked[self.path] += 1
            status, headers, content = made.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Album(server.server_address[1])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(app: Any, session: Any, store: Any, album: Album, folder: Any, monkeypatch: pytest.MonkeyPatch) -> FeedDesk:
    """Four photographs a car at most, and the album's server is let pass."""
    given = settings().model_copy(update={"photos_per_vehicle": 4, "photo_hosts_allowed": [album.host]})
    monkeypatch.setattr(fetching, "settings", lambda: given)
    monkeypatch.setattr(feed_photos, "settings", lambda: given)
    return FeedDesk(**vars(office(app, session, store)))


def fetched(desk: FeedDesk) -> None:
    """What the job does until nothing is left."""
    while service.bring_photos(seconds=60):
        pass
    service.make_due_sizes()
    desk.session.expire_all()


def shown(desk: FeedDesk) -> list[str]:
    """The digests of what consumers see, in their order."""
    return [one["url"].split("/")[3] for one in desk.car("A1").photos]


def digests(desk: FeedDesk, *urls: str) -> list[str]:
    found = select(FeedPhoto.address, VehiclePhoto.digest).join(VehiclePhoto, VehiclePhoto.id == FeedPhoto.photo_id)
    by_address = dict(desk.session.execute(found).all())
    return [by_address[url] for url in urls]


def report(desk: FeedDesk, run: Any) -> list[tuple[int, str, str, str]]:
    rows = desk.ask("GET", f"feeds/{run['id']}/rows")["items"]
    return [(row["line"], row["field"], row["value"], row["reason"]) for row in rows]


def test_pictures_come_after_their_feed_in_its_order_once_and_without_a_trace_of_the_camera(
    desk: FeedDesk, album: Album, folder: Any, rings: list[Any]
) -> None:
    urls = album.put("/1.jpg", "/2.jpg", "/3.jpg")
    run = desk.taken([CAR | {"photos": urls}])
    assert (run["created"], album.asked, desk.car("A1").photos) == (1, Counter(), [])
    assert ("vehicles.fetch_photos", {}) in rings
    fetched(desk)
    assert shown(desk) == digests(desk, *urls)
    assert not any(pictures.SECRET in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    before = desk.car("A1").version
    desk.taken([CAR | {"photos": urls}])
    desk.taken([CAR | {"photos": urls, "odometer_km": 12_001}])
    fetched(desk)
    assert album.asked == Counter(["/1.jpg", "/2.jpg", "/3.jpg"])
    assert desk.car("A1").version == before + 1


def test_a_feed_that_moves_drops_and_adds_pictures_has_the_last_word_on_its_own_and_people_on_theirs(desk: FeedDesk, album: Album) -> None:
    one, two, three = album.put("/1.jpg", "/2.jpg", "/3.jpg")
    desk.taken([CAR | {"photos": [one, two]}])
    fetched(desk)
    car = desk.car("A1")
    upload = pictures.form(pictures.of_a_telephone(pictures.image(400, 300)))
    assert desk.client.post(f"/api/staff/vehicles/{car.id}/photos", data=upload).status_code == 201
    fetched(desk)
    of_people = shown(desk)[-1]
    desk.taken([CAR | {"photos": [three, one]}])
    fetched(desk)
    assert shown(desk) == [*digests(desk, three, one), of_people]
    desk.taken([CAR | {"photos": None}])
    fetched(desk)
    assert shown(desk) == [of_people]
    assert album.asked == Counter(["/1.jpg", "/2.jpg", "/3.jpg"])


def test_as_csv_addresses_have_commas_between_them_and_a_feed_without_that_column_leaves_pictures_alone(
    desk: FeedDesk, album: Album
) -> None:
    urls = album.put("/1.jpg", "/2.jpg")
    head, row = "stock_number,title,series,condition,model_year,price_fen", "A1,J5 2024款,极曜 J5,new,2024,25800000"
    desk.taken(f'{head},photos\n{row},"{urls[0]}, {urls[1]}"\n'.encode(), kind="text/csv")
    fetched(desk)
    assert shown(desk) == digests(desk, *urls)
    desk.taken(f"{head}\n{row}\n".encode(), kind="text/csv")
    fetched(desk)
    assert len(shown(desk)) == 2


def test_a_picture_that_cannot_be_had_is_a_line_of_the_report_and_its_car_is_on_sale(desk: FeedDesk, album: Album) -> None:
    (good,) = album.put("/good.jpg")
    album.answers["/text"] = (200, {}, b"no picture")
    bad = {
        album.url("/gone.jpg"): "photo_away",
        album.url("/text"): "photo_not_a_picture",
        "ftp://pictures.example/1.jpg": "photo_address",
        good: "photo_too_many",
    }
    run = desk.taken([CAR | {"stock_number": "A0"}, CAR | {"photos": [*list(bad)[:3], "http://169.254.169.254/latest", good]}])
    fetched(desk)
    assert (run["created"], run["rejected"], desk.on_sale()) == (2, 0, {"A0", "A1"})
    told = [(2, "photos", url, reason) for url, reason in bad.items()]
    assert report(desk, run) == [*told[:3], (2, "photos", "http://169.254.169.254/latest", "photo_private"), told[3]]
    assert "图片" in desk.ask("GET", f"feeds/{run['id']}/rows")["items"][0]["label"]
    page = desk.ask("GET", f"feeds/{run['id']}/rows?limit=2")
    rest = desk.ask("GET", f"feeds/{run['id']}/rows?limit=9&cursor={page['next_cursor']}")
    assert [row["reason"] for row in (*page["items"], *rest["items"])] == [reason for *_, reason in report(desk, run)]


def test_what_failed_for_good_is_told_by_the_next_feed_and_tried_anew_a_day_later(desk: FeedDesk, album: Album) -> None:
    address = album.url("/late.jpg")
    desk.taken([CAR | {"photos": [address]}])
    fetched(desk)
    again = desk.taken([CAR | {"photos": [address], "odometer_km": 12_001}])
    fetched(desk)
    assert report(desk, again) == [(1, "photos", address, "photo_away")]
    assert album.asked == Counter({"/late.jpg": 1})
    album.put("/late.jpg")
    desk.session.execute(update(FeedPhoto).values(failed_at=FeedPhoto.failed_at - timedelta(days=2)))
    assert report(desk, desk.taken([CAR | {"photos": [address], "odometer_km": 12_002}])) == []
    fetched(desk)
    assert len(shown(desk)) == 1


def test_a_server_that_fails_for_a_while_is_asked_again_ever_later_and_then_no_more(
    desk: FeedDesk, album: Album, later: Callable[..., None]
) -> None:
    album.answers["/1.jpg"] = (503, {}, b"")
    run = desk.taken([CAR | {"photos": [album.url("/1.jpg")]}])
    for tries in range(1, feed_photos.MOST_TRIES + 1):
        fetched(desk)
        assert album.asked["/1.jpg"] == tries
        assert bool(report(desk, run)) == (tries == feed_photos.MOST_TRIES)
        later(hours=1)
    fetched(desk)
    assert album.asked["/1.jpg"] == feed_photos.MOST_TRIES


def test_a_worker_that_dies_with_a_picture_in_hand_is_followed_by_another_one(
    desk: FeedDesk, album: Album, later: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.taken([CAR | {"photos": album.put("/1.jpg")}])
    with monkeypatch.context() as patch:
        patch.setattr(feed_photos, "_take", _crash)
        with pytest.raises(KeyboardInterrupt):
            service.bring_photos(seconds=60)
    fetched(desk)
    assert shown(desk) == []
    later(minutes=3)
    fetched(desk)
    assert len(shown(desk)) == 1


def _crash(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_feed_that_comes_while_its_pictures_are_fetched_is_the_one_that_counts(
    desk: FeedDesk, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = album.put("/old.jpg", "/new.jpg")
    desk.taken([CAR | {"photos": [old]}])
    take = feed_photos._take

    def meanwhile(*how: Any) -> None:
        monkeypatch.setattr(feed_photos, "_take", take)
        desk.taken([CAR | {"photos": [new]}])
        take(*how)

    monkeypatch.setattr(feed_photos, "_take", meanwhile)
    fetched(desk)
    assert shown(desk) == digests(desk, new)
    assert desk.session.execute(select(FeedPhoto.address)).scalars().all() == [new]


def test_one_turn_of_the_job_leaves_the_rest_to_the_next(desk: FeedDesk, album: Album, rings: list[Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(feed_photos, "AT_ONCE", 2)
    monkeypatch.setattr(photo_jobs, "TURN_SECONDS", 0.0)
    desk.taken([CAR | {"photos": album.put("/1.jpg", "/2.jpg", "/3.jpg", "/4.jpg")}])
    rings.clear()
    queue.run("vehicles.fetch_photos")
    assert sum(album.asked.values()) == 2
    assert ("vehicles.fetch_photos", {}) in rings


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/1.jpg",
        "http://localhost/1.jpg",
        "http://[::1]/1.jpg",
        "http://[::ffff:10.0.0.1]/1.jpg",
        "http://[2002:0a00:0001::]/1.jpg",
        "http://0.0.0.0/1.jpg",
        "http://2130706433/1.jpg",
        "http://10.1.2.3/1.jpg",
        "http://100.64.0.1/1.jpg",
        "https://192.168.0.1:8443/1.jpg",
        "http://[fe80::1%25lo]/1.jpg",
    ],
)
def test_nothing_within_a_private_network_is_asked(address: str) -> None:
    with pytest.raises(Unfetchable) as refused:
        fetching.fetch(address)
    assert refused.value.reason in ("photo_private", "photo_address", "photo_away")
    assert refused.value.permanent or refused.value.reason == "photo_away"


def test_a_redirect_into_a_private_network_leads_nowhere_and_a_good_one_on(desk: FeedDesk, album: Album) -> None:
    (good,) = album.put("/good.jpg")
    album.answers["/in"] = (302, {"Location": f"http://localhost:{album.host.split(':')[1]}/good.jpg"}, b"")
    album.answers["/on"] = (302, {"Location": "/good.jpg"}, b"")
    album.answers["/round"] = (302, {"Location": "/round"}, b"")
    for path, reason in (("/in", "photo_private"), ("/round", "photo_away")):
        with pytest.raises(Unfetchable, match=reason):
            fetching.fetch(album.url(path))
    assert fetching.fetch(album.url("/on")) == album.answers["/good.jpg"][2]
    assert album.asked["/round"] == 1 + fetching.MOST_REDIRECTS
    assert good


def test_what_is_too_long_or_never_ends_is_cut_off(desk: FeedDesk, album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    short = fetching.settings().model_copy(update={"photo_max_bytes": 1000})
    album.answers["/long.jpg"] = (200, {}, bytes(2000))
    album.answers["/half.jpg"] = (200, {"Content-Length": "5000"}, bytes(10))
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "settings", lambda: short)
        with pytest.raises(Unfetchable, match="photo_too_many_bytes"):
            fetching.fetch(album.url("/long.jpg"))
    with pytest.raises(Unfetchable, match="photo_away") as cut:
        fetching.fetch(album.url("/half.jpg"))
    assert not cut.value.permanent
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    with pytest.raises(Unfetchable, match="photo_away"):
        fetching.fetch(f"http://{_dripping(album)}/")


def _dripping(album: Album) -> str:
    """A server that sends a byte of its head now and then, for ever."""
    import socket

    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = listening.accept()
        with line, listening:
            try:
                while True:
                    line.sendall(b"H")
                    line.settimeout(0.05)
                    try:
                        if not line.recv(4096):
                            return
                    except TimeoutError:
                        continue
            except OSError:
                return

    threading.Thread(target=drip, daemon=True).start()
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    fetching.settings().photo_hosts_allowed.append(host)
    return host


def test_a_feed_is_not_broken_by_signs_that_no_database_takes(desk: FeedDesk) -> None:
    run = desk.taken([CAR | {"options": ["a\x00b"]}, CAR | {"stock_number": "A2", "photos": ["http://\x00"]}])
    assert (run["status"], run["created"], run["rejected"]) == ("done", 1, 1)


def test_another_cars_feed_photo_is_not_touched_when_one_is_dropped(desk: FeedDesk, album: Album) -> None:
    (same,) = album.put("/same.jpg")
    desk.taken([CAR | {"photos": [same]}, CAR | {"stock_number": "A2", "photos": [same]}])
    fetched(desk)
    desk.taken([CAR | {"photos": []}, CAR | {"stock_number": "A2", "photos": [same]}])
    fetched(desk)
    assert shown(desk) == []
    assert len(desk.car("A2").photos) == 1
    assert desk.session.execute(select(FeedPhoto.vehicle_id)).scalars().all() == [uuid.UUID(str(desk.car("A2").id))]
