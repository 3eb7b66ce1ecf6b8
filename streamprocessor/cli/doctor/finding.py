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
    """One thing that was looked at. sentence: what was found; with what to do, unless it is well."""

    subject: str
    level: Level
    sentence: str


def well(subject: str, sentence: str) -> Finding:
    """A finding of something that is as it should be."""
    return Finding(subject, Level.OK, sentence)


def failed(subject: str, sentence: object) -> Finding:
    """A process would not start, or not go on."""
    return Finding(subject, Level.FAIL, str(sentence))


def examined(subject: str, look: Callable[[], str]) -> Finding:
    """What the look says, and where it raises OperatorError what that says."""
    try:
        return well(subject, look())
    except OperatorError as error:
        return failed(subject, error)
