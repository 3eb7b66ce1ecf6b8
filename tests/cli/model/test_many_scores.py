"""A model of 300 scores is readable in each command: no line is wider than a plain terminal's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamprocessor.cli.terminal.print_answers import print_explanation
from streamprocessor.cli.terminal.printing import PLAIN_WIDTH
from tests.cli.conftest import Call

SCORES = 300
RULES = "[{id: visit, on: page_visit, points: 3}, {id: click, on: email_click, points: 5}]"


def many(points: int = 5, last: str = "score-299", hot_lead: str = "score-0") -> str:
    names = [*(f"score-{number}" for number in range(SCORES - 1)), last]
    rules = RULES.replace("points: 5", f"points: {points}")
    scores = "".join(f"  {name}:\n    rules: {rules}\n    stages: {{cold: 0, warm: 16, hot: 41}}\n" for name in names)
    segments = "".join(f"  segment-{number}: {{scores: [{{score: score-{number}}}]}}\n" for number in range(100))
    return f"scores:\n{scores}segments:\n{segments}hot_lead: {{score: {hot_lead}, stage: hot}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "m.yaml"
    file.write_text(many())
    return file


def assert_readable(text: str) -> None:
    assert max(map(len, text.splitlines())) <= PLAIN_WIDTH


def test_check_lists_scores_in_a_table_and_finds_them_by_a_part_of_their_names(call: Call, file: Path) -> None:
    listing = call("model", "check", file).output
    assert_readable(listing.replace(str(file), "m.yaml"))
    assert "300 scores with 600 rules, 100 segments" in listing
    assert listing.count("cold, warm, hot") == SCORES
    assert call("model", "check", file, "--score", "re-29").output.count("cold, warm, hot") == 11
    assert len(json.loads(call("model", "check", file, "--json").output)["rules"]) == SCORES


def test_a_wrong_name_is_told_with_some_of_those_that_are_there(call: Call, file: Path) -> None:
    file.write_text(many(hot_lead="score-x"))
    refusal = call("model", "check", file).output.replace(str(file), "m.yaml")
    assert "score-1, " in refusal
    assert "more; got 'score-x'" in refusal
    assert_readable(refusal.replace("streamprocessor: m.yaml:", ""))


def test_diff_finds_scores_by_a_part_of_their_names(call: Call, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(many(points=6, last="score-last"))
    words = ("model", "diff", other, "--against", file)
    difference = call(*words).output
    assert_readable(difference.replace(str(tmp_path), ""))
    assert difference.count("click") == SCORES - 1
    assert call(*words, "--score", "re-29").output.count("click") == 10
    assert len(json.loads(call(*words, "--json", "--score", "re-29").output)["differences"]) == SCORES + 1


def test_diff_names_the_subscriptions_of_the_file_that_ask_for_what_is_gone(
    call: Call, file: Path, tmp_path: Path
) -> None:
    subscriptions = tmp_path / "subscriptions.yaml"
    asked = "{url: 'https://a.example/', events: [score-updated], signed: false, when: {score: score-299, to: hot}}"
    subscriptions.write_text(f"subscriptions:\n  crm: {asked}\n")
    other = tmp_path / "other.yaml"
    other.write_text(many(last="score-last"))
    words, env = ("model", "diff", other, "--against", file), {"STREAMPROCESSOR_SUBSCRIPTIONS": str(subscriptions)}
    told = json.loads(call(*words, "--json", env=env).output)
    assert told["silenced"] == [
        {
            "kind": "subscription",
            "name": "crm",
            "asks_for": "score 'score-299': was score-299, is now score-last?",
            "score": "score-299",
            "stage": None,
            "renamed_to": "score-last",
        }
    ]
    shown = call(*words, env=env).output
    assert "was score-299, is now score-last?" in shown
    assert "Saved views" in shown
    other.write_text(many(points=6))
    assert "Saved views" not in call(*words, env=env).output


def test_scores_of_a_file_are_rows_of_the_chosen_scores(call: Call, file: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    event = {"id": "e", "contact_id": "c", "type": "email_click", "occurred_at": "2026-01-01T00:00:00Z"}
    events.write_text(json.dumps(event))
    words = ("score", "--model", file, "--events", events, "--at", "2026-01-02T00:00:00Z")
    rows = call(*words).output
    assert_readable(rows)
    assert rows.count("cold") == SCORES
    assert call(*words, "--score", "re-29").output.count("cold") == 11


def test_an_explanation_of_many_scores_is_of_those_in_which_something_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    number = {"score": 0, "unrounded": 0.0, "stage": "cold", "next_step_at": None}
    part = {
        "points": 5,
        "of": 5,
        "factor": 1,
        "rule": "click",
        "event_id": "e",
        "occurred_at": "2026",
        "class": "human",
    }
    answer = {
        "contact_id": "c",
        "at": "2026-01-02T00:00:00Z",
        "scores": {f"score-{each}": number for each in range(SCORES)},
        "explanation": {f"score-{each}": [part] if each == 7 else [] for each in range(SCORES)},
    }
    print_explanation(answer)
    told = capsys.readouterr().out
    assert_readable(told)
    assert "score-7: 0" in told
    assert "in 299 more scores nothing counts" in told
    print_explanation(answer, "score-29")
    assert capsys.readouterr().out.count("nothing counts at this instant") == 11
