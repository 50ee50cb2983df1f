"""What the doors of policies, senders and quotas take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import Boolean, Date, DateTime, Integer, List, Nested, String, Time
from apiflask.validators import Length, Range

_CAP = {"description": "marketing messages a person gets at most; null: no cap"}


class PolicyIn(Schema):
    quiet_from = Time(format="%H:%M", allow_none=True, metadata={"description": "from when on nobody is disturbed, where she is"})
    quiet_until = Time(format="%H:%M", allow_none=True)
    quiet_drops = Boolean(metadata={"description": "what falls into quiet hours is skipped, else it waits for their end"})
    time_zone = String(validate=Length(1, 64), metadata={"description": "IANA name; for whom no own zone is known"})
    most_per_day = Integer(allow_none=True, metadata=_CAP)
    most_per_week = Integer(allow_none=True, metadata=_CAP)
    most_per_month = Integer(allow_none=True, metadata=_CAP)
    reserve_percent = Integer(metadata={"description": "share of each quota that only transactional messages use"})
    stop_at_percent = Integer(metadata={"description": "share of failed calls at which a sender stops by itself"})


class PolicyOut(Schema):
    quiet_from = String(allow_none=True)
    quiet_until = String(allow_none=True)
    quiet_drops = Boolean()
    time_zone = String()
    most_per_day = Integer(allow_none=True)
    most_per_week = Integer(allow_none=True)
    most_per_month = Integer(allow_none=True)
    reserve_percent = Integer()
    stop_at_percent = Integer()


class StopOut(Schema):
    channel = String()
    channel_label = String()
    appid = String()
    stopped_at = DateTime(allow_none=True)
    reason = String(allow_none=True)
    answers = Integer(metadata={"description": "calls in the window that was judged"})
    errors = Integer()


class StopsOut(Schema):
    items = List(Nested(StopOut))


class SenderDayOut(Schema):
    channel = String()
    channel_label = String()
    appid = String()
    account_name = String()
    limit = Integer(allow_none=True, metadata={"description": "calls a day; null: nobody counts"})
    used = Integer()
    used_by_marketing = Integer()
    reserve = Integer(metadata={"description": "kept for transactional messages"})
    planned = Integer(metadata={"description": "planned messages that are due by the end of the day"})
    waiting = Integer(metadata={"description": "all planned messages, whatever day they are due on"})
    done_on = Date(allow_none=True, metadata={"description": "when the quota has let the last of those leave, in China; null: never"})
    exhausted = Boolean(metadata={"description": "WeChat says that it is used up"})
    free_for_marketing = Integer(allow_none=True)
    marketing_per_day = Integer(allow_none=True)


class QuotaDayOut(Schema):
    day = Date()
    channel = String()
    appid = String()
    used = Integer()
    used_by_marketing = Integer()


class BoardIn(Schema):
    days = Integer(load_default=7, validate=Range(1, 31), metadata={"description": "how many days back"})


class BoardOut(Schema):
    today = List(Nested(SenderDayOut))
    history = List(Nested(QuotaDayOut))


class ForecastIn(Schema):
    channel = String(load_default="", validate=Length(0, 64), metadata={"description": "with `appid` one of the senders of the board"})
    appid = String(load_default="", validate=Length(0, 64))
    count = Integer(load_default=1, validate=Range(1, 100_000_000))


class ForecastOut(Schema):
    done_on = Date(allow_none=True, metadata={"description": "the last day of sending in China; null: never"})
    sentence = String(metadata={"description": "zh-CN"})
