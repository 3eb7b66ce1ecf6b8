"""What is held of a data folder, in which order, and what of Kafka's files is read as records."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from streamprocessor.cli.backup.backup import back_up
from streamprocessor.cli.backup.segments import SegmentSource
from streamprocessor.cli.backup.snapshot import FileAt, snapshot
from streamprocessor.cli.kafka.system_state import differences
from streamprocessor.errors import OperatorError
from streamprocessor.process.clock import now_ms
from streamprocessor.readmodel.store.access.access_store import open_access
from streamprocessor.settings import Settings
from tests.readmodel.databases import opened_database

CHANGELOG = "app-contacts-changelog"
PARTITIONS = ("__cluster_metadata-0", "__consumer_offsets-0", f"{CHANGELOG}-0", "email-opens-0", "score-updated-0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a little of everything."""
    folder = tmp_path / "data"
    for name in PARTITIONS:
        partition = folder / "kafka" / "data" / name
        partition.mkdir(parents=True)
        for file in ("00000000000000000000.log", "00000000000000000000.index", "leader-epoch-checkpoint"):
            (partition / file).write_bytes(b"1")
    for file in ("recovery-point-offset-checkpoint", "meta.properties", ".lock"):
        (folder / "kafka" / "data" / file).write_bytes(b"1")
    (folder / "spool").mkdir()
    for file in ("write-keys", "spool/mark", "spool/000000000001.spool", "delivery.lock", "kafka/broker.json"):
        (folder / file).write_bytes(b"1")
    return folder


def test_who_may_sign_in_is_kept_while_the_api_runs(folder: Path, tmp_path: Path) -> None:
    with opened_database("", tmp_path / "read-model.sqlite") as read_model:
        store = open_access(read_model, folder / "app.access.sqlite", now_ms)
        made, token = store.make("anna", frozenset({"read"}), "local", None)
        with snapshot(folder, CHANGELOG) as files:
            [copy] = [file.source for file in files if file.name.name == "app.access.sqlite"]
            restored = open_access(read_model, Path(shutil.copy(copy, tmp_path / "restored.sqlite")), now_ms)
        store.close()
    assert restored.of_secret(token) == made
    restored.close()


def test_no_file_is_held_before_one_that_points_into_it(folder: Path) -> None:
    with snapshot(folder, CHANGELOG) as files:
        names = [str(file.name) for file in files]

    kafka = [name.split("/")[2] for name in names if name.startswith("kafka/data/") and name.endswith(".log")]
    assert kafka == [PARTITIONS[number] for number in (1, 2, 3, 4, 0)]
    assert max(map(names.index, ("spool/mark", "write-keys"))) < min(
        number for number, name in enumerate(names) if name.startswith("kafka/")
    )
    assert not [name for name in names if name.endswith((".index", ".lock", "broker.json")) or "recovery-point" in name]
    assert "kafka/data/meta.properties" in names
    assert sorted(path.name for path in folder.iterdir()) == [
        "backup.lock",
        "delivery.lock",
        "kafka",
        "spool",
        "write-keys",
    ]


def test_what_grows_or_goes_meanwhile_counts_as_it_was(folder: Path) -> None:
    log = folder / "kafka" / "data" / "email-opens-0" / "00000000000000000000.log"
    with snapshot(folder, CHANGELOG) as files:
        with log.open("ab") as grown:
            grown.write(b"later")
        log.unlink()
        (held,) = [file for file in files if file.name.parent.name == "email-opens-0" and file.name.suffix == ".log"]
        assert held.source.read_bytes()[: held.size] == b"1"


def test_a_topic_that_is_being_deleted_is_left_out_and_two_backups_are_not_made_at_once(folder: Path) -> None:
    deleted = folder / "kafka" / "data" / "t-0.0f3c-delete"
    deleted.mkdir()
    (deleted / "00000000000000000000.log").write_bytes(b"1")
    with snapshot(folder, CHANGELOG) as files:
        assert not [file for file in files if deleted.name in str(file.name)]
        with pytest.raises(OperatorError, match="another backup is made of it"), snapshot(folder, CHANGELOG):
            pass
    with snapshot(folder, CHANGELOG) as files:
        assert files


