"""How many records to merge into one micro-batch: large ones cost least, for they change a contact once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

#: How long a micro-batch may compute while its partition keeps up: what comes meanwhile waits for it.
LONGEST_SECONDS = 1.0
#: How long where the partition is behind: what waits is late already, and so are its timers, which wait for it.
LONGEST_BEHIND_SECONDS = 4.0
#: By what share of how late its first record is a micro-batch may make the others later.
SHARE_OF_DELAY = 0.25
FEWEST_RECORDS, MOST_RECORDS = 2_000, 36_000


class MicrobatchSize:
    """Learns how fast records can be scored, and sizes micro-batches by it."""

    __slots__ = ("_records_a_second",)

    def __init__(self) -> None:
        self._records_a_second = FEWEST_RECORDS / LONGEST_SECONDS

    def most_records(self, behind_seconds: float, longest_seconds: float) -> int:
        """As many as can be computed in a micro-batch's time. behind_seconds: how long the first of them has waited.

        longest_seconds: what a micro-batch may take whatever waits.
        """
        behind_seconds = min(behind_seconds * SHARE_OF_DELAY, LONGEST_BEHIND_SECONDS)
        allowed_seconds = min(max(LONGEST_SECONDS, behind_seconds), longest_seconds)
        return int(min(max(allowed_seconds * self._records_a_second, FEWEST_RECORDS), MOST_RECORDS))

    def learn(self, records: int, seconds: float) -> None:
        """Note how long a micro-batch computed, without what others did meanwhile; the pace moves halfway there."""
        self._records_a_second = (self._records_a_second + records / max(seconds, 1e-6)) / 2


def slices(arrived: Sequence[tuple[object, Sequence[object]]], most_records: int) -> Iterator[tuple[int, int]]:
    """From which contact to which, so that each part has about so many records at most, and one contact at least."""
    first = size = 0
    for number, (_, items) in enumerate(arrived):
        if size and size + len(items) > most_records:
            yield first, number
            first, size = number, 0
        size += len(items)
    if size:
        yield first, len(arrived)
