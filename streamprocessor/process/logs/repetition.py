"""What libraries log: warnings only, and the same words once in a while."""

from __future__ import annotations

import logging
from collections.abc import Callable

from streamprocessor.process.logs.lines import message_of

#: Libraries that report each connection and rebalance at INFO, and at DEBUG whole requests, with what is in them; ours
#: say what matters of it.
TALKATIVE = ("faust", "mode", "aiokafka", "kafka", "asyncio", "aiohttp", "uvicorn", "sqlalchemy", "python_multipart")
_REPEAT_AFTER_SECONDS = 30.0  # aiokafka repeats itself ten times a second while a broker is away
_REMEMBERED = 1_000
_SERVICE_MARK = "[^"  # Faust's services log `[^-Consumer]: Starting...` under the names of our modules that extend them


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line is more than a service of Faust's saying that it starts or stops, at a level above DEBUG."""
    if record.levelno >= logging.WARNING or logging.getLogger().isEnabledFor(logging.DEBUG):
        return True
    return not str(record.msg).startswith(_SERVICE_MARK)


class RepetitionFilter(logging.Filter):
    """Lets through what libraries log, the same words only once in a while; ours all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Measure by this clock, in seconds."""
        super().__init__()
        self._clock = clock
        self._logged: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if record.name.partition(".")[0] not in TALKATIVE:
            return True
        now_seconds, words = self._clock(), (record.name, message_of(record))
        if now_seconds < self._logged.get(words, 0.0):
            return False
        if len(self._logged) >= _REMEMBERED:
            self._logged.clear()
        self._logged[words] = now_seconds + _REPEAT_AFTER_SECONDS
        return True
