"""The JSSDK ticket: it is the account's for two hours, and what is signed with it holds in her WeChat."""

import hashlib

import pytest

from tests.platform_sim.service import cannot, get, limited
from tests.platform_sim.support import Simulator

TICKET = "/cgi-bin/ticket/getticket"
PAGE = "https://127.0.0.1/h5/car?id=1"


def signed(ticket: str, url: str = PAGE, **changed: str) -> dict[str, str]:
    values = {"noncestr": "Wm3WZYTPz0wzccnW", "timestamp": "1795312345"}
    text = f"jsapi_ticket={ticket}&noncestr={values['noncestr']}&timestamp={values['timestamp']}&url={url}"
    return {**values, "url": url, "signature": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), **changed}


def config(sim: Simulator, values: dict[str, str]) -> tuple[int, str]:
    return cannot(sim, f"service-accounts/{sim.service['appid']}/wx-config", **values)


def test_the_ticket_stays_the_same_until_it_expires(sim: Simulator) -> None:
    first, again = get(sim, TICKET, type="jsapi"), get(sim, TICKET, type="jsapi")
    assert (first["errcode"], first["ticket"]) == (0, again["ticket"])
    assert 7100 < again["expires_in"] <= first["expires_in"] <= 7200
    sim.advance(7201)
    assert get(sim, TICKET, type="jsapi")["ticket"] != first["ticket"]


def test_what_is_signed_with_it_is_accepted_whatever_the_fragment(sim: Simulator) -> None:
    values = signed(get(sim, TICKET, type="jsapi")["ticket"])
    assert config(sim, values)[0] == config(sim, {**values, "url": f"{PAGE}#top"})[0] == 200


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"signature": "0" * 40}, "config:invalid signature"),
        ({"noncestr": "another"}, "config:invalid signature"),
        ({"url": "https://127.0.0.1/h5/car?id=2"}, "config:invalid signature"),
        ({"url": "https://evil.example/"}, "config:invalid url domain"),
    ],
)
def test_anything_else_is_refused_in_the_words_of_the_phone(sim: Simulator, changed: dict, words: str) -> None:
    ticket = get(sim, TICKET, type="jsapi")["ticket"]
    assert config(sim, {**signed(ticket), **changed}) == (409, words)


def test_a_signature_with_an_expired_ticket_is_refused(sim: Simulator) -> None:
    values = signed(get(sim, TICKET, type="jsapi")["ticket"])
    sim.advance(7201)
    assert config(sim, values) == (409, "config:invalid signature")


def test_a_ticket_of_no_known_type_is_refused_and_a_day_has_a_quota(sim: Simulator) -> None:
    assert get(sim, TICKET)["errcode"] == get(sim, TICKET, type="dance")["errcode"] == 40097
    with limited(sim, jsapi_ticket__per_day=0):
        assert get(sim, TICKET, type="jsapi")["errcode"] == 45009
