"""How a command runs: its event loop, its log."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from streamprocessor.cli.terminal.plain_text import printable
from streamprocessor.errors import BrokerAwayError, BrokerError

Result = TypeVar("Result")

# Libraries that report each connection and rebalance at INFO; ours say what matters of it.
TALKATIVE = ("faust", "mode", "aiokafka", "kafka")
_REPEAT_AFTER_SECONDS = 30.0  # aiokafka repeats itself ten times a second while a broker is away
_REMEMBERED = 1_000
_SERVICE_MARK = "[^"  # Faust's services log `[^-Consumer]: Starting...` under the names of our modules that extend them


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """What the coroutine returns, on uvloop where it is installed.

    Where no log was set up, what libraries log goes nowhere: errors reach the user as sentences.

    Raises BrokerAwayError where Kafka went away, BrokerError where it refused something, and nobody nearer knew what
    to do about it.
    """
    from aiokafka.errors import KafkaError

    from streamprocessor.kafka.diagnosis.diagnosis import is_transient
    from streamprocessor.kafka.metadata_pace import pace_metadata

    pace_metadata()
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    try:
        return _run(work)
    except KafkaError as error:
        message = f"Kafka can't be used any more: {error!r}"
        raise (BrokerAwayError if is_transient(error) else BrokerError)(message) from error


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def log_to_stderr(level: str) -> None:
    """Log to stderr from `level` on, one line each: time in UTC, level, who, what."""
    lines = _PlainLines("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    lines.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(lines)
    if level != "DEBUG":
        handler.addFilter(_is_news)
        handler.addFilter(_Sparing(time.monotonic))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class _PlainLines(logging.Formatter):
    """Lines that steer no terminal, whatever a stranger's words in them are."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, but for a traceback."""
        return printable(super().formatMessage(record))


def _is_news(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or not str(record.msg).startswith(_SERVICE_MARK)


class _Sparing(logging.Filter):
    """Lets through what libraries log, the same words only once in a while; ours all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._logged: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in TALKATIVE:
            return True
        now_seconds, words = self._clock(), (record.name, record.getMessage())
        if now_seconds < self._logged.get(words, 0.0):
            return False
        if len(self._logged) >= _REMEMBERED:
            self._logged.clear()
        self._logged[words] = now_seconds + _REPEAT_AFTER_SECONDS
        return True
