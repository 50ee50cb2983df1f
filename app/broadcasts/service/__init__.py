"""Write broadcasts, start them, feed them to the ledger of messages, and stop them."""

from app.broadcasts.service.editing import change, create, schedule, test_send, unschedule
from app.broadcasts.service.feeding import begin_due, feed, follow_merge, forget, hold_paused
from app.broadcasts.service.forecasting import forecast, forecast_draft
from app.broadcasts.service.running import cancel, pause, resume

__all__ = [
    "begin_due",
    "cancel",
    "change",
    "create",
    "feed",
    "follow_merge",
    "forecast",
    "forecast_draft",
    "forget",
    "hold_paused",
    "pause",
    "resume",
    "schedule",
    "test_send",
    "unschedule",
]
