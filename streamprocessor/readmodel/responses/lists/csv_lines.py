"""Tables as CSV that is harmless in the spreadsheets and terminals that it is opened in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from streamprocessor.contract.events.event_fields import CONTROL_CHARACTERS

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_CONTROL = re.compile(f"[{CONTROL_CHARACTERS}]")


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """The rows as CSV in UTF-8.

    A text that a spreadsheet would run as a formula is marked as a text; control characters are spelled as JSON does.
    """
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return f"'{text}" if text.startswith(_FORMULA) else text
