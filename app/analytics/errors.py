"""What insight refuses."""

from __future__ import annotations

from app.kit.errors import NotFound


class AnomalyUnknown(NotFound):
    code, message = "analytics.anomaly_unknown", "There is no such anomaly."
