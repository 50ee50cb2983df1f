"""What processes count is for who has the token, and names nobody."""

from __future__ import annotations

from typing import Any

import pytest

from app.kit.settings import settings
from app.wechat.endpoints import Exchange
from app.wechat.errors import Outcome, WechatError
from app.wechat.http import trace
from app.wechat.models import AccountKind, WechatAccount


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("METRICS_TOKEN", "a token for Prometheus")
    settings.cache_clear()
    yield "a token for Prometheus"
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("claimed", ["", "Bearer ", "Bearer another", "a token for Prometheu"])
def test_without_the_token_nothing_is_told(client: Any, token: str, claimed: str) -> None:
    assert client.get("/api/platform/metrics", headers={"Authorization": claimed}).status_code == 401


def test_where_no_token_is_set_nobody_reads(client: Any) -> None:
    assert client.get("/api/platform/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_calls_to_tencent_are_counted_by_endpoint_and_outcome(client: Any, token: str) -> None:
    account = WechatAccount(kind=AccountKind.service_account, appid="wx-of-metrics", settings={}, secrets={"secret": "s"})
    from app.wechat.client import ServiceAccount

    exchange: Exchange[Any] = ServiceAccount(account, None).user_info.prepare("openid-of-somebody")  # type: ignore[arg-type]
    trace.record(exchange, request_id="r1", seconds=0.03)
    trace.record(exchange, request_id="r2", seconds=0.03, error=WechatError(Outcome.permanent_person, "40003"))
    trace.record(exchange, request_id=None, seconds=0, error=WechatError(Outcome.retry_later, "quota"))
    told = client.get("/api/platform/metrics", headers={"Authorization": f"Bearer {token}"})
    assert told.status_code == 200
    for line in (
        'marque_wechat_call_seconds_count{endpoint="service_account.user_info",outcome="ok"}',
        'marque_wechat_call_seconds_count{endpoint="service_account.user_info",outcome="permanent_person"}',
        'marque_wechat_not_made_total{code="quota",endpoint="service_account.user_info"}',
    ):
        assert line in told.text
    assert "openid-of-somebody" not in told.text
