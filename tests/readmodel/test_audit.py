"""The audit tells who did what, in files of a bounded size that nobody else reads, and holds no contact's id."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import orjson
import pytest

from streamprocessor.contract.changelog.pseudonyms import pseudonym_under
from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.audit import MAX_OBJECT_CHARS, AuditEntry, AuditFiles, AuditLog

ENTRY = AuditEntry(
    at_ms=1_795_334_400_123,
    who="ops",
    by="token",
    address="192.0.2.9",
    operation="erase_contact",
    object=None,
    contact_id="jane@corp.example",
    status=202,
)


def log_in(folder: Path, max_bytes: int = 1 << 20, kept: int = 3) -> AuditLog:
    return AuditLog(AuditFiles(folder / "audit.jsonl", max_bytes, kept), pseudonym_under("salt"))


def written(folder: Path) -> dict[str, list[int]]:
    """The statuses in each file, which stand for their lines."""
    return {
        path.name: [orjson.loads(line)["status"] for line in path.read_bytes().splitlines()]
        for path in sorted(folder.iterdir())
    }


def test_a_line_tells_who_from_where_what_and_how_it_ended_and_not_the_person(tmp_path: Path) -> None:
    log_in(tmp_path).write(ENTRY)

    [line] = (tmp_path / "audit.jsonl").read_bytes().splitlines()
    assert orjson.loads(line) == {
        "at": "2026-11-22T08:00:00.123Z",
        "who": "ops",
        "by": "token",
        "from": "192.0.2.9",
        "operation": "erase_contact",
        "object": None,
        "contact": pseudonym_under("salt")(b"jane@corp.example").hex(),
        "status": 202,
    }
    assert b"jane" not in line


def test_a_name_is_one_line_whatever_it_holds_and_cut(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for name in ('a\n{"who": "root"}', "\x1b[31mred", "x" * 10_000, "é"):
        log.write(ENTRY._replace(object=name, contact_id=None))

    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    objects = [orjson.loads(line)["object"] for line in lines]
    assert objects == ['a\n{"who": "root"}', "\x1b[31mred", "x" * MAX_OBJECT_CHARS, "é"]
    assert "\x1b" not in "".join(lines)


def test_files_are_their_owners_alone_and_put_aside_when_they_are_full(tmp_path: Path) -> None:
    log = log_in(tmp_path, max_bytes=600)  # three lines
    for status in range(14):
        log.write(ENTRY._replace(status=status))

    assert written(tmp_path) == {"audit.jsonl": [12, 13], "audit.jsonl.1": [9, 10, 11], "audit.jsonl.2": [6, 7, 8]}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_one_file_alone_is_begun_anew(tmp_path: Path) -> None:
    log = log_in(tmp_path, max_bytes=600, kept=1)
    for status in range(4):
        log.write(ENTRY._replace(status=status))

    assert written(tmp_path) == {"audit.jsonl": [3]}


def test_several_processes_lose_no_line_of_each_other(tmp_path: Path) -> None:
    logs = [log_in(tmp_path, max_bytes=2_000, kept=1_000) for _ in range(4)]  # an AuditLog each, as processes have

    def write(log: AuditLog, first: int) -> None:
        for status in range(first, first + 100):
            log.write(ENTRY._replace(status=status))

    threads = [threading.Thread(target=write, args=(log, 100 * number)) for number, log in enumerate(logs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    statuses = [status for statuses in written(tmp_path).values() for status in statuses]
    assert sorted(statuses) == list(range(400))


def test_what_another_process_begins_while_a_file_is_put_aside_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other = (log_in(tmp_path, max_bytes=600) for _ in range(2))
    for status in range(3):
        log.write(ENTRY._replace(status=status))
    replace = Path.replace

    def replace_and_be_overtaken(newer: Path, older: Path) -> Path:
        result = replace(newer, older)
        monkeypatch.undo()
        other.write(ENTRY._replace(status=3))
        return result

    monkeypatch.setattr(Path, "replace", replace_and_be_overtaken)
    log.write(ENTRY._replace(status=4))

    assert written(tmp_path) == {"audit.jsonl": [3, 4], "audit.jsonl.1": [0, 1, 2]}


def test_what_hinders_the_next_file_is_said_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_in(tmp_path, max_bytes=600)
    for status in range(3):
        log.write(ENTRY._replace(status=status))
    replace = Path.replace

    def replace_by_a_folder(newer: Path, older: Path) -> Path:
        result = replace(newer, older)
        newer.mkdir()
        return result

    monkeypatch.setattr(Path, "replace", replace_by_a_folder)
    with pytest.raises(IsADirectoryError):
        log.write(ENTRY)


@pytest.mark.parametrize("kind", ["folder", "pipe", "below a file"])
def test_where_no_file_can_be_written_it_does_not_begin(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "audit.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("")
        path = path / "audit.jsonl"
    with pytest.raises(OperatorError, match=r"STREAMPROCESSOR_AUDIT_FILE: .*audit\.jsonl can't be written to"):
        AuditLog(AuditFiles(path, 1 << 20, 3), pseudonym_under("salt"))
