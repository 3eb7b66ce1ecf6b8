"""An import that is killed, however often, sends each row at least once, under ids and times that never change."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.importer import ImportCounts, checked, import_rows
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.kafka_sender import KafkaSender, KeyedRecord
from streamprocessor.imports.progress.checkpoint import EVERY_SECONDS, ImportCheckpoint
from streamprocessor.imports.progress.row_sender import RowSender
from streamprocessor.imports.rows import BadRow, ReadRow
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.mapped_files import read_csv

AT_MS = 1_795_000_000_000
ROWS = 5_200  # progress is told every 1 000


class KilledError(Exception):
    """The process is gone, and with it all that was not written."""


class Broker(KafkaSender):
    """Takes records, acknowledges each one later than it came, and ends the sending process at the last it may take."""

    def __init__(self, log: list[KeyedRecord], most: int | None, behind: int = 700) -> None:
        self.sent, self.acknowledged = 0, 0
        self._log, self._most, self._behind = log, most, behind
        self._under_way: deque[KeyedRecord] = deque()

    async def send_all(self, records: Sequence[KeyedRecord]) -> None:
        for record in records:
            if self.sent == self._most:
                self._log.extend(list(self._under_way)[: self._behind // 2])  # written, and nobody hears of it
                raise KilledError
            self.sent += 1
            self._under_way.append(record)
            if len(self._under_way) > self._behind:
                self._log.append(self._under_way.popleft())
                self.acknowledged += 1

    async def all_acknowledged(self) -> None:
        self._log.extend(self._under_way)
        self.acknowledged = self.sent


def csv_rows(at_ms: int) -> Iterator[ReadRow]:
    """Updates without times, ids of their content, equal rows, and each tenth one refused."""
    mapping = parse_mapping("{contact: who, attributes: {n: {column: n, as: number}}, suppressed: out}", "mapping")
    lines = (f"c-{n % 700},{'many' if n % 10 == 9 else n},{'yes' if n % 3 else ''}\n".encode() for n in range(ROWS))
    return iter(read_csv([b"who,n,out\n", *lines], mapping, "people.csv", at_ms))


def event_rows(at_ms: int) -> Iterator[ReadRow]:
    mapping = parse_mapping("{contact: who, occurred_at: at, type: download}", "mapping")
    lines = (f"c-{n % 7},2026-11-01T08:00:0{n % 3}Z\n".encode() for n in range(ROWS))
    return iter(read_csv([b"who,at\n", *lines], mapping, "acts.csv", at_ms))


def json_rows(_: int) -> Iterator[ReadRow]:
    lines = ({"contact_id": f"c-{n}", "type": "email_open", "id": f"o-{n}"} for n in range(ROWS))
    return read_json_lines(json.dumps(line).encode() for line in lines)


@pytest.mark.parametrize("rows_at", [csv_rows, event_rows, json_rows])
@pytest.mark.parametrize("kills", [[1], [999, 1001, 1], [2400, 2000, 3, 1500, 1400]])
async def test_killed_and_gone_on_with_all_rows_are_sent_and_none_differs_in_a_byte(
    tmp_path: Path, rows_at: Callable[[int], Iterator[ReadRow]], kills: list[int]
) -> None:
    whole, records = list[KeyedRecord](), list[KeyedRecord]()
    expected = await imported(rows_at, Broker(whole, None), ImportCheckpoint(tmp_path / "whole", AT_MS))

    for number, most in enumerate(kills):
        with pytest.raises(KilledError):
            await imported(rows_at, Broker(records, most), checkpoint(tmp_path, AT_MS + number))
    counts = await imported(rows_at, Broker(records, None), checkpoint(tmp_path, AT_MS + len(kills)))

    assert counts == expected
    assert set(records) == set(whole)
    assert len(set(whole)) == len(whole)  # each under an id of its own, by which a repeat is known
    # What comes last of a contact is what the file says last of it, too: repeats are in the file's order.
    assert {record[:2]: record for record in records} == {record[:2]: record for record in whole}


async def imported(rows_at: Callable[[int], Iterator[ReadRow]], broker: Broker, kept: ImportCheckpoint) -> ImportCounts:
    def on_progress(counts: ImportCounts) -> None:
        assert counts.acknowledged_rows >= kept.rows
        kept.advance(counts.acknowledged_rows)

    kept.keep()
    sender = RowSender(broker, INPUT_TOPICS, kept.rows)
    return await import_rows(checked(rows_at(kept.at_ms), kept.at_ms), sender, lambda _: None, on_progress)


def checkpoint(folder: Path, at_ms: int) -> ImportCheckpoint:
    """One that is written at each progress."""
    clock = iter(range(0, 1_000_000, 10))
    return ImportCheckpoint(folder / "killed", at_ms, lambda: float(next(clock)))


async def test_what_is_acknowledged_is_not_sent_again(tmp_path: Path) -> None:
    records = list[KeyedRecord]()
    with pytest.raises(KilledError):
        await imported(json_rows, Broker(records, 4_500, behind=100), checkpoint(tmp_path, AT_MS))
    last = Broker(records, None)
    await imported(json_rows, last, checkpoint(tmp_path, AT_MS))

    assert last.sent == ROWS - 3_000  # of 4 000 not all were acknowledged when that was looked at last


def test_the_file_is_written_ten_times_a_second_at_most_and_is_private(tmp_path: Path) -> None:
    now_seconds, file = [0.0], tmp_path / "kept"
    kept = ImportCheckpoint(file, AT_MS, lambda: now_seconds[0])
    assert not file.exists()  # nothing was sent
    kept.keep()
    kept.advance(500)
    assert ImportCheckpoint(file, AT_MS + 1).rows == 0
    now_seconds[0] = EVERY_SECONDS
    kept.advance(1_000)
    later = ImportCheckpoint(file, AT_MS + 1)
    assert (later.rows, later.at_ms, later.is_resumed) == (1_000, AT_MS, True)
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    later.remove()
    assert not ImportCheckpoint(file, AT_MS).is_resumed


@pytest.mark.parametrize("content", ["", "{", "[]", '{"at_ms": 1}', '{"at_ms": null, "rows": 1}'])
def test_a_file_that_says_nothing_of_an_import_is_named_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "kept").write_text(content)
    with pytest.raises(
        OperatorError, match=r"kept: wanted how far an import got .* delete it to begin the import anew"
    ):
        ImportCheckpoint(tmp_path / "kept", AT_MS)


def test_where_it_can_not_be_kept_is_said(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"can't be kept: .* wanted room in the data folder"):
        ImportCheckpoint(tmp_path / "none" / "kept", AT_MS).keep()


def test_the_rows_of_the_cases_are_good_and_bad() -> None:
    rows = list(checked(csv_rows(AT_MS), AT_MS))
    assert sum(isinstance(row, BadRow) for row in rows) == ROWS // 10
