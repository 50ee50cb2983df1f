"""What a mini-program's front end gets sealed with the user's session key, and its signature (spec 1.5)."""

import base64
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.mini_program.phone_number import parts
from miniprogram_mock.platform.mini_program.users import session_key_of
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row, declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare(
    "CREATE TABLE IF NOT EXISTS chat_groups (appid TEXT NOT NULL, name TEXT NOT NULL, open_gid TEXT NOT NULL, PRIMARY KEY (appid, name))"
)
# Since 2022-10 nobody gets the real name and picture this way.
_ANONYMOUS = {"nickName": "微信用户", "gender": 0, "language": "", "city": "", "province": "", "country": "", "avatarUrl": ""}


def phone(platform: "Platform", user_id: int, *, appid: str, stamped: str) -> dict[str, str]:
    """The number as the phone button gave it before there were codes; here the country's code is a text."""
    user = people.present(platform, user_id)
    if not user["phone"]:
        raise NotPossible("该用户没有绑定手机号")
    number = parts(user["phone"])
    return _sealed(platform, user_id, {**number, "countryCode": str(number["countryCode"])}, appid=appid, stamped=stamped)


def group(platform: "Platform", user_id: int, name: str, *, appid: str, stamped: str) -> dict[str, str]:
    """Which group chat a shared card was opened in: the same group has the same openGId in one mini-program, another in the next."""
    people.present(platform, user_id)
    platform.store.run("INSERT OR IGNORE INTO chat_groups VALUES (?, ?, ?)", appid, name, f"tG{crypto.random_text(26)}")
    open_gid = platform.store.value("SELECT open_gid FROM chat_groups WHERE appid = ? AND name = ?", appid, name)
    return _sealed(platform, user_id, {"openGId": open_gid}, appid=appid, stamped=stamped)


def userinfo(platform: "Platform", user_id: int, *, appid: str, stamped: str) -> dict[str, Any]:
    """`wx.getUserInfo`: the anonymous profile in clear with its signature, and sealed with openid and unionid."""
    user: Row = people.present(platform, user_id)
    raw = json.dumps(_ANONYMOUS, ensure_ascii=False, separators=(",", ":"))
    key = session_key_of(platform, user_id, appid)
    signature = hashlib.sha1((raw + key).encode(), usedforsecurity=False).hexdigest()
    whole = {"openId": people.openid_of(platform, user_id, appid), **_ANONYMOUS, "unionId": user["unionid"]}
    sealed = _sealed(platform, user_id, whole, appid=appid, stamped=stamped)
    return {"userInfo": _ANONYMOUS, "rawData": raw, "signature": signature, **sealed}


def _sealed(platform: "Platform", user_id: int, plain: dict[str, Any], *, appid: str, stamped: str) -> dict[str, str]:
    """AES-128-CBC with the session key; `stamped` is the appid of the watermark, which for data from elsewhere is another one."""
    key, iv = base64.b64decode(session_key_of(platform, user_id, appid)), os.urandom(16)
    whole = {**plain, "watermark": {"timestamp": int(platform.clock.now()), "appid": stamped}}
    padder, encryptor = padding.PKCS7(128).padder(), Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    text = padder.update(json.dumps(whole, ensure_ascii=False).encode()) + padder.finalize()
    return {
        "encryptedData": base64.b64encode(encryptor.update(text) + encryptor.finalize()).decode(),
        "iv": base64.b64encode(iv).decode(),
    }
