"""Which ports are free, and for one that is not: who has it and which setting chooses another."""

import socket

import psutil

from dev.steps import StepFailed


class PortTaken(StepFailed):
    """Somebody else listens on a port that we need."""


def is_taken(port: int) -> bool:
    """Whether something on this machine listens on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def require_free(port: int, *, setting: str, purpose: str) -> None:
    """Raise PortTaken naming the port, its holder as far as we may see it, and the setting that chooses another."""
    if is_taken(port):
        raise PortTaken(
            f"Port {port} ({purpose}) is taken by {holder(port)}.\nEnd that program, or choose another port: {setting}={port + 1} make run"
        )


def holder(port: int) -> str:
    """The program that listens on a port, as `name (process 123)`."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass  # macOS shows other people's connections to root only
    return "another program"


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
