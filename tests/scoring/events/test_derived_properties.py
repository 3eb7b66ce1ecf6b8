"""Derived properties: what is made of what, that all rules see it, and that evidence keeps what it is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.events.derived_properties import DerivedProperties
from streamprocessor.scoring.model.model import DAY_MS, NANO, Model
from streamprocessor.scoring.plan.coverage import coverage_gaps, covered_since
from streamprocessor.scoring.plan.unmet import MISSING, Unmet
from streamprocessor.scoring.record.facts import HUMAN, Event, Verdict
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.uncounted import NOT_MET, Uncounted
from tests.scoring.against_oracle import assert_scores_are_the_oracles, record_of

NOW_MS = 1_795_000_000_000
PRODUCT_OF_PATH = "properties.product: {from: properties.path, matches: '^/products/([^/]+)'}"


def model_of(derive: str, *rules: str, by: str = "", revision: int = 1) -> Model:
    listed = "".join(f"\n      - {rule}" for rule in rules)
    text = f"scanners: off\nderive: {{{derive}}}\nscores:\n  s:\n    {by}\n    rules:{listed}\n"
    return parse_model(text, "m.yaml", revision=revision)


def event(event_id: str, event_type: str = "page_visit", days: float = 0, **properties: Any) -> Event:
    at_ms = NOW_MS + round(days * DAY_MS)
    return Event(event_id, event_type, at_ms, at_ms, dict(properties), {})


def points(scorer: Scorer, record: Record) -> Any:
    score = scorer.scores_at(record, record.at_ms)["s"]
    if score.values is not None:
        return {value.name: (value.presented_nano or 0) // NANO for value in score.values}
    assert score.presented_nano is not None
    return score.presented_nano // NANO


@pytest.mark.parametrize(
    ("words", "came", "made"),
    [
        ("matches: '^/products/([^/]+)'", "/products/crm/prices", "crm"),
        ("matches: '^/products/([^/]+)'", "/about", None),
        ("matches: '^/products/([^/]*)'", "/products/", None),
        ("matches: '[a-z]+'", "/Products/42", "roducts"),
        ("matches: '/(crm)?$'", "/erp/", None),
        ("matches: '(?i)^/PRODUCTS/(?:old-)?(\\w+)'", "/products/old-crm", "crm"),
        ("matches: '^(\\d)'", 42, "4"),
        ("matches: '^true$'", True, "true"),
        ("matches: '.'", ["crm"], None),
        ("matches: '.'", None, None),
        ("lower: true", "CRM-Ä", "crm-ä"),
        ("lower: true", "", None),
        ("host: true", "https://User@Shop.Example.com:8443/a?b#c", "shop.example.com"),
        ("host: true", "//cdn.example.com/x", "cdn.example.com"),
        ("host: true", "/products/crm", None),
        ("host: true", "http://[::1", None),
        ("table: {A-1: basic, A-2: pro}", "A-2", "pro"),
        ("table: {A-1: basic}", "a-1", None),
        ("table: {1: basic, '2': 20, '3': true}", 1, "basic"),
        ("table: {1: basic, '2': 20, '3': true}", 2.0, 20),
        ("table: {1: basic, '2': 20, '3': true}", "3", True),
        ("host: true, matches: '^(\\w+)\\.', lower: true, table: {shop: crm}", "https://SHOP.example.com/", "crm"),
        ("matches: '^/(\\w+)', lower: true, table: {kasse: shop}", "/KASSE/1", "shop"),
    ],
)
def test_a_text_is_taken_searched_lowered_and_looked_up(words: str, came: Any, made: Any) -> None:
    model = model_of(f"properties.made: {{from: properties.came, {words}}}", "{id: r, on: x, points: 1}")
    seen = DerivedProperties(model.derivations).added_to({"properties.came": came})
    assert seen == {"properties.came": came} | ({} if made is None else {"properties.made": made})


RULES = [
    ("{id: r, on: page_visit, points: 7, where: {properties.product: crm}}", 7),
    ("{id: r, on: page_visit, points: 7, where: {properties.product: {exists: false}}}", 7),
    ("{id: r, on: page_visit, points: 7, limit: {count: 1, per: properties.product}}", 21),
    ("{id: r, on: page_visit, points_from: {property: properties.worth}}", 50),
    ("{id: r, on: page_visit, points_from: {property: properties.worth, per: properties.product}}", 30),
    ("{id: r, frequency: {of: page_visit, where: {properties.product: erp}, at_least: 2, within: 7d, points: 3}}", 3),
    ("{id: r, recency: {of: page_visit, where: {properties.product: erp}, within: 7d, points: 4}}", 4),
    ("{id: r, monetary: {of: page_visit, sum: properties.worth, within: 7d, at_least: 50, points: 5}}", 5),
]
WORTH = "properties.worth: {from: properties.path, table: {/products/crm: 10, /products/erp: 20}}"
VISITS = [
    event("a", path="/products/crm"),
    event("b", path="/products/erp", days=0.1),
    event("c", path="/products/erp", days=0.2),
    event("d", path="/about", days=0.3),
]


@pytest.mark.parametrize(("rule", "total"), RULES)
def test_every_kind_of_rule_sees_derived_properties(rule: str, total: int) -> None:
    model = model_of(f"{PRODUCT_OF_PATH}, {WORTH}", rule)
    scorer = Scorer(model)
    record = record_of(scorer, VISITS)
    assert points(scorer, record) == total
    assert_scores_are_the_oracles(model, scorer.scores_at(record, record.at_ms), VISITS, record.at_ms)
    again = decode_record(encode_record(record))
    assert points(scorer, again) == total
    assert {path for stored in again.evidence.events() for path in stored.properties} == {"properties.path"}


INTEREST = ("{id: visit, on: page_visit, points: 2}", "{id: bought, on: purchase, points: 5}")


def test_what_comes_of_a_path_and_what_comes_with_the_event_are_one_product() -> None:
    scorer = Scorer(model_of(PRODUCT_OF_PATH, *INTEREST, by="by: properties.product"))
    came = [*VISITS, event("e", "purchase", 1, product="crm"), event("f", path="/products/erp", product="other")]
    record = record_of(scorer, came)
    assert points(scorer, record) == {"crm": 7, "erp": 6}
    parts = scorer.explain(record, "s", record.at_ms, "erp")
    assert {part.event_id for part in parts} == {"b", "c", "f"}


def test_a_value_that_is_evicted_stays_so_whatever_it_is_derived_of() -> None:
    scorer = Scorer(model_of(PRODUCT_OF_PATH, *INTEREST, by="by: properties.product\n    max_values: 1"))
    record = record_of(scorer, [event(f"{n}", path=f"/products/p{n}") for n in range(6)])
    stored = set(record.derived.by_value["s@properties.product"])
    assert len(stored) == 4
    judged = Verdict("v", NOW_MS, NOW_MS, "0", HUMAN)  # all is derived anew by it
    scorer.apply_in_place(record, [event("z", path="/products/p9"), judged])
    assert set(record.derived.by_value["s@properties.product"]) == {*stored, "p9"}


def test_a_changed_derivation_counts_for_what_is_kept() -> None:
    rules = ("{id: r, on: page_visit, points: 1, where: {properties.product: crm}}",)
    before = model_of(PRODUCT_OF_PATH, *rules)
    record = record_of(Scorer(before), [event("a", path="/products/crm"), event("b", path="/de/produkte/crm")])
    assert points(Scorer(before), record) == 1
    after = model_of(PRODUCT_OF_PATH.replace("^/products/", "^/(?:de/)?produ(?:cts|kte)/"), *rules, revision=2)
    assert covered_since(after, before, NOW_MS + 1) == {}
    (step,) = Scorer(after).migrate_in_place(record, record.at_ms)
    assert (step.cause, step.scores[0].presented_nano) == ("model", 2 * NANO)


def test_a_first_derivation_counts_for_what_was_kept_already_and_what_was_not_is_named() -> None:
    home = "{id: home, on: [page_visit, email_click], points: 1, where: {properties.path: /}}"
    interest = "{id: interest, on: page_visit, points: 1, where: {properties.product: crm}}"
    ours = "{id: ours, on: page_visit, points: 1, where: {properties.host: example.com}}"
    host = "properties.host: {from: properties.url, host: true}"
    before = parse_model(f"scanners: off\nscores: {{s: {{rules: [{home}]}}}}", "m.yaml", revision=1)
    after = model_of(f"{PRODUCT_OF_PATH}, {host}", home, interest, ours, revision=2)
    since = covered_since(after, before, NOW_MS)
    assert since["page_visit"] == {path: NOW_MS for path in ("properties.product", "properties.host", "properties.url")}
    model = parse_and_cover(after, since)
    assert [(gap.rule, gap.paths) for gap in coverage_gaps(model, NOW_MS)] == [("ours", ("properties.url",))]
    record = record_of(Scorer(before), [event("a", days=-1, path="/products/crm")])
    Scorer(model).migrate_in_place(record, record.at_ms)
    assert points(Scorer(model), record) == 1


def parse_and_cover(model: Model, since: dict[str, dict[str, int]]) -> Model:
    return replace(model, covered_since_ms=since)


def test_what_a_per_value_score_is_by_is_named_where_it_was_not_kept() -> None:
    before = model_of(PRODUCT_OF_PATH, "{id: visit, on: page_visit, points: 2, where: {properties.seats: 1}}")
    after = model_of(PRODUCT_OF_PATH, *INTEREST[:1], by="by: properties.product", revision=2)
    model = parse_and_cover(after, covered_since(after, before, NOW_MS))
    assert [(gap.rule, gap.paths) for gap in coverage_gaps(model, NOW_MS)] == [("visit", ("properties.path",))]


def test_an_event_that_gives_nothing_says_which_derived_property_it_lacks() -> None:
    scorer = Scorer(
        model_of(PRODUCT_OF_PATH, "{id: r, on: page_visit, points: 1, where: {properties.product: {starts_with: c}}}")
    )
    record = record_of(scorer, [event("a", path="/products/crm"), event("b", path="/about")])
    unmet = Unmet("properties.product", "starts_with", MISSING)
    assert scorer.uncounted(record) == {"b": [Uncounted(NOT_MET, "s/r", unmet)]}


def test_compacted_evidence_keeps_the_value_that_was_derived() -> None:
    model = model_of(PRODUCT_OF_PATH, *INTEREST, by="by: properties.product")
    scorer = Scorer(model)
    record = record_of(scorer, VISITS)
    scorer.apply_in_place(record, [event("z", "purchase", 40, product="crm")])
    assert record.compacted is not None
    assert [stored.id for stored in record.evidence.events()] == ["z"]
    assert points(scorer, record) == {"crm": 7, "erp": 4}


def test_a_model_that_reads_no_derived_property_stores_what_it_stored() -> None:
    rule = "{id: r, on: page_visit, points: 1, where: {properties.path: /about}}"
    without = parse_model(f"scanners: off\nscores: {{s: {{rules: [{rule}]}}}}", "m.yaml", revision=1)
    records = [record_of(Scorer(model), VISITS) for model in (without, model_of(PRODUCT_OF_PATH, rule))]
    assert encode_record(records[0]) == encode_record(records[1])
