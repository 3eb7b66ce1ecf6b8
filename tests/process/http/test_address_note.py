"""Which processes of a data folder live, and where they answer."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from streamprocessor.process.http.address_note import (
    AddressNote,
    address_noted,
    forget_killed_processes,
    killed_processes,
    local_url,
    noted_addresses,
)

GROUP = "streamprocessor"
WORKER = AddressNote("worker", GROUP, "http://127.0.0.1:6066")
NOTING = """
import sys
from pathlib import Path
from streamprocessor.process.http.address_note import AddressNote, address_noted
with address_noted(Path(sys.argv[1]), AddressNote("collector", "streamprocessor", "http://127.0.0.1:8000")):
    print("noted", flush=True)
    sys.stdin.read()
"""


def test_a_process_is_found_for_as_long_as_it_answers(tmp_path: Path) -> None:
    assert noted_addresses(tmp_path, "streamprocessor") == []
    with address_noted(tmp_path, WORKER):
        assert noted_addresses(tmp_path, "streamprocessor") == [WORKER]
        assert noted_addresses(tmp_path, "another") == []
    assert noted_addresses(tmp_path, "streamprocessor") == []
    assert list((tmp_path / "processes").iterdir()) == []


def test_a_killed_process_is_known_as_such_until_one_of_its_kind_takes_its_place(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", NOTING, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "noted\n"
        assert [note.process for note in noted_addresses(tmp_path, GROUP)] == ["collector"]
        assert killed_processes(tmp_path, GROUP) == []
        process.kill()
        process.communicate()
    collector = AddressNote("collector", GROUP, "http://127.0.0.1:8000")

    assert noted_addresses(tmp_path, GROUP) == []
    assert [note for note, _ in killed_processes(tmp_path, GROUP)] == [collector]
    with address_noted(tmp_path, WORKER):
        assert [note for note, _ in killed_processes(tmp_path, GROUP)] == [collector]
    with address_noted(tmp_path, replace(collector, url="http://127.0.0.1:8001")):
        assert killed_processes(tmp_path, GROUP) == []
        assert len(list((tmp_path / "processes").glob("*.json"))) == 1


def _leave_dead(folder: Path, *notes: AddressNote) -> None:
    (folder / "processes").mkdir(exist_ok=True)
    for number, note in enumerate(notes):
        (folder / "processes" / f"{note.process}-dead-{number}.json").write_text(json.dumps(asdict(note)))


def test_a_start_takes_the_place_of_one_killed_process_and_first_of_that_at_its_address(tmp_path: Path) -> None:
    other = replace(WORKER, url="http://127.0.0.1:6065")
    _leave_dead(tmp_path, other, WORKER)

    with address_noted(tmp_path, WORKER):
        assert [note for note, _ in killed_processes(tmp_path, GROUP)] == [other]
        forget_killed_processes(tmp_path)
        assert killed_processes(tmp_path, GROUP) == []
        assert noted_addresses(tmp_path, GROUP) == [WORKER]


def test_what_another_container_notes_in_a_shared_folder_is_not_looked_for_here(tmp_path: Path) -> None:
    elsewhere = replace(WORKER, host="another-container")
    with address_noted(tmp_path, elsewhere), address_noted(tmp_path, WORKER):
        assert len(list((tmp_path / "processes").glob("*.json"))) == 2
        assert noted_addresses(tmp_path, GROUP) == [WORKER]
    _leave_dead(tmp_path, elsewhere)
    assert killed_processes(tmp_path, GROUP) == []
    with address_noted(tmp_path, WORKER):
        assert len(list((tmp_path / "processes").glob("*.json"))) == 1


def test_a_process_works_without_its_note_where_there_is_no_room_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "processes").write_text("no folder")
    with address_noted(tmp_path, WORKER):
        assert noted_addresses(tmp_path, GROUP) == []
    assert "`status` will not find this worker" in caplog.text


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"process": "worker"}'])
def test_a_note_that_is_none_is_no_process(tmp_path: Path, rubbish: str) -> None:
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "worker-1.json").write_text(rubbish)

    assert noted_addresses(tmp_path, "streamprocessor") == []


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("fd00::1", "http://[fd00::1]:1"),
        ("worker-1", "http://worker-1:1"),
    ],
)
def test_who_listens_on_all_addresses_is_asked_on_this_machines_own(host: str, url: str) -> None:
    assert local_url(host, 1) == url
