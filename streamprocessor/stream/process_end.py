"""The end of a worker process that can't go on."""

from __future__ import annotations

import logging
import os
from typing import NoReturn

from streamprocessor.contract.topics.roles import WORKER
from streamprocessor.errors import EXIT_MUST_RESTART, EXIT_USAGE, BrokerAwayError, OperatorError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.diagnosis.refusal import refusal_in

log = logging.getLogger(__name__)


def give_up(clients: ClientSettings, error: BaseException) -> NoReturn:
    """End the process at once: nothing of ours may run after a failed micro-batch.

    The exit code asks to be started anew, except where only a person can help: also where Kafka allows us no more what
    it did, since another start would change nothing.
    """
    error = refusal_in(error, clients, WORKER) or error
    if isinstance(error, OperatorError) and not isinstance(error, BrokerAwayError):
        log.critical("%s", error)
        exit_now(EXIT_USAGE)
    log.critical("must restart: %s", error, exc_info=error)
    exit_now(EXIT_MUST_RESTART)


def exit_now(code: int) -> NoReturn:
    """End the process with this code without closing anything; what is logged is written."""
    logging.shutdown()
    os._exit(code)
