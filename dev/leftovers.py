"""Find and end the processes of a stack whose own end went wrong, and nobody else's."""

import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "MARQUE_STACK"
"""Each process of a stack carries this variable, which holds the stack's folder."""

PATIENCE_SECONDS = 10


def marked(folder: Path) -> list[psutil.Process]:
    """The living processes that carry the mark of `folder`, this one excepted."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(folder) and process.pid != psutil.Process().pid:
                found.append(process)
    return found


def sweep(folder: Path) -> int:
    """End every process marked with `folder`; those that will not are killed. Returns how many there were."""
    found = marked(folder)
    for process in found:
        with suppress(psutil.Error):
            # To PostgreSQL a SIGTERM says "when the last client has gone", a SIGINT says "now".
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    # Asked anew each time: to psutil a process that its parent has not buried yet still runs.
    while (deaf := marked(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in deaf:
        with suppress(psutil.Error):
            process.kill()
    return len(found)
