"""What a stranger called himself does nothing in the spreadsheet or terminal of who opens an export."""

from __future__ import annotations

import csv
import io

import pytest

from streamprocessor.readmodel.responses.lists.csv_lines import csv_lines


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("jane", "jane"),
        ('say "hi", jane', 'say "hi", jane'),
        ("=cmd|calc", "'=cmd|calc"),
        ("-1+1", "'-1+1"),
        ("＝cmd", "'＝cmd"),
        ("\t=cmd", "\\u0009=cmd"),
        ("a\rb\nc", "a\\u000db\\u000ac"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("\x9b31mred\x7f\u2028", "\\u009b31mred\\u007f\\u2028"),
        ("می\u200cروم", "می\u200cروم"),
        (-7, "-7"),
        (None, ""),
    ],
)
def test_a_cell_is_what_was_said_and_can_do_nothing(value: object, cell: str) -> None:
    lines = csv_lines([["contact_id"], [value]]).decode()

    assert list(csv.reader(io.StringIO(lines, newline=""))) == [["contact_id"], [cell]]
    assert lines.count("\r\n") == lines.count("\r") == lines.count("\n") == 2
