"""What came is counted, by type and source; of values nothing is shown that tells one person from others."""

from __future__ import annotations

import random

import pytest

from streamprocessor.catalogue import catalogue
from streamprocessor.catalogue.catalogue import (
    ATTRIBUTES,
    FROM_BROWSERS,
    MAX_BROWSER_TYPES,
    MAX_PROPERTIES,
    PERIOD_MS,
    PERIODS,
    Catalogue,
    FactCounter,
    decode_catalogue,
    encode_catalogue,
)
from streamprocessor.catalogue.distinct_count import REGISTERS, add_in_place, estimate, hash_of, united
from streamprocessor.catalogue.masking import masked
from streamprocessor.catalogue.property_values import SHARED_BY_CONTACTS
from streamprocessor.catalogue.report import CatalogueReport, close_type, report
from streamprocessor.catalogue.rule_watch import RuleWatch, kept_types, watched_rules
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import BROWSER_RANK, SCANNER, AttributesWritten, Event

NOW_MS = 1_795_000_000_000

MODEL = """
scores:
  engagement:
    rules:
      - {id: pricing, on: page_visit, points: 10, where: {properties.path: /pricing}}
      - {id: seats, on: page_visit, points: 10, where: {properties.seats: {at_least: 100}}}
      - {id: form, on: form_submission, points: 25}
      - {id: spent, on: purchase, points_from: {property: properties.amount, times: 1}}
      - {id: big, when: {attributes.employees: {at_least: 50}}, points: 5}
      - {id: ceo, when: {attributes.title: CEO}, points: 5}
    stages: {cold: 0, hot: 40}
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return parse_model(MODEL, "model.yaml")


def event(type_: str, at_ms: int = NOW_MS, actor: str = "human", **properties: object) -> Event:
    return Event("", type_, at_ms, at_ms, dict(properties), {"source": "web"}, actor)


def counted(model: Model, *facts: tuple[str, Event | AttributesWritten]) -> CatalogueReport:
    seen = Catalogue()
    counter, watch = FactCounter(seen), RuleWatch(seen, model)
    for contact, fact in facts:
        counter.add(contact, fact)
        if isinstance(fact, Event):
            watch.add(fact)
    return report(decode_catalogue(encode_catalogue(seen)), model, NOW_MS)


def test_types_are_counted_by_source_with_the_share_of_humans_and_the_rules_that_ask_for_them(model: Model) -> None:
    found = counted(
        model,
        ("c-1", event("page_visit", path="/pricing")),
        ("c-1", event("page_visit", path="/", actor=SCANNER)),
        ("c-2", event("page_visit", path="/")._replace(context={})),
        ("c-2", event("download", file="a.pdf")),
    )

    visits, download = found.types
    assert (visits.type, visits.count, visits.contacts, visits.human_share) == ("page_visit", 3, 2, 0.6667)
    assert visits.sources == {"web": 2, "kafka": 1}
    assert visits.asked_by == ["engagement/pricing", "engagement/seats"]
    assert [(seen.path, seen.count, seen.asked_by) for seen in visits.properties] == [
        ("properties.path", 3, ["engagement/pricing"])
    ]
    assert (download.type, download.asked_by) == ("download", [])


@pytest.mark.parametrize(
    ("came", "meant"),
    [
        ("Page Visit", "page_visit"),
        ("pagevisit", "page_visit"),
        ("page_visits", "page_visit"),
        ("EmailOpen", "email_open"),
        ("purchases", "purchase"),
        ("download", None),
    ],
)
def test_a_type_that_no_rule_asks_for_is_told_with_one_that_is_spelt_almost_so(
    model: Model, came: str, meant: str | None
) -> None:
    assert [seen.did_you_mean for seen in counted(model, ("c-1", event(came))).types] == [meant]


def test_a_rule_that_nothing_met_says_why_and_one_that_was_met_is_not_named(model: Model) -> None:
    found = counted(
        model,
        *((f"c-{number}", event("page_visit", path="/pricing/", seats="250 seats")) for number in range(3)),
        ("c-9", event("page_visit", path="/pricing/", seats=20)),
        ("c-9", event("form_submissions", form="contact")),
        ("c-9", event("purchase", total=9)),
        ("c-9", AttributesWritten("", NOW_MS, NOW_MS, {"title": "Clerk"})),
    )

    assert {(rule.rule): rule.why for rule in found.unmet_rules} == {
        "pricing": ["in 4 of 4 events properties.path had another value than `equals` wants"],
        "seats": [
            "in 3 of 4 events properties.seats was of a type that `at_least` never holds for",
            "in 1 of 4 events properties.seats had another value than `at_least` wants",
        ],
        "form": ["no form_submission came; 1 of 'form_submissions' did: is it the same?"],
        "spent": ["1 of 1 events had no properties.amount"],
        "big": ["no attribute employees was written"],
    }
    met = counted(model, ("c-1", event("page_visit", path="/pricing", seats=100)))
    assert {rule.rule for rule in met.unmet_rules}.isdisjoint({"pricing", "seats"})


def test_rules_on_derived_properties_are_watched_and_what_those_are_made_of_is_asked_for() -> None:
    product = "properties.product: {from: properties.path, matches: '^/products/([^/]+)'}"
    rules = "{id: met, on: page_visit, points: 1, where: {properties.product: crm}}"
    unmet = "{id: unmet, on: page_visit, points: 1, where: {properties.product: erp}}"
    derived = parse_model(f"derive: {{{product}}}\nscores: {{s: {{rules: [{rules}, {unmet}]}}}}", "model.yaml")
    came = [("c", event("page_visit", path="/products/crm")), ("d", event("page_visit", path="/about"))]
    seen = counted(derived, *came)
    assert [(rule.rule, sorted(rule.why)) for rule in seen.unmet_rules] == [
        (
            "unmet",
            [
                "1 of 2 events had no properties.product",
                "in 1 of 2 events properties.product had another value than `equals` wants",
            ],
        )
    ]
    (path,) = seen.types[0].properties
    assert (path.path, path.asked_by) == ("properties.path", ["s/met", "s/unmet"])


def test_a_rule_with_a_pattern_is_the_same_rule_after_a_restart() -> None:
    rule = "{id: r, on: page_visit, points: 1, where: {properties.path: {matches: '^/a'}}}"
    first, second = (parse_model(f"scores: {{s: {{rules: [{rule}]}}}}", "model.yaml") for _ in range(2))
    assert [watched.key for watched in watched_rules(first)] == [watched.key for watched in watched_rules(second)]


def test_a_value_is_shown_once_several_contacts_have_it_and_its_form_alone_before(model: Model) -> None:
    few = [(f"c-{number}", event("page_visit", path="/for-ann-lee")) for number in range(SHARED_BY_CONTACTS - 1)]
    one_contact = [("c-1", event("page_visit", plan="Ann's own plan")) for _ in range(50)]
    shared = [(f"c-{number}", event("page_visit", path="/pricing")) for number in range(SHARED_BY_CONTACTS)]

    def examples(*facts: tuple[str, Event]) -> list[str]:
        return counted(model, *facts).types[0].properties[0].examples

    assert examples(*few) == ["/xxx-xxx-xxx"]
    assert examples(*one_contact) == ["xxx'x xxx xxxx"]
    assert examples(*shared) == ["/pricing"]


@pytest.mark.parametrize("personal", ["ann@firm.example", "+44 20 7946 0958", "4111 1111 1111 1111", "x" * 81])
def test_what_is_a_persons_own_by_its_form_is_masked_however_many_send_it(model: Model, personal: str) -> None:
    facts = [(f"c-{number}", event("form_submission", fields={"note": personal})) for number in range(20)]

    (seen,) = counted(model, *facts).types[0].properties

    assert (seen.path, seen.examples) == ("properties.fields.note", [masked(personal)])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ann@firm.example", "xxx@xxxx.xxxxxxx"),
        ("+44 20 7946 0958", "+99 99 9999 9999"),
        ("x" * 3000, "x" * 80),
        ("field_1234567", "field_1234567"),
        ("First Name", "First Name"),
    ],
)
def test_names_that_are_a_persons_own_are_masked_wherever_they_stand(model: Model, name: str, shown: str) -> None:
    found = counted(
        model,
        ("c-1", event(name)._replace(properties={name: 1, "of": {name: {"n": 1}}})),
        ("c-1", AttributesWritten("", NOW_MS, NOW_MS, {name: 1})),
    )

    by_type = {seen.type: {each.path for each in seen.properties} for seen in found.types}
    assert by_type == {shown: {f"properties.{shown}", f"properties.of.{shown}.n"}, ATTRIBUTES: {f"attributes.{shown}"}}


def test_what_comes_with_browser_keys_takes_no_place_from_what_servers_tell(model: Model) -> None:
    properties = {f"p{number}": 1 for number in range(200)}
    of_browsers = [
        ("anon:x", event(f"made-up-{number}")._replace(id=f"browser:{number}", properties=properties))
        for number in range(MAX_BROWSER_TYPES + 50)
    ]
    written = AttributesWritten("", NOW_MS, NOW_MS, {f"a{number}": 1 for number in range(1000)}, BROWSER_RANK)

    found = counted(
        model,
        *of_browsers,
        ("anon:x", written),
        ("c-1", event("demo_booked", room="a")),
        ("c-1", AttributesWritten("", NOW_MS, NOW_MS, {"plan": "b"})),
    )

    by_type = {seen.type: seen for seen in found.types}
    assert [each.path for each in by_type["demo_booked"].properties] == ["properties.room"]
    assert "attributes.plan" in [each.path for each in by_type[ATTRIBUTES].properties]
    assert by_type[ATTRIBUTES].sources == {FROM_BROWSERS: 1, "kafka": 1}
    assert found.left_out == 50
    assert sum(len(seen.properties) for seen in found.types) < MAX_PROPERTIES


def test_values_that_few_contacts_have_are_held_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MAX_UNSHARED_VALUES", 5_000)
    collector = FactCounter(Catalogue())
    for number in range(60):
        visit = event("page_visit")._replace(properties={f"p{each}": f"v{number}" for each in range(200)})
        collector.add(f"c-{number}", visit)

    assert sum(map(len, collector.unshared.values())) <= 5_000


def test_attributes_are_counted_with_their_json_types(model: Model) -> None:
    found = counted(
        model,
        ("c-1", AttributesWritten("", NOW_MS, NOW_MS, {"employees": "250", "company": {"size": 9}})),
        ("c-2", AttributesWritten("", NOW_MS, NOW_MS, {"employees": 80, "company": None})),
    )

    (attributes,) = found.types
    assert attributes.type == ATTRIBUTES
    assert {seen.path: (seen.kinds, seen.asked_by) for seen in attributes.properties} == {
        "attributes.employees": ({"a text": 1, "a number": 1}, ["engagement/big"]),
        "attributes.company.size": ({"a number": 1}, []),
        "attributes.company": ({"nothing": 1}, []),
    }


def test_a_rule_asks_for_each_path_that_it_reads_and_is_named_once() -> None:
    text = """
