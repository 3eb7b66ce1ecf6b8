"""An import that did not end is known again by the file's content, how it is read and where it goes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from streamprocessor.cli.imports.resumption import file_checkpoint
from streamprocessor.errors import OperatorError
from streamprocessor.settings import Settings

READING = "csv\ncontact: who"


class KilledError(Exception):
    """The import did not end."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text("who\nkim\n")
    return file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(bootstrap="kafka:9092", data_dir=str(tmp_path / "data"))


def killed_at(settings: Settings, file: Path, rows: int) -> int:
    """The instant of an import that is killed when so many rows are acknowledged."""
    at_ms = 0
    with suppress(KilledError), file_checkpoint(settings, file, READING, restart=False) as checkpoint:
        checkpoint.rows = rows
        checkpoint.keep()
        at_ms = checkpoint.at_ms
        raise KilledError
    return at_ms


def test_an_import_that_did_not_end_is_gone_on_with_at_its_instant_and_forgotten_at_its_end(
    settings: Settings, file: Path
) -> None:
    at_ms = killed_at(settings, file, 700)
    with file_checkpoint(settings, file.rename(file.with_name("other-name.csv")), READING, restart=False) as found:
        assert (found.is_resumed, found.rows, found.at_ms) == (True, 700, at_ms)
    assert list((settings.data_path / "imports").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "reading", "changes", "restart"),
    [
        ("who\nkim\nada\n", READING, {}, False),
        ("who\nkim\n", READING + " # another mapping", {}, False),
        ("who\nkim\n", READING, {"bootstrap": "other:9092"}, False),
        ("who\nkim\n", READING, {"topic_prefix": "staging-"}, False),
        ("who\nkim\n", READING, {}, True),
    ],
)
def test_what_is_another_import_begins_anew(
    settings: Settings, file: Path, content: str, reading: str, changes: dict[str, str], restart: bool
) -> None:
    killed_at(settings, file, 700)
    file.write_text(content)
    with file_checkpoint(settings.model_copy(update=changes), file, reading, restart=restart) as checkpoint:
        assert (checkpoint.is_resumed, checkpoint.rows) == (False, 0)


def test_a_file_is_imported_by_one_process_at_a_time(settings: Settings, file: Path) -> None:
    with (
        file_checkpoint(settings, file, READING, restart=False),
        pytest.raises(OperatorError, match=r"people\.csv: is imported by another process .* wait for its end"),
        file_checkpoint(settings, file, READING, restart=True),
    ):
        pytest.fail("a second import began")


def test_what_is_kept_is_the_owners_alone(settings: Settings, file: Path) -> None:
    killed_at(settings, file, 1)
    kept = [settings.data_path, settings.data_path / "imports", *(settings.data_path / "imports").iterdir()]
    assert [each.stat().st_mode & 0o077 for each in kept] == [0] * len(kept)
