"""Attempts to be let in: who shows wrong tokens waits longer and longer, and nobody else at the same address does."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from streamprocessor.process.lru_map import LruMap
from streamprocessor.readmodel.problem import Problem

WRONG_TOKEN, WRONG_COOKIE = 20, 1
"""What each weighs: browsers hold cookies of sessions whose time is over, an office of them at a time."""
FREE_WEIGHT = 100
LONGEST_DELAY_SECONDS = 300
FORGIVEN_AFTER_SECONDS = 900
MOST_SENDERS = MOST_JUDGED = 10_000

_PEPPER_BYTES, _DIGEST_BYTES = 32, 16


@dataclass
class _Failures:
    weight: int = 0
    until_ms: int = 0
    is_told: bool = False


class Attempts:
    """What was shown at each address, and was it right. Memory is bounded: of too many the oldest are forgotten.

    What was shown before, right or wrong, is looked at again at once: it tells a guesser nothing, and is how programs,
    and people who are signed in, go on while somebody guesses from their address.
    """

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._pepper = secrets.token_bytes(_PEPPER_BYTES)
        self._judged: LruMap[None] = LruMap(MOST_JUDGED)
        self._failures: LruMap[_Failures] = LruMap(MOST_SENDERS)

    def refuse_guesses(self, sender: str, shown: str) -> None:
        """Raise Problem where the sender has to wait before something new may be shown.

        sender: the network that one sender can't change at will. shown: the token, or the cookie.
        """
        place = self._hash(sender)
        if place not in self._failures:
            return
        failures = self._failures.get_or_make(place, _Failures)
        remaining_ms = failures.until_ms - self._clock_ms()
        if remaining_ms <= 0 or self._hash(sender, shown) in self._judged:
            return
        seconds = -(-remaining_ms // 1000)
        detail = f"token: wanted fewer wrong ones from your address; got too many: try again in {seconds} s"
        refusal = TooManyAttempts(429, "too-many-attempts", detail, {"Retry-After": str(seconds)})
        refusal.is_news = not failures.is_told
        failures.is_told = True
        raise refusal

    def note_right(self, sender: str, shown: str) -> None:
        """What was shown lets in."""
        self._judged.put(self._hash(sender, shown), None)

    def note_wrong(self, sender: str, shown: str, weight: int) -> bool:
        """What was shown lets nobody in; whether it is new."""
        judged = self._hash(sender, shown)
        is_new = judged not in self._judged
        self._judged.put(judged, None)
        if is_new:
            self._slow_down(sender, weight)
        return is_new

    def _slow_down(self, sender: str, weight: int) -> None:
        now_ms = self._clock_ms()
        failures = self._failures.get_or_make(self._hash(sender), _Failures)
        if now_ms - failures.until_ms > FORGIVEN_AFTER_SECONDS * 1000:
            failures.weight = 0
        failures.weight += weight
        steps = (failures.weight - FREE_WEIGHT) // WRONG_TOKEN
        delay_seconds = 0 if steps < 0 else min(LONGEST_DELAY_SECONDS, 1 << min(steps, 16))
        failures.until_ms = now_ms + delay_seconds * 1000
        failures.is_told = False

    def _hash(self, *texts: str) -> int:
        content = "\n".join(texts).encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(content, key=self._pepper, digest_size=_DIGEST_BYTES).digest())


class TooManyAttempts(Problem):
    """Something new is not looked at yet. is_news: the first refusal of its kind, the others of the wait are none."""

    is_news = False
