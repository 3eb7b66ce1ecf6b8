"""Attempts to be let in: who shows wrong tokens waits longer and longer, and nobody else at the same address does."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

from streamprocessor.readmodel.problem import Problem

WRONG_TOKEN, WRONG_COOKIE = 20, 1
"""What each weighs: browsers hold cookies of sessions whose time is over, an office of them at a time."""
FREE_WEIGHT = 100
LONGEST_DELAY_SECONDS = 300
FORGIVEN_AFTER_SECONDS = 900
MOST_SENDERS = MOST_JUDGED = 10_000

_PEPPER_BYTES, _DIGEST_BYTES = 32, 16

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Newest(OrderedDict[Key, Value], Generic[Key, Value]):
    """So many keys, the ones that were put last."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, key: Key, value: Value) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)


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
        self._judged: _Newest[tuple[str, bytes], None] = _Newest(MOST_JUDGED)
        self._failures: _Newest[str, _Failures] = _Newest(MOST_SENDERS)

    def refuse_guesses(self, sender: str, shown: str) -> None:
        """Raise Problem where the sender has to wait before something new may be shown.

        sender: the network that one sender can't change at will. shown: the token, or the cookie.
        """
        failures = self._failures.get(sender)
        remaining_ms = 0 if failures is None else failures.until_ms - self._clock_ms()
        if failures is None or remaining_ms <= 0 or self._key(sender, shown) in self._judged:
            return
        seconds = -(-remaining_ms // 1000)
        detail = f"token: wanted fewer wrong ones from your address; got too many: try again in {seconds} s"
        refusal = TooManyAttempts(429, "too-many-attempts", detail, {"Retry-After": str(seconds)})
        refusal.is_news = not failures.is_told
        failures.is_told = True
        raise refusal

    def note_right(self, sender: str, shown: str) -> None:
        """What was shown lets in."""
        self._judged.put(self._key(sender, shown), None)

    def note_wrong(self, sender: str, shown: str, weight: int) -> bool:
        """What was shown lets nobody in; whether it is new."""
        key = self._key(sender, shown)
        is_new = key not in self._judged
        self._judged.put(key, None)
        if is_new:
            self._slow_down(sender, weight)
        return is_new

    def _slow_down(self, sender: str, weight: int) -> None:
        now_ms = self._clock_ms()
        failures = self._failures.get(sender)
        if failures is None or now_ms - failures.until_ms > FORGIVEN_AFTER_SECONDS * 1000:
            failures = _Failures()
        failures.weight += weight
        steps = (failures.weight - FREE_WEIGHT) // WRONG_TOKEN
        delay_seconds = 0 if steps < 0 else min(LONGEST_DELAY_SECONDS, 1 << min(steps, 16))
        failures.until_ms = now_ms + delay_seconds * 1000
        failures.is_told = False
        self._failures.put(sender, failures)

    def _key(self, sender: str, shown: str) -> tuple[str, bytes]:
        content = shown.encode("utf-8", "surrogatepass")
        return sender, blake2b(content, key=self._pepper, digest_size=_DIGEST_BYTES).digest()


class TooManyAttempts(Problem):
    """Something new is not looked at yet. is_news: the first refusal of its kind, the others of the wait are none."""

    is_news = False
