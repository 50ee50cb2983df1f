"""An RQ worker over the queues it is given: `python -m workers.worker critical default bulk`."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from types import FrameType

import redis
from rq import SimpleWorker
from rq.exceptions import StopRequested

from app.factory import prepare_work
from app.kit import queue
from app.kit.logging import logger

log = logger(__name__)

PAUSE_SECONDS = 0.5


class Worker(SimpleWorker):
    """Runs jobs in its own process: they are short, claim what they do in the database, and may be killed at any point."""

    # How long a worker waits for Redis to come back before it looks again, in seconds.
    max_connection_wait_time = 1.0
    told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        Worker.told_to_stop = True
        super().request_stop(signum, frame)


def main(names: list[str]) -> None:
    """Work until a signal says stop; RQ's own loop ends whenever Redis goes away, ours does not."""
    unknown = set(names) - set(queue.QUEUES)
    if unknown or not names:
        sys.exit(f"Give queues out of {', '.join(queue.QUEUES)}; unknown: {', '.join(sorted(unknown)) or 'none given'}")
    prepare_work()
    with suppress(StopRequested):  # the signal may find it between two loops
        while not Worker.told_to_stop:
            try:
                worker = Worker([queue.queue_name(name) for name in names], connection=queue.worker_connection())
                worker.work(logging_level="WARNING")
                log.warning("the worker's loop ended")
            except redis.RedisError as error:
                log.warning("Redis is away", error=str(error))
            if not Worker.told_to_stop:
                time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
