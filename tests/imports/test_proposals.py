"""What an import would do, told first: each row is accepted, refused or skipped, and a few show how they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.proposals.file_proposal import FileProposal, GivenFile, ProposalBounds, propose
from streamprocessor.imports.proposals.mapping_meanings import meanings_of
from streamprocessor.imports.proposals.mapping_text import text_of, words_of
from streamprocessor.imports.proposals.proposal import (
    MOST_REFUSED_SHOWN,
    MOST_SAMPLE_REFUSED,
    MOST_SAMPLE_ROWS,
    columns_of,
    proposal_of,
)
from streamprocessor.imports.rows import CSV, JSON_LINES, BadRow, ImportRow, ReadRow, SkippedRow
from streamprocessor.settings import Settings

SETTINGS = Settings(address_salt="a salt of sixteen characters")


def event(line: int, event_type: str = "email_open") -> ImportRow:
    return ImportRow(line, "c-1", {"type": event_type})


def update(line: int, **content: Any) -> ImportRow:
    return ImportRow(line, "c-1", {"update": "attributes", "attributes": {}} | content)


def looked_at(folder: Path, content: str, mapping: str | None = None, name: str = "list.csv") -> FileProposal:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return propose(SETTINGS, GivenFile(file, name, CSV if mapping else JSON_LINES), mapping, ProposalBounds())


def test_a_file_is_looked_at_no_longer_than_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text('{"contact_id": "c-1"}\n' * 9)

    found = propose(SETTINGS, GivenFile(file, "list.jsonl", JSON_LINES), None, ProposalBounds(most_seconds=-1))
    assert found.problem == "list.jsonl: wanted a file that can be looked at within -1 s; got one that takes longer"


def test_a_row_is_counted_once_whatever_it_gives() -> None:
    rows: list[ReadRow] = [
        update(2),
        update(2, update="suppressed", suppressed=True),
        event(2),
        event(2, "email_click"),
        SkippedRow(3),
        BadRow(4, "bad-value", "first"),
        event(5),
        BadRow(5, "bad-time", "the other half"),
        update(6, update="suppressed", suppressed=False),
    ]
    proposal = proposal_of(rows)
    counts = proposal.counts
    assert (counts.rows, counts.accepted, counts.skipped, counts.refused) == (5, 2, 1, 2)
    assert counts.events == {"email_open": 2, "email_click": 1}
    assert (counts.updates, counts.opted_out) == ({"attributes": 1, "suppressed": 2}, 1)
    assert counts.refused_by_reason == {"bad-value": 1, "bad-time": 1}
    assert [(row.line, len(row.records), len(row.refused)) for row in proposal.samples] == [
        *((2, 4, 0), (3, 0, 0), (4, 0, 1), (5, 1, 1), (6, 1, 0)),
    ]


parts = st.sampled_from([event(0), event(0, "b"), update(0), SkippedRow(0), BadRow(0, "x", ""), BadRow(0, "y", "")])


@given(st.lists(st.lists(parts, min_size=1, max_size=3), max_size=40), st.none() | st.integers(0, 50))
def test_accepted_refused_and_skipped_rows_add_up_to_the_rows(rows: list[list[ReadRow]], most_rows: int | None) -> None:
    proposal = proposal_of((part._replace(line=line) for line, row in enumerate(rows) for part in row), most_rows)
    counts = proposal.counts
    assert counts.rows == min(len(rows), len(rows) if most_rows is None else most_rows)
    assert counts.is_whole == (counts.rows == len(rows))
    assert counts.accepted + counts.refused + counts.skipped == counts.rows
    assert counts.refused_by_reason.total() == counts.refused
    assert len(proposal.first_refused) == min(counts.refused, MOST_REFUSED_SHOWN)
    lines = [row.line for row in proposal.samples]
    assert lines == sorted(set(lines))
    assert len(lines) <= MOST_SAMPLE_ROWS
    assert sum(bool(row.refused) for row in proposal.samples) <= MOST_SAMPLE_REFUSED
    assert counts.refused == 0 or any(row.refused for row in proposal.samples)


def test_samples_show_rows_that_are_unlike_before_those_that_are_alike() -> None:
    rows: list[ReadRow] = [event(line) for line in range(2, 100)]
    rows += [event(100, "email_click"), SkippedRow(101), BadRow(102, "bad-time", ""), BadRow(103, "bad-time", "")]
    assert [row.line for row in proposal_of(rows).samples] == [2, 3, 100, 101, 102]


def test_columns_have_their_first_different_cells_cut_and_what_they_mean() -> None:
    rows = [["a@b.c", "x" * 500], ["a@b.c", " two\nlines "], ["", "1"], ["d", "2"], ["one cell"]]
    columns = columns_of(["mail", "text"], rows, [("mail", "contact"), ("mail", "attributes.email"), ("gone", "id")])
    assert [(each.name, each.samples, each.meanings) for each in columns] == [
        ("mail", ["a@b.c", "d", "one cell"], ["contact", "attributes.email"]),
        ("text", ["x" * 80, "two lines", "1"], []),
    ]


def test_what_columns_mean_is_told_in_the_words_of_the_mapping() -> None:
    mapping = parse_mapping(
        "{contact: {column: who, prefix: 'a:'}, id: nr, type: {column: kind}, occurred_at: {column: at},"
        " properties: {file: name}, context: {ip: from}, skip: [{column: state, in: [x]}]}",
        "mapping",
    )
    assert list(meanings_of(mapping)) == [
        *(("who", "contact"), ("nr", "id"), ("at", "occurred_at"), ("kind", "type"), ("name", "properties.file")),
        *(("from", "context.ip"), ("state", "skip")),
    ]


words = st.dictionaries(st.text(max_size=12), st.text(max_size=12) | st.booleans(), max_size=5)


@given(st.dictionaries(st.text(max_size=12), words | st.lists(words, max_size=3), max_size=5))
def test_words_are_the_same_once_they_were_written_as_text(written: dict[str, Any]) -> None:
    assert words_of(text_of(written)) == written


def test_rows_that_the_worker_would_refuse_are_told_beforehand(tmp_path: Path) -> None:
    lines = '{"contact_id": "c", "type": "email_open"}\n{"contact_id": "c", "type": "email_open", "occurred_at": "x"}\n'
    found = looked_at(tmp_path, lines, name="a.jsonl")
    assert found.proposal is not None
    assert [(row.line, row.reason) for row in found.proposal.first_refused] == [(2, "bad-time")]
    assert (found.columns, found.read_as, found.problem) == ([], "utf-8", None)


@pytest.mark.parametrize(
    ("content", "mapping", "problem", "columns"),
    [
        ("a,b\n1,2\n", "{contact: c, attributes: {b: b}}", "'c'", ["a", "b"]),
        ("a,b\n1,2\n", "{contact: a", "wanted a comma before the next word", ["a", "b"]),
        ("PK\x03\x04", "{contact: a, attributes: {b: b}}", "list.csv", []),
    ],
)
def test_what_can_not_be_read_is_said_with_the_columns_as_far_as_they_are_known(
    tmp_path: Path, content: str, mapping: str, problem: str, columns: list[str]
) -> None:
    found = looked_at(tmp_path, content, mapping)
    assert problem in (found.problem or "")
    assert [column.name for column in found.columns] == columns
    assert found.proposal is None
