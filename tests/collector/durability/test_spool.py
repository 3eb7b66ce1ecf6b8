"""The spool on its own: what is written is found again, in order, whatever was torn, full or restarted."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.durability.spool import SEGMENT_BYTES, Spool, SpoolFullError
from streamprocessor.collector.durability.spool_checkpoint import Checkpoint, CheckpointFile, SpoolPosition
from streamprocessor.collector.durability.spool_frames import encode_frame, frames_in
from streamprocessor.errors import OperatorError

ROOM = 1 << 20
SEGMENT = 4_096

OpenSpool = Callable[..., Spool]


def records(first: int, count: int) -> list[ProducerRecord]:
    return [
        ProducerRecord("page-visits", b"c-%d" % number, b'{"id":"%d"}' % number)
        for number in range(first, first + count)
    ]


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[OpenSpool]:
    """Opens the spool of the test's folder; one that is open already is closed before, as at a restart."""
    with ExitStack() as ending:

        def opened(max_bytes: int = ROOM, segment_bytes: int = SEGMENT_BYTES) -> Spool:
            ending.close()
            return ending.enter_context(closing(Spool(tmp_path, max_bytes, segment_bytes)))

        yield opened


def emptied(spool: Spool) -> list[ProducerRecord]:
    """Everything in the spool, passed on as a collector does."""
    records: list[ProducerRecord] = []
    while (chunk := spool.next_chunk()) is not None:
        records += chunk.records
        spool.mark(chunk.end, 1)
    return records


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_what_is_written_comes_out_in_order_and_leaves_no_file(open_spool: OpenSpool, tmp_path: Path) -> None:
    spool = open_spool(ROOM, SEGMENT)
    for number in range(0, 600, 3):
        spool.write(records(number, 3), 10 + number)
    assert len(segments(tmp_path)) > 3

    assert emptied(spool) == records(0, 600)
    assert (spool.backlog_bytes, spool.oldest_ms, segments(tmp_path)) == (0, None, [])


