"""The poster of a share: made once for what the car says, made anew when it says something else, and never of a car that is gone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.kit import files as kept
from app.kit import queue
from app.kit.settings import settings
from app.sharing import drawing, service
from app.sharing.models import Poster, Share
from app.sharing.service import posters
from app.vehicles import imaging
from app.vehicles import service as vehicles
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import dealers, identity, pictures
from tests.factories import messaging as make
from tests.factories import sharing as make_share


def _code() -> bytes:
    made = Image.new("RGB", (430, 430), "white")
    ImageDraw.Draw(made).rectangle((60, 60, 370, 370), fill="black")
    return pictures.encoded(made, "PNG")


CODE = _code()


class Hand:
    """A phone in the hand of her who shared a car."""

    def __init__(self, session: Session, client: Any, town: make.Town) -> None:
        self.session, self.client, self.town = session, client, town
        self.car = town.market.vehicle
        self.sharer = make.follower(session, town)
        self.share = make_share.vehicle_share(session, self.sharer, self.car.id)

    def ask(self, *, by: Customer | None = None, share_id: str | None = None, how: str = "post") -> Any:
        headers = identity.signed_in(self.session, by or self.sharer, self.town.market.mini)
        self.session.commit()
        self.session.expire_all()
        return getattr(self.client, how)(f"/api/customer/shares/{share_id or self.share.id}/poster", headers=headers)

    def picture(self) -> Image.Image:
        url = self.ask(how="get").json["url"]
        answer = self.client.get(url.removeprefix(settings().public_base_url))
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        assert "immutable" in answer.headers["Cache-Control"]
        return Image.open(BytesIO(answer.data)).convert("RGB")


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    given = settings().model_copy(update={"media_dir": str(tmp_path)})
    monkeypatch.setattr(kept, "settings", lambda: given)
    monkeypatch.setattr("app.vehicles.queries.photos.settings", lambda: given)
    return tmp_path


@pytest.fixture
def draws(tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    monkeypatch.setattr(tencent, "_mini_program_code", lambda *_, **__: CODE)
    return tencent


@pytest.fixture
def hand(session: Session, client: Any, town: make.Town, draws: FakeGateway) -> Hand:
    town.market.vehicle.photos = []
    return Hand(session, client, town)


def test_a_poster_is_made_by_a_job_and_there_a_moment_later(hand: Hand, rings: list[Any], draws: FakeGateway) -> None:
    first = hand.ask()
    assert (first.status_code, first.json) == (202, {"status": "pending", "url": None})
    assert ("sharing.make_posters", {}) in rings
    assert draws.calls_of("mini_program_code") == []
    queue.run("sharing.make_posters")
    again = hand.ask()
    assert (again.status_code, again.json["status"]) == (200, "ready")
    assert hand.ask(how="get").json == again.json
    assert service.make_due_posters() == 0
    (call,) = draws.calls_of("mini_program_code")
    assert (call["scene"], call["page"]) == (hand.share.id, "pages/vehicles/detail")
    assert hand.picture().size == (drawing.WIDTH, drawing.HEIGHT)


def test_it_shows_the_cars_photograph_and_the_code(hand: Hand) -> None:
    adviser = dealers.staff(hand.session, hand.town.market.dealer)
    red = imaging.cleaned(pictures.encoded(Image.new("RGB", (1200, 800), (250, 10, 10))))
    vehicles.put_up(hand.session, adviser, hand.car.id, red, alt="")
    hand.session.commit()
    vehicles.make_due_sizes()
    hand.ask()
    service.make_due_posters()
    shown = hand.picture()
    top = shown.getpixel((540, 300))
    assert isinstance(top, tuple)
    assert top[0] > 200
    assert top[1] < 60
    middle = shown.getpixel((drawing.WIDTH - drawing.MARGIN - drawing.CODE // 2, drawing.HEIGHT - drawing.MARGIN - drawing.CODE // 2))
    assert isinstance(middle, tuple)
    assert max(middle) < 60


def test_a_drawn_car_is_on_its_poster_too(hand: Hand) -> None:
    hand.car.photos = [{"url": "/media/vehicles/suv/red/side.svg", "alt": ""}]
    hand.ask()
    assert service.make_due_posters() == 1
    ground = Image.new("RGB", drawing.PICTURE, drawing.GROUND)
    assert ImageChops.difference(hand.picture().crop((0, 0, *drawing.PICTURE)), ground).getbbox()


def test_a_new_price_is_a_new_poster_and_the_old_one_is_gone(hand: Hand) -> None:
    hand.ask()
    service.make_due_posters()
    old = hand.ask().json["url"]
    vehicles.change_price(hand.session, hand.car.id, hand.car.price_fen - 1_000_00)
    assert hand.ask().json == {"status": "pending", "url": None}
    service.make_due_posters()
    new = hand.ask().json["url"]
    assert new != old
    assert hand.client.get(old.removeprefix(settings().public_base_url)).status_code == 404
    assert len(list(hand.client.get(new.removeprefix(settings().public_base_url)).data)) > 10_000


def test_what_the_job_draws_is_what_the_car_says_when_it_draws(hand: Hand) -> None:
    hand.ask()
    vehicles.change_price(hand.session, hand.car.id, hand.car.price_fen - 1_000_00)
    hand.session.commit()
    service.make_due_posters()
    assert hand.ask().json["status"] == "ready"


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_sold_car_has_no_poster(hand: Hand, meanwhile: bool) -> None:
    if meanwhile:
        assert hand.ask().status_code == 202
    vehicles.sell(hand.session, hand.car.id)
    hand.session.commit()
    if meanwhile:
        service.make_due_posters()
        assert hand.ask(how="get").status_code == 404
    refused = hand.ask()
    assert (refused.status_code, refused.json["error"]) == (410, "vehicles.gone")
    assert hand.session.execute(select(func.count()).select_from(Poster)).scalar_one() == 0


def test_only_she_who_shared_has_the_poster_and_a_list_has_none(hand: Hand) -> None:
    for how in ("post", "get"):
        for refused in (hand.ask(by=make.follower(hand.session, hand.town), how=how), hand.ask(share_id="0" * 16, how=how)):
            assert (refused.status_code, refused.json["error"]) == (404, "sharing.unknown")
    assert hand.ask(how="get").status_code == 404
    listed = service.share(hand.session, hand.sharer, kind="list", channel="friend", config={"filters": {}})
    refused = hand.ask(share_id=listed.id)
    assert (refused.status_code, refused.json["message"]) == (422, "仅车辆分享可以生成海报")


def test_when_wechat_gives_no_code_it_is_tried_again_and_she_is_told_after_a_while(
    hand: Hand, draws: FakeGateway, later: Callable[..., None]
) -> None:
    draws.fail("mini_program_code", WechatError(Outcome.retry_later, "45009"), times=posters.PATIENCE)
    hand.ask()
    for tried in range(posters.PATIENCE):
        assert hand.ask(how="get").json["status"] == "pending", tried
        assert service.make_due_posters() == 0
        later(hours=2)
    assert hand.ask(how="get").json == {"status": "failed", "url": None}
    assert hand.ask().json["status"] == "pending"
    assert service.make_due_posters() == 1
    assert hand.ask().json["status"] == "ready"


class Killed(BaseException):
    """What a process that is killed does not survive, and nobody catches."""


@pytest.mark.parametrize("place", ["keep_code", "drawing.draw", "files", "before_it_is_told"])
def test_a_process_may_die_at_any_step_and_another_finishes(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None], place: str
) -> None:
    hand.ask()

    def dies(*_: Any, **__: Any) -> Any:
        raise Killed

    with monkeypatch.context() as broken:
        if place == "before_it_is_told":
            keep = kept.Folder.keep
            broken.setattr(kept.Folder, "keep", lambda *given: (keep(*given), dies()))
        else:
            broken.setattr({"files": "app.sharing.service.posters.files"}.get(place, f"app.sharing.service.posters.{place}"), dies)
        with pytest.raises(Killed):
            service.make_due_posters()
    assert service.make_due_posters() == 0, "somebody is at work, as far as anybody knows"
    later(minutes=2)
    assert service.make_due_posters() == 1
    assert hand.ask().json["status"] == "ready"


def test_asked_for_by_eight_at_once_it_is_made_once(committed: Any, draws: FakeGateway) -> None:
    with committed() as session:
        town = make.town(session)
        town.market.vehicle.photos = []
        sharer = make.follower(session, town)
        share = make_share.vehicle_share(session, sharer, town.market.vehicle.id)

    def ask(_: int) -> str:
        with committed() as session:
            return str(service.ask_for_poster(session, session.get_one(Customer, sharer.id), share.id)["status"])

    with ThreadPoolExecutor(8) as taps:
        assert set(taps.map(ask, range(8))) == {"pending"}
    with ThreadPoolExecutor(2) as workers:
        assert sum(workers.map(lambda _: service.make_due_posters(), range(2))) == 1
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Poster).where(Poster.digest.is_not(None))).scalar_one() == 1


def test_every_word_is_drawn_by_a_font_that_knows_chinese() -> None:
    """A font without a character draws the same box for all of them."""
    words = "极曜帕梅长按识别小程序码查看实时状态价格截至厂商指导价万公里款二手车官方认证沪粤蓉·¥0123456789"
    font = drawing._font(40)
    assert isinstance(font, ImageFont.FreeTypeFont)
    box = bytes(font.getmask("\U0010ffff"))
    assert all(bytes(font.getmask(one)) != box for one in words)
    assert len({bytes(font.getmask(one)) for one in set(words)}) == len(set(words))


@pytest.mark.parametrize(
    "title",
    ["极", "极曜 J5 2023款 长续航版 四驱 全景天窗 " * 6, "W" * 300, "Panamera Turbo S E-Hybrid Sport Turismo " * 4],
    ids=["short", "long", "without_a_gap", "latin"],
)
def test_no_title_is_too_long_for_its_place(title: str) -> None:
    for line in (lines := list(drawing._lines(title, drawing._font(52), 952, most=2))):
        assert drawing._font(52).getlength(line) <= 952
    assert 1 <= len(lines) <= 2
    assert lines[0].startswith(title[0])


def test_a_share_of_an_older_release_still_opens(hand: Hand) -> None:
    """Filters that were written down before there were as many of them."""
    old = Share(
        brand_id=hand.town.market.brand.id,
        customer_id=hand.sharer.id,
        kind="list",
        channel="friend",
        target="list:old",
        filters={"condition": ["approved"], "price_max_fen": 40_000_000, "store_id": str(hand.car.store_id), "city": [hand.car.store.city]},
    )
    hand.session.add(old)
    hand.session.commit()
    appid = hand.town.market.mini.appid
    path = f"/api/visitor/sharing/{old.id}"
    assert hand.client.get(path, headers={"X-Appid": appid}).json["list"]["total"] == 1
    vehicles.sell(hand.session, hand.car.id)
    hand.session.commit()
    assert hand.client.get(path, headers={"X-Appid": appid}).json["list"]["total"] == 0
