"""Session keys, sealed data, who may log in at all, and who is gone."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.platform_sim.mini import did, does, fresh_minute, limited, login, now, openid, pushed, switched, visitor
from tests.platform_sim.support import API, Simulator


def signature(session_key: str) -> str:
    return hmac.new(session_key.encode(), b"", hashlib.sha256).hexdigest()


def session_call(sim: Simulator, path: str, user: dict[str, Any], session_key: str, **changed: str) -> dict[str, Any]:
    query = {"openid": openid(sim, user), "signature": signature(session_key), "sig_method": "hmac_sha256", **changed}
    return sim.call(API, "GET", path, access_token=sim.token()["access_token"], **query).json()


def opened(session_key: str, sealed: dict[str, str]) -> dict[str, Any]:
    """Unseal by hand: AES-128-CBC, PKCS#7 of 16."""
    decryptor = Cipher(algorithms.AES(base64.b64decode(session_key)), modes.CBC(base64.b64decode(sealed["iv"]))).decryptor()
    padded = decryptor.update(base64.b64decode(sealed["encryptedData"])) + decryptor.finalize()
    assert padded[-padded[-1] :] == bytes([padded[-1]]) * padded[-1]
    return json.loads(padded[: -padded[-1]])


def test_the_present_session_key_proves_itself(sim: Simulator) -> None:
    user = sim.user()
    key = login(sim, user)["session_key"]
    assert session_call(sim, "/wxa/checksession", user, key)["errcode"] == 0


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [({"signature": "0" * 64}, 87009), ({"signature": ""}, 87009), ({"openid": "o-nobody"}, 40003), ({"sig_method": "md5"}, 87008)],
)
def test_a_wrong_proof_of_a_session_is_refused(sim: Simulator, changed: dict, errcode: int) -> None:
    user = sim.user()
    key = login(sim, user)["session_key"]
    assert session_call(sim, "/wxa/checksession", user, key, **changed)["errcode"] == errcode


def test_who_never_logged_in_has_no_session(sim: Simulator) -> None:
    assert session_call(sim, "/wxa/checksession", sim.user(), "")["errcode"] == 87007


def test_a_new_login_ends_the_session_before(sim: Simulator) -> None:
    user = sim.user()
    old, new = login(sim, user)["session_key"], login(sim, user)["session_key"]
    assert session_call(sim, "/wxa/checksession", user, old)["errcode"] == 87009
    assert session_call(sim, "/wxa/checksession", user, new)["errcode"] == 0


def test_a_reset_gives_a_new_key_and_ends_the_old_one(sim: Simulator) -> None:
    user = sim.user()
    old = login(sim, user)["session_key"]
    answer = session_call(sim, "/wxa/resetusersessionkey", user, old)
    assert (answer["errcode"], answer["openid"]) == (0, openid(sim, user))
    assert session_call(sim, "/wxa/resetusersessionkey", user, old)["errcode"] == 87009
    assert session_call(sim, "/wxa/checksession", user, answer["session_key"])["errcode"] == 0


def test_a_dangerous_user_is_refused_and_keeps_her_code(sim: Simulator) -> None:
    user = sim.user()
    code = did(sim, user, "login-code")["code"]
    assert did(sim, user, "risk", high_risk=True)["high_risk"] is True
    assert sim.login(code)["errcode"] == 40226
    did(sim, user, "risk", high_risk=False)
    assert "openid" in sim.login(code)


def test_a_service_accounts_appid_logs_nobody_in(sim: Simulator) -> None:
    code = did(sim, sim.user(), "login-code")["code"]
    assert sim.login(code, appid=sim.service["appid"], secret=sim.service["secret"])["errcode"] == 40013


def test_the_limit_of_logins_is_per_user_and_a_code_refused_by_it_still_works_later(sim: Simulator) -> None:
    user, other = sim.user(), sim.user()
    codes = [did(sim, user, "login-code")["code"] for _ in range(3)]
    fresh_minute(sim)
    with limited(sim, "logins_per_minute", 2):
        assert [sim.login(code).get("errcode") for code in codes] == [None, None, 45011]
        assert "openid" in login(sim, other)
        sim.advance(60)
        assert "openid" in sim.login(codes[2])


def test_a_mini_program_without_an_open_platform_account_knows_no_unionid(sim: Simulator) -> None:
    user = sim.user()
    with switched(sim, "mini_program.open_platform", False):
        assert set(login(sim, user)) == {"session_key", "openid"}
    assert login(sim, user)["unionid"] == user["unionid"]


