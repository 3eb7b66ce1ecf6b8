"""What an import was asked for, kept beside its file so that the next process can go on with it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import orjson

from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.process.files.whole_file import write_whole


class ImportOrder(NamedTuple):
    """How a file is read."""

    format: str
    mapping: str | None
    """The name of what a CSV's columns mean, `own`; None of any other format."""
    mapping_text: str | None
    """The same as YAML."""
    kind: KeyKind = KeyKind.TOKEN
    """The kind of the token that asks; not all may be said with each."""


def checkpoint_file(file: Path) -> Path:
    """Where it is kept how far the import of this file got."""
    return file.with_name(f"{file.name}.checkpoint")


def write_order(file: Path, order: ImportOrder, began_ms: int) -> None:
    """Keep beside the file that it is to be imported, whatever becomes of this process. Raises OSError."""
    write_whole(_order_file(file), orjson.dumps({**order._asdict(), "began_ms": began_ms}))


def read_order(file: Path) -> tuple[ImportOrder, int] | None:
    """The order beside the file, and when it began; None: there is none, for the file did not come whole."""
    try:
        content = orjson.loads(_order_file(file).read_bytes())
        began_ms = int(content.pop("began_ms"))
        return ImportOrder(**content | {"kind": KeyKind(content["kind"])}), began_ms
    except (OSError, ValueError, KeyError, TypeError):
        return None


def note_resumption(file: Path) -> int:
    """How many processes in a row have gone on with the import without getting further, this one among them.

    It is kept beside the file. Raises OSError where it can't be.
    """
    rows, before = _number_in(checkpoint_file(file), "rows"), _tries_file(file)
    tries = _number_in(before, "tries") if _number_in(before, "rows") == rows else 0
    write_whole(before, orjson.dumps({"rows": rows, "tries": tries + 1}))
    return tries + 1


def remove_import(file: Path) -> None:
    """Delete the file and what is kept beside it; the file first, for without it there is nothing to go on with."""
    for each in (file, _order_file(file), checkpoint_file(file), _tries_file(file)):
        each.unlink(missing_ok=True)


def _order_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.order")


def _tries_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.tries")


def _number_in(file: Path, word: str) -> int:
    """0 where the file is missing, or says nothing of it."""
    try:
        return int(orjson.loads(file.read_bytes())[word])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
