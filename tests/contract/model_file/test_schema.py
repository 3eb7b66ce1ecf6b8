import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from streamprocessor.contract.model_file.read_model import model_schema_text, parse_model, read_model
from streamprocessor.errors import ModelError

ROOT = Path(__file__).resolve().parents[3]
SCHEMA_FILE = ROOT / "deploy" / "scoring.schema.json"
GOOD_FILES = sorted(
    [
        *(ROOT / "tests" / "contract" / "models").glob("*.yaml"),
        *(ROOT / "deploy").glob("scoring*.yaml"),
        *(ROOT / "deploy" / "models").glob("*.yaml"),
    ]
)


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    schema = json.loads(SCHEMA_FILE.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_schema_for_editors_is_the_one_that_the_readers_describe() -> None:
    # `streamprocessor model schema > deploy/scoring.schema.json` makes it anew.
    assert SCHEMA_FILE.read_text() == model_schema_text()


def as_an_editor_reads(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def assert_both_refuse(schema: Draft202012Validator, text: str) -> None:
    with pytest.raises(ModelError):
        parse_model(text, "m.yaml")
    assert not schema.is_valid(as_an_editor_reads(text))


@pytest.mark.parametrize("file", GOOD_FILES, ids=lambda file: file.name)
def test_the_schema_takes_every_model_that_the_reader_takes(schema: Draft202012Validator, file: Path) -> None:
    read_model(file)
    errors = [error.message for error in schema.iter_errors(as_an_editor_reads(file.read_text()))]
    assert errors == []


def test_the_default_model_names_its_schema_for_editors() -> None:
    first = (ROOT / "deploy" / "scoring.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=scoring.schema.json"


@pytest.mark.parametrize(
    "rule",
    [
        "{id: r, on: e, pionts: 1}",
        "{on: e, points: 1}",
        "{id: 'a b', on: e, points: 1}",
        "{id: r, points: 1}",
        "{id: r, on: e}",
        "{id: r, on: e, when: {attributes.a: 1}, points: 1}",
        "{id: r, on: e, points: 1, points_from: {property: properties.a}}",
        "{id: r, on: [], points: 1}",
        "{id: r, on: any, points: 1}",
        "{id: r, on: e, points: '1'}",
        "{id: r, on: e, points: 1000000}",
        "{id: r, on: e, points: 1, decay: never}",
        "{id: r, on: e, points: 1, decay: {half_life: 30}}",
        "{id: r, on: e, points: 1, decay: {half_life: 0d}}",
        "{id: r, on: e, points: 1, decay: {half_life: 3d, every: 1d}}",
        "{id: r, on: e, points: 1, decay: {percent_per_day: 2}}",
        "{id: r, on: e, points: 1, decay: {percent_per_day: 100%}}",
        "{id: r, on: e, points: 1, decay: {linear: {lose: 101%, per: 3d}}}",
        "{id: r, on: e, points: 1, decay: {linear: {lose: 0.0%, per: 3d}}}",
        "{id: r, on: e, points: 1, decay: {step: {lose: 5%, every: 3d, mode: both}}}",
        "{id: r, on: e, points: 1, limit: {}}",
        "{id: r, on: e, points: 1, limit: {count: 0}}",
        "{id: r, on: e, points: 1, limit: {once: false}}",
        "{id: r, on: e, points: 1, limit: {once: true, count: 1}}",
        "{id: r, on: e, points: 1, limit: {per: properties.a}}",
        "{id: r, on: e, points: 1, limit: {count: 1, per: url}}",
        "{id: r, on: e, points: 1, where: {}}",
        "{id: r, on: e, points: 1, where: {path: /}}",
        "{id: r, on: e, points: 1, where: {properties.a: [1]}}",
        "{id: r, on: e, points: 1, where: {properties.a: null}}",
        "{id: r, on: e, points: 1, where: {properties.a: {}}}",
        "{id: r, on: e, points: 1, where: {properties.a: {start_with: x}}}",
        "{id: r, on: e, points: 1, where: {properties.a: {in: []}}}",
        "{id: r, on: e, points: 1, where: {properties.a: {between: [1]}}}",
        "{id: r, on: e, points: 1, where: {any: []}}",
        "{id: r, when: {properties.a: 1}, points: 1}",
        "{id: r, when: {attributes.a: 1}, points: 1, decay: {half_life: 1d}}",
        "{id: r, when: {attributes.a: 1}, points: 1, limit: {count: 1}}",
        "{id: r, inactivity: {of: any, points: 1}}",
        "{id: r, inactivity: {of: any, after: 1d, points: 1, max_times: 2}}",
        "{id: r, frequency: {of: e, within: 1d, points: 1}}",
        "{id: r, frequency: {of: e, within: 1d, points: 1, bands: [{at_least: 1, points: 1}]}}",
        "{id: r, recency: {of: e, bands: []}}",
        "{id: r, monetary: {of: e, sum: amount, within: 1d, at_least: 1, points: 1}}",
        "{id: r, monetary: {of: e, sum: properties.a, within: 1d, at_least: 0, points: 1}}",
    ],
)
def test_the_schema_refuses_a_rule_that_the_reader_refuses(schema: Draft202012Validator, rule: str) -> None:
    text = f"scores: {{s: {{rules: [{rule}]}}}}"
    assert_both_refuse(schema, text)


@pytest.mark.parametrize(
    "segment",
    [
        "[]",
        "{stages: [a]}",
        "{suppressed: 1}",
        "{scores: []}",
        "{scores: {score: s}}",
        "{scores: [{stages: [a]}]}",
        "{scores: [{score: s, stages: []}]}",
        "{scores: [{score: s, at_least: 4000000}]}",
        "{scores: [{score: s, more: 1}]}",
        "{attributes: [{attribute: a}]}",
        "{attributes: [{equals: a}]}",
        "{attributes: [{attribute: a, equals: null}]}",
        "{attributes: [{attribute: a, equals: 1, exists: true}]}",
        "{attributes: [{attribute: a, contains: x, at_least: 1}]}",
        "{attributes: [{attribute: a, one_of: []}]}",
        "{attributes: [{attribute: a, contains: ''}]}",
        "{attributes: [{attribute: a, at_least: 1e16}]}",
        "{attributes: [{attribute: a, matches: x}]}",
    ],
)
def test_the_schema_refuses_a_segment_that_the_reader_refuses(schema: Draft202012Validator, segment: str) -> None:
    text = f"{{scores: {{s: {{rules: [{{id: r, on: e, points: 1}}], stages: {{a: 0}}}}}}, segments: {{g: {segment}}}}}"
    assert_both_refuse(schema, text)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "scores: {}",
        "scores: {s: {}}",
        "scores: {s: {rules: []}}",
        "scores: {s: {by: x, RULES}}",
        "scores: {s: {max_values: 3, RULES}}",
        "scores: {s: {by: properties.x, max_values: 101, RULES}}",
        "scores: {s: {applies_when: {properties.x: 1}, RULES}}",
        "scores: {a: {RULES}, s: {combine: {sum: [a]}, RULES}}",
        "scores: {a: {RULES}, s: {combine: {sum: []}}}",
        "scores: {a: {RULES}, s: {combine: {sum: [a, a]}}}",
        "scores: {a: {RULES}, s: {combine: {sum: [a], weighted: {a: 1}}}}",
        "scores: {a: {RULES}, s: {combine: {}}}",
        "scores: {a: {RULES}, s: {combine: {weighted: {a: 0}}}}",
        "scores: {a: {RULES}, s: {combine: {weighted: {a: 1000}}}}",
        "scores: {a: {RULES}, s: {combine: {matrix: {rows: a}}}}",
        "scores: {a: {RULES}, s: {combine: {matrix: {rows: a, columns: b}}, stages: {u: 0}}}",
        "scores: {a: {RULES}, s: {combine: {sum: [a]}, by: properties.x}}",
        "scores: {s: {precision: 0, RULES}}",
        "scores: {s: {max: 4000000, RULES}}",
        "scores: {s: {groups: {g: {points: 3}}, RULES}}",
        "scores: {s: {stages: {a: ten}, RULES}}",
        "scores: {s: {stages: {a: 0, b: {leave_below: 3}}, RULES}}",
        "scores: {a b: {RULES}}",
        "{scores: {s: {RULES}}, hot_lead: {score: s}}",
        "{scores: {s: {RULES}}, hot_leads: {score: s, stage: a}}",
        "{scores: {s: {RULES}}, proxy_opens: maybe}",
        "{scores: {s: {RULES}}, scanners: on}",
        "{scores: {s: {RULES}}, scanners: {links: 1}}",
        "{scores: {s: {RULES}}, scanners: {within: 10}}",
        "{scores: {s: {RULES}}, scanners: {before_delivery: 1}}",
        "{scores: {s: {RULES}}, scanners: {link: 3}}",
        "{scores: {s: {RULES}}, identity: [email]}",
        "{scores: {s: {RULES}}, identity: {addresses: email}}",
        "{scores: {s: {RULES}}, identity: {addresses: [email, email]}}",
        "{scores: {s: {RULES}}, identity: {addresses: ['']}}",
        "{scores: {s: {RULES}}, correction_window: 30}",
    ],
)
def test_the_schema_refuses_a_model_that_the_reader_refuses(schema: Draft202012Validator, text: str) -> None:
    text = text.replace("RULES", "rules: [{id: r, on: e, points: 1}]")
    assert_both_refuse(schema, text)
