"""What is said to who starts an api here: the address by which one signs in, once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

from streamprocessor.cli.terminal.options import command_line
from streamprocessor.contract.subscriptions.page_links import read_page_url
from streamprocessor.errors import OperatorError
from streamprocessor.process.clock import now_ms
from streamprocessor.readmodel.requests.sign_in_links import LINK_LIFE_SECONDS, sign_in_address
from streamprocessor.settings import Settings


def sign_in_lines(settings: Settings, address: str) -> Iterator[str]:
    """The address on a line of its own, where terminals let one click on it, and what it is good for.

    address: where the api answers.
    Raises OperatorError where STREAMPROCESSOR_PAGE_URL is wrong, or no link can be kept.
    """
    page_url = read_page_url(settings.page_url) or address
    try:
        link = sign_in_address(page_url, settings.data_path, now_ms())
    except OSError as error:
        message = f"sign-in: no link can be kept in {settings.data_path} ({error.strerror}); wanted room to write there"
        raise OperatorError(message) from error
    # Neither Kafka nor a prefix is needed to find an api of this folder.
    typed = command_line(settings.model_copy(update={"bootstrap": "", "topic_prefix": ""}), "sign-in")
    yield f"sign in: {link}"
    yield f"  good once, for {LINK_LIFE_SECONDS // 60} minutes; a new one: {typed}"


def tell_sign_in(settings: Settings, address: str, say: Callable[[str], None]) -> None:
    """Say them, or why there are none: what runs goes on without. Settings that have tokens say who signs in."""
    if settings.api_tokens:
        return
    try:
        for line in sign_in_lines(settings, address):
            say(line)
    except OperatorError as error:
        say(str(error))


def is_watched() -> bool:
    """Whether a person started this very process in a terminal: what is said goes to nobody else, and into no log."""
    with suppress(OSError):
        return sys.stderr.isatty() and os.tcgetpgrp(sys.stderr.fileno()) == os.getpgrp()
    return False