def test_sealed_phone_numbers_open_with_the_session_key_and_carry_the_watermark(sim: Simulator) -> None:
    user = sim.user(phone="13712345678")
    key = login(sim, user)["session_key"]
    plain = opened(key, did(sim, user, "encrypted-data", kind="phone"))
    assert (plain["purePhoneNumber"], plain["countryCode"], plain["watermark"]["appid"]) == ("13712345678", "86", sim.mini["appid"])
    assert abs(plain["watermark"]["timestamp"] - now(sim).timestamp()) < 30


def test_data_sealed_for_another_mini_program_says_so_in_its_watermark(sim: Simulator) -> None:
    user = sim.user()
    key = login(sim, user)["session_key"]
    plain = opened(key, did(sim, user, "encrypted-data", kind="phone", watermark_appid="wx-another"))
    assert plain["watermark"]["appid"] == "wx-another"


def test_data_sealed_before_a_new_login_opens_with_the_old_key_only(sim: Simulator) -> None:
    user = sim.user()
    old = login(sim, user)["session_key"]
    sealed = did(sim, user, "encrypted-data", kind="phone")
    new = login(sim, user)["session_key"]
    assert opened(old, sealed)["purePhoneNumber"] == user["phone"]
    with pytest.raises((AssertionError, ValueError)):
        opened(new, sealed)


def test_a_group_chat_has_one_id_for_all_of_its_members(sim: Simulator) -> None:
    found = []
    for group in ("周末车友", "周末车友", "公司群"):
        user = sim.user()
        key = login(sim, user)["session_key"]
        found.append(opened(key, did(sim, user, "encrypted-data", kind="group", group=group))["openGId"])
    assert found[0] == found[1] != found[2]


def test_the_profile_is_anonymous_and_its_signature_is_made_with_the_session_key(sim: Simulator) -> None:
    user = sim.user()
    key = login(sim, user)["session_key"]
    told = did(sim, user, "encrypted-data", kind="userinfo")
    assert told["signature"] == hashlib.sha1((told["rawData"] + key).encode(), usedforsecurity=False).hexdigest()
    assert json.loads(told["rawData"]) == told["userInfo"]
    assert told["userInfo"]["nickName"] == "微信用户"
    plain = opened(key, told)
    assert (plain["openId"], plain["unionId"]) == (openid(sim, user), user["unionid"])


@pytest.mark.parametrize(("kind", "status"), [("phone", 409), ("group", 422), ("passport", 422)])
def test_nothing_is_sealed_without_a_session_or_of_an_unknown_kind(sim: Simulator, kind: str, status: int) -> None:
    assert does(sim, sim.user(), "encrypted-data", kind=kind).status_code == status


def test_who_closed_her_account_is_told_of_and_can_be_reached_by_nobody(sim: Simulator) -> None:
    user = visitor(sim)
    code = did(sim, user, "login-code")["code"]
    assert did(sim, user, "close-account")["closed"] is True
    assert sim.login(code)["errcode"] == 40029
    (event,) = pushed(sim, user, "user_authorization_cancellation")
    assert (event["OpenID"], event["AppID"]) == (openid(sim, user), sim.mini["appid"])
    assert does(sim, user, "login-code").json()["error"] == "该用户已注销微信账号"
    assert does(sim, user, "close-account").status_code == 409
    body = {"touser": openid(sim, user), "template_id": sim.mini["subscribe_templates"][0]["template_id"], "data": {}}
    assert sim.api("/cgi-bin/message/subscribe/send", body)["errcode"] == 40003
    assert sim.get(f"users/{user['id']}")["follows"][sim.service["appid"]]["following"] is False


def test_a_mini_program_where_she_never_was_is_told_nothing_of_her_end(sim: Simulator) -> None:
    stranger, last = sim.user("陌生人"), visitor(sim)
    did(sim, stranger, "close-account")
    did(sim, last, "close-account")
    pushed(sim, last, "user_authorization_cancellation")
    assert sim.callbacks(event="user_authorization_cancellation", recipient=openid(sim, stranger)) == []


def test_each_revoked_permission_is_told_by_its_number(sim: Simulator) -> None:
    user = visitor(sim)
    did(sim, user, "revoke", codes=[8, 13])
    (event,) = pushed(sim, user, "user_authorization_revoke")
    assert (event["OpenID"], event["AppID"], event["RevokeInfo"]) == (openid(sim, user), sim.mini["appid"], "8,13")


@pytest.mark.parametrize("codes", [[], [99], ["8"], "8"])
def test_a_permission_that_does_not_exist_cannot_be_revoked(sim: Simulator, codes: object) -> None:
    user = visitor(sim)
    assert does(sim, user, "revoke", codes=codes).status_code == 422


def test_a_changed_profile_is_told(sim: Simulator) -> None:
    user = visitor(sim)
    did(sim, user, "modify-profile")
    assert pushed(sim, user, "user_info_modified")[0]["OpenID"] == openid(sim, user)
