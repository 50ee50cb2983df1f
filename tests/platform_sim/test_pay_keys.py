"""Who signs what: public key, certificates and the mix of both, rotation, probes, and answers that nobody signed."""

import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.till import SCHEME, Till, direct

QUERY = "/v3/pay/transactions/out-trade-no/KEYQUERY01"
DAY = 86_400


@pytest.fixture
def till(sim: Simulator) -> Till:
    """The direct merchant, back in the public-key mode with nothing switched."""
    console(sim, key_mode="public_key")
    return direct(sim)


def console(sim: Simulator, *, key_mode: str) -> None:
    sim.post(f"merchants/{sim.merchant['mchid']}/key-mode", mode=key_mode)


def switch(sim: Simulator, **switches: object) -> None:
    sim.post(f"accounts/{sim.merchant['mchid']}/switches", **switches)


def without_public_key(till: Till) -> Till:
    """What the operator of an old merchant has: everything but the public key."""
    entry = {name: value for name, value in till.entry.items() if not name.startswith("public_key")}
    return Till(till.sim, entry)


def test_the_credentials_carry_what_an_operator_has(sim: Simulator, till: Till) -> None:
    assert till.entry["key_mode"] == "public_key"
    certificate = x509.load_pem_x509_certificate(till.entry["merchant_certificate"].encode())
    assert f"{certificate.serial_number:040X}" == till.entry["merchant_serial"]
    own = load_pem_private_key(till.entry["merchant_private_key"].encode(), None).public_key()
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert certificate.public_key().public_bytes(*spki) == own.public_bytes(*spki)


def test_a_merchant_with_the_public_key_has_no_certificates(till: Till) -> None:
    reply = till.ask("GET", "/v3/certificates")
    assert (reply.refusal, reply.signed_by) == ((404, "RESOURCE_NOT_EXISTS"), till.entry["public_key_id"])


def test_certificates_are_fetched_decrypted_and_sign_everything(sim: Simulator, till: Till) -> None:
    console(sim, key_mode="certificate")
    old = without_public_key(till)
    [certificate] = old.fetch_certificates()
    serial = f"{certificate.serial_number:040X}"
    assert list(old.keys) == [serial]
    assert old.ask("GET", QUERY, mchid=old.mchid).signed_by == serial
    assert old.ask("GET", QUERY, mchid=old.mchid, serial=serial).signed_by == serial
    assert old.ask("GET", QUERY, mchid=old.mchid, serial=till.entry["public_key_id"]).refusal == (400, "PARAM_ERROR")
    user = sim.user()
    old.pay(user, old.order(user, "KEYCERT001"))
    [notice] = wait_until(lambda: old.notices("/paid", "KEYCERT001"), what="the notification")
    assert notice["signed_by"] == serial


def test_two_certificates_are_valid_at_once_and_then_the_old_one_is_gone(sim: Simulator, till: Till) -> None:
    console(sim, key_mode="certificate")
    old = without_public_key(till)
    [before] = (f"{one.serial_number:040X}" for one in old.fetch_certificates())
    fresh = sim.post(f"merchants/{old.mchid}/rotate-certificate")["serial"]
    assert old.ask("GET", QUERY, mchid=old.mchid).signed_by is None, "a serial that the merchant has not fetched yet"
    assert {f"{one.serial_number:040X}" for one in old.fetch_certificates()} == {before, fresh}
    assert old.ask("GET", QUERY, mchid=old.mchid).signed_by == fresh
    assert old.ask("GET", QUERY, mchid=old.mchid, serial=before).signed_by == before
    sim.advance(10 * DAY + 1)
    assert [f"{one.serial_number:040X}" for one in old.fetch_certificates()] == [fresh]
    assert old.ask("GET", QUERY, mchid=old.mchid, serial=before).refusal == (400, "PARAM_ERROR")


def signers(sim: Simulator, till: Till, prefix: str, count: int) -> list[str | None]:
    user = sim.user()
    told: list[str | None] = []
    for n in range(count):
        till.pay(user, till.order(user, f"{prefix}{n:03}", total=1))
        told.append(wait_until(lambda n=n: till.notices("/paid", f"{prefix}{n:03}"), what="a notification")[0]["signed_by"])
    return told


