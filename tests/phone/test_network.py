"""The network as the phone sees it: what passes, and what does not."""

import gzip
import http.client
from urllib.parse import urlsplit

import pytest
import requests

from tests.phone.upstream import Upstream

API = "/net/https/api.marque.example"


def test_a_request_reaches_the_app_as_it_was_sent(phone: str, upstream: Upstream) -> None:
    target = "/api/visitor/vehicles/?q=%E7%BA%A2%20x&a=1&a=2&empty="
    sent = {
        "X-Appid": "wx1",
        "Authorization": "Bearer t",
        "Cookie": "session=staff",
        "Origin": phone,
        "Sec-Fetch-Mode": "cors",
    }
    body = "{'中': 1}".encode()
    answer = requests.patch(phone + API + target, data=body, headers=sent, timeout=60)
    [got] = upstream.received
    assert (answer.status_code, answer.text, got["method"], got["path"], got["body"]) == (200, "ok", "PATCH", target, body)
    names = {name.lower(): value for name, value in got["headers"].items()}
    assert (names["x-appid"], names["authorization"]) == ("wx1", "Bearer t")
    assert not {"cookie", "origin", "sec-fetch-mode"} & set(names)
    assert (names["x-forwarded-proto"], names["x-forwarded-host"]) == ("https", "api.marque.example")


def test_the_address_of_the_app_itself_leads_there_too(phone: str, upstream: Upstream) -> None:
    assert requests.get(f"{phone}/net/http/{urlsplit(upstream.url).netloc}/media/1.jpg", timeout=60).status_code == 200
    assert upstream.received[0]["path"] == "/media/1.jpg"


@pytest.mark.parametrize(
    "path",
    [
        "/net/https/evil.example/",
        "/net/http/api.marque.example/",  # the domain list is https
        "/net/https/api.marque.example@evil.example/",
        "/net/https/api.marque.example:8443/",
        "/net/https/api.marque.example.evil.example/",
        "/net/http/169.254.169.254/latest/meta-data",
    ],
)
def test_other_hosts_are_refused_without_being_asked(phone: str, upstream: Upstream, path: str) -> None:
    answer = requests.get(phone + path, timeout=60)
    assert (answer.status_code, answer.headers["X-Phone-Net"], upstream.received) == (403, "not-in-domain-list", [])


@pytest.mark.parametrize("location", ["https://evil.example/x", "//evil.example/x", "http://127.0.0.1:1/"])
def test_a_redirect_out_of_the_list_is_a_refusal(phone: str, upstream: Upstream, location: str) -> None:
    upstream.answer = (302, {"Location": location}, [])
    answer = requests.get(f"{phone}{API}/go", allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["X-Phone-Net"], "Location" in answer.headers) == (403, "not-in-domain-list", False)


@pytest.mark.parametrize("location", ["/new?a=%20", "new?a=%20", "https://api.marque.example/new?a=%20"])
def test_a_redirect_within_the_list_stays_behind_the_phone(phone: str, upstream: Upstream, location: str) -> None:
    upstream.answer = (307, {"Location": location}, [])
    answer = requests.get(f"{phone}{API}/old", allow_redirects=False, timeout=60)
    there = answer.headers["Location"]
    assert answer.status_code == 307
    assert there.startswith("/net/")
    upstream.answer = (200, {}, [b"arrived"])
    assert requests.get(phone + there, timeout=60).text == "arrived"
    assert upstream.received[-1]["path"] == "/new?a=%20"


def test_pictures_and_compressed_bodies_pass_byte_for_byte(phone: str, upstream: Upstream) -> None:
    picture = bytes(range(256)) * 4096
    upstream.answer = (200, {"Content-Type": "image/png", "Set-Cookie": "a=1"}, [picture])
    answer = requests.get(f"{phone}{API}/media/1.png", timeout=60)
    assert (answer.content == picture, answer.headers["Content-Type"], "Set-Cookie" in answer.headers) == (True, "image/png", False)
    upstream.answer = (200, {"Content-Encoding": "gzip"}, [gzip.compress(b"text")])
    assert requests.get(f"{phone}{API}/text", timeout=60).text == "text"


def test_an_upload_of_many_megabytes_passes(phone: str, upstream: Upstream) -> None:
    body = b"x" * (5 * 1024 * 1024)
    assert requests.post(f"{phone}{API}/upload", data=iter([body[:100], body[100:]]), timeout=60).status_code == 200
    assert upstream.received[0]["body"] == body


def test_an_answer_is_passed_on_while_it_is_still_being_made(phone: str, upstream: Upstream) -> None:
    upstream.answer = (200, {}, [b"first", b"second"])
    connection = http.client.HTTPConnection(urlsplit(phone).netloc, timeout=60)
    connection.request("GET", f"{API}/slow")
    answer = connection.getresponse()
    assert answer.read(5) == b"first"
    upstream.go_on.set()
    assert answer.read() == b"second"


def test_a_server_that_is_away_is_told_apart_from_a_server_that_says_502(phone: str, upstream: Upstream) -> None:
    upstream.answer = (502, {}, [b"bad gateway"])
    assert "X-Phone-Net" not in requests.get(f"{phone}{API}/", timeout=60).headers
    upstream.close()
    answer = requests.get(f"{phone}{API}/", timeout=60)
    assert (answer.status_code, answer.headers["X-Phone-Net"]) == (502, "unreachable")


def test_half_an_answer_does_not_look_like_a_whole_one(phone: str, upstream: Upstream) -> None:
    upstream.answer, upstream.breaks_off = (200, {}, [b"half"]), True
    with pytest.raises(requests.RequestException):
        requests.get(f"{phone}{API}/", timeout=60)


def test_the_person_and_wechat_are_played_by_the_simulator(phone: str, upstream: Upstream) -> None:
    requests.post(f"{phone}/sim/users/1/pay?x=1", json={"a": 1}, timeout=60)
    [got] = upstream.received
    assert (got["method"], got["path"], got["body"]) == ("POST", "/_sim/users/1/pay?x=1", b'{"a": 1}')
