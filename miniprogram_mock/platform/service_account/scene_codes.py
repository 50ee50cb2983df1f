"""QR codes of the service account that carry a scene (spec 2.6, [K]: codes and limits not verified)."""

from typing import TYPE_CHECKING

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import MP, Answer, Call
from miniprogram_mock.platform.errcode import Refusal, Result, open_endpoint
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import code_image
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.rates import per_day
from miniprogram_mock.platform.service_account.door import service
from miniprogram_mock.platform.shapes import Int, Object, Text
from miniprogram_mock.platform.store import Row, declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS scene_codes (
    id INTEGER PRIMARY KEY, ticket TEXT NOT NULL UNIQUE, url TEXT NOT NULL UNIQUE, appid TEXT NOT NULL, action TEXT NOT NULL,
    scene TEXT NOT NULL, is_number INTEGER NOT NULL, created_at REAL NOT NULL, expires_at REAL);
CREATE UNIQUE INDEX IF NOT EXISTS scene_codes_for_ever ON scene_codes (appid, is_number, scene) WHERE expires_at IS NULL;
""")
_SOURCE = "2.6 [K], not verified"
LONGEST = limit("qrcode.expire_seconds", 2_592_000, _SOURCE)
DEFAULT_LIFETIME = limit("qrcode.default_expire_seconds", 60, "[K], not verified")
LIMIT_SCENES = limit("qrcode.limit_scene_id", 100_000, _SOURCE)
LIMIT_CODES = limit("qrcode.limit_codes", 100_000, _SOURCE)
SCENE_CHARACTERS = limit("qrcode.scene_str_characters", 64, _SOURCE)
PER_DAY = limit("qrcode.per_day", 100_000, "[K], not verified")
_SIDE = 430
_INVALID_ACTION = 40053
# action_name -> whether the scene is a number, whether the code is for ever
_ACTIONS = {
    "QR_SCENE": (True, False), "QR_STR_SCENE": (False, False), "QR_LIMIT_SCENE": (True, True), "QR_LIMIT_STR_SCENE": (False, True),
}  # fmt: skip
_LARGEST_SCENE = 2**32 - 1


@service("POST", "/cgi-bin/qrcode/create", rates=(per_day(PER_DAY),), fields={
    "expire_seconds": Int(least=1, most=LONGEST),
    "action_name": Text(choices=tuple(_ACTIONS), required=True, missing=_INVALID_ACTION, wrong=_INVALID_ACTION),
    "action_info": Object({"scene": Object({"scene_id": Int(), "scene_str": Text()}, required=True, missing=_INVALID_ACTION)},
                          required=True, missing=_INVALID_ACTION),
})  # fmt: skip
def create(call: Call) -> Result:
    """A ticket for the picture, and the address inside it. The same permanent scene gives the same ticket again."""
    store, data, now = call.platform.store, call.data, call.platform.clock.now()
    is_number, for_ever = _ACTIONS[data["action_name"]]
    scene = _scene(call, is_number=is_number, for_ever=for_ever)
    if for_ever:
        row = store.one(
            "SELECT ticket, url FROM scene_codes WHERE appid = ? AND is_number = ? AND scene = ? AND expires_at IS NULL",
            call.account.appid, is_number, scene,
        )  # fmt: skip
        return row or _new(call, scene, expires_at=None)
    lifetime = data.get("expire_seconds", call.platform.limits[DEFAULT_LIFETIME])
    return {**_new(call, scene, expires_at=now + lifetime), "expire_seconds": lifetime}


@open_endpoint(MP, "GET", "/cgi-bin/showqrcode")
def show(call: Call) -> Result:
    """The picture of a ticket; needs no token. A simulated phone scans it by its text chunk, which holds the address."""
    row = call.platform.store.one("SELECT url FROM scene_codes WHERE ticket = ?", call.query.get("ticket", ""))
    if row is None:
        return Answer(b"", status=404, errcode="404")
    picture = code_image.draw("", page=row["url"], width=_SIDE, color=(0, 0, 0), transparent=False)
    return Answer(picture, content_type="image/png")


def scanned(platform: "Platform", ticket_or_url: str) -> Row:
    """The code that somebody's camera sees; NotPossible if there is none or it has expired."""
    row = platform.store.one("SELECT * FROM scene_codes WHERE ? IN (ticket, url)", ticket_or_url)
    if row is None:
        raise NotPossible("没有这个二维码", status=404)
    if row["expires_at"] is not None and row["expires_at"] <= platform.clock.now():
        raise NotPossible("二维码已过期")
    return row


def _scene(call: Call, *, is_number: bool, for_ever: bool) -> str:
    scene, limits = call.data["action_info"]["scene"], call.platform.limits
    if is_number:
        number = scene.get("scene_id")
        if number is None or "scene_str" in scene or not 1 <= number <= (limits[LIMIT_SCENES] if for_ever else _LARGEST_SCENE):
            raise Refusal(_INVALID_ACTION, "invalid action info, scene_id is out of range")
        return str(number)
    text = scene.get("scene_str")
    if text is None or "scene_id" in scene or len(text) > limits[SCENE_CHARACTERS]:
        raise Refusal(_INVALID_ACTION, f"invalid action info, scene_str: 1 to {limits[SCENE_CHARACTERS]} characters")
    return str(text)


def _new(call: Call, scene: str, *, expires_at: float | None) -> Row:
    store, appid = call.platform.store, call.account.appid
    if expires_at is None and (
        store.value("SELECT count(*) FROM scene_codes WHERE appid = ? AND expires_at IS NULL", appid) >= call.platform.limits[LIMIT_CODES]
    ):
        raise Refusal(45029, "qrcode count out of limit")
    # A ticket ends in "==" and may have "/" and "+": whoever does not encode it into the address of the picture gets 404.
    code = {"ticket": f"gQ{crypto.random_text(44)}+/{crypto.random_text(44)}==", "url": f"http://weixin.qq.com/q/{crypto.random_text(22)}"}
    action = call.data["action_name"]
    store.insert(
        "scene_codes", **code, appid=appid, action=action, scene=scene, is_number=int(_ACTIONS[action][0]),
        created_at=call.platform.clock.now(), expires_at=expires_at,
    )  # fmt: skip
    return code
