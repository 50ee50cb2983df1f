"""The periodic jobs of every domain on RQ's own scheduler: `python -m workers.scheduler`."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from types import FrameType

import redis
from redis.client import Pipeline
from rq.cron import CronJob, CronScheduler
from rq.exceptions import SchedulerNotFound
from rq.utils import now

from app.factory import prepare_work
from app.kit import queue
from app.kit.logging import logger

log = logger(__name__)

PAUSE_SECONDS = 0.5


class Scheduler(CronScheduler):
    """Goes when it is told to, wherever the signal finds it: RQ's own stop is an `Exception` that a handler on the way may swallow."""

    told_to_stop = False

    def _request_stop(self, signum: int, frame: FrameType | None) -> None:
        Scheduler.told_to_stop = True
        sys.exit(0)

    def heartbeat(self) -> None:
        if Scheduler.told_to_stop:  # the signal came where Python drops exceptions, in a finaliser
            sys.exit(0)
        super().heartbeat()

    def enqueue_jobs(self) -> list[CronJob]:
        """What is due every few seconds is rung for as everybody rings: one ring of it waits, for as long as it takes.

        A ring of its own for each time, gone when nobody took it within seconds, would never be heard behind work that takes longer, such
        as a hundred thousand messages; and when a worker has died nobody else rings.
        """
        rung, moment = list[CronJob](), now()
        for one in self.get_jobs():
            if one.interval and one.should_run():
                queue.ring(queue.jobs()[one.name], {})
                one.set_enqueue_time(moment)
                rung.append(one)
        return rung + super().enqueue_jobs()

    def register_death(self, pipeline: Pipeline | None = None) -> None:
        with suppress(SchedulerNotFound):  # a Redis that lost its data does not know of us, which is what we want
            super().register_death(pipeline)


def main() -> None:
    """Ring for every job in its time; RQ's own loop ends whenever Redis goes away, ours does not."""
    prepare_work()
    while not Scheduler.told_to_stop:
        try:
            _scheduler().start()
        except redis.RedisError as error:
            log.warning("Redis is away", error=str(error))
            time.sleep(PAUSE_SECONDS)


def _scheduler() -> Scheduler:
    scheduler = Scheduler(connection=queue.worker_connection())
    for job in queue.jobs().values():
        if job.every or job.cron:
            scheduler.register(
                queue.run,
                queue.queue_name(job.queue),
                args=(job.name,),
                interval=job.every,
                cron=job.cron,
                job_timeout=job.timeout,
                result_ttl=0,
                ttl=queue.RING_LIVES_SECONDS,
                failure_ttl=3600,
                name=job.name,
            )
    return scheduler


if __name__ == "__main__":
    main()
