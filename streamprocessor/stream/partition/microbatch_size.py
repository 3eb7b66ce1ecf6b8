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
#: How large a first micro-batch is at most, and by how much the next ones are, as long as acknowledgements come soon.
FIRST_RECORDS, GROWTH = 8_000, 4
#: Up to which share of its stamp's life a micro-batch may take, from the stamp to the last acknowledgement.
SHARE_OF_STAMP = 0.5
#: What is fetched at once is cut into pieces of so many records, of which a micro-batch takes as many as it may.
PIECE_RECORDS = 500


class MicrobatchSize:
    """Learns how fast records can be scored and acknowledged, and sizes micro-batches by it."""

    __slots__ = ("_most_acknowledged", "_records_a_second")

    def __init__(self, *, begins_small: bool = False) -> None:
        """begins_small: whether a micro-batch was interrupted before, maybe as it was too large for its stamp."""
        self._records_a_second = FEWEST_RECORDS / LONGEST_SECONDS
        self._most_acknowledged = FEWEST_RECORDS if begins_small else FIRST_RECORDS

    def most_records(self, behind_seconds: float, longest_seconds: float) -> int:
        """As many as can be computed in a micro-batch's time. behind_seconds: how long the first of them has waited.

        longest_seconds: what a micro-batch may take whatever waits.
        """
        behind_seconds = min(behind_seconds * SHARE_OF_DELAY, LONGEST_BEHIND_SECONDS)
        allowed_seconds = min(max(LONGEST_SECONDS, behind_seconds), longest_seconds)
        computed = int(max(allowed_seconds * self._records_a_second, FEWEST_RECORDS))
        return min(computed, self._most_acknowledged)

    def learn(self, records: int, seconds: float) -> None:
        """Note how long a micro-batch computed, without what others did meanwhile; the pace moves halfway there."""
        self._records_a_second = (self._records_a_second + records / max(seconds, 1e-6)) / 2

    def learn_acknowledged(self, records: int, share: float) -> None:
        """Note which share of its stamp's life a micro-batch took; where it is too much, the next ones are smaller.

        A broker that acknowledges slowly, or a crowded machine, would let each stamp grow too old: the worker would be
        fenced again and again. Below that, sizes grow up to the most.
        """
        if share > SHARE_OF_STAMP:
            self._most_acknowledged = max(int(records * SHARE_OF_STAMP / share), PIECE_RECORDS)
        elif 2 * records > self._most_acknowledged:
            self._most_acknowledged = min(GROWTH * self._most_acknowledged, MOST_RECORDS)


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
