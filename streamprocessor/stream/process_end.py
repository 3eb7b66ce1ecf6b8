"""The end of a worker process that can't go on."""

from __future__ import annotations

import logging
import os
from typing import NoReturn

from streamprocessor.errors import EXIT_MUST_RESTART, EXIT_USAGE, BrokerAwayError, OperatorError

log = logging.getLogger(__name__)


def give_up(error: BaseException) -> NoReturn:
    """End the process at once: nothing of ours may run after a failed micro-batch.

    The exit code asks to be started anew, except where only a person can help.
    """
    if isinstance(error, OperatorError) and not isinstance(error, BrokerAwayError):
        log.critical("%s", error)
        exit_now(EXIT_USAGE)
    log.critical("must restart: %s", error, exc_info=error)
    exit_now(EXIT_MUST_RESTART)


def exit_now(code: int) -> NoReturn:
    """End the process with this code without closing anything; what is logged is written."""
    logging.shutdown()
    os._exit(code)
