"""Contacts under both models, as rows for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamprocessor.replay.comparison import ContactRow

COLUMNS = (
    "contact_id",
    "display_name",
    "score_name",
    "score_before",
    "stage_before",
    "score_after",
    "stage_after",
    "hot_leads_before",
    "hot_leads_after",
)


def csv_cells(row: ContactRow) -> Iterator[list[Any]]:
    """A line for each of the contact's scores, under COLUMNS; a score by value has one for each of its values."""
    for name, (before, after) in row.scores.items():
        for label, was, now in _parts(name, before, after):
            cells = [*_cells(was), *_cells(now)]
            yield [row.contact_id, row.display_name or "", label, *cells, *row.hot_leads]


def as_json(row: ContactRow) -> dict[str, Any]:
    """The contact as an object."""
    return {
        "contact_id": row.contact_id,
        "display_name": row.display_name,
        "scores": {name: {"before": before, "after": after} for name, (before, after) in row.scores.items()},
        "hot_leads": {"before": row.hot_leads[0], "after": row.hot_leads[1]},
    }


_Shown = dict[str, Any] | None


def _parts(name: str, before: _Shown, after: _Shown) -> Iterator[tuple[str, _Shown, _Shown]]:
    values_before, values_after = _values_of(before), _values_of(after)
    if values_before is None and values_after is None:
        yield name, before, after
        return
    was, now = values_before or {}, values_after or {}
    for value in dict.fromkeys([*was, *now]):
        yield f"{name}: {value}", was.get(value), now.get(value)


def _values_of(shown: _Shown) -> dict[str, Any] | None:
    values = None if shown is None else shown.get("values")
    return None if values is None else {each["value"]: each for each in values}


def _cells(shown: _Shown) -> tuple[Any, Any]:
    if shown is None:
        return "", ""
    score, stage = shown["score"], shown["stage"]
    return "" if score is None else score, stage or ""
