"""What all processes counted, for Prometheus."""

from __future__ import annotations

import hmac

from flask import Response, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app.kit.errors import Unauthorized
from app.kit.settings import settings
from app.kit.web import Caller, answers, blueprint, raises, stepwise

platform = blueprint("metrics", audience="platform")


@platform.get("")
@raises(Unauthorized)
@answers(200, "counts and times in Prometheus's text format")
@stepwise
def metrics(_who: Caller) -> Response:
    """For who has METRICS_TOKEN as bearer token; of all processes that share PROMETHEUS_MULTIPROC_DIR, else of this one."""
    token = settings().metrics_token.get_secret_value()
    claimed = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(token.encode(), claimed.encode()):
        raise Unauthorized
    registry = REGISTRY
    if settings().prometheus_multiproc_dir:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
