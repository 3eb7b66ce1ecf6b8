"""How a command runs: its event loop, and what an error of Kafka ends as."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from streamprocessor.errors import BrokerAwayError, BrokerError

Result = TypeVar("Result")

#: How long a connection over TLS that we close waits for the other's last word. Loops wait 30 s, and a broker that has
#: still something to send may not say it: commands and processes would end so late.
TLS_CLOSE_SECONDS = 1.0


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
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(work)


def _new_loop() -> asyncio.AbstractEventLoop:
    """One of uvloop's where it is installed; its connections over TLS close promptly."""
    try:
        import uvloop
    except ImportError:
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    connect: Any = loop.create_connection

    def create_connection(*arguments: Any, **options: Any) -> Any:
        if options.get("ssl"):
            options.setdefault("ssl_shutdown_timeout", TLS_CLOSE_SECONDS)
        return connect(*arguments, **options)

    loop.create_connection = create_connection  # type: ignore[method-assign]
    return loop