def test_in_the_mixed_mode_answers_follow_the_request_and_notices_come_signed_by_either(sim: Simulator, till: Till) -> None:
    console(sim, key_mode="mixed")
    serial = f"{till.fetch_certificates()[0].serial_number:040X}"
    public = till.entry["public_key_id"]
    assert till.ask("GET", QUERY, mchid=till.mchid, serial=public).signed_by == public
    assert till.ask("GET", QUERY, mchid=till.mchid, serial=serial).signed_by == serial
    assert set(signers(sim, till, "KEYMIX", 12)) == {public, serial}
    sim.advance(7 * DAY)
    assert set(signers(sim, till, "KEYLATE", 6)) == {public}


def test_a_probe_is_recognisable_and_never_verifies(sim: Simulator, till: Till) -> None:
    sim.post("faults", faults=[{"kind": "signtest", "path": "/v3/*", "percent": 50, "seed": 7}])
    replies = [till.ask("GET", "/v3/pay/transactions/out-trade-no/KEYPROBE01", mchid=till.mchid) for _ in range(4)]
    assert all(reply.signed_by for reply in replies), "errors are no probes"
    till.prepay(till.order(sim.user(), "KEYPROBE01"))
    replies = [till.ask("GET", "/v3/pay/transactions/out-trade-no/KEYPROBE01", mchid=till.mchid) for _ in range(30)]
    probes = [reply for reply in replies if reply.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")]
    assert 5 < len(probes) < 25
    assert [reply.signed_by for reply in probes] == [None] * len(probes)
    assert all(reply.signed_by for reply in replies if reply not in probes)


def test_a_probed_notice_that_is_refused_comes_again_and_is_right(sim: Simulator, till: Till) -> None:
    sim.post("faults", faults=[{"kind": "signtest", "path": "TRANSACTION.*", "times": 1}])
    sim.sink.answers.append(401)
    user = sim.user()
    till.pay(user, till.order(user, "KEYPROBE02"))
    wait_until(lambda: till.notices("/paid", "KEYPROBE02"), what="the probe")
    sim.advance(16)
    probe, right = wait_until(lambda: len(found := till.notices("/paid", "KEYPROBE02")) == 2 and found, what="the notification")
    assert (probe["signed_by"], right["signed_by"], probe["id"]) == (None, till.entry["public_key_id"], right["id"])


def test_the_second_address_of_wechat_pay_answers_as_the_first(sim: Simulator, till: Till) -> None:
    headers = {"Accept": "application/json", "User-Agent": "till", "Authorization": header(till), "Host": "api2.mch.weixin.qq.com"}
    answer = sim.http.get(f"{sim.base}{QUERY}?mchid={till.mchid}", headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_NOT_EXIST")


def test_an_answer_may_come_without_a_signature(sim: Simulator, till: Till) -> None:
    till.prepay(till.order(sim.user(), "KEYFORGED1"))
    sim.post("faults", faults=[{"kind": "unsigned_answer", "times": 1}])
    path = "/v3/pay/transactions/out-trade-no/KEYFORGED1"
    forged, honest = (till.ask("GET", path, mchid=till.mchid) for _ in range(2))
    assert (forged.status, "Wechatpay-Signature" in forged.headers, honest.signed_by) == (200, False, till.entry["public_key_id"])
    switch(sim, pay_errors_unsigned=True)
    unsigned = till.ask("GET", QUERY, mchid=till.mchid)
    switch(sim, pay_errors_unsigned=False)
    assert (unsigned.status, "Wechatpay-Signature" in unsigned.headers) == (404, False)
    assert till.ask("GET", QUERY, mchid=till.mchid).signed_by == till.entry["public_key_id"]


def test_the_clock_of_wechat_pay_may_be_off(sim: Simulator, till: Till) -> None:
    switch(sim, pay_clock_skew_seconds=400)
    skewed = till.ask("GET", QUERY, mchid=till.mchid)
    switch(sim, pay_clock_skew_seconds=0)
    assert abs(int(skewed.headers["Wechatpay-Timestamp"]) - time.time() - 400) < 10
    assert skewed.signed_by == till.entry["public_key_id"]


def test_a_notice_opens_with_and_without_associated_data(sim: Simulator, till: Till) -> None:
    for number, is_empty in (("KEYAAD0001", False), ("KEYAAD0002", True)):
        switch(sim, pay_no_associated_data=is_empty)
        user = sim.user()
        till.pay(user, till.order(user, number))
        [told] = wait_until(lambda number=number: till.notices("/paid", number), what="the notification")
        assert told["sealed"]["associated_data"] == ("" if is_empty else "transaction")
    switch(sim, pay_no_associated_data=False)


def header(till: Till, *, order: tuple[str, ...] = (), **changed: str | None) -> str:
    """The Authorization header for a query, its parts in this order, some of them changed or (None) left out."""
    parts = {**till.authorization("GET", f"{QUERY}?mchid={till.mchid}"), **changed}
    names = order or tuple(parts)
    return f"{SCHEME} " + ",".join(f'{name}="{parts[name]}"' for name in names if parts[name] is not None)


def status(till: Till, **headers: str) -> int:
    """How a query is answered that is right but for these headers: 404 is what the right one gets."""
    right = {"Authorization": header(till), "Accept": "application/json", "User-Agent": "till"}
    return till.raw("GET", f"{QUERY}?mchid={till.mchid}", b"", {**right, **headers}).status


def test_the_order_of_the_authorization_parts_is_free(till: Till) -> None:
    names = ("mchid", "nonce_str", "serial_no", "signature", "timestamp")
    for turn in range(len(names)):
        assert status(till, Authorization=header(till, order=(*names[turn:], *names[:turn]))) == 404


@pytest.mark.parametrize("part", ["mchid", "nonce_str", "signature", "timestamp", "serial_no"])
def test_every_authorization_part_is_needed_and_only_once(till: Till, part: str) -> None:
    assert status(till, Authorization=header(till, **{part: None})) == 401
    assert status(till, Authorization=header(till, **{part: "0"})) == 401
    assert status(till, Authorization=f'{header(till)},{part}="x"') == 401


@pytest.mark.parametrize(("part", "instead"), [(",", ";"), (SCHEME, SCHEME.lower()), (SCHEME, "Bearer"), ('mchid="', 'x="y",mchid="')])
def test_an_authorization_that_is_not_exact_is_refused(till: Till, part: str, instead: str) -> None:
    assert status(till, Authorization=header(till).replace(part, instead)) == 401


def test_a_caller_who_is_nobody_gets_an_unsigned_refusal(till: Till) -> None:
    reply = till.raw("GET", f"{QUERY}?mchid={till.mchid}", b"", {"Accept": "application/json", "User-Agent": "till"})
    assert (reply.refusal, "Wechatpay-Signature" in reply.headers) == ((401, "SIGN_ERROR"), False)


def test_accept_and_user_agent_are_needed(till: Till) -> None:
    assert status(till) == 404
    assert status(till, **{"User-Agent": ""}) == 400
    assert status(till, Accept="text/html") == 400
    assert status(till, Accept="") == 400


def test_a_body_must_be_announced_as_json(sim: Simulator, till: Till) -> None:
    body, path = b'{"mchid":"1900000109"}', f"{QUERY}/close"
    parts = ",".join(f'{name}="{value}"' for name, value in till.authorization("POST", path, body).items())
    headers = {"Authorization": f"{SCHEME} {parts}", "Accept": "application/json", "User-Agent": "till"}
    assert till.raw("POST", path, body, {**headers, "Content-Type": "text/plain"}).refusal == (400, "PARAM_ERROR")
    assert till.raw("POST", path, body, {**headers, "Content-Type": "application/json; charset=utf-8"}).refusal == (404, "ORDER_NOT_EXIST")
