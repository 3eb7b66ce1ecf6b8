"""What comes of one attempt, whatever way it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult


class Answer(Protocol):
    """What a receiver answered, or that none did."""

    @property
    def status(self) -> int:
        """The code of the answer, as its protocol has it; 0: no whole one came."""

    @property
    def result(self) -> AttemptResult:
        """What it means."""

    @property
    def reason(self) -> str:
        """Why it is so, in a word without personal data."""

    @property
    def retry_after(self) -> str | None:
        """How long the receiver asks to be left alone, as Retry-After spells it; None: it asks nothing."""

    @property
    def span_attributes(self) -> Mapping[str, int]:
        """What its span tells."""
