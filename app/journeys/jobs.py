"""The sweep that takes the steps which are due; rung for when somebody enters."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.journeys import service
from app.journeys.service import clicking, confirming, leaving, messages_counted, running, timing
from app.kit.queue import enqueue, job


@job("journeys.advance", every=3, transactional=False, timeout=120)
def advance() -> None:
    service.sweep()


@job("journeys.let_messages_go")
def let_messages_go(session: Session) -> None:
    if running.let_messages_go(session):
        enqueue(session, "journeys.let_messages_go")


@job("journeys.move", every=5, transactional=False, timeout=120)
def move() -> None:
    service.move()


@job("journeys.make_partitions", cron="27 3 * * *")
def make_partitions(session: Session) -> None:
    service.make_partitions(session)


@job("journeys.fan_out", every=3, queue="bulk", transactional=False, timeout=120)
def fan_out() -> None:
    service.fan_out_sweep()


@job("journeys.end_expired", every=30, transactional=False, timeout=300)
def end_expired() -> None:
    service.end_expired()


@job("journeys.end_by_time", every=60, queue="bulk", transactional=False, timeout=600)
def end_by_time() -> None:
    leaving.end_by_time()


@job("journeys.look_after_tasks", every=60)
def look_after_tasks(session: Session) -> None:
    if confirming.look_after(session):
        enqueue(session, "journeys.look_after_tasks")


@job("journeys.keep_time", every=5, transactional=False, timeout=120)
def keep_time() -> None:
    timing.sweep()


@job("journeys.add_up_messages", every=5, queue="bulk")
def add_up_messages(session: Session) -> None:
    if messages_counted.add_up(session) == messages_counted.MOST_AT_ONCE:
        enqueue(session, "journeys.add_up_messages")


@job("journeys.notice_clicks", every=30, queue="bulk")
def notice_clicks(session: Session) -> None:
    if clicking.notice(session):
        enqueue(session, "journeys.notice_clicks")


@job("journeys.recount_messages", cron="41 3 * * *", queue="bulk", transactional=False, timeout=3600)
def recount_messages() -> None:
    messages_counted.recount_all()
