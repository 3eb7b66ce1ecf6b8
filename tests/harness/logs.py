"""The log of the process of the tests, left as it was."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from streamprocessor.process.logs.repetition import TALKATIVE


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """What a test or a command makes of the log of its process ends with the test."""
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in TALKATIVE)]
    handlers, levels = root.handlers[:], [logger.level for logger in loggers]
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    signals = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    yield
    root.handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for number, handler in signals.items():
        signal.signal(number, handler)
