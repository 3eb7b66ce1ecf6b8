"""Which row of a table names its columns, and which of them a mapping means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from streamprocessor.contract.foreign_text import MAX_VALUE_CHARS, shown_value
from streamprocessor.errors import OperatorError

ROWS_LOOKED_AT = 20
"""A table may have a title, a date or blank rows above its header, so many at most."""

MAX_COLUMNS = 16_384
"""Of a table, as of a sheet: each costs memory and time."""

MAX_SHOWN_COLUMNS = 20

_NAMES_COMPARED = 500


def plain(name: str) -> str:
    """The name of a column without what people and programs change in it: letter case and blanks."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


def header_position(rows: Sequence[Sequence[str]], columns: Collection[str]) -> int:
    """Which of a table's first rows names the columns, from 0: that which has most of those, else the first full one.

    columns: those that are wanted; none where nothing is known of the table.
    """
    wanted = {plain(column) for column in columns}
    found = [len(wanted & {plain(cell) for cell in row}) for row in rows]
    if any(found):
        return found.index(max(found))
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(filled, default=0)
    enough = max(2, -(-3 * widest // 4)) if widest > 1 else 1
    return next((position for position, count in enumerate(filled) if count >= enough), 0)


def bounded_header(names: list[str], source_name: str) -> list[str]:
    """The names of a table's columns; raises OperatorError where they are more than a table may have."""
    if len(names) > MAX_COLUMNS:
        message = f"{source_name}: wanted at most {MAX_COLUMNS} columns; got {len(names)}"
        raise OperatorError(message)
    return names


def named_by(header: Sequence[str], columns: Collection[str]) -> list[str]:
    """The header, each column by the name that is wanted of it where letter case and blanks alone differ."""
    missing = {plain(column): column for column in columns if column not in header}
    counts = Counter(map(plain, header))
    return [missing[plain(name)] if plain(name) in missing and counts[plain(name)] == 1 else name for name in header]


def refuse_unless_whole(
    header: Sequence[str], needed: Collection[str], columns: Collection[str], source_name: str, how: str
) -> None:
    """Raise OperatorError where a column is missing that is needed, or one of the columns stands there twice.

    how: the header was found, as messages end with it.
    """
    twice = next((column for column in sorted(columns) if list(header).count(column) > 1), None)
    if twice is not None:
        positions = " and ".join(str(position) for position, name in enumerate(header, 1) if name == twice)
        got = f"it as columns {positions}{how}: rename one of them in the file"
        message = f"{source_name}: wanted the column {shown_value(twice)} once; got {got}"
        raise OperatorError(message)
    missing = sorted(set(needed) - set(header))
    if missing:
        got = f"{_shown(header)}{_nearest(missing, header)}{how}"
        message = f"{source_name}: wanted the columns {_shown(missing)} too; got {got}"
        raise OperatorError(message)


def _nearest(missing: Sequence[str], header: Sequence[str]) -> str:
    names = {plain(name[:MAX_VALUE_CHARS]): name for name in header[:_NAMES_COMPARED]}
    pairs = [(column, get_close_matches(plain(column), names, 1, 0.7)) for column in missing[:MAX_SHOWN_COLUMNS]]
    hints = [f"{shown_value(names[near[0]])} for {shown_value(column)}" for column, near in pairs if near]
    return f" (did you mean {', '.join(hints)}?)" if hints else ""


def _shown(columns: Sequence[str]) -> str:
    """The first columns of a stranger's file, each cut."""
    shown = ", ".join(map(shown_value, columns[:MAX_SHOWN_COLUMNS]))
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > MAX_SHOWN_COLUMNS else shown or "none"
