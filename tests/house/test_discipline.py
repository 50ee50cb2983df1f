"""Commits at the edge, one clock, settings that are explained, secrets that are not readable."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from app.kit.crypto import EncryptedText
from app.kit.db import Base
from app.kit.settings import Settings
from tests.house.sources import ROOT, called, modules

WALL_CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.localtime", "time.gmtime", "func.now"}
SECRET = re.compile(r"secret|session_key|^phone$|private_key|api_key|^payload$|response_code|password|token")
# A hash keeps its secret by itself, and a store's telephone number is on its door.
READABLE = {"staff.password_hash", "staff_sessions.token_hash", "customer_sessions.token_hash", "partner_keys.token_hash", "stores.phone"}
# What is signed on the wire bears real time, which Tencent compares with its own; and so does a line of the log.
ON_THE_WIRE = (
    "app/wechat/http/",
    "app/wechat/pay_keys.py",
    "app/wechat/endpoints/page_signature.py",
    "app/kit/logging.py",
    "app/messaging/sms.py",
)


# Commits the search index, which is no database.
COMMITS_AN_INDEX = "app/vehicles/search/writer.py"


def test_nobody_commits_outside_the_kit() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules("app")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node).split(".")[-1] == "commit" and not path.startswith(("app/kit/", COMMITS_AN_INDEX))
    ]
    assert found == []


def test_the_database_has_the_only_clock() -> None:
    found = [
        f"{path}:{node.lineno} {called(node)}"
        for path, tree in modules("app", "workers")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ".".join(called(node).split(".")[-2:]) in WALL_CLOCKS and path != "app/kit/clock.py"
        if not path.startswith(ON_THE_WIRE)
    ]
    assert found == []


def test_sql_asks_the_clock_that_can_be_moved() -> None:
    """`now()` in SQL is the server's; business asks `marque_now()`."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules("app")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and path != "app/kit/clock.py"
        if re.search(r"(?<!marque_)\b(now|clock_timestamp)\(\)|\bcurrent_timestamp\b", node.value, re.IGNORECASE)
        if re.search(r"\b(select|update|insert|where|interval)\b", node.value, re.IGNORECASE)
    ]
    assert found == []


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_explained_to_those_who_deploy(name: str) -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    places = [number for number, line in enumerate(lines) if re.match(rf"#?\s*{name.upper()}=", line)]
    assert len(places) == 1, f"{name.upper()} is not in .env.example, or twice"
    before = lines[places[0] - 1]
    assert before.startswith("#"), name
    assert before.rstrip().endswith((".", "?", ":")), name


def test_the_example_explains_no_setting_that_nobody_reads() -> None:
    given = set(re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    starting = "".join(path.read_text(encoding="utf-8") for path in [ROOT / "Procfile", *(ROOT / "dev").glob("*.py")])
    unread = {name for name in given - {name.upper() for name in Settings.model_fields} if name not in starting}
    assert unread == set()


def test_no_column_keeps_a_secret_that_can_be_read(app: Any) -> None:
    found = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if SECRET.search(column.name) and f"{table.name}.{column.name}" not in READABLE
        if not (isinstance(column.type, EncryptedText) or type(column.type).__module__ == EncryptedText.__module__)
    ]
    assert found == []
