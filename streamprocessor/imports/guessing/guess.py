"""A mapping for a list of which nothing is known but its header and its first rows."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC

from streamprocessor.contract.events.address_identities import one_address
from streamprocessor.contract.field_words import read_form_words
from streamprocessor.errors import RecordError
from streamprocessor.imports.cells.numbers import COMMA, POINT, AmbiguousNumberError, Notation, decimal_of, read_number
from streamprocessor.imports.cells.times import format_of, time_reader
from streamprocessor.imports.columns.columns import BOOLEAN, NUMBER, TEXT
from streamprocessor.imports.columns.suppressed_column import SuppressedColumn
from streamprocessor.imports.guessing.column_words import Answers, joined, read_column_words

MAX_COLUMNS = 200
"""Of a wider list the first ones are taken."""

_MAX_NAME_CHARS = 60
_NAMED_LOOKED_AT, _CELLS_LOOKED_AT = 10, 200  # for times, of which many notations are tried
_PLAIN_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*")
_WORDS_OF_YAML = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_TEXTS = frozenset({"phone", "postal_code", "street", "email"})  # whatever stands there: their zeros and signs matter


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that stands in the header once, and its cells that are not empty."""

    name: str
    cells: tuple[str, ...]

    def are_mostly_addresses(self) -> bool:
        addresses = sum(one_address(cell) is not None for cell in self.cells)
        return addresses > 0 and 2 * addresses > len(self.cells)

    def answers(self) -> Answers | None:
        """The languages' cells among which all of these are; None: they answer nothing."""
        cells = {cell.casefold() for cell in self.cells}
        spoken = [answers for answers in read_column_words().answers if cells <= answers.yes | answers.no]
        return spoken[0] if spoken else None

    def are_times(self) -> bool:
        if not self.cells:
            return False
        read = time_reader(self.name, format_of(self.cells[:_CELLS_LOOKED_AT], UTC), UTC)
        return all(_reads(read, cell) for cell in self.cells)

    def read_as(self) -> str:
        if not self.cells:
            return TEXT
        if all(cell.lower() in {"true", "false", "yes", "no"} for cell in self.cells):
            return BOOLEAN
        return NUMBER if all(map(_is_number, self.cells)) else TEXT


def guess(header: Sequence[str], sample_rows: Sequence[Sequence[str]]) -> str:
    """A mapping as text, which can be read: what the columns mean by their names and by the first rows' cells.

    Rows are events where a column is called as their type and one as their time; else they are contacts. Who they are
    is told by an address, else by an id, else by what is different in every row.
    """
    columns = _columns(header, sample_rows)
    words = read_column_words()
    times, types = (_named(columns, names)[:_NAMED_LOOKED_AT] for names in (words.event_time, words.event_type))
    times = [column for column in times if column.are_times()]
    types = [column for column in types if not column.are_times()]
    address = _address_column(columns)
    contact, lines = _contact_lines(columns, address)
    rest = [column for column in columns if column not in (contact, address)]
    if types and times:
        rest = [column for column in rest if column not in (types[0], times[0])]
        lines += [f"type: {{column: {_yaml(types[0].name)}}}", f"occurred_at: {_yaml(times[0].name)}"]
        lines += _value_lines("properties", rest, None)
    else:
        opted_out = _opted_out_column(rest)
        told = [column for column in rest if column is not opted_out]
        lines += _value_lines("attributes", told or ([] if address else columns[:1]), address)
        lines += [] if opted_out is None else [_suppressed_line(opted_out)]
    lines += _notation_lines(columns)
    twice = sorted(name for name, count in Counter(header).items() if count > 1 and name.strip() and _is_text(name))
    lines += [f"# {_yaml(name)} stands there more than once: rename one of them to take it." for name in twice]
    return "\n".join(["# Guessed by the header and the first rows: look at the rows that it makes.", *lines, ""])


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[_Column]:
    counts = Counter(header)
    return [
        _Column(name, tuple(row[position].strip() for row in rows if position < len(row) and row[position].strip()))
        for position, name in enumerate(header[:MAX_COLUMNS])
        if name.strip() and counts[name] == 1 and _is_text(name)
    ]


def _named(columns: Sequence[_Column], names: Collection[str]) -> list[_Column]:
    return [column for column in columns if joined(column.name) in names]


def _address_column(columns: Sequence[_Column]) -> _Column | None:
    """The column of addresses by its name, else by its cells."""
    words = read_form_words(with_people=True)
    by_cells = [column for column in columns if column.are_mostly_addresses()]
    named = [column for column in by_cells if words.is_address_name(column.name)]
    empty = [column for column in columns if not column.cells and words.is_address_name(column.name)]
    return next(iter([*named, *by_cells, *empty]), None)


