"""How a command runs: its event loop, and what an error of Kafka ends as."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from streamprocessor.errors import BrokerAwayError, BrokerError

Result = TypeVar("Result")


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
