"""How quick an import is, and how long it will take: of the last ten seconds."""

from __future__ import annotations

import pytest

from streamprocessor.imports.progress.pace import ImportPace


def test_nothing_is_known_before_anything_is_read() -> None:
    pace = ImportPace(100.0, 1_000)
    assert (pace.rows_per_second, pace.remaining_seconds) == (None, None)
    pace.note(101.0, 0, 0)
    assert (pace.rows_per_second, pace.remaining_seconds) == (0, None)


def test_the_rate_is_that_of_the_last_ten_seconds_and_the_rest_takes_as_long_for_each_byte() -> None:
    pace = ImportPace(0.0, 10_000)
    for second in range(1, 6):
        pace.note(float(second), second * 1_000, second * 1_000)  # what was sent already is read quickly
    assert (pace.rows_per_second, pace.remaining_seconds) == (1_000, 5)
    for second in range(6, 26):
        pace.note(float(second), 5_000 + (second - 5) * 100, 5_000 + (second - 5) * 100)
    assert pace.rows_per_second == pytest.approx(100)
    assert pace.remaining_seconds == pytest.approx(30)


def test_a_file_that_is_read_whole_before_its_rows_are_tells_nothing_of_the_rest() -> None:
    pace = ImportPace(0.0, 100)
    pace.note(2.0, 10, 100)
    assert (pace.rows_per_second, pace.remaining_seconds) == (5, None)
