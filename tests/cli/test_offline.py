"""Commands that need no Kafka."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.cli.conftest import Call

ROOT = Path(__file__).parents[2]
JANUARY_MS = 1_767_225_600_000
ROWS: tuple[dict[str, object], ...] = (
    {"id": "e1", "contact_id": "b", "type": "email_click", "properties": {"url": "/a"}},
    {"id": "e2", "contact_id": "a", "type": "form_submission", "properties": {"form": "contact"}},
    {"id": "u1", "contact_id": "a", "update": "attributes", "attributes": {"job_title": "CEO"}},
)
EVENTS = "\n\n".join(json.dumps(row | {"occurred_at": JANUARY_MS}) for row in ROWS)
AT = "2026-01-01T00:00:00Z"


def test_topics_are_listed_as_described_for_people_and_for_programs(call: Call) -> None:
    rows = [json.loads(line) for line in call("topics", "list", "--json").output.splitlines()]
    table = call("topics", "list").output

    assert {"page-visits", "score-updated", "streamprocessor-contacts-changelog"} <= {row["topic"] for row in rows}
    assert all(row["topic"] in table for row in rows)
    changelog = next(row for row in rows if row["topic"] == "streamprocessor-contacts-changelog")
    assert changelog["config"]["message.timestamp.before.max.ms"]


def test_topics_are_printed_as_manifests_of_the_settings_that_are_given(call: Call) -> None:
    environment = {"STREAMPROCESSOR_TOPIC_PREFIX": "staging-", "STREAMPROCESSOR_PARTITIONS": "3"}
    result = call("topics", "manifests", "--cluster", "main", "--replicas", "1", env=environment)
    resources = list(YAML(typ="safe", pure=True).load_all(result.stdout))

    assert result.exit_code == 0
    assert len(resources) == len(call("topics", "list", "--json").output.splitlines())
    assert {resource["metadata"]["labels"]["strimzi.io/cluster"] for resource in resources} == {"main"}
    opens = next(each for each in resources if each["metadata"]["name"] == "staging-email-opens")
    assert opens["spec"]["partitions"] == 3


def test_the_partitions_setting_is_that_of_new_topics_but_not_of_the_models(call: Call) -> None:
    output = call("topics", "list", "--json", env={"STREAMPROCESSOR_PARTITIONS": "3"}).output

    rows = {row["topic"]: row["partitions"] for row in map(json.loads, output.splitlines())}
    assert rows["page-visits"] == 3
    assert rows["streamprocessor-models"] == 1


@pytest.mark.parametrize("file", ["deploy/scoring.yaml", "deploy/demo.yaml"])
def test_the_models_that_come_with_it_are_right(call: Call, file: str) -> None:
    result = call("model", "check", file, "--json")

    assert result.exit_code == 0
    assert json.loads(result.output)["rules"].keys() == {"engagement"}


def test_models_are_compared_without_kafka_and_rules_that_begin_now_are_named(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    text = (ROOT / "deploy" / "scoring.yaml").read_text()
    file.write_text(text.replace("points: 8}", "points: 9, where: {properties.asset: brochure}}"))
    words = ("model", "diff", file, "--against", "deploy/scoring.yaml")

    told = json.loads(call(*words, "--json").output)

    assert {(each["rule"], each["word"], each["old"], each["new"]) for each in told["differences"]} == {
        ("download", "points", "8", "9"),
        ("download", "where", None, "{properties.asset: brochure}"),
    }
    (late,) = told["from_now_on"]
    assert (late["rule"], late["type"], late["missing"]) == ("download", "download", ["properties.asset"])
    assert "properties.asset" in call(*words).output
    same = call("model", "diff", "deploy/scoring.yaml", "--against", "deploy/scoring.yaml")
    assert "says the same" in same.output
    assert call(*words, "--contacts").exit_code == 2


def test_a_condition_that_no_text_can_meet_is_named(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    rules = "[{id: seven, on: e, points: 1, where: {properties.tags: {contains: 7}}}, {id: text, on: e, points: 1}]"
    file.write_text(f"scores: {{s: {{rules: {rules}, applies_when: {{attributes.a: {{contains: true}}}}}}}}\n")

    told = json.loads(call("model", "check", file, "--json").output)["hints"]

    assert [hint.split(": wanted")[0] for hint in told] == [
        "score 's': applies_when: a contains True",
        "score 's': rule 'seven': properties.tags contains 7",
    ]
    assert told[0] in call("model", "check", file).output


def test_a_wrong_model_file_is_told_with_its_line(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("scores:\n  s:\n    rules:\n      - {id: a, on: email_open, pionts: 1}\n")

    result = call("model", "check", "--model", str(file))

    assert result.exit_code == 2
    assert f"{file}:4: " in result.stderr
    assert "pionts" in result.stderr


def test_a_model_is_shown_as_it_stands_in_its_file(call: Call) -> None:
    result = call("model", "show", "--model", "deploy/demo.yaml")

    assert result.exit_code == 0
    with open("deploy/demo.yaml", encoding="utf-8") as file:
        assert result.output == file.read()
    for words in (("--revision", "3"), ("--diff",)):
        both = call("model", "show", "--model", "deploy/demo.yaml", *words)
        assert (both.exit_code, "wanted one of them; got both" in both.stderr) == (2, True)


def test_scores_of_a_file_have_the_shape_of_the_contract(call: Call) -> None:
    result = call("score", "--events", "-", "--at", AT, "--json", input=EVENTS)

    assert result.exit_code == 0
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert [answer["contact_id"] for answer in answers] == ["a", "b"]
    for answer in answers:
        assert answer.keys() == {"contact_id", "at", "scores", "explanation"}
        assert answer["at"] == "2026-01-01T00:00:00.000Z"
        assert answer["scores"]["engagement"].keys() == {"score", "unrounded", "stage", "next_step_at"}
    assert [answer["scores"]["engagement"]["score"] for answer in answers] == [25, 5]
    assert answers[0]["explanation"]["engagement"][0]["rule"] == "contact-us"


def test_scores_of_a_file_can_be_read_by_people(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(EVENTS)

    result = call("score", "--events", str(file), "--at", "1767225600000")

    assert result.exit_code == 0
    assert [line.split()[:3] for line in result.output.splitlines()[1:]] == [
        ["a", "engagement", "25"],
        ["b", "engagement", "5"],
    ]


def test_a_bad_line_is_named_and_left_out_and_the_exit_code_is_1(call: Call) -> None:
    result = call("score", "--events", "-", "--at", AT, "--json", input="{nonsense\n" + EVENTS)

    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "stdin:1: not-json: " in result.stderr


def test_simulated_files_of_equal_options_have_equal_bytes_and_can_be_scored(call: Call, tmp_path: Path) -> None:
    files = [tmp_path / "1.jsonl", tmp_path / "2.jsonl", tmp_path / "other.jsonl"]
    for file, seed in zip(files, "778", strict=True):
        words = ("--seed", seed, "--contacts", "20", "--events", "300", "--output", file)
        assert call("simulate", *words).exit_code == 0

    first, second, other = (file.read_bytes() for file in files)
    assert first == second != other
    assert len(first.splitlines()) == 300
    scored = call("score", "--events", files[0], "--json")
    assert scored.exit_code == 0
    assert 0 < len(scored.output.splitlines()) <= 20
