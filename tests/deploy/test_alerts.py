"""Every alert is tried, has its entry in the runbook, asks for metrics that are there, and reaches whom it should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from streamprocessor.cli.main import commands
from streamprocessor.settings import PREFIX, Settings
from tests.harness.system import ROOT
from tests.harness.yaml_file import read_yaml

FOLDER = ROOT / "deploy" / "prometheus"
RULES = FOLDER / "streamprocessor.rules.yml"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
ALERTMANAGER = FOLDER / "alertmanager.yml"
TESTS = sorted(FOLDER.glob("*.tests.yml"))
LONG = {"days.tests.yml", "weeks.tests.yml"}
HISTOGRAM_PARTS = re.compile(r"_(bucket|count|sum)$")
OF_PROMETHEUS = {"up", "process_resident_memory_bytes"}

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool: apt install prometheus")
needs_amtool = pytest.mark.skipif(
    shutil.which("amtool") is None, reason="needs amtool: apt install prometheus-alertmanager"
)


RULE_LIST = [rule for group in read_yaml(RULES)["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in RULE_LIST if "alert" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})


def entries() -> dict[str, str]:
    """What the runbook says under each alert's name."""
    sections = re.split(r"^### (\w+)$", (ROOT / "deploy" / "README.md").read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(sections[::2], sections[1::2], strict=True))


def test_each_alert_has_an_entry_that_says_what_it_means_where_to_look_and_what_to_do_and_no_other_has() -> None:
    found = entries()

    assert sorted(found) == NAMES
    for name, text in found.items():
        parts = re.findall(r"^- \*\*(\w+)\*\*", text, re.MULTILINE)
        assert parts == ["Means", "Look", "Do"], name


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_urgent_it_is_what_it_concerns_and_where_its_entry_is(rule: Any) -> None:
    severity = rule["labels"]["severity"]
    assert rule["labels"].keys() - {"window"} == {"severity", "part", "system"}
    assert rule["annotations"]["runbook_url"] == f"deploy/README.md#{rule['alert'].lower()}"
    assert severity == "none" or f"**Means** ({severity})" in entries()[rule["alert"]]
    assert severity in {"page", "ticket"} or rule["alert"] == "Watchdog"


def test_the_rules_ask_for_metrics_that_are_there() -> None:
    listed = set(re.findall(r"^\| `(\w+)`", (FOLDER / "metrics.md").read_text(), re.MULTILINE))
    asked = set()
    for rule in RULE_LIST:
        expression = re.sub(r'"[^"]*"', "", rule["expr"])
        asked |= set(re.findall(r"(?<![:\w])(?:leadscore|process)_\w+", expression))
    unknown = {name for name in asked if not {name, HISTOGRAM_PARTS.sub("", name)} & (listed | OF_PROMETHEUS)}

    assert len(asked) > 20
    assert unknown == set()


def test_the_rules_ask_for_recordings_that_are_made() -> None:
    made = {rule["record"] for rule in RULE_LIST if "record" in rule}
    asked = {name for rule in ALERTS for name in re.findall(r"leadscore:[\w:]+", rule["expr"])}

    assert asked == made


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_groups_are_evaluated_in_one_order_so_that_alerts_see_what_is_recorded_before_them(path: Path) -> None:
    assert read_yaml(path)["group_eval_order"] == [group["name"] for group in read_yaml(RULES)["groups"]]


def test_each_alert_is_tried_firing_and_not_firing() -> None:
    fires: set[str] = set()
    is_silent: set[str] = set()
    for path in TESTS:
        for test in read_yaml(path)["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case["exp_alerts"] else is_silent).add(case["alertname"])

    assert sorted(fires) == NAMES
    assert sorted(is_silent | {"Watchdog"}) == NAMES


def test_the_runbook_names_commands_and_settings_that_are_there() -> None:
    text = (ROOT / "deploy" / "README.md").read_text()
    settings = {name.lower() for name in re.findall(rf"{PREFIX}(\w+)", text)}
    paths = {tuple(words.split()) for words in re.findall(r"`streamprocessor ((?:[a-z-]+ ?)+)", text)}

    assert settings <= Settings.model_fields.keys()
    assert len(paths) > 4
    for path in paths:
        command: click.Command = commands
        for word in path:
            if isinstance(command, click.Group):
                found = command.get_command(click.Context(command), word)
                assert found is not None, path
                command = found


def test_the_runbook_names_each_panel_and_the_dashboard_on_which_it_is() -> None:
    drawn = {
        dashboard["title"]: {panel["title"] for panel in dashboard["panels"]}
        for dashboard in (json.loads(path.read_text()) for path in DASHBOARDS.glob("*.json"))
    }
    named = [(alert, *place) for alert, text in entries().items() for place in panels_in(text)]
    wrong = [(alert, board, panel) for alert, board, panel in named if panel not in drawn.get(board, ())]

    assert len(named) > 40
    assert wrong == []


def panels_in(entry: str) -> Iterator[tuple[str, str]]:
    """The panels that an entry of the runbook names, each with the dashboard that stands before it in its line."""
    for line in entry.splitlines():
        board = "no dashboard before it"
        for dashboard, panel in re.findall(r'"([A-Z][^"]+)"|(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)', line):
            if panel:
                yield board, panel
            board = dashboard or board


@pytest.mark.parametrize(
    ("line", "places"),
    [
        (
            '- **Look**: "Is it well?", *One?*, *Two*; "Who is hot?", *Three*; the log.',
            [("Is it well?", "One?"), ("Is it well?", "Two"), ("Who is hot?", "Three")],
        ),
        ("- **Look**: *One*.", [("no dashboard before it", "One")]),
        (
            '- **Look**: "Is it well?", *One*\n- **Do**: see *Two*.',
            [("Is it well?", "One"), ("no dashboard before it", "Two")],
        ),
    ],
)
def test_a_panel_is_on_the_dashboard_that_was_named_last_in_its_line(line: str, places: list[tuple[str, str]]) -> None:
    assert list(panels_in(line)) == places


@needs_promtool
@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.name, marks=[pytest.mark.ops] if path.name in LONG else []) for path in TESTS]
)
def test_the_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    done = subprocess.run(["promtool", "test", "rules", path.name], cwd=FOLDER, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def receiver_of(**labels: str) -> str:
    command = ["amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}"]
    done = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in labels.items())], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@needs_amtool
def test_alertmanagers_file_is_one_and_each_severity_has_its_receiver() -> None:
    subprocess.run(["amtool", "check-config", str(ALERTMANAGER)], check=True, capture_output=True)
    found = {rule["alert"]: receiver_of(alertname=rule["alert"], **rule["labels"]) for rule in ALERTS}

    assert found == {
        rule["alert"]: "watchdog" if rule["alert"] == "Watchdog" else rule["labels"]["severity"] for rule in ALERTS
    }


def test_what_is_not_told_because_of_another_names_alerts_that_are_there() -> None:
    named = set()
    for rule in read_yaml(ALERTMANAGER)["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            named |= set(re.search(r'"(.*)"', matcher)[1].split("|"))  # type: ignore[index]

    assert named <= set(NAMES)
    assert len(named) > 10