def _contact_lines(columns: Sequence[_Column], address: _Column | None) -> tuple[_Column | None, list[str]]:
    """The column of the contact, and how the mapping says so."""
    if address is not None:
        return address, [f"contact: {{address: {_yaml(address.name)}}}"]
    words = read_column_words()
    named = _named(columns, words.id)
    different = [column for column in columns if column.cells and len(set(column.cells)) == len(column.cells)]
    column = next(iter([*named, *different, *columns]), None)
    if column is None:
        return None, [
            "contact: id  # No column has a name: say which tells the contacts apart.",
            "attributes: {id: id}",
        ]
    note = "" if named else "  # The best that was found: say which column tells the contacts apart."
    return column, [f"contact: {{column: {_yaml(column.name)}}}{note}"]


def _opted_out_column(columns: Sequence[_Column]) -> _Column | None:
    """The column that is called as one of opt-outs, else one whose longer name says so, where its cells answer that."""
    words = read_column_words()
    answering = [column for column in columns if column.answers() is not None]
    named = [column for column in answering if joined(column.name) in words.opted_out]
    longer = [column for column in answering if words.tells_of_opt_outs(column.name)]
    return next(iter([*named, *longer]), None)


def _value_lines(word: str, columns: Sequence[_Column], address: _Column | None) -> list[str]:
    """The mapping's lines for values under the word; address: the column of the contact's attribute email."""
    form_words = read_form_words(with_people=True)
    lines: list[str] = []
    taken: set[str] = set()
    if address is not None:
        taken.add("email")
        lines.append(f"  email: {_yaml(address.name)}")
    for column in columns:
        known = form_words.attribute_of(column.name)
        name = _unused(known or _snake(column.name), taken)
        taken.add(name)
        is_text = known in _TEXTS or joined(column.name) in read_column_words().id
        read_as = TEXT if is_text else column.read_as()
        spelled = _yaml(column.name)
        lines.append(f"  {_yaml(name)}: {spelled if read_as == TEXT else f'{{column: {spelled}, as: {read_as}}}'}")
    return [f"{word}:", *lines] if lines else []


def _notation_lines(columns: Sequence[_Column]) -> list[str]:
    """The decimal character where nothing decides it: what stands before three digits everywhere groups thousands."""
    numbers = [column for column in columns if column.read_as() == NUMBER]
    if any(decimal_of(column.cells, Notation()) for column in numbers):
        return []
    unclear = [cell for column in numbers for cell in column.cells if _is_ambiguous(cell)]
    marks = {mark for cell in unclear for mark in (POINT, COMMA) if mark in cell}
    if len(marks) != 1:
        return []
    decimal = POINT if marks == {COMMA} else COMMA
    return [f'decimal: "{decimal}"  # so that {unclear[0]} is a whole number']


def _suppressed_line(column: _Column) -> str:
    answers = column.answers()
    usual = SuppressedColumn("")
    if answers is None or {cell.casefold() for cell in column.cells} <= usual.true_values | usual.false_values:
        return f"suppressed: {_yaml(column.name)}"
    true_values, false_values = (", ".join(f'"{cell}"' for cell in sorted(cells)) for cells in answers)
    return f"suppressed: {{column: {_yaml(column.name)}, true_values: [{true_values}], false_values: [{false_values}]}}"


def _unused(name: str, taken: set[str]) -> str:
    number = 2
    unused = name
    while unused in taken:
        unused = f"{name}_{number}"
        number += 1
    return unused


def _snake(name: str) -> str:
    words = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name).casefold()).strip("_")
    return words[:_MAX_NAME_CHARS] or "column"


def _is_number(cell: str) -> bool:
    if cell.startswith("0") and cell[1:2].isdigit():
        return False  # a code: its zeros would be lost
    return _is_ambiguous(cell) or read_number(cell, Notation()) is not None


def _is_ambiguous(cell: str) -> bool:
    try:
        read_number(cell, Notation())
    except AmbiguousNumberError:
        return True
    return False


def _reads(read: Callable[[str], int], cell: str) -> bool:
    try:
        read(cell)
    except RecordError:
        return False
    return True


def _yaml(name: str) -> str:
    """The name as a word of YAML."""
    if _PLAIN_WORD.fullmatch(name) and name.lower() not in _WORDS_OF_YAML:
        return name
    is_plain = {character: character.isprintable() and character not in '"\\' for character in name}
    return '"' + "".join(each if is_plain[each] else f"\\U{ord(each):08x}" for each in name) + '"'


def _is_text(name: str) -> bool:
    """Whether the name is one that can be written: bytes of another encoding may stand in it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
