"""One JSON line per fact, with secrets and personal data masked before they reach any output."""

from __future__ import annotations

import asyncio
import logging
import re
import select
import sys
import threading
from collections.abc import MutableMapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from app.kit.settings import settings

_SECRET_KEYS = re.compile(r"secret|token|session_key|password|authorization|apiv3|private_key|phone|openid|unionid|js_code", re.I)
_SECRET_QUERY = re.compile(r"((?:access_token|secret|js_code|corpsecret|code|signature)=)[^&\s\"']+", re.I)
# PostgreSQL repeats the row or the key that it refused.
_REFUSED_ROW = re.compile(r"(DETAIL:\s*)[^\n]+")
_CHINESE_MOBILE = re.compile(r"(?<!\d)(?:\+?86)?(1[3-9]\d)\d{4}(\d{4})(?!\d)")


def mask_text(value: str) -> str:
    """The text without mobile numbers, secrets in query strings and rows that the database refused."""
    return _CHINESE_MOBILE.sub(r"\1****\2", _SECRET_QUERY.sub(r"\1***", _REFUSED_ROW.sub(r"\1***", value)))


def _mask(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in fields.items():
        if key != "event" and _SECRET_KEYS.search(key) and value is not None:
            fields[key] = "***"
        elif isinstance(value, str):
            fields[key] = mask_text(value)
    return fields


def configure() -> None:
    """Set up structlog and route the standard library's records through the same masking processors."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask,
    ]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if settings().log_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level)
    # At DEBUG the first prints request headers and bodies, the second whole addresses with tokens in them; the last every job at INFO.
    logging.getLogger("wechatpayv3").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.getLogger("rq").setLevel(logging.WARNING)


_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class _Turn(threading.local):
    """What this thread has traced in the turn of its loop, where it has one."""

    loop: asyncio.AbstractEventLoop | None = None

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []


_TURN = _Turn()


def trace_by_turns(loop: asyncio.AbstractEventLoop) -> None:
    """Called in the thread of `loop`: what is traced there is written when the turn is over, so that hundreds of lines are some writes."""
    _TURN.loop = loop


def trace(event: str, *, level: str, **fields: Any) -> None:
    """One JSON line on its shortest way, for what happens by the thousand a second: no processors, so nothing is masked.

    Give it fields of a fixed kind only, ids and numbers; any text from outside goes through `mask_text` first.
    """
    if not logging.getLogger().isEnabledFor(_LEVELS[level]):
        return
    fact = {"event": event, "level": level, "timestamp": datetime.now(UTC), **fields}
    turn = _TURN
    if turn.loop is None:
        _write([fact])
        return
    if not turn.facts:
        turn.loop.call_soon(_end_turn)
    turn.facts.append(fact)


def _end_turn() -> None:
    facts, _TURN.facts = _TURN.facts, []
    _write(facts)


def _write(facts: list[dict[str, Any]]) -> None:
    piece = b""
    for fact in facts:
        line = orjson.dumps(fact, option=orjson.OPT_APPEND_NEWLINE)
        # What a pipe takes in one piece no other process's line can tear apart.
        if len(piece) + len(line) > select.PIPE_BUF:
            _write_piece(piece.decode())
            piece = b""
        piece += line
    _write_piece(piece.decode())


def _write_piece(lines: str) -> None:
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            # Like logging itself: a log that cannot be written is no failure of what was done.
            with handler.lock or nullcontext(), suppress(OSError, ValueError):
                handler.stream.write(lines)
                handler.flush()


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose keyword arguments become fields."""
    return structlog.stdlib.get_logger(name)
