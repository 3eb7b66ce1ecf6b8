"""The command `replay` over a file, which needs no Kafka where both models are files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call, call, project_folder

__all__ = ["call", "project_folder"]

AT = "2026-01-02T00:00:00Z"
IN_FORCE = """scores:
  engagement:
    rules: [{id: form, on: form_submission, points: 30}, {id: visit, on: page_visit, points: 5}]
    stages: {cold: 0, hot: 30}
hot_lead: {score: engagement, stage: hot}
"""
EVENTS = (
    {"contact_id": "ann", "type": "form_submission", "id": "1"},
    {"contact_id": "bob", "type": "page_visit", "id": "2"},
)


@pytest.fixture
def words(tmp_path: Path) -> list[str | Path]:
    """The command, its candidate, what it is compared with, and a file of two people."""
    old, new, events = (tmp_path / name for name in ("old.yaml", "new.yaml", "events.jsonl"))
    old.write_text(IN_FORCE)
    new.write_text(IN_FORCE.replace("points: 5", "points: 40"))
    events.write_text("\n".join(json.dumps(row | {"occurred_at": "2026-01-01T00:00:00Z"}) for row in EVENTS))
    return ["replay", "--model", new, "--against", old, "--events", events, "--at", AT]


def test_the_answer_is_a_table_for_people(call: Call, words: list[str | Path]) -> None:
    result = call(*words)

    assert result.exit_code == 0, result.output
    assert "1 of 2 contacts would be shown another score or stage" in result.output
    assert "Hot leads over all of it: 1 before, 2 after; a week 7.0 before, 14.0 after" in result.output


def test_the_answer_is_an_object_for_programs_and_a_line_a_score_in_a_csv(
    call: Call, words: list[str | Path], tmp_path: Path
) -> None:
    result = call(*words, "--json", "--csv", tmp_path / "all.csv")

    answer = json.loads(result.stdout)
    assert (answer["contacts_all"], answer["changed"]) == (2, 1)
    assert [each["contact_id"] for each in answer["becomes_hot"]] == ["bob"]
    with (tmp_path / "all.csv").open(newline="") as file:
        rows = {row["contact_id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {"ann", "bob"}
    bob = rows["bob"]
    assert [bob[name] for name in ("score_before", "stage_before", "score_after", "stage_after")] == [
        "5",
        "cold",
        "40",
        "hot",
    ]


@pytest.mark.parametrize("as_file", [False, True], ids=["ids", "a file of ids"])
def test_those_who_are_chosen_are_told_of_one_by_one(
    call: Call, words: list[str | Path], tmp_path: Path, as_file: bool
) -> None:
    (tmp_path / "ids").write_text("bob\n\n")

    answer = json.loads(call(*words, "--json", "--contacts", tmp_path / "ids" if as_file else "bob,").stdout)

    assert [each["contact_id"] for each in answer["contacts"]] == ["bob"]


def test_an_unknown_contact_is_a_usage_error(call: Call, words: list[str | Path]) -> None:
    result = call(*words, "--contacts", "nobody")

    assert (result.exit_code, "got 1 others: 'nobody'" in result.output) == (2, True)


def test_a_candidate_that_can_not_be_is_refused_with_its_line(
    call: Call, words: list[str | Path], tmp_path: Path
) -> None:
    (tmp_path / "new.yaml").write_text(IN_FORCE.replace("points: 5", "points: many"))

    result = call(*words)

    assert (result.exit_code, "new.yaml:3" in result.output) == (2, True)


def test_a_line_that_is_no_event_is_named_and_the_exit_code_says_so(
    call: Call, words: list[str | Path], tmp_path: Path
) -> None:
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write("\n{broken\n")

    result = call(*words)

    assert (result.exit_code, "events.jsonl:3: not-json" in result.output) == (1, True)
