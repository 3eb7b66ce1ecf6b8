"""The two forms of a line: for people, and JSON. Neither repeats the words of an error that is not ours.

An error's own words may have in them what a person sent, or a secret. So of a traceback the places are written, and the
words only of errors that are made for an operator, of Kafka's and of the system's; likewise where an error is a part of
the message.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeAlias

from streamprocessor.contract.foreign_text import printable
from streamprocessor.errors import MustRestartError, OperatorError
from streamprocessor.process.logs.context import context_of_line

ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_MADE_FOR_OPERATORS = (OperatorError, MustRestartError, OSError)
_KAFKA = "aiokafka"
_INDENT = "\n    "  # of what follows a line's first: nothing in it can pass for a line of its own
_MOST_PLACES = 60  # of one error: a recursion without end has a thousand


class _Lines(logging.Formatter):
    """What both forms share: time in UTC, and errors without their words."""

    def formatException(self, ei: ExceptionInfo) -> str:
        """The places of the traceback and the kinds of its errors, the cause first, as Python writes them."""
        return "\n".join(_traceback_of(ei[1])) if ei[1] is not None else ""

    def time_of(self, record: logging.LogRecord) -> str:
        """When it was logged: RFC 3339, in UTC, to the millisecond."""
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"


class HumanLines(_Lines):
    """Time, level, who, what, on a line; what else belongs to it is indented under it.

    Nothing in it steers a terminal or passes for another line, whatever a stranger's words in it are.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, but for a traceback."""
        context = "".join(f" {name}={value}" for name, value in context_of_line().items())
        return f"{self.time_of(record)} {record.levelname} {record.name}: {message_of(record)}{context}"

    def format(self, record: logging.LogRecord) -> str:
        """The line, and under it, indented, what else there is of it."""
        parts = [self.formatMessage(record)]
        if record.exc_info:
            parts.append(self.formatException(record.exc_info))
        return printable("\n".join(filter(None, parts))).replace("\n", _INDENT)


class JsonLines(_Lines):
    """An object a line: ts, level, logger, message, process, version; batch, trace_id and traceback where there are."""

    def __init__(self, process: str, version: str) -> None:
        super().__init__()
        self._fixed = {"process": process, "version": version}

    def format(self, record: logging.LogRecord) -> str:
        """The line, which is one whatever the message is."""
        line: dict[str, Any] = {
            "ts": self.time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            **self._fixed,
            **context_of_line(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # Half a character, as in the name of a file, is spelled out: many readers of JSON refuse it.
        return json.dumps({word: text.encode("utf-8", "backslashreplace").decode() for word, text in line.items()})


def message_of(record: logging.LogRecord) -> str:
    """The message, in which errors that are not made for operators are named by their kind.

    Where the arguments do not fit the message, it stands without them: what they are is not ours to repeat.
    """
    message = str(_fit(record.msg))
    try:
        if isinstance(record.args, Mapping):
            message %= {name: _fit(each) for name, each in record.args.items()}
        elif record.args:
            message %= tuple(map(_fit, record.args))
    except (TypeError, ValueError, KeyError) as error:
        return f"{message} (its arguments do not fit: {type(error).__name__})"
    # The further lines of asyncio's show tasks, with the words of their errors.
    return message.partition("\n")[0] if record.name == "asyncio" else message.rstrip("\n")


def _fit(part: object) -> object:
    return _Kind(part) if isinstance(part, BaseException) else part


class _Kind:
    """An error as a part of a message."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __str__(self) -> str:
        return str(self._error) if _has_fit_words(self._error) else type(self._error).__name__

    def __repr__(self) -> str:
        return repr(self._error) if _has_fit_words(self._error) else type(self._error).__name__


def _has_fit_words(error: BaseException) -> bool:
    return isinstance(error, _MADE_FOR_OPERATORS) or type(error).__module__.partition(".")[0] == _KAFKA


def _traceback_of(error: BaseException) -> list[str]:
    lines: list[str] = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        lines += [*_traceback_of(before), "which led to:"]
    if isinstance(error, BaseExceptionGroup):
        for number, each in enumerate(error.exceptions, 1):
            lines += [f"{number} of {len(error.exceptions)} errors at once:", *_traceback_of(each)]
    lines += ["Traceback (most recent call last):", *_places_of(error)]
    kind = type(error).__name__
    return [*lines, f"{kind}: {error}" if _has_fit_words(error) else kind]


def _places_of(error: BaseException) -> list[str]:
    places = traceback.extract_tb(error.__traceback__)
    shown = [f'  File "{at.filename}", line {at.lineno}, in {at.name}' for at in places]
    if len(shown) <= _MOST_PLACES:
        return shown
    half = _MOST_PLACES // 2
    return [*shown[:half], f"  {len(shown) - 2 * half} places more", *shown[-half:]]
