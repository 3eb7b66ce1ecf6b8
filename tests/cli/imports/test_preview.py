"""`import --dry-run`: what would become of a file, without Kafka; files of known exports need no mapping."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from streamprocessor.imports.csv_mapping import parse_mapping
from tests.cli.conftest import Call
from tests.imports.exports import export_csv

LIST = "Kunde;E-Mail;Vorname\n1;ada@example.com;Ada\n;eve@example.com;Eve\n"
MAPPING = "contact: Kunde\nattributes: {email: E-Mail}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody who has files and nothing else."""
    monkeypatch.setenv("STREAMPROCESSOR_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "hubspot.csv").write_bytes(export_csv("hubspot-contacts"))
    return tmp_path


def test_a_known_export_is_named_and_its_columns_rows_and_counts_are_shown(call: Call, folder: Path) -> None:
    result = call("import", str(folder / "hubspot.csv"), "--dry-run")

    assert result.exit_code == 0, result.output
    assert "hubspot.csv: recognised as HubSpot: contacts" in result.output
    assert "events.email_open.count" in result.output
    assert "50 rows: 50 would be sent, 0 refused, 0 passed over; nothing was sent" in result.output
    assert not (folder / "data").exists()


def test_a_mapping_that_is_given_holds_and_refused_rows_are_named(call: Call, folder: Path) -> None:
    mapping = ("--mapping", str(folder / "mapping.yaml"))
    result = call("import", str(folder / "list.csv"), *mapping, "--dry-run")

    assert result.exit_code == 1
    assert "list.csv:3: no-contact: column 'Kunde' is empty" in result.output
    assert "left out" in result.output

    result = call("import", str(folder / "list.csv"), *mapping, "--dry-run", "--json")
    told = orjson.loads(result.stdout)
    assert (told["counts"]["rows"], told["counts"]["accepted"], told["counts"]["refused"]) == (2, 1, 1)
    assert told["columns"][1] == {
        "name": "E-Mail",
        "samples": ["ada@example.com", "eve@example.com"],
        "meanings": ["attributes.email"],
    }


def test_what_is_not_known_is_guessed_for_a_look_and_never_sent(call: Call, folder: Path) -> None:
    result = call("import", str(folder / "list.csv"), "--dry-run")
    *_, guessed = result.output.split("by --mapping FILE:")
    assert parse_mapping(guessed, "guess").columns() >= {"E-Mail", "Vorname"}

    result = call("import", str(folder / "list.csv"))
    assert result.exit_code != 0
    assert "no known export has these columns; wanted --mapping FILE" in result.output
    assert "list.csv --dry-run` shows one to begin with" in result.output


def test_a_mapping_that_is_wrong_is_said_beside_the_columns(call: Call, folder: Path) -> None:
    (folder / "mapping.yaml").write_text("contact: Kunde\n", encoding="utf-8")
    result = call("import", str(folder / "list.csv"), "--mapping", str(folder / "mapping.yaml"), "--dry-run")

    assert result.exit_code == 1
    assert "wanted either type" in result.output
    assert "ada@example.com" in result.output
