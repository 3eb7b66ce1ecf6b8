"""The dashboards are those that the code makes, ask for metrics that there are, and say what good looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations

import pytest

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.__main__ import BOARDS, FOLDER, texts
from deploy.grafana.definitions.board import Board
from deploy.grafana.definitions.panels import Bound, Panel
from tests.harness.system import ROOT
from tests.harness.yaml_file import read_yaml

METRICS = ROOT / "deploy" / "prometheus" / "metrics.md"
PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"

LOOKED_AT_BY_HAND = {
    "leadscore_events_read_again_total": "of one rebuild, which says the same itself",
    "process_virtual_memory_bytes": "says little on Linux; resident memory is on a panel",
}
"""Metrics that no panel and no alert asks for, and why."""


def panels() -> Iterator[tuple[Board, Panel]]:
    return ((board, panel) for board in BOARDS for row in board.rows for panel in row.panels)


def each_panel() -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "panel", [pytest.param(panel, id=f"{board.uid}: {panel.title}") for board, panel in panels()]
    )


def metrics_in(text: str) -> set[str]:
    """The metrics that PromQL asks for; a histogram's parts as the histogram."""
    names = re.findall(r"\b(?:leadscore|process)_\w+", text)
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


def known_metrics() -> set[str]:
    return set(re.findall(r"^\| `(\w+)`", METRICS.read_text(), re.MULTILINE))


def test_the_files_are_those_that_the_code_makes() -> None:
    made = {path.name: path.read_text() for path in FOLDER.iterdir()}

    assert made == texts(), "run python -m deploy.grafana.definitions"


@each_panel()
def test_a_panel_says_what_good_looks_like_and_what_to_do_otherwise(panel: Panel) -> None:
    assert panel.title[0].isupper()
    assert not panel.title.endswith(".")
    for sentence in (panel.says, panel.good, panel.otherwise):
        assert sentence.endswith((".", "?"))
        assert sentence == sentence.strip()
        assert "  " not in sentence
    assert panel.unit
    assert panel.queries


@each_panel()
def test_a_panel_asks_only_for_metrics_that_there_are(panel: Panel) -> None:
    asked = set().union(*(metrics_in(query.expression) for query in panel.queries))

    assert asked <= known_metrics()


@each_panel()
def test_a_panel_asks_only_the_chosen_processes(panel: Panel) -> None:
    for query in panel.queries:
        for name, _, matchers in re.findall(r"\b((?:leadscore|process)_\w+)(\{([^}]*)\})?", query.expression):
            assert 'job=~"$job", instance=~"$instance"' in matchers, name


def test_each_metric_is_on_a_panel_in_an_alert_or_looked_at_by_hand() -> None:
    on_panels = set().union(*(metrics_in(query.expression) for _, panel in panels() for query in panel.queries))

    assert known_metrics() - on_panels - metrics_in(alert_rules()) == set(LOOKED_AT_BY_HAND)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_panels_fill_each_line_and_cover_no_other(board: Board) -> None:
    placed = [panel["gridPos"] for panel in json.loads(texts()[f"{board.uid}.json"])["panels"]]

    for one, other in combinations(placed, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)
    for line in {place["y"] for place in placed}:
        assert sum(place["w"] for place in placed if place["y"] == line) == 24


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_each_variable_that_is_asked_for_is_on_top(board: Board) -> None:
    made = json.loads(texts()[f"{board.uid}.json"])
    there = {variable["name"] for variable in made["templating"]["list"]} | {"__rate_interval", "__range"}
    asked = set(re.findall(r"\$(\w+)", json.dumps([made["panels"], made["annotations"]])))

    assert asked - there == set()
    assert {box.name for box in board.boxes} <= asked


def test_numbers_and_titles_are_there_once_a_dashboard() -> None:
    for board in BOARDS:
        made = json.loads(texts()[f"{board.uid}.json"])["panels"]
        titles = [panel["title"] for panel in made]
        assert len({panel["id"] for panel in made}) == len(made)
        assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("bound", "colours"),
    [
        (Bound(1.0), [(None, "green"), (1.0, "red")]),
        (Bound(1.0, warning=0.5), [(None, "green"), (0.5, "yellow"), (1.0, "red")]),
        (Bound(0.99, below=True), [(None, "red"), (0.99, "green")]),
        (Bound(0.99, below=True, warning=0.995), [(None, "red"), (0.99, "yellow"), (0.995, "green")]),
    ],
)
def test_a_bound_is_red_on_its_bad_side(bound: Bound, colours: list[tuple[float | None, str]]) -> None:
    assert [(step.value, step.color) for step in bound.steps()] == colours


def alert_rules() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "deploy" / "prometheus").glob("*.rules.yml"))


@pytest.mark.parametrize(
    ("histogram", "seconds"),
    [
        ("leadscore_event_age_seconds", objectives.EVENT_AGE_SECONDS),
        ("leadscore_webhook_delivery_age_seconds", objectives.DELIVERY_AGE_SECONDS),
    ],
)
def test_the_objectives_are_those_of_the_alerts(histogram: str, seconds: float) -> None:
    bounds = re.findall(rf'{histogram}_bucket{{le="([\d.]+)"}}', alert_rules())

    assert set(map(float, bounds)) == {seconds}


@pytest.mark.parametrize(
    ("alert", "limit"),
    [
        ("FallingBehind", objectives.LAG_SECONDS),
        ("TimersLate", objectives.TIMER_LATENESS_SECONDS),
        ("DeadLetters", objectives.DEAD_LETTER_SHARE),
        ("ClockSkew", objectives.CLOCK_SKEW_SECONDS),
        ("SpoolGrows", objectives.SPOOL_AGE_SECONDS),
        ("EndpointFails", objectives.ENDPOINT_FAILED_SHARE),
        ("DeliveriesWait", objectives.DELIVERY_WAIT_SECONDS),
        ("ReadModelBehind", objectives.READ_MODEL_BEHIND_RECORDS),
        ("MemoryNearLimit", objectives.MEMORY_SHARE),
        ("DiskNearlyFull", objectives.DATA_FOLDER_FREE_SHARE),
    ],
)
def test_a_limit_that_panels_draw_is_the_alerts(alert: str, limit: float) -> None:
    rules = {
        rule["alert"]: rule["expr"]
        for path in (ROOT / "deploy" / "prometheus").glob("*.rules.yml")
        for group in read_yaml(path)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    first, *_ = re.findall(r"[<>] ([\d.]+)", rules[alert])

    assert float(first) == limit


def test_each_alert_has_the_label_by_which_dashboards_find_it() -> None:
    rules = alert_rules()
    count = rules.count("system: streamprocessor")

    assert count > 0
    assert len(re.findall(r"^\s*- alert:", rules, re.MULTILINE)) == count


def test_grafana_finds_the_files_and_prometheus_where_compose_puts_them() -> None:
    compose = read_yaml(ROOT / "docker-compose.yml")["services"]
    mounts = dict(volume.split(":")[:2] for volume in compose["grafana"]["volumes"])
    (provider,) = read_yaml(PROVISIONING / "dashboards" / "dashboards.yaml")["providers"]
    sources = read_yaml(PROVISIONING / "datasources" / "datasources.yaml")["datasources"]

    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert {re.sub(r"http://(.*):\d+", r"\1", source["url"]) for source in sources} <= set(compose)
