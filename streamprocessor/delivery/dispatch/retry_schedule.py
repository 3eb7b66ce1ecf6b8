"""What an answer means, and when a delivery that failed is tried again: the schedule of Standard Webhooks."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from enum import Enum

_SECOND_MS, _MINUTE_MS, _HOUR_MS = 1_000, 60_000, 3_600_000

RETRY_DELAYS_MS = (
    5 * _SECOND_MS,
    5 * _MINUTE_MS,
    30 * _MINUTE_MS,
    2 * _HOUR_MS,
    5 * _HOUR_MS,
    10 * _HOUR_MS,
    14 * _HOUR_MS,
    20 * _HOUR_MS,
    24 * _HOUR_MS,
)
"""How long after the n-th failed attempt the next one comes; after the last there is none."""

GIVE_UP_AFTER_MS = sum(RETRY_DELAYS_MS)
JITTER = 0.1
LONGEST_RETRY_AFTER_MS = 24 * _HOUR_MS


class AttemptResult(Enum):
    """What an attempt came to."""

    DELIVERED = "delivered"
    FAILED = "failed"
    SLOW_DOWN = "slow-down"
    GONE = "gone"
    REFUSED = "refused"  # this one for good, by a receiver that is well


def result_of(status: int) -> AttemptResult:
    """What the HTTP status means: 2xx only is a delivery, 410 ends the subscription, a redirect is a failure."""
    if 200 <= status < 300:
        return AttemptResult.DELIVERED
    if status == 410:
        return AttemptResult.GONE
    return AttemptResult.SLOW_DOWN if status in (429, 502, 503, 504) else AttemptResult.FAILED


def next_attempt_ms(attempts: int, queued_ms: int, now_ms: int, retry_after_ms: int, jitter: float) -> int | None:
    """When to try again after so many failed attempts; None: undeliverable, as it has been tried for 75 hours.

    retry_after_ms: what the receiver asked for, 0: nothing; jitter: 0 to 1, spreads the waits by a tenth, later only.
    """
    if attempts > len(RETRY_DELAYS_MS) or now_ms - queued_ms >= GIVE_UP_AFTER_MS:
        return None
    delay_ms = RETRY_DELAYS_MS[attempts - 1]
    return now_ms + max(int(delay_ms * (1 + JITTER * jitter)), retry_after_ms)


def retry_after_ms(header: str | None, now_ms: int) -> int:
    """How long the receiver asks to be left alone, seconds or a date, at most a day; 0 where it asks nothing."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        wait_ms = int(text[:9]) * _SECOND_MS
    else:
        try:
            wait_ms = int(parsedate_to_datetime(text).timestamp() * 1000) - now_ms
        except (ValueError, OverflowError):
            return 0
    return min(max(wait_ms, 0), LONGEST_RETRY_AFTER_MS)
