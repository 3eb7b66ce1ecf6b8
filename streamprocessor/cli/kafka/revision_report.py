"""What is said of the model in force: after an apply, where it stays, and of those before it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamprocessor.cli.kafka.revisions import AppliedRevision, next_model_from
from streamprocessor.cli.terminal.options import command_line
from streamprocessor.cli.terminal.plain_text import echo
from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.contract.model_file.difference import differences
from streamprocessor.contract.model_file.next_revision import says_the_same
from streamprocessor.contract.model_file.revisions import HistoryEntry
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.errors import ModelError
from streamprocessor.settings import Settings


def applied_sentence(applied: AppliedRevision, what: str, settings: Settings) -> str:
    """What an apply or a rollback did, and how to go back. what: which was applied, such as the file.

    settings: as command_line takes them.
    """
    revision = applied.revision
    known = f"{what}: model {revision.name}, version {revision.version}"
    if not applied.is_new:
        return f"{known}, was in force already, as revision {applied.entry.label} since {_since(applied.entry)}"
    now = f"{known}, is now in force as revision {applied.entry.label}"
    if applied.before is None:
        return f"{now}; it is the first"
    before = applied.before
    back = command_line(settings, "model", "rollback", before.label)
    was = f"before it was revision {before.label} (model {before.revision.name}, version {before.revision.version})"
    return f"{now}; {was}; to go back: {back}"


def applied_row(applied: AppliedRevision) -> dict[str, Any]:
    """What an apply or a rollback did, as a row for programs."""
    revision = applied.revision
    return {
        "name": revision.name,
        "version": revision.version,
        "revision": revision.revision,
        "label": applied.entry.label,
        "applied": applied.is_new,
        "previous": None if applied.before is None else applied.before.label,
    }


def unchanged_sentence(entry: HistoryEntry, settings: Settings) -> str:
    """What is in force and stays, and how to put the model file of the settings in force."""
    revision = entry.revision
    stays = (
        f"model {revision.name}, version {revision.version}, stays in force, as revision {entry.label} since "
        f"{_since(entry)}"
    )
    return f"{stays}; {_comparison_with_file(entry, settings)}"


def history_rows(history: Sequence[HistoryEntry], *, with_differences: bool = False) -> list[dict[str, Any]]:
    """The history for programs, the oldest first. with_differences: and what each has otherwise than the one before."""
    rows = [entry_row(entry) | {"in_force": entry is history[-1]} for entry in history]
    if with_differences:
        for row, before, entry in zip(rows, (None, *history), history, strict=False):
            row["differences"] = _differences(before, entry)
    return rows


def entry_row(entry: HistoryEntry) -> dict[str, Any]:
    """A revision for programs."""
    revision = entry.revision
    return {
        "label": entry.label,
        "revision": revision.revision,
        "name": revision.name,
        "version": revision.version,
        "applied_at": _since(entry),
        "origin": revision.origin,
        "author": revision.author,
        "note": revision.note,
        "approved_by": list(revision.approved_by),
    }


def print_history(history: Sequence[HistoryEntry]) -> None:
    """Print the history for people, the oldest first."""
    columns = ("revision", "name", "version", "applied at", "author", "by", "note", "in force")
    words = ("label", "name", "version", "applied_at", "author", "origin", "note")
    rows = history_rows(history)
    print_table(columns, [(*(row[word] for word in words), "yes" if row["in_force"] else "") for row in rows])


def print_changes(history: Sequence[HistoryEntry], last: int | None = None) -> None:
    """Print what each revision has otherwise than the one before, the oldest first. last: so many; None: all."""
    pairs = list(zip((None, *history), history, strict=False))
    for before, entry in pairs if last is None else pairs[-last:]:
        if before is None:
            echo(f"{heading(entry)}: the first")
        else:
            print_differences(_differences(before, entry), heading(entry))


def print_differences(rows: Sequence[dict[str, Any]], title: str) -> None:
    """Print the differences between two models for people."""
    columns = ("score", "rule", "what", "was", "is")
    cells = [(row["score"], row["rule"], row["word"], row["old"], row["new"]) for row in rows]
    print_table(columns, cells, title=title)


def heading(entry: HistoryEntry) -> str:
    """Which model it is that is shown."""
    revision = entry.revision
    return (
        f"model {revision.name}, revision {entry.label}, version {revision.version}, applied at {_since(entry)}"
        f"{f' by {revision.author}' if revision.author else ''}{f' by {revision.origin}' if revision.origin else ''}"
        f"{f': {revision.note}' if revision.note else ''}"
    )


def _comparison_with_file(entry: HistoryEntry, settings: Settings) -> str:
    """What the model file of the settings is beside the one in force, and how to put it in force."""
    file = settings.model
    try:
        next_model = next_model_from(Path(file), "")
    except ModelError:
        return f"{file} can't be used: {shlex.join(['streamprocessor', 'model', 'check', file])} says why"
    if says_the_same(entry.revision, next_model.model):
        return f"{file} says the same; to change it: {command_line(settings, 'model', 'apply', 'FILE')}"
    return f"{file} says something else; to put that in force: {command_line(settings, 'model', 'apply', file)}"


def _differences(before: HistoryEntry | None, entry: HistoryEntry) -> list[dict[str, Any]]:
    if before is None:
        return []
    return [each._asdict() for each in differences(before.revision.text, entry.revision.text)]


def _since(entry: HistoryEntry) -> str:
    return format_rfc3339(entry.revision.applied_at_ms)
