"""What an examination finds: one thing, whether it is well, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from streamprocessor.errors import OperatorError

WORKER, COLLECTOR, DELIVERY, API = PROCESSES = ("worker", "collector", "delivery", "api")


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One thing that was looked at.

    sentence: what was found. mend: the line to type where it is not well; empty where it is.
    """

    subject: str
    level: Level
    sentence: str
    mend: str = ""


def well(subject: str, sentence: str) -> Finding:
    """A finding of something that is as it should be."""
    return Finding(subject, Level.OK, sentence)


def warned(subject: str, sentence: str, mend: str) -> Finding:
    """Processes start, and something may go wrong."""
    return Finding(subject, Level.WARN, sentence, mend)


def failed(subject: str, sentence: object, mend: str) -> Finding:
    """A process would not start, or not go on."""
    return Finding(subject, Level.FAIL, str(sentence), mend)


def examined(subject: str, look: Callable[[], str], mend: str) -> Finding:
    """What the look says, and where it raises OperatorError what that says, with the mend."""
    try:
        return well(subject, look())
    except OperatorError as error:
        return failed(subject, error, mend)
