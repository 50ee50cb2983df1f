"""Keeps the index of the search: `python -m workers.indexer`. A second one waits until the first has ended."""

from __future__ import annotations

import signal
import threading

from app.kit import logging
from app.vehicles.search.follower import of_settings


def main() -> None:
    """Follow the stock until a signal says stop."""
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    logging.configure()
    of_settings(stop).run()


if __name__ == "__main__":
    main()