scores:
  spent:
    rules:
      - {id: orders, on: purchase, points_from: {property: properties.amount, times: 1, per: properties.order_id}}
      - {id: paths, on: purchase, points: 1, where: {properties.path: /}, limit: {count: 1, per: properties.path}}
    stages: {cold: 0, hot: 40}
"""
    found = counted(parse_model(text, "m"), ("c-1", event("purchase", amount=1, order_id="o", path="/", note="x")))

    assert {seen.path: seen.asked_by for seen in found.types[0].properties} == {
        "properties.amount": ["spent/orders"],
        "properties.order_id": ["spent/orders"],
        "properties.path": ["spent/paths"],
        "properties.note": [],
    }


def test_what_is_older_than_the_kept_periods_is_forgotten(model: Model) -> None:
    old, new = event("page_visit", NOW_MS - PERIODS * PERIOD_MS, path="/old"), event("page_visit", path="/new")

    (visits,) = counted(model, ("c-1", old), ("c-1", new)).types

    assert visits.count == 1


def test_a_snapshot_of_another_version_begins_anew() -> None:
    assert decode_catalogue(encode_catalogue(Catalogue(version=99))) == Catalogue()


def test_who_asks_for_all_types_keeps_all() -> None:
    of_any = "scores: {a: {rules: [{id: quiet, inactivity: {of: any, after: 30d, points: -5}}], stages: {cold: 0}}}"
    assert kept_types(parse_model(of_any, "model.yaml")) is None


def test_a_distinct_count_is_within_some_percent_whatever_the_order_and_the_parts() -> None:
    things = [f"c-{number}" for number in range(20_000)]
    halves = [bytearray(REGISTERS), bytearray(REGISTERS)]
    random.Random(1).shuffle(things)
    for number, thing in enumerate([*things, *things[:5_000]]):
        add_in_place(halves[number % 2], hash_of(thing))

    assert estimate(united(*halves)) == pytest.approx(20_000, rel=0.15)
    assert estimate(bytearray(REGISTERS)) == 0


def test_types_that_have_nothing_in_common_are_not_taken_for_each_other() -> None:
    assert close_type("download", ["page_visit", "email_open"]) is None
