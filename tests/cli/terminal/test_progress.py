"""What people and logs see while Kafka is made ready, or a file is imported."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from streamprocessor.cli.terminal import progress
from streamprocessor.cli.terminal.progress import import_bar, preparation


def prepare_with(log: list[str]) -> None:
    with preparation(log.append) as told:
        told.begin("fetching Kafka, once", 46_000_000)
        for _ in range(100):
            told.fetched(230_000)
        told.begin("preparing fast starts, once")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 80 columns is sent on stderr."""
    written = io.StringIO()
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=written, force_terminal=True, width=80))
    return written


def test_a_terminal_has_one_line_that_moves_and_is_wiped_at_the_end(terminal: io.StringIO) -> None:
    log: list[str] = []
    prepare_with(log)

    drawn = terminal.getvalue()
    assert log == []
    assert "preparing fast starts, once" in drawn
    assert drawn.count("\n") == 1
    assert drawn.endswith("\x1b[1A\x1b[2K")


def test_the_line_says_how_much_of_how_much_has_come(terminal: io.StringIO) -> None:
    with preparation(print) as told:
        told.begin("fetching Kafka, once", 46_000_000)
        for _ in range(100):
            told.fetched(230_000)

    assert "23.0 of 46 MB" in terminal.getvalue()


def test_a_log_has_one_sentence_for_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    log: list[str] = []
    prepare_with(log)

    assert log == ["fetching Kafka, once (about 46 MB)", "preparing fast starts, once"]
    assert capsys.readouterr().err == ""


def test_the_bar_of_an_import_says_rows_a_second_and_what_is_left(
    terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now_seconds = [0.0]
    monkeypatch.setattr("streamprocessor.cli.terminal.progress.time.monotonic", lambda: now_seconds[0])
    file = tmp_path / "events.csv"
    file.write_bytes(b"x" * 10_000)
    with import_bar(file) as bar:
        bar.read(2_500)
        now_seconds[0] = 2.0
        bar.note_rows(50_000)
        bar.note("events.csv:7: bad-time: [red]")
    text = terminal.getvalue()
    assert "25%" in text
    assert "25,000 rows/s" in text
    assert "0:00:06 left" in text
    assert "events.csv:7: bad-time: [red]" in text  # as it is: no markup of a stranger's file


def test_where_stderr_is_no_terminal_only_lines_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(b"x")
    with import_bar(file) as bar:
        bar.read(1)
        bar.note_rows(1)
        bar.note("a bad row")
    assert capsys.readouterr().err.strip() == "a bad row"
