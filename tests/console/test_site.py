"""The console's pages are served, kept by browsers as long as they may, and missed in Chinese."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from app.console.routes import site


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small build in place of the real one, with a secret next to it that must stay one."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the page</title>")
    (folder / "assets" / "index-a1b2.js").write_text("export {}")
    (folder / "theme.js").write_text("0")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(site, "BUILD", folder)
    return folder


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("address", ["/console/", "/console/customers/1", "/console/leads?status=overdue", "/console/login"])
def test_every_address_of_the_console_answers_with_its_one_page(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert b"the page" in answer.data
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("build")
def test_a_page_runs_no_script_but_its_own_files_sends_forms_nowhere_else_and_is_shown_in_no_frame(client: Any) -> None:
    headers = client.get("/console/orders").headers
    policy = dict(one.strip().split(" ", 1) for one in headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy.get("script-src")) == ("'self'", None)
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.usefixtures("build")
def test_a_file_named_by_its_content_is_kept_for_a_year_and_others_are_asked_for_again(client: Any) -> None:
    hashed = client.get("/console/assets/index-a1b2.js")
    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert hashed.mimetype == "text/javascript"
    assert client.get("/console/theme.js").headers["Cache-Control"] == "no-cache"


def test_a_browser_that_takes_gzip_gets_the_compressed_twin_and_others_the_file(build: Path, client: Any) -> None:
    (build / "assets" / "index-a1b2.js.gz").write_bytes(gzip.compress(b"export {}"))
    small = client.get("/console/assets/index-a1b2.js", headers={"Accept-Encoding": "gzip, br"})
    assert (small.headers["Content-Encoding"], small.mimetype) == ("gzip", "text/javascript")
    assert gzip.decompress(small.data) == b"export {}"
    whole = client.get("/console/assets/index-a1b2.js")
    assert (whole.headers.get("Content-Encoding"), whole.data) == (None, b"export {}")
    assert small.headers["Vary"] == whole.headers["Vary"] == "Accept-Encoding"


@pytest.mark.usefixtures("build")
def test_a_file_of_an_older_release_is_missing_and_not_answered_with_the_page(client: Any) -> None:
    assert client.get("/console/assets/index-gone.js").status_code == 404


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("address", ["/console/../secret.txt", "/console/%2e%2e/secret.txt", "/console/assets/..%2f..%2fsecret.txt"])
def test_nothing_outside_the_build_is_served(client: Any, address: str) -> None:
    assert b"secret" not in client.get(address).data


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("address", ["/console/..%2f{}", "/console/customers/..%2f..%2f{}", "/console/assets/..%2f..%2f{}"])
def test_whether_something_outside_the_build_exists_cannot_be_told(client: Any, address: str) -> None:
    there, not_there = (client.get(address.format(name)) for name in ("secret.txt", "nothing.txt"))
    assert there.status_code == not_there.status_code


def test_without_a_build_the_page_says_in_chinese_what_to_do(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "BUILD", tmp_path / "nothing")
    answer = client.get("/console/")
    assert answer.status_code == 503
    assert "make console" in answer.text
    assert "控制台还没有构建" in answer.text
