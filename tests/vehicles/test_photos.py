"""Photographs of a car: what is served has nothing of the telephone that took it, and nothing is lost on the way."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.dealers.models import Role
from app.kit import files as kept
from app.kit import queue
from app.kit.settings import settings
from app.vehicles import imaging, photos, service
from tests.factories import dealers, pictures, vehicles
from tests.factories.desk import Desk


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_of_where_and_by_whom_a_picture_was_taken_not_a_byte_is_kept_or_served(desk: Desk, folder: Path, kind: str) -> None:
    upload = pictures.of_a_telephone(pictures.image(800, 600), kind=kind)
    assert pictures.SECRET in upload
    assert Image.open(BytesIO(upload)).getexif().get_ifd(0x8825)
    assert desk.upload(upload).status_code == 201
    assert service.make_due_sizes() == 1
    everything = [file for file in folder.rglob("*") if file.is_file()]
    assert {file.name for file in everything} == {"master.jpg", "card.jpg", "320.webp", "750.webp", "800.webp"}
    for file in everything:
        content = file.read_bytes()
        for trace in (pictures.SECRET, b"Exif", b"xmp", b"XMP", b"GPS", b"ICCP", b"ICC_PROFILE"):
            assert trace not in content, (file.name, trace)
        with Image.open(file) as image:
            assert not dict(image.getexif())
            assert not image.info.keys() & {"exif", "xmp", "comment", "icc_profile", "photoshop"}


def test_what_hides_behind_a_picture_is_not_kept(desk: Desk, folder: Path) -> None:
    """A file that is a picture and a page with a script, or an archive, at once."""
    hidden = b"<script>alert(1)</script>PK\x03\x04"
    assert desk.upload(pictures.encoded(pictures.image(400, 300)) + hidden).status_code == 201
    service.make_due_sizes()
    assert not [file for file in folder.rglob("*.*") if b"<script>" in file.read_bytes() or b"PK\x03\x04" in file.read_bytes()]


@pytest.mark.parametrize(("orientation", "red"), [(1, (5, 5)), (3, (-5, -5)), (6, (-5, 5)), (8, (5, -5))])
def test_a_picture_stands_upright_however_the_telephone_was_held(orientation: int, red: tuple[int, int]) -> None:
    made = imaging.cleaned(pictures.of_a_telephone(pictures.image(800, 600), orientation=orientation))
    assert (made.width, made.height) == ((800, 600) if orientation in (1, 3) else (600, 800))
    with Image.open(BytesIO(made.content)) as image:
        pixel = image.getpixel((red[0] % made.width, red[1] % made.height))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 150
    assert pixel[2] < 80


def test_sizes_are_no_larger_than_the_picture_and_the_card_is_what_wechat_takes() -> None:
    made = imaging.cleaned(pictures.encoded(pictures.image(3000, 2000)))
    assert (made.width, made.height) == (2560, 1707)
    found = dict(imaging.sizes(made.content))
    assert list(found) == ["320.webp", "750.webp", "1200.webp", "1920.webp", "card.jpg"]
    for name, content in found.items():
        with Image.open(BytesIO(content)) as image:
            assert (image.format, image.size) == (("JPEG", (750, 600)) if name == "card.jpg" else ("WEBP", (int(name[:-5]), image.height)))
            assert name == "card.jpg" or abs(image.width / image.height - 1.5) < 0.01
    assert imaging.widths(320) == [320]
    assert imaging.widths(1920) == [320, 750, 1200, 1920]


def _bomb() -> bytes:
    return pictures.encoded(Image.new("1", (6_000, 5_000)), "PNG")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: b"", "not_a_picture"),
        (lambda: b"GIF89a" + bytes(200), "not_a_picture"),
        (lambda: pictures.encoded(pictures.image(), "GIF"), "not_a_picture"),
        (lambda: pictures.encoded(pictures.image(), "TIFF"), "not_a_picture"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_a_picture"),
        (lambda: bytes(4) + b"ftypheic" + bytes(100), "heic"),
        (lambda: pictures.encoded(pictures.image())[:-4000], "broken"),
        (lambda: pictures.encoded(pictures.image(), "PNG")[:-3000], "broken"),
        (lambda: pictures.encoded(pictures.image(), "WEBP")[:-300], "broken"),
        (_bomb, "too_many_pixels"),
        (lambda: pictures.encoded(pictures.image(300, 900)), "too_small"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_its_reason(desk: Desk, folder: Path, content: Callable[[], bytes], reason: str) -> None:
    answer = desk.upload(content())
    assert (answer.status_code, answer.json["error"], answer.json["details"]["photo"]) == (422, "vehicles.photo_refused", reason)
    assert answer.json["message"].startswith("照片无法使用：")
    assert not any(folder.rglob("*"))
    assert desk.ids() == []


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_bit_that_fell_over_anywhere_is_a_refusal_or_a_picture_and_never_an_error() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = pictures.of_a_telephone(pictures.image(400, 300), kind=kind)
        for at in range(0, len(whole), max(1, len(whole) // 60)):
            broken = bytearray(whole)
            broken[at] ^= 0xFF
            try:
                assert imaging.cleaned(bytes(broken)).width >= imaging.LEAST_WIDTH
            except imaging.Unusable as refused:
                assert str(refused) in ("broken", "not_a_picture", "too_many_pixels", "too_small")  # noqa: PT017


def test_a_file_of_too_many_bytes_is_refused_before_it_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    small = settings().model_copy(update={"photo_max_bytes": 200_000})
    monkeypatch.setattr("app.vehicles.routes.photos.settings", lambda: small)
    refused = desk.upload(bytes(250_000))
    assert (refused.status_code, refused.json["details"]["photo"]) == (422, "too_many_bytes")
    assert desk.upload(bytes(400_000)).status_code == 413


def test_a_form_without_a_photo_names_the_field(desk: Desk) -> None:
    for sent in ({"data": {"alt": "侧面"}}, {"json": {"photo": "x"}}, {"data": {"photo": "words"}}):
        answer = desk.client.post(desk.path(), **sent)
        assert answer.status_code == 422
        assert "photo" in answer.json["details"]


def test_the_same_picture_again_is_the_same_photograph(desk: Desk) -> None:
    content = pictures.encoded(pictures.image(400, 300))
    first, again = desk.upload(content), desk.upload(content)
    assert (first.status_code, again.status_code) == (201, 201)
    assert len(again.json["items"]) == 1


def test_consumers_see_a_photograph_when_its_sizes_are_there_and_the_drawing_until_then(desk: Desk, rings: list[Any]) -> None:
    drawn = desk.car.photos
    desk.upload(pictures.encoded(pictures.image(900, 700)), alt="左前 45°")
    assert ("vehicles.make_photo_sizes", {}) in rings
    assert desk.shown() == drawn
    assert [one["ready"] for one in desk.client.get(desk.path()).json["items"]] == [False]
    queue.run("vehicles.make_photo_sizes")
    (shown,) = desk.shown()
    assert (shown["alt"], shown["widths"]) == ("左前 45°", [320, 750, 900])
    for size in [*photos.sizes(shown), {"width": 750, "url": photos.for_a_share(shown["url"])}]:
        answer = desk.client.get(size["url"])
        assert answer.status_code == 200
        assert answer.content_type == ("image/jpeg" if size["url"].endswith("card.jpg") else "image/webp")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert Image.open(BytesIO(answer.data)).width == size["width"]
        assert desk.client.get(size["url"], headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_picture_of_a_list_is_the_smallest_that_is_large_enough() -> None:
    photo = {"url": "/media/photos/aa/1600.webp", "alt": "", "widths": [320, 750, 1200, 1600]}
    assert photos.fitting(photo) == "/media/photos/aa/750.webp"
    assert photos.fitting(photo, 751) == "/media/photos/aa/1200.webp"
    assert photos.fitting(photo, 4000) == "/media/photos/aa/1600.webp"
    drawn = {"url": "/media/vehicles/suv/white/side.svg", "alt": ""}
    assert (photos.fitting(drawn), photos.sizes(drawn)) == (drawn["url"], [])
    assert photos.for_a_share(drawn["url"]) == "/media/vehicles/suv/white/side.png"


def test_the_order_is_the_staffs_and_the_first_is_the_cover(desk: Desk) -> None:
    for alt in ("一", "二", "三"):
        desk.upload(pictures.encoded(pictures.image(400, 300)), alt=alt)
    service.make_due_sizes()
    assert [one["alt"] for one in desk.shown()] == ["一", "二", "三"]
    one, two, three = desk.ids()
    sent = {"photos": [{"id": three}, {"id": one, "alt": "内饰"}, {"id": two}]}
    assert desk.client.put(desk.path(), json=sent).status_code == 200
    assert [photo["alt"] for photo in desk.shown()] == ["三", "内饰", "二"]
    for wrong in ([one, two], [one, two, two], [one, two, three, str(uuid.uuid4())]):
        refused = desk.client.put(desk.path(), json={"photos": [{"id": each} for each in wrong]})
        assert (refused.status_code, refused.json["error"]) == (409, "vehicles.photos_moved")
    assert desk.ids() == [three, one, two]


def test_a_photograph_that_was_taken_off_can_be_put_back_where_it_was_until_it_is_cleared_away(
    desk: Desk, folder: Path, later: Callable[..., None]
) -> None:
    for alt in ("一", "二"):
        desk.upload(pictures.encoded(pictures.image(400, 300)), alt=alt)
    service.make_due_sizes()
    first, second = desk.ids()
    for _ in range(2):
        assert desk.client.delete(desk.path(first)).status_code == 200
    assert [one["alt"] for one in desk.shown()] == ["二"]
    assert [one["id"] for one in desk.client.get(desk.path()).json["taken_off"]] == [first]
    for _ in range(2):
        assert desk.client.post(desk.path(first, "restore")).status_code == 200
    assert [one["alt"] for one in desk.shown()] == ["一", "二"]
    desk.client.delete(desk.path(first))
    desk.client.delete(desk.path(second))
    assert desk.shown() == []
    assert service.clear_away() == 0
    later(days=8)
    assert service.clear_away() == 2
    assert not [file for file in folder.rglob("*") if file.is_file()]
    assert desk.signed_in(desk.adviser).post(desk.path(first, "restore")).status_code == 404


def test_the_file_of_a_picture_stays_while_another_car_has_it(desk: Desk, later: Callable[..., None]) -> None:
    content = pictures.encoded(pictures.image(400, 300))
    desk.upload(content)
    (photo_id,) = desk.ids()
    twin = vehicles.vehicle(desk.session, desk.store)
    service.put_up(desk.session, desk.adviser, twin.id, imaging.cleaned(content), alt="")
    desk.session.commit()
    service.make_due_sizes()
    desk.client.delete(desk.path(photo_id))
    later(days=8)
    assert service.clear_away() == 1
    desk.session.expire_all()
    assert desk.client.get(photos.fitting(twin.photos[0])).status_code == 200


def test_a_car_has_no_more_photographs_than_it_may_have_not_even_by_putting_one_back(desk: Desk) -> None:
    for _ in range(4):
        assert desk.upload(pictures.encoded(pictures.image(400, 300))).status_code == 201
    refused = desk.upload(pictures.encoded(pictures.image(400, 300)))
    assert (refused.status_code, refused.json["message"]) == (409, "每辆车最多上传 4 张照片")
    gone = desk.ids()[0]
    desk.client.delete(desk.path(gone))
    assert desk.upload(pictures.encoded(pictures.image(400, 300))).status_code == 201
    assert desk.client.post(desk.path(gone, "restore")).status_code == 409


def test_a_brand_that_wants_photographs_first_has_no_car_on_sale_without(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.vehicles.service.keeping.settings", lambda: settings().model_copy(update={"photos_before_listing": 1}))
    desk.car.status, desk.car.photos = "in_preparation", []
    manager = desk.signed_in(dealers.staff(desk.session, desk.store.dealer, Role.dealer_manager))
    path = f"/api/staff/stock/vehicles/{desk.car.id}/list"
    desk.upload(pictures.encoded(pictures.image(400, 300)))
    refused = manager.post(path)
    assert (refused.status_code, refused.json["message"]) == (409, "上架前请至少上传 1 张照片")
    service.make_due_sizes()
    assert manager.post(path).status_code == 200


def test_another_dealers_people_find_no_such_car_and_headquarters_do(desk: Desk) -> None:
    desk.upload(pictures.encoded(pictures.image(400, 300)))
    (photo_id,) = desk.ids()
    other = desk.signed_in(dealers.staff(desk.session, dealers.dealer(desk.session, desk.adviser.brand)))
    another_brand = desk.signed_in(dealers.staff(desk.session, dealers.brand(desk.session), Role.admin))
    for stranger in (other, another_brand):
        answers = [
            stranger.get(desk.path()),
            desk.upload(pictures.encoded(pictures.image(400, 300)), client=stranger),
            desk.upload(b"no picture at all", client=stranger),
            stranger.put(desk.path(), json={"photos": [{"id": photo_id}]}),
            stranger.delete(desk.path(photo_id)),
            stranger.post(desk.path(photo_id, "restore")),
        ]
        assert {answer.status_code for answer in answers} == {404}
    headquarters = desk.signed_in(dealers.staff(desk.session, desk.adviser.brand, Role.admin))
    assert len(headquarters.get(desk.path()).json["items"]) == 1
    assert desk.client.delete(desk.path(uuid.uuid4())).status_code == 404


@pytest.mark.parametrize(
    "path", ["../secret/x.webp", "..%2f..%2fetc/passwd", f"{'a' * 64}/master.jpg", f"{'a' * 64}/750.webp", "a/750.webp"]
)
def test_no_other_file_can_be_loaded(desk: Desk, folder: Path, path: str) -> None:
    (folder / "photos" / "aa" / ("a" * 64)).mkdir(parents=True)
    (folder / "photos" / "aa" / ("a" * 64) / "master.jpg").write_bytes(b"secret")
    (folder / "secret").mkdir()
    (folder / "secret" / "x.webp").write_bytes(b"secret")
    assert desk.client.get(f"/media/photos/{path}").status_code == 404


def test_a_folder_keeps_no_name_that_leads_out_of_it(tmp_path: Path) -> None:
    folder = kept.Folder(tmp_path / "in")
    for name in ("../out", "/etc/passwd", "a/../../out"):
        with pytest.raises(ValueError, match="leads out"):
            folder.keep(name, b"")
    folder.keep("a/b", b"1")
    folder.keep("a/b", b"2")
    assert (folder.read("a/b"), folder.read("a"), folder.read("a/c")) == (b"2", None, None)
    folder.drop("a/b")
    folder.drop("a/b")
    assert not any((tmp_path / "in").iterdir())
