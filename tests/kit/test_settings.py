"""A process with wrong settings does not start, and says which."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest


def _start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    code = "from app.kit.settings import settings; settings(); print('started')"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def good() -> dict[str, str]:
    return {
        "DATABASE_URL": "postgresql://u:p@127.0.0.1/x",
        "REDIS_URL": "redis://127.0.0.1/0",
        "SECRET_KEY": "s" * 32,
        "FIELD_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "PHONE_PEPPER": "p" * 16,
        "PUBLIC_BASE_URL": "https://marque.example",
    }


def test_a_complete_environment_starts(good: dict[str, str]) -> None:
    assert _start(good).stdout == "started\n"


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEY", "PHONE_PEPPER", "PUBLIC_BASE_URL"])
def test_a_missing_setting_is_named(good: dict[str, str], missing: str) -> None:
    del good[missing]
    refused = _start(good)
    assert refused.returncode != 0
    assert missing in refused.stderr


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"FIELD_KEY": "c2hvcnQ="}, "FIELD_KEY"),
        ({"CLOCK_MOVABLE": "1", "CLOCK_TOKEN": "t" * 16}, "CLOCK_MOVABLE"),
        ({"PUBLIC_BASE_URL": "http://marque.example"}, "PUBLIC_BASE_URL"),
        ({"SOFT_HOLD_MINUTES": "3"}, "SOFT_HOLD_MINUTES"),
        ({"WECHAT_INBOX_DAYS": "1"}, "WECHAT_INBOX_DAYS"),
        ({"ENVIRONMENT": "test", "CLOCK_MOVABLE": "1"}, "CLOCK_TOKEN"),
    ],
)
def test_a_dangerous_setting_is_refused_by_name(good: dict[str, str], wrong: dict[str, Any], named: str) -> None:
    refused = _start(good | wrong)
    assert refused.returncode != 0
    assert named in refused.stderr


def test_a_refusal_prints_no_secret(good: dict[str, str]) -> None:
    refused = _start(good | {"FIELD_KEY": "not-base64-but-secret"})
    assert "not-base64-but-secret" not in refused.stderr + refused.stdout
