"""How large micro-batches become where all is well, and where acknowledgements are slow."""

from __future__ import annotations

import pytest

from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch_size import (
    FEWEST_RECORDS,
    FIRST_RECORDS,
    MOST_RECORDS,
    PIECE_RECORDS,
    SHARE_OF_STAMP,
    MicrobatchSize,
)
from tests.stream.partition.raw_records import Raw

HOURS_SECONDS = 3_600.0
PLENTY_SECONDS = 4.0


def most(size: MicrobatchSize) -> int:
    return size.most_records(HOURS_SECONDS, PLENTY_SECONDS)


def grown() -> MicrobatchSize:
    """What it has come to where thousands of records take no time."""
    size = MicrobatchSize()
    for _ in range(20):
        size.learn(most(size), 0.1)
        size.learn_acknowledged(most(size), 0.01)
    return size


def test_sizes_grow_up_to_the_most_while_acknowledgements_come_soon() -> None:
    assert most(MicrobatchSize(begins_small=True)) == FEWEST_RECORDS
    assert most(MicrobatchSize()) == FIRST_RECORDS
    assert most(grown()) == MOST_RECORDS


@pytest.mark.parametrize(
    ("records", "share", "wanted"),
    [
        (10_000, SHARE_OF_STAMP, MOST_RECORDS),
        (10_000, 2 * SHARE_OF_STAMP, 5_000),
        (1_000, 2 * SHARE_OF_STAMP, PIECE_RECORDS),
        (400, 8 * SHARE_OF_STAMP, PIECE_RECORDS),
    ],
)
def test_where_acknowledgements_take_too_long_the_next_one_fits(records: int, share: float, wanted: int) -> None:
    size = grown()

    size.learn_acknowledged(records, share)

    assert most(size) == wanted


def test_small_micro_batches_let_no_size_grow() -> None:
    size = grown()
    size.learn_acknowledged(10_000, 2 * SHARE_OF_STAMP)

    for _ in range(20):
        size.learn_acknowledged(2_000, 0.01)

    assert most(size) == 5_000


@pytest.mark.parametrize("count", [1, 499, 500, 501, 1_200])
def test_the_pieces_of_a_batch_are_the_batch(count: int) -> None:
    batch = Batch(3, [Raw(offset, 0, b"ada", b"{}", []) for offset in range(count)])

    pieces = list(batch.pieces(500))

    assert [record for piece in pieces for record in piece.records] == batch.records
    assert {piece.topic_number for piece in pieces} == {3}
    assert max(len(piece.records) for piece in pieces) <= 500
    assert pieces[-1].next_offset == batch.next_offset
