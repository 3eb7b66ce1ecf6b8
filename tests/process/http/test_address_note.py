"""Which processes of a data folder live, and where they answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streamprocessor.process.http.address_note import AddressNote, address_noted, local_url, noted_addresses

WORKER = AddressNote("worker", "streamprocessor", "http://127.0.0.1:6066")
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


def test_a_killed_process_is_not_found_and_what_it_left_is_taken_away(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", NOTING, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "noted\n"
        assert [note.process for note in noted_addresses(tmp_path, "streamprocessor")] == ["collector"]
        process.kill()
        process.communicate()
    assert noted_addresses(tmp_path, "streamprocessor") == []
    with address_noted(tmp_path, WORKER):
        assert len(list((tmp_path / "processes").glob("*.json"))) == 1


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
