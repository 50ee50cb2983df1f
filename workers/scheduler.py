"""The periodic jobs of every domain on RQ's own scheduler: `python -m workers.scheduler`."""

from __future__ import annotations

import time

import redis
from rq.cron import CronScheduler
from rq.exceptions import StopRequested

from app.factory import create_app
from app.kit import queue
from app.kit.logging import logger

log = logger(__name__)


def main() -> None:
    with create_app().app_context():
        while True:
            try:
                scheduler = CronScheduler(connection=queue.worker_connection())
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
                            # A sweep that no worker took in time is not owed: the next one finds the same rows.
                            ttl=max(10, (job.every or 60) * 2),
                            failure_ttl=3600,
                            name=job.name,
                        )
                scheduler.start()
                return
            except StopRequested:
                # Told to go while it was about to start, again maybe: RQ's own loop is not there yet to catch it.
                return
            except redis.RedisError as error:
                log.warning("Redis is away", error=str(error))
                time.sleep(0.5)


if __name__ == "__main__":
    main()