def test_with_the_last_mark_nothing_is_old_any_more_also_where_nobody_asks_for_more(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.write(records(0, 3), 10)
    chunk = spool.next_chunk()
    assert chunk is not None
    spool.write(records(3, 3), 20)

    spool.mark(chunk.end, 1)
    between_ms = spool.oldest_ms
    rest = spool.next_chunk()
    assert rest is not None
    spool.mark(rest.end, 1)
    assert (between_ms, spool.backlog_bytes, spool.oldest_ms) == (10, 0, None)


def test_a_restart_goes_on_after_the_mark(open_spool: OpenSpool) -> None:
    spool = open_spool(ROOM, SEGMENT)
    ends = [spool.write(records(number, 1), number) for number in range(300)]
    spool.mark(ends[120], 77)

    again = open_spool(ROOM, SEGMENT)

    assert (again.marked_at_ms, again.oldest_ms) == (77, 121)
    again.write(records(300, 5), 300)
    assert emptied(again) == records(121, 184)


def test_a_spool_that_was_emptied_is_empty_after_a_restart_and_takes_more(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.write(records(0, 4), 1)
    emptied(spool)

    again = open_spool()
    assert again.next_chunk() is None
    again.write(records(4, 2), 2)
    assert emptied(again) == records(4, 2)


@settings(deadline=None)  # a disk may stall
@given(cut=st.integers(min_value=1, max_value=200))
def test_a_torn_tail_is_cut_and_what_was_safe_before_it_stays(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, ROOM)
    spool.write(records(0, 10), 1)
    size = spool.write(records(10, 10), 2).offset
    spool.close()
    (file,) = segments(folder)
    torn = encode_frame(records(20, 10), 3)
    with file.open("ab") as tail:
        tail.write(torn[: min(cut, len(torn) - 1)])

    again = Spool(folder, ROOM)

    assert again.damaged_bytes == 0
    assert file.stat().st_size == size
    assert emptied(again) == records(0, 20)
    again.close()


def test_a_damaged_frame_is_told_and_costs_itself_alone(open_spool: OpenSpool, tmp_path: Path) -> None:
    spool = open_spool()
    first = spool.write(records(0, 10), 1).offset
    second = spool.write(records(10, 10), 2).offset
    spool.write(records(20, 10), 3)
    (file,) = segments(tmp_path)
    content = bytearray(file.read_bytes())
    content[(first + second) // 2] ^= 1
    file.write_bytes(content)

    again = open_spool()

    assert again.damaged_bytes == second - first
    assert emptied(again) == records(0, 10) + records(20, 10)


def test_damage_that_comes_while_it_runs_is_passed_over(open_spool: OpenSpool, tmp_path: Path) -> None:
    spool = open_spool(ROOM, SEGMENT)
    for number in range(0, 300, 3):
        spool.write(records(number, 3), number)
    second = segments(tmp_path)[1]
    second.write_bytes(bytes(second.stat().st_size))

    sent = emptied(spool)

    assert sent == sorted(sent, key=lambda record: int(record.key[2:]))
    assert 0 < 300 - len(sent) < 150
    assert (spool.backlog_bytes, spool.damaged_bytes > 0) == (0, True)


def test_a_full_spool_takes_nothing_more_until_some_of_it_is_gone(open_spool: OpenSpool, tmp_path: Path) -> None:
    spool = open_spool(8 * SEGMENT, SEGMENT)
    count = 0
    while spool.has_room:
        spool.write(records(count, 20), count)
        count += 20
    with pytest.raises(SpoolFullError):
        spool.write(records(count, 1_000), count)
    assert not spool.has_room
    assert sum(file.stat().st_size for file in segments(tmp_path)) <= 8 * SEGMENT

    assert emptied(spool) == records(0, count)
    spool.write(records(0, 20), 1)


def test_a_full_disk_refuses_what_does_not_fit_and_keeps_what_did(
    open_spool: OpenSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool()
    spool.write(records(0, 10), 1)
    real_write = os.pwrite

    def half_and_then_full(descriptor: int, content: bytes, offset: int) -> NoReturn:
        real_write(descriptor, bytes(content)[:40], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", half_and_then_full)
    with pytest.raises(SpoolFullError, match="No space left"):
        spool.write(records(10, 10), 2)
    monkeypatch.setattr(os, "pwrite", real_write)
    spool.write(records(20, 10), 3)

    assert emptied(open_spool()) == records(0, 10) + records(20, 10)


def test_a_full_disk_is_emptied_once_kafka_has_what_is_on_it(
    open_spool: OpenSpool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool(ROOM, SEGMENT)
    for number in range(0, 300, 3):
        spool.write(records(number, 3), number)
    real_write = os.pwrite

    def no_growth(descriptor: int, content: bytes, offset: int) -> int:
        if offset + len(content) > os.fstat(descriptor).st_size:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(descriptor, content, offset)

    monkeypatch.setattr(os, "pwrite", no_growth)
    with pytest.raises(SpoolFullError, match="No space left"):
        spool.write(records(300, 3), 300)

    assert emptied(spool) == records(0, 300)
    assert (spool.backlog_bytes, segments(tmp_path)) == (0, [])


def test_a_folder_whose_spool_can_not_be_read_is_free_for_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: CheckpointFile) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointFile, "read", unreadable)
        with pytest.raises(OperatorError, match="Input/output error") as refusal:
            Spool(tmp_path, ROOM)

    Spool(tmp_path, ROOM).close()
    assert refusal.value.__cause__ is not None  # its traceback has the spool that was given up


def test_two_collectors_do_not_share_a_folder(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOM)

    with pytest.raises(OperatorError, match="another collector"):
        Spool(tmp_path, ROOM)
    spool.close()
    Spool(tmp_path, ROOM).close()


@pytest.mark.parametrize("torn_slot", [0, 1])
def test_a_mark_that_was_torn_leaves_the_one_before(tmp_path: Path, torn_slot: int) -> None:
    file = CheckpointFile(tmp_path / "mark")
    for sequence in (1, 2, 3):
        file.write(Checkpoint(sequence, SpoolPosition(sequence, 10 * sequence), sequence))
    content = bytearray((tmp_path / "mark").read_bytes())
    content[64 * torn_slot + 3] ^= 1
    (tmp_path / "mark").write_bytes(content)

    assert CheckpointFile(tmp_path / "mark").read().sequence == (2 if torn_slot == 1 else 3)


def test_a_trace_context_is_not_kept_so_that_a_release_before_it_reads_the_same_file(tmp_path: Path) -> None:
    plain = ProducerRecord("page-visits", b"c-1", b"{}")
    in_a_trace = plain._replace(traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    assert encode_frame([in_a_trace], 5) == encode_frame([plain], 5)
    assert msgspec.msgpack.decode(encode_frame([in_a_trace], 5)[24:]) == [["page-visits", b"c-1", b"{}"]]
    with closing(Spool(tmp_path, ROOM)) as spool:
        spool.write([in_a_trace], 5)
        assert emptied(spool) == [plain]


@given(st.lists(st.binary(max_size=60), max_size=8), st.binary(max_size=40))
def test_whatever_lies_between_frames_every_whole_frame_is_found(values: list[bytes], rubbish: bytes) -> None:
    frames = [encode_frame([ProducerRecord("t", b"k", value)], number) for number, value in enumerate(values)]

    decoded = [frame.records[0].value for frame in frames_in(rubbish + rubbish.join(frames))]

    assert decoded == values
