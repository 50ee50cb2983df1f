"""Publish journeys, let customers in and out, and walk them step by step."""

from app.journeys.service.definitions import create, install_demo, pause, publish, resume
from app.journeys.service.entering import hear, leave, merge
from app.journeys.service.walking import advance_all, make_partitions, retry, sweep

__all__ = [
    "advance_all",
    "create",
    "hear",
    "install_demo",
    "leave",
    "make_partitions",
    "merge",
    "pause",
    "publish",
    "resume",
    "retry",
    "sweep",
]
