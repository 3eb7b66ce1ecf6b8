"""Lines in the log about what senders have to mend: named when it begins, counted while it goes on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

PERIOD_SECONDS = 3600.0
MOST_IN_A_PERIOD = 50


class Notices:
    """Sentences for the operator, each at most once a period, however often strangers bring them about."""

    def __init__(self, log: logging.Logger, now_seconds: Callable[[], float] = time.monotonic) -> None:
        """Write to that log. now_seconds: a clock that only goes forward."""
        self._log, self._now_seconds = log, now_seconds
        self._period_end = float("-inf")
        self._times: dict[str, int] = {}
        self._times_before: dict[str, int] = {}

    def tell(self, sentence: str) -> None:
        """Write the sentence, with how often it was to be told in the period before; or count it, where it was told.

        Of more than MOST_IN_A_PERIOD sentences the others are not told: strangers choose what stands in them.
        """
        now_seconds = self._now_seconds()
        if now_seconds >= self._period_end:
            is_next = now_seconds < self._period_end + PERIOD_SECONDS
            self._times_before, self._times = self._times if is_next else {}, {}
            self._period_end = now_seconds + PERIOD_SECONDS
        if sentence in self._times:
            self._times[sentence] += 1
        elif len(self._times) < MOST_IN_A_PERIOD:
            self._times[sentence] = 1
            before = self._times_before.get(sentence, 0)
            self._log.warning("%s%s", sentence, f" ({before} times in the hour before)" if before else "")
            if len(self._times) == MOST_IN_A_PERIOD:
                self._log.warning("further notices of this kind are left out for up to an hour")
