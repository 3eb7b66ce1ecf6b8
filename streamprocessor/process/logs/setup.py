"""The log set up for a process, and its level changed while it runs."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from functools import partial
from importlib.metadata import version
from types import FrameType, TracebackType

from streamprocessor.process.logs.lines import HumanLines, JsonLines
from streamprocessor.process.logs.repetition import TALKATIVE, Sparing, is_news

JSON = "json"

log = logging.getLogger(__name__)


def log_to_stderr(process: str, level: str, form: str) -> None:
    """Log to stderr from `level` on, a line each; SIGUSR1 makes the level DEBUG, SIGUSR2 what it was.

    process: the command's name. form: human or json. Libraries log warnings whatever the level is: what they write at
    DEBUG has whole requests in it, and so what persons sent. What Python itself warns of, or ends with, in whichever
    thread, is logged too.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process, version("streamprocessor")) if form == JSON else HumanLines())
    handler.addFilter(is_news)
    handler.addFilter(Sparing(time.monotonic))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_end
    threading.excepthook = _log_end_of_thread
    sys.unraisablehook = _log_unraisable
    for number, wanted in ((signal.SIGUSR1, "DEBUG"), (signal.SIGUSR2, level)):
        signal.signal(number, partial(_change_level, wanted))


def is_json_log() -> bool:
    """Whether this process writes JSON to stderr, and so nothing else may stand there."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def _change_level(level: str, _number: int, _frame: FrameType | None) -> None:
    logging.getLogger().setLevel(level)
    # In another thread: the signal may have come in the midst of writing a line, which can't be done twice at once.
    threading.Thread(target=log.warning, args=("the log's level is %s from now on", level), daemon=True).start()


def _log_end_of_thread(end: threading.ExceptHookArgs) -> None:
    if end.exc_type is not SystemExit:
        name = end.thread.name if end.thread else "of no name"
        log.error("the thread %s ends by an error", name, exc_info=end.exc_value or end.exc_type())


def _log_unraisable(lost: sys.UnraisableHookArgs) -> None:
    log.error("an error that nobody can catch", exc_info=lost.exc_value or lost.exc_type())


def _log_end(kind: type[BaseException], error: BaseException, places: TracebackType | None) -> None:
    log.critical("the process ends by an error", exc_info=(kind, error, places))
