"""How a file is written, as far as a mapping says it: delimiter, encoding, numbers."""

from __future__ import annotations

from codecs import lookup

from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.imports.cells.numbers import DECIMALS, THOUSANDS, Notation
from streamprocessor.imports.columns.columns import read_cell
from streamprocessor.imports.tables.delimiters import NO_DELIMITERS

_WANTED_ENCODING = "a text encoding such as utf-8, utf-16, cp1252 or latin-1"
_NO_FILES = frozenset({"idna", "punycode"})  # of names of hosts; what they take grows with the square of a text


def read_character(located: LocatedNode) -> str:
    """A character that may stand between cells."""
    character = text(located)
    if len(character) != 1 or character in NO_DELIMITERS:
        located.refuse("one character that is no quote and no line end")
    return character


def read_encoding(located: LocatedNode) -> str:
    """The name of a text encoding, as Python spells it."""
    name = text(located)
    try:
        "".encode(name)
        name = lookup(name).name
    except (LookupError, UnicodeError):  # one of the codecs refuses whatever it gets
        located.refuse(_WANTED_ENCODING)
    if name in _NO_FILES:
        located.refuse(_WANTED_ENCODING)
    return name


def read_notation(fields: Fields) -> Notation:
    """How numbers are written, by the words decimal and thousands."""
    notation = Notation(fields.read("decimal", _decimal, None), fields.read("thousands", _thousands, None))
    if notation.decimal is not None and notation.decimal == notation.thousands:
        fields.entries["thousands"].note(f"wanted another character than decimal's; got {notation.thousands!r} too")
    return notation


def _decimal(located: LocatedNode) -> str:
    return _one_of(located, DECIMALS)


def _thousands(located: LocatedNode) -> str:
    return _one_of(located, THOUSANDS)


def _one_of(located: LocatedNode, characters: tuple[str, ...]) -> str:
    character = read_cell(located)
    if character not in characters:
        located.refuse(" or ".join(f'"{each}"' for each in characters))
    return character
