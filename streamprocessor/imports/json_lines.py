"""JSON Lines read as events and contact updates, both in the words of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from streamprocessor.contract import reason_codes
from streamprocessor.contract.lenient_json import mends_told_to, read_object
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow


def read_json_lines(lines: Iterable[bytes], on_mended: Callable[[str], object] | None = None) -> Iterator[ReadRow]:
    """One event or `{"update": ...}` a line, as it stands; blank lines are passed over.

    Only what is needed to send it is looked at: an object, its contact_id, its type or update.

    on_mended: is told the reasons for which a line was read in a second try.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _read_line(number, line, on_mended or _pass_over)


def _pass_over(_reason: str) -> None:
    """Nobody wants to know."""


def _read_line(number: int, line: bytes, on_mended: Callable[[str], object]) -> ReadRow:
    try:
        with mends_told_to(on_mended):
            value = read_object(line)
    except RecordError as error:
        return BadRow(number, error.reason, error.detail)
    contact_id = value.get("contact_id")
    if not isinstance(contact_id, str) or not contact_id:
        return BadRow(number, reason_codes.NO_CONTACT, f"contact_id: wanted a text; got {kind_of(contact_id)}")
    event_type = value.get("type")
    if "update" not in value and (not isinstance(event_type, str) or not event_type):
        return BadRow(number, reason_codes.UNKNOWN_TYPE, f"type: wanted a text, or update; got {kind_of(event_type)}")
    return ImportRow(number, contact_id, value)