def test_a_database_of_a_process_that_was_killed_is_whole(folder: Path) -> None:
    writer = (
        "import os, sqlite3; database = sqlite3.connect('delivery.sqlite'); "
        "database.execute('PRAGMA journal_mode = WAL'); database.execute('CREATE TABLE t (x)'); "
        "database.execute('INSERT INTO t VALUES (1)'); database.commit(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", writer], cwd=folder, check=False).returncode == 9
    with snapshot(folder, CHANGELOG) as files:
        (held,) = [file for file in files if file.name.name == "delivery.sqlite"]
        with closing(sqlite3.connect(held.source)) as database:
            assert database.execute("SELECT x FROM t").fetchall() == [(1,)]
        assert not [file for file in files if "-wal" in file.name.name]


def test_a_partition_in_which_compaction_replaces_files_is_waited_for(folder: Path) -> None:
    partition = folder / "kafka" / "data" / f"{CHANGELOG}-0"
    swap = partition / "00000000000000000000.log.swap"
    swap.write_bytes(b"2")
    ending = threading.Timer(0.2, lambda: swap.rename(partition / "00000000000000000000.log"))
    ending.start()
    with snapshot(folder, CHANGELOG) as files:
        (held,) = [file for file in files if file.name.parent.name == partition.name and file.name.suffix == ".log"]
        assert held.source.read_bytes() == b"2"
    ending.join()


def _batch(first: int, *values: bytes) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1_000_000)
    for number, value in enumerate(values):
        builder.append(number, 1, b"k", value, [])
    batch = bytearray(builder.build())
    batch[:8] = first.to_bytes(8, "big")  # as the broker sets it; the checksum does not cover it
    return bytes(batch)


def _segment(folder: Path, content: bytes, first: int = 0) -> FileAt:
    path = folder / f"{first:020d}.log"
    path.write_bytes(content)
    return FileAt(PurePosixPath("kafka/data/t-3") / path.name, path, len(content))


async def test_records_are_read_with_their_offsets_and_a_torn_batch_is_none(tmp_path: Path) -> None:
    first = _segment(tmp_path, _batch(4, b"a", b"b"), 4)
    torn = _segment(tmp_path, _batch(9, b"c") + _batch(10, b"d")[:-1], 9)
    source = SegmentSource([torn, first])

    read = [(record.offset, record.value) async for record in source.records("t", 3)]

    assert read == [(4, b"a"), (5, b"b"), (9, b"c")]
    assert await source.ends(["t", "u"]) == {("t", 3): 10}


async def test_an_empty_segment_is_named_after_the_end(tmp_path: Path) -> None:
    assert await SegmentSource([_segment(tmp_path, b"", 17)]).ends(["t"]) == {("t", 3): 17}


async def test_a_damaged_batch_is_said_and_not_passed_over(tmp_path: Path) -> None:
    batch = bytearray(_batch(0, b"a"))
    batch[-1] ^= 1
    source = SegmentSource([_segment(tmp_path, bytes(batch))])
    with pytest.raises(OperatorError, match="a batch of records in it is damaged"):
        [record async for record in source.records("t", 3)]


def test_what_differs_is_said_without_what_is_equal() -> None:
    wanted = {"contacts": 2, "scores": "ab", "ends": {"t[0]": 1, "t[1]": 5}}
    got = {"contacts": 2, "scores": "ac", "ends": {"t[0]": 1, "t[1]": 4}}
    assert differences(wanted, got) == ['scores: wanted "ab"; got "ac"', 'ends: wanted {"t[1]":5}; got {"t[1]":4}']


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        ("data/backup.tar.gz", "so the next backup would hold it; wanted a place outside"),
        ("backup.tar.gz", f"has no other-contacts-changelog, but {CHANGELOG}; wanted its --topic-prefix and --app-id"),
    ],
)
async def test_a_backup_that_would_not_be_of_this_system_is_not_made(
    folder: Path, tmp_path: Path, archive: str, words: str
) -> None:
    settings = Settings(data_dir=str(folder), app_id="other")

    with pytest.raises(OperatorError, match=words):
        await back_up(settings, tmp_path / archive)
    assert not (tmp_path / archive).exists()


async def test_a_folder_with_nothing_in_it_is_not_backed_up(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    with pytest.raises(OperatorError, match="has no files; wanted the data folder"):
        await back_up(Settings(data_dir=str(tmp_path / "data")), tmp_path / "backup.tar.gz")
    assert not (tmp_path / "backup.tar.gz").exists()
