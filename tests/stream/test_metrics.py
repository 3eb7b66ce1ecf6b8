"""What is counted of a client's log."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import CollectorRegistry, Counter

from streamprocessor.stream.metrics import warnings_counted


@pytest.mark.parametrize(("level", "logged"), [("ERROR", 1), ("WARNING", 2)])
def test_what_a_client_warns_of_is_counted_though_the_log_may_not_say_it(
    level: str, logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    counter = Counter("errors", "Errors", registry=CollectorRegistry())
    parent, sender = (logging.getLogger(name) for name in ("client-of-the-tests", "client-of-the-tests.sender"))
    parent.setLevel(level)

    with warnings_counted(sender, counter):
        for say in (sender.info, sender.warning, sender.error):
            say("retrying")
    sender.error("not counted any more")

    assert counter._value.get() == 2
    assert [record.message for record in caplog.records].count("retrying") == logged
