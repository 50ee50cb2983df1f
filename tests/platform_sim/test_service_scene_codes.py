"""Scene QR codes of the service account: kinds, lifetimes, what a scan tells; and where she says she is."""

from urllib.parse import quote

import pytest

from tests.platform_sim.service import MP, browse, cannot, does, events_of, get, limited, openid, post, told_of
from tests.platform_sim.support import Simulator

CREATE = "/cgi-bin/qrcode/create"


def create(sim: Simulator, action: str = "QR_STR_SCENE", *, seconds: int | None = 600, **scene: object) -> dict:
    lifetime = {} if seconds is None else {"expire_seconds": seconds}
    return dict(post(sim, CREATE, {**lifetime, "action_name": action, "action_info": {"scene": scene or {"scene_str": "dealer-7"}}}))


def scan(sim: Simulator, user: dict, code: dict, **how: object) -> dict:
    return dict(does(sim, user, "scan", ticket=code["ticket"], **how))


def test_a_stranger_who_scans_follows_and_the_scene_is_told_with_its_prefix(sim: Simulator) -> None:
    stranger, code = sim.user(follow=False), create(sim)
    assert scan(sim, stranger, code)["following"] is True
    event = told_of(sim, stranger, "subscribe")
    assert (event["EventKey"], event["Ticket"]) == ("qrscene_dealer-7", code["ticket"])
    assert events_of(sim, stranger, "SCAN") == []
    profile = get(sim, "/cgi-bin/user/info", openid=openid(sim, stranger))
    assert (profile["subscribe_scene"], profile["qr_scene"], profile["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", 0, "dealer-7")


def test_a_follower_who_scans_is_told_without_prefix_and_follows_no_second_time(sim: Simulator) -> None:
    user, code = sim.user(), create(sim, "QR_SCENE", scene_id=123)
    scan(sim, user, code)
    event = told_of(sim, user, "SCAN")
    assert (event["EventKey"], event["Ticket"]) == ("123", code["ticket"])
    assert events_of(sim, user, "subscribe") == []


def test_a_stranger_may_look_and_leave(sim: Simulator) -> None:
    stranger = sim.user(follow=False)
    assert scan(sim, stranger, create(sim), follow=False)["following"] is False
    assert cannot(sim, f"users/{stranger['id']}/service/message", appid=sim.service["appid"], text="在吗")[0] == 409


def test_following_otherwise_tells_no_scene_and_unfollowing_no_key(sim: Simulator) -> None:
    stranger = sim.user(follow=False)
    sim.post(f"users/{stranger['id']}/follow", appid=sim.service["appid"])
    event = told_of(sim, stranger, "subscribe")
    assert (event["EventKey"], "Ticket" in event) == (None, False)
    sim.post(f"users/{stranger['id']}/unfollow", appid=sim.service["appid"])
    assert "EventKey" not in told_of(sim, stranger, "unsubscribe")


def test_a_temporary_code_dies_and_a_permanent_one_does_not(sim: Simulator) -> None:
    user, short, lasting = sim.user(), create(sim, seconds=600), create(sim, "QR_LIMIT_SCENE", seconds=None, scene_id=7)
    assert (short["expire_seconds"], "expire_seconds" in lasting) == (600, False)
    sim.advance(601)
    status, said = cannot(sim, f"users/{user['id']}/service/scan", ticket=short["ticket"])
    assert (status, said) == (409, "二维码已过期")
    sim.advance(365 * 86400)
    scan(sim, user, lasting)
    assert told_of(sim, user, "SCAN")["EventKey"] == "7"


def test_the_same_permanent_scene_is_the_same_code_and_a_temporary_one_never(sim: Simulator) -> None:
    first, again = (create(sim, "QR_LIMIT_STR_SCENE", seconds=None, scene_str="展厅") for _ in range(2))
    assert first == again
    assert create(sim)["ticket"] != create(sim)["ticket"]
    assert (
        create(sim, "QR_LIMIT_SCENE", seconds=None, scene_id=55)["ticket"]
        != create(sim, "QR_LIMIT_STR_SCENE", seconds=None, scene_str="55")["ticket"]
    )


def test_a_code_without_a_lifetime_lives_a_minute(sim: Simulator) -> None:
    assert create(sim, seconds=None)["expire_seconds"] == 60


@pytest.mark.parametrize(
    ("action", "seconds", "scene", "errcode"),
    [
        ("QR_DANCE", 600, {"scene_str": "a"}, 40053),
        ("QR_SCENE", 600, {"scene_str": "a"}, 40053),
        ("QR_SCENE", 600, {"scene_id": 0}, 40053),
        ("QR_SCENE", 600, {"scene_id": 2**32}, 40053),
        ("QR_SCENE", 600, {"scene_id": "1"}, 47001),
        ("QR_LIMIT_SCENE", None, {"scene_id": 100_001}, 40053),
        ("QR_STR_SCENE", 600, {"scene_id": 1}, 40053),
        ("QR_STR_SCENE", 600, {"scene_str": "x" * 65}, 40053),
        ("QR_STR_SCENE", 600, {"scene_str": ""}, 40097),
        ("QR_STR_SCENE", 600, {"scene_str": "a", "scene_id": 1}, 40053),
        ("QR_STR_SCENE", 2_592_001, {"scene_str": "a"}, 40097),
        ("QR_STR_SCENE", 0, {"scene_str": "a"}, 40097),
        ("QR_STR_SCENE", 600, {"scene": "a"}, 40097),
    ],
)
def test_a_wrong_code_is_refused(sim: Simulator, action: str, seconds: int | None, scene: dict, errcode: int) -> None:
    assert create(sim, action, seconds=seconds, **scene)["errcode"] == errcode


def test_permanent_codes_run_out(sim: Simulator) -> None:
    listed = sim.get(f"service-accounts/{sim.service['appid']}/scene-codes", limit=1000)["scene_codes"]
    lasting = sum(one["expires_at"] is None for one in listed)
    with limited(sim, qrcode__limit_codes=lasting + 1):
        assert "ticket" in create(sim, "QR_LIMIT_STR_SCENE", seconds=None, scene_str="最后一个")
        assert create(sim, "QR_LIMIT_STR_SCENE", seconds=None, scene_str="多一个")["errcode"] == 45029
        assert "ticket" in create(sim, "QR_LIMIT_STR_SCENE", seconds=None, scene_str="最后一个")
        assert "ticket" in create(sim)


def test_the_picture_needs_the_ticket_encoded_and_holds_the_address(sim: Simulator) -> None:
    code = create(sim)
    show = f"https://{MP}/cgi-bin/showqrcode?ticket="
    picture = browse(sim, show + quote(code["ticket"], safe=""))
    assert (picture.status_code, picture.content[:8], code["url"].encode() in picture.content) == (200, b"\x89PNG\r\n\x1a\n", True)
    assert browse(sim, show + code["ticket"]).status_code == browse(sim, show + "gQnothing").status_code == 404


def test_the_address_in_the_picture_scans_like_the_ticket(sim: Simulator) -> None:
    user, code = sim.user(), create(sim)
    does(sim, user, "scan", url=code["url"])
    assert told_of(sim, user, "SCAN")["EventKey"] == "dealer-7"
    assert cannot(sim, f"users/{user['id']}/service/scan", url="http://weixin.qq.com/q/nothing")[0] == 404


def test_her_place_is_told_with_six_decimals(sim: Simulator) -> None:
    user = sim.user()
    does(sim, user, "location", latitude=31.230416, longitude=121.473701, precision=30)
    event = told_of(sim, user, "LOCATION")
    assert (event["Latitude"], event["Longitude"], event["Precision"]) == ("31.230416", "121.473701", "30.000000")
