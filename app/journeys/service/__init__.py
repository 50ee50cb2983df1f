"""Publish journeys, let customers in and out, and walk them step by step."""

from app.journeys.service.definitions import create, install_demo, publish
from app.journeys.service.entering import hear, heed, merge
from app.journeys.service.fanning_out import sweep as fan_out_sweep
from app.journeys.service.leaving import end_expired, leave
from app.journeys.service.moving import move_all
from app.journeys.service.moving import sweep as move
from app.journeys.service.running import archive, cancel, pause, resume
from app.journeys.service.timing import keep_time
from app.journeys.service.troubles import retry, retry_all
from app.journeys.service.walking import advance_all, make_partitions, sweep

__all__ = [
    "advance_all",
    "archive",
    "cancel",
    "create",
    "end_expired",
    "fan_out_sweep",
    "hear",
    "heed",
    "install_demo",
    "keep_time",
    "leave",
    "make_partitions",
    "merge",
    "move",
    "move_all",
    "pause",
    "publish",
    "resume",
    "retry",
    "retry_all",
    "sweep",
]
