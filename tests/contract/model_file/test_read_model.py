from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.model_file.read_model import parse_model, read_model
from streamprocessor.contract.strict_yaml.located import Problems
from streamprocessor.contract.strict_yaml.yaml_tree import canonical_values, core_value, read_tree
from streamprocessor.errors import ModelError
from streamprocessor.scoring.kinds.frequency import FrequencyRule
from streamprocessor.scoring.kinds.monetary import MonetaryRule
from streamprocessor.scoring.kinds.recency import RecencyRule
from streamprocessor.scoring.model.derivation import Derivation
from streamprocessor.scoring.model.display import Display
from streamprocessor.scoring.model.model import (
    DAY_MS,
    E15,
    NANO,
    Group,
    HotLead,
    Matrix,
    Model,
    Scanners,
    Stage,
    Weighted,
)
from streamprocessor.scoring.model.rules import (
    AllOf,
    AnyOf,
    AttributeRule,
    Band,
    Comparison,
    Decay,
    EventRule,
    HalfLife,
    InactivityRule,
    Limit,
    NoDecay,
    PointsFrom,
    Rule,
)
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter, Linear, PercentPerDayEvery, StepDecay

HOUR_MS = 3_600_000

Everything: TypeAlias = tuple[dict[str, dict[str, Any]], Model]  # rules by score and id, and the model


@pytest.fixture(scope="module")
def everything(root: Path) -> Everything:
    model = read_model(root / "tests" / "contract" / "models" / "everything.yaml")
    return {score.name: {rule.id: rule for rule in score.rules} for score in model.scores}, model


def model_with(rule: str = "{id: r, on: e, points: 1}", score: str = "", top: str = "") -> str:
    return f"scores:\n  s:\n    rules:\n      - {rule}\n    {score or 'decay: none'}\n{top}\n"


def problems_of(text: str) -> list[str]:
    with pytest.raises(ModelError) as caught:
        parse_model(text, "m.yaml")
    return str(caught.value).split("\n")


# ---- what is read ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "scanners"),
    [
        ("", Scanners(links=5, within_ms=10_000, before_delivery=True)),
        ("scanners: {}", Scanners()),
        ("scanners: {links: 3}", Scanners(links=3)),
        ("scanners: {within: 1h}", Scanners(within_ms=3_600_000)),
        ("scanners: {before_delivery: false}", Scanners(before_delivery=False)),
        ("scanners: {after_delivery: 5s, clock_tolerance: 1m}", Scanners(5, 10_000, True, 5_000, 60_000)),
        ("scanners: {after_delivery: off, clock_tolerance: off}", Scanners(after_delivery_ms=0, clock_tolerance_ms=0)),
        ("scanners: off", None),
    ],
)
def test_scanners_are_told_by_what_they_do_unless_the_model_says_off(words: str, scanners: Scanners | None) -> None:
    assert parse_model(model_with(top=words), "m.yaml").scanners == scanners


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        ("", ("email",)),
        ("identity: {}", ("email",)),
        ("identity: {addresses: []}", ()),
        ("identity: {addresses: [work_email, email]}", ("work_email", "email")),
    ],
)
def test_addresses_are_in_email_unless_the_model_says_which_attributes_hold_them(
    words: str, addresses: tuple[str, ...]
) -> None:
    assert parse_model(model_with(top=words), "m.yaml").addresses == addresses


def test_the_default_model_is_the_engagement_model_of_the_contract(root: Path) -> None:
    model = read_model(root / "deploy" / "scoring.yaml")
    (score,) = model.scores
    rules: dict[str, Any] = {rule.id: rule for rule in score.rules}
    half_life = HalfLife(30.0 * DAY_MS)

    assert (model.name, model.revision, model.proxy_opens_count, model.correction_window_ms) == (
        "default",
        0,
        False,
        30 * DAY_MS,
    )
    assert [(rule.id, rule.points) for rule in score.rules if isinstance(rule, EventRule)] == [
        ("open", 1 * E15),
        ("click", 5 * E15),
        ("homepage", 2 * E15),
        ("pricing", 10 * E15),
        ("download", 8 * E15),
        ("contact-us", 25 * E15),
        ("unsubscribed", -50 * E15),
    ]
    assert rules["open"] == EventRule(
        "open", ("email_open",), E15, decay=half_life, limit=Limit(count=1, per="properties.message")
    )
    assert rules["click"].limit == Limit(count=1, per="properties.url", within_ms=7 * DAY_MS)
    assert rules["homepage"].where == Comparison("properties.path", "equals", "/")
    assert rules["pricing"].where == Comparison("properties.path", "starts_with", "/pricing")
    assert rules["pricing"].limit == Limit(points_nano=30 * NANO)
    assert rules["unsubscribed"].decay == NoDecay()
    assert rules["no-opens"] == InactivityRule("no-opens", ("email_open",), 60 * DAY_MS, -10 * E15)
    assert rules["quiet"] == InactivityRule("quiet", None, 30 * DAY_MS, -5 * E15, 30 * DAY_MS, 3)
    assert score.stages == (Stage("cold", 0), Stage("warm", 16 * NANO), Stage("hot", 41 * NANO, 35 * NANO))
    assert model.hot_leads == (HotLead("engagement", "hot", DAY_MS, 7 * DAY_MS),)


@pytest.mark.parametrize(
    ("rule", "law"),
    [
        ("none", NoDecay()),
        ("half", HalfLife(14.0 * DAY_MS)),
        ("percent-every", PercentPerDayEvery(0.025, DAY_MS)),
        ("linear", Linear(1.0, 90 * DAY_MS)),
        ("step", StepDecay(0.15, 45 * DAY_MS, compound=False)),
        ("step-absolute", StepDecay(0.15, 45 * DAY_MS, compound=False)),
        ("step-compound", StepDecay(0.15, 45 * DAY_MS, compound=True)),
        ("expires", ExpiresAfter(30_000)),
    ],
)
def test_every_law_of_decay_is_read(everything: Everything, rule: str, law: Decay) -> None:
    assert everything[0]["laws"][rule].decay == law


def test_percent_per_day_is_read_as_the_half_life_that_it_means(everything: Everything) -> None:
    law = everything[0]["laws"]["percent"].decay
    assert 0.5 ** (DAY_MS / law.half_life_ms) == pytest.approx(0.98, rel=1e-15)


@pytest.mark.parametrize(
    "rule",
    [
        EventRule("several", ("email_open", "email_click"), 5 * E15, None, HalfLife(7.0 * DAY_MS), group="clicks"),
        EventRule(
            "once", ("on",), -E15, None, HalfLife(7.0 * DAY_MS), Limit(count=1, points_nano=-30 * NANO), "losses"
        ),
        EventRule(
            "count", ("NO",), E15, None, HalfLife(7.0 * DAY_MS), Limit(3, "properties.url", 7 * DAY_MS, 30 * NANO)
        ),
        EventRule(
            "amount",
            ("purchase",),
            PointsFrom("properties.amount", 0.1, 0, 50 * E15, "properties.order_id"),
            None,
            HalfLife(7.0 * DAY_MS),
        ),
        EventRule(
            "plain-amount", ("purchase",), PointsFrom("properties.order.total", 1.0), None, HalfLife(7.0 * DAY_MS)
        ),
        AttributeRule("boss", Comparison("job_title", "contains", "CEO"), 10 * E15, limit=Limit(points_nano=5 * NANO)),
        InactivityRule("quiet", None, 30 * DAY_MS, -5 * E15, 30 * DAY_MS),
        InactivityRule("quiet-once", ("email_open",), HOUR_MS, -10 * E15),
        InactivityRule("quiet-thrice", ("email_open",), HOUR_MS, 2 * E15, HOUR_MS, 3),
        FrequencyRule(
            "often", ("page_visit",), 7 * DAY_MS, (Band(3, 15 * E15),), Comparison("properties.path", "equals", "/")
        ),
        FrequencyRule("oftener", ("page_visit",), 7 * DAY_MS, (Band(3, 5 * E15), Band(10, 15 * E15))),
        RecencyRule("lately", ("purchase",), (Band(30 * DAY_MS, 20 * E15), Band(90 * DAY_MS, 10 * E15))),
        RecencyRule("last-week", ("purchase",), (Band(7 * DAY_MS, 3 * E15),), group="clicks"),
        MonetaryRule(
            "money",
            ("purchase",),
            "properties.amount",
            365 * DAY_MS,
            (Band(99_500_000_000, 5 * E15),),
            per="properties.order_id",
        ),
    ],
    ids=lambda rule: rule.id,
)
def test_every_kind_of_rule_is_read(everything: Everything, rule: Rule) -> None:
    assert everything[0]["kinds"][rule.id] == rule


def test_all_else_of_a_score_and_of_a_model_is_read(everything: Everything) -> None:
    _, model = everything
    score = model.scores[1]

    assert (model.name, model.proxy_opens_count, model.correction_window_ms) == ("everything", True, 14 * DAY_MS)
    assert model.announce_first
    assert model.derivations == (
        Derivation("properties.product", "properties.path", pattern="^/products/([^/]+)", lowers=True),
        Derivation(
            "properties.plan.name",
            "context.page.sku",
            table=(("A-1", "basic"), ("2", "pro"), ("on", 3), ("No", True)),
        ),
        Derivation("properties.site", "properties.url", takes_host=True),
    )
    assert model.scanners == Scanners(3, 60_000, before_delivery=False, after_delivery_ms=0, clock_tolerance_ms=3_000)
    assert model.addresses == ("email", "work_email")
    assert (score.precision_nano, score.min_nano, score.max_nano) == (NANO // 2, -10_500_000_000, 100 * NANO)
    assert score.groups == (Group("clicks", 40 * NANO), Group("losses", -20 * NANO))
    assert score.stages == (
        Stage("low", -5 * NANO),
        Stage("high", 20 * NANO, 20 * NANO),
        Stage("top", 99_500_000_000),
    )
    assert model.hot_leads == (
        HotLead("kinds", "high", DAY_MS, 7 * DAY_MS),
        HotLead("matrix", "best", include_attributes=("first_name", "company.name")),
    )
    assert model.display == Display((("nick",), ("title", "last_name"), ("e-mail address",)), ())


def test_every_operator_is_read(everything: Everything) -> None:
    condition = everything[0]["conditions"]["every-operator"].where

    assert isinstance(condition, AllOf)
    tests = [test for test in condition.conditions if isinstance(test, Comparison)]
    assert [(test.path.removeprefix("properties."), test.operator, test.operand) for test in tests] == [
        ("a", "equals", "text"),
        ("b", "equals", 3),
        ("c", "equals", 0.5),
        ("d", "equals", True),
        ("e", "in", ("a", 2, False)),
        ("f", "not", "a"),
        ("g", "not", ("a", 1)),
        ("h", "exists", True),
        ("i", "exists", False),
        ("j", "contains", "a"),
        ("k", "starts_with", "a"),
        ("k", "ends_with", "b"),
        ("l", "matches", "^/(pricing|plans)$"),
        ("m", "greater_than", 1),
        ("m", "less_than", 2),
        ("n", "at_least", 1),
        ("n", "at_most", 1),
        ("o", "between", (1, 2)),
        ("context.user_agent.name", "equals", "1"),
    ]
    assert condition.conditions[-1] == AnyOf(
        (
            Comparison("properties.p", "equals", 1),
            AllOf((Comparison("properties.q", "equals", 2), Comparison("properties.r", "equals", 3))),
            AnyOf((Comparison("properties.s", "equals", 1), Comparison("properties.t", "equals", 1))),
        )
    )


def test_a_pattern_is_searched_for_in_linear_time(everything: Everything) -> None:
    condition = everything[0]["conditions"]["every-operator"].where
    (search,) = [test.search for test in condition.conditions if isinstance(test, Comparison) and test.search]
    assert search("/plans")
    assert not search("/plans/2")

    text = model_with("{id: r, on: e, points: 1, where: {properties.x: {matches: '(a+)+b'}}}")
    rule = parse_model(text, "m.yaml").scores[0].rules[0]
    assert isinstance(rule, EventRule)
    assert isinstance(rule.where, Comparison)
    assert rule.where.search is not None
    slow_elsewhere = rule.where.search
    assert not slow_elsewhere("a" * 100_000)


def test_points_are_read_exactly() -> None:
    (score,) = parse_model(model_with("{id: r, on: e, points: 0.1}"), "m.yaml").scores
    assert isinstance(score.rules[0], EventRule)
    assert score.rules[0].points == 100_000_000_000_000


def test_the_version_follows_what_is_said_and_not_how() -> None:
    version = parse_model("scores: {s: {rules: [{id: r, on: e, points: 1.50}]}}", "a").version
    otherwise = parse_model("# why\nscores:\n  s:\n    rules:\n    - {points: 1.5, on: 'e', id: r}\n", "b").version
    other = parse_model("scores: {s: {rules: [{id: r, on: e, points: 1.51}]}}", "a").version

    assert version == otherwise != other
    assert len(version) == 12


def test_the_version_of_a_model_never_changes_by_itself() -> None:
    # Records and announcements name it: a new release must find the same one in the same text.
    assert parse_model("scores: {s: {rules: [{id: r, on: e, points: 1}]}}", "a").version == "19110a6ae80c"


def test_what_contacts_are_called_is_part_of_the_version_only_where_announcements_say_it() -> None:
    def version(*words: str) -> str:
        return parse_model("\n".join([model_with(score="stages: {a: 0, b: 5}"), *words]), "m.yaml").version

    silent, telling = (f"hot_lead: {{score: s, stage: b{more}}}" for more in ("", ", include_attributes: [name]"))
    assert version(silent) == version(silent, "display: {name: [nick]}")
    assert version(telling) != version(telling, "display: {name: [nick]}")
    assert version(silent) != version(telling) == version(telling, "segments: {all: {}}")


def test_the_order_of_scores_is_part_of_the_version() -> None:
    score = "{rules: [{id: r, on: e, points: 1}]}"
    assert (
        parse_model(f"scores: {{a: {score}, b: {score}}}", "").version
        != parse_model(f"scores: {{b: {score}, a: {score}}}", "").version
    )


def test_a_model_carries_the_revision_under_which_it_was_applied() -> None:
    assert parse_model(model_with(), "models", revision=7).revision == 7


# ---- what is refused ---------------------------------------------------------------------------------------------

BAD_RULES = [
    ("{id: r, on: e, pionts: 1, points: 1}", "unknown word 'pionts' (did you mean 'points'?)"),
    ("{on: e, points: 1}", "'id' is missing"),
    ("{id: '', on: e, points: 1}", "id: wanted a name"),
    ("{id: 'a b', on: e, points: 1}", "id: wanted a name"),
    ("{id: r, points: 1}", "wanted exactly one of on, when"),
    ("{id: r, on: e, when: {attributes.a: 1}, points: 1}", "got on and when"),
    ("{id: r, on: e}", "wanted exactly one of points, points_from"),
    ("{id: r, on: e, points: 1, points_from: {property: properties.a}}", "got points and points_from"),
    ("{id: r, on: [], points: 1}", "on: wanted"),
    ("{id: r, on: [e, e], points: 1}", "each event type once"),
    ("{id: r, on: any, points: 1}", "event types by their names"),
    ("{id: r, on: 3, points: 1}", "on: wanted a text"),
    ("{id: r, on: e, points: '1'}", "points: wanted a number without quotes; got '1'"),
    ("{id: r, on: e, points: yes}", "points: wanted a number; got 'yes'"),
    ("{id: r, on: e, points: true}", "points: wanted a number; got true"),
    ("{id: r, on: e, points: .inf}", "points: wanted a number"),
    ("{id: r, on: e, points: 1000000}", "below 1_000_000"),
    ("{id: r, on: e, points: 1e300}", "below 1_000_000"),
    ("{id: r, on: e, points: 0.0000000001}", "at most nine decimals"),
    ("{id: r, on: e, points: 1, decay: never}", "decay: wanted none, or a mapping"),
    ("{id: r, on: e, points: 1, decay: {half_lief: 3d}}", "unknown word 'half_lief' (did you mean 'half_life'?)"),
    ("{id: r, on: e, points: 1, decay: {half_life: 30}}", "half_life: wanted a duration"),
    ("{id: r, on: e, points: 1, decay: {half_life: -3d}}", "half_life: wanted a duration"),
    ("{id: r, on: e, points: 1, decay: {half_life: 0d}}", "half_life: wanted a duration above 0"),
    ("{id: r, on: e, points: 1, decay: {half_life: 1M}}", "half_life: wanted a duration"),
    ("{id: r, on: e, points: 1, decay: {half_life: 99999d}}", "at most 36500d"),
    ("{id: r, on: e, points: 1, decay: {half_life: 3d, expires_after: 3d}}", "got half_life and expires_after"),
    ("{id: r, on: e, points: 1, decay: {half_life: 3d, every: 3d}}", "belongs to percent_per_day"),
    ("{id: r, on: e, points: 1, decay: {percent_per_day: 2}}", "wanted a percentage"),
    ("{id: r, on: e, points: 1, decay: {percent_per_day: 100%}}", "below 100%"),
    ("{id: r, on: e, points: 1, decay: {percent_per_day: 0%}}", "above 0"),
    ("{id: r, on: e, points: 1, decay: {linear: {lose: 101%, per: 3d}}}", "wanted a percentage"),
    ("{id: r, on: e, points: 1, decay: {linear: {lose: 50%}}}", "'per' is missing"),
    ("{id: r, on: e, points: 1, decay: {step: {lose: 50%, every: 3d, mode: both}}}", "absolute or compound"),
    ("{id: r, on: e, points: 1, limit: {}}", "limit: wanted once, count or points"),
    ("{id: r, on: e, points: 1, limit: {count: 0}}", "count: wanted a whole number"),
    ("{id: r, on: e, points: 1, limit: {count: 1.5}}", "count: wanted a whole number"),
    ("{id: r, on: e, points: 1, limit: {once: false}}", "wanted true"),
    ("{id: r, on: e, points: 1, limit: {once: true, count: 2}}", "without count"),
    ("{id: r, on: e, points: 1, limit: {per: properties.a}}", "wanted 'count' beside them"),
    ("{id: r, on: e, points: 1, limit: {count: 1, per: url}}", "a path that begins with properties."),
    ("{id: r, on: e, points: 1, limit: {count: 1, per: properties.}}", "a path that begins with properties."),
    ("{id: r, on: e, points: 1, group: g}", "unknown group"),
    ("{id: r, on: e, points_from: {property: properties.a, times: 0}}", "times: wanted a number that is not 0"),
    ("{id: r, on: e, points_from: {property: properties.a, min: 2, max: 1}}", "min below max"),
    ("{id: r, on: e, points: 1, where: {}}", "at least one path"),
    ("{id: r, on: e, points: 1, where: properties.a}", "where: wanted a mapping"),
    ("{id: r, on: e, points: 1, where: {path: /}}", "wanted a path that begins with properties. or context."),
    ("{id: r, on: e, points: 1, where: {attributes.a: 1}}", "wanted a path that begins with properties. or context."),
    ("{id: r, when: {properties.a: 1}, points: 1}", "wanted a path that begins with attributes."),
    ("{id: r, on: e, points: 1, where: {properties.a: [1]}}", "use `in`"),
    ("{id: r, on: e, points: 1, where: {properties.a: null}}", "exists: false"),
    ("{id: r, on: e, points: 1, where: {properties.a: {}}}", "at least one operator"),
    ("{id: r, on: e, points: 1, where: {properties.a: {start_with: x}}}", "did you mean 'starts_with'?"),
    ("{id: r, on: e, points: 1, where: {properties.a: {in: []}}}", "in: wanted a list with at least one value"),
    ("{id: r, on: e, points: 1, where: {properties.a: {at_least: x}}}", "at_least: wanted a number"),
    ("{id: r, on: e, points: 1, where: {properties.a: {starts_with: 1}}}", "starts_with: wanted a text"),
    ("{id: r, on: e, points: 1, where: {properties.a: {exists: 1}}}", "exists: wanted true or false"),
    ("{id: r, on: e, points: 1, where: {properties.a: {between: [2, 1]}}}", "the lower first"),
    ("{id: r, on: e, points: 1, where: {properties.a: {between: [1, 2, 3]}}}", "two numbers"),
    ("{id: r, on: e, points: 1, where: {properties.a: {matches: '(a'}}}", "got '(a': missing )"),
    ("{id: r, on: e, points: 1, where: {properties.a: {matches: '(a)\\1'}}}", "no back-references"),
    ("{id: r, on: e, points: 1, where: {any: []}}", "any: wanted a list of alternatives"),
    ("{id: r, when: {attributes.a: 1}, points: 1, decay: {half_life: 1d}}", "attributes never decay"),
    ("{id: r, when: {attributes.a: 1}, points: 1, limit: {count: 1}}", "unknown word 'count'"),
    ("{id: r, inactivity: {of: any, points: 1}}", "'after' is missing"),
    ("{id: r, inactivity: {of: [any], after: 1d, points: 1}}", "event types by their names"),
    ("{id: r, inactivity: {of: any, after: 1d, points: -1, every: 1d}}", "wanted 'max_times' beside it, or 'min'"),
    ("{id: r, inactivity: {of: any, after: 1d, points: 1, every: 1d}}", "wanted 'max_times' beside it, or 'max'"),
    ("{id: r, inactivity: {of: any, after: 1d, points: 1, max_times: 2}}", "wanted 'every' beside it"),
    ("{id: r, frequency: {of: e, within: 1d, points: 1}}", "'at_least' is missing"),
    ("{id: r, frequency: {of: e, within: 1d, points: 1, bands: [{at_least: 1, points: 1}]}}", "got bands and points"),
    (
        "{id: r, frequency: {of: e, within: 1d, bands: [{at_least: 2, points: 1}, {at_least: 2, points: 1}]}}",
        "rising order",
    ),
    ("{id: r, recency: {of: e, bands: [{within: 2d, points: 1}, {within: 1d, points: 1}]}}", "rising order"),
    ("{id: r, recency: {of: e, bands: []}}", "bands: wanted a list of bands"),
    ("{id: r, monetary: {of: e, sum: amount, within: 1d, at_least: 1, points: 1}}", "sum: wanted a path"),
    ("{id: r, monetary: {of: e, sum: properties.a, within: 1d, at_least: 0, points: 1}}", "an amount above 0"),
    ("{id: r, on: e, points: 1, points: 2}", "'points' stands twice"),
    ("[id, r]", "rule 1: wanted a mapping"),
    ("{id: r, on: e, points: &p 1}", "anchor"),
    ("{id: r, on: !!str 3, points: 1}", "tag"),
]


@pytest.mark.parametrize(("rule", "complaint"), BAD_RULES, ids=[rule for rule, _ in BAD_RULES])
def test_a_rule_that_can_not_be_is_refused_with_its_line(rule: str, complaint: str) -> None:
    problems = problems_of(model_with(rule))
    assert all(problem.startswith("m.yaml:4: ") for problem in problems), problems
    assert any(complaint in problem for problem in problems), problems


NEVER = [
    "properties.a: {at_least: 5, at_most: 3}",
    "properties.a: {greater_than: 3, at_most: 3}",
    "properties.a: {between: [1, 2], greater_than: 2}",
    "properties.a: {at_least: 3, at_most: 3, not: 3}",
    "properties.a: {in: [1, 2], not: [1, 2]}",
    "properties.a: {in: [a, b], starts_with: c}",
    "properties.a: {in: ['-1', '1,5', true], at_least: 0}",
    "properties.a: {starts_with: '1e', at_least: 0}",
    "properties.a: {contains: 5, at_least: 0}",
    "properties.a: {in: [a, B], not: [A, b]}",
    "properties.a: {starts_with: /a, contains: x, at_most: 3}",
    "properties.a: {exists: false, starts_with: c}",
    "properties.a: {starts_with: /a, at_least: 3}",
    "properties.a: {ends_with: x, at_most: 1}",
    "properties.a: x, any: [{properties.a: y}, {properties.a: {starts_with: z}}]",
    "properties.b: 1, any: [{properties.a: {in: [1], not: 1}}, {properties.a: 2}]",
]


@pytest.mark.parametrize("where", NEVER)
def test_a_condition_that_can_never_hold_is_refused(where: str) -> None:
    (problem,) = problems_of(model_with(f"{{id: r, on: e, points: 1, where: {{{where}}}}}"))
    assert "can never hold: no value of properties.a is" in problem


@pytest.mark.parametrize(
    "where",
    [
        "properties.a: {at_least: 3, at_most: 3}",
        "properties.a: {greater_than: 3, less_than: 4}",
        "properties.a: {starts_with: /a, ends_with: b, matches: c, contains: d, not: e}",
        "properties.a: {exists: false, not: 3}",
        "properties.a: {in: [1, 2], not: 1}",
        "properties.a: {in: ['1'], at_least: 0}",
        "properties.a: {starts_with: '2', ends_with: '.50', at_least: 100}",
        "properties.a: {contains: '.', between: [0, 1], matches: '^0'}",
        "properties.a: {starts_with: /A, ends_with: B}",
        "any: [{properties.a: {starts_with: /Ab}}], properties.a: {starts_with: /a}",
        "properties.a: x, any: [{properties.a: {starts_with: x}}, {properties.b: 2}]",
        "properties.a: {contains: a, exists: true}",
    ],
)
def test_a_condition_that_can_hold_is_taken(where: str) -> None:
    parse_model(model_with(f"{{id: r, on: e, points: 1, where: {{{where}}}}}"), "m.yaml")


BAD_SCORES = [
    ("by: product", "by: wanted a path that begins with properties. or context."),
    ("applies_when: {properties.a: 1}", "wanted a path that begins with attributes."),
    ("applies_when: {attributes.a: {at_least: 5, at_most: 3}}", "applies_when: can never hold"),
    ("max_values: 20", "max_values: says how many values are shown; wanted 'by' beside it; got none"),
    ("{by: properties.a, max_values: 101}", "max_values: wanted at most 100 values; got 101"),
    ("{by: properties.a, max_values: 0}", "max_values: wanted a whole number of at least 1"),
    ("combine: {sum: [a, b]}", "unknown word 'rules'"),
    ("decy: none", "did you mean 'decay'?"),
    ("precision: 0", "precision: wanted a number above 0"),
    ("precision: -1", "precision: wanted a number above 0"),
    ("min: 0.5", "min: wanted a multiple of the score's precision, 1"),
    ("max: 4000000", "below 4_000_000"),
    ("{min: 5, max: 5}", "min below max"),
    ("groups: {g: {points: 3}}", "unknown word 'points'"),
    ("groups: {g: {limit: {count: 3}}}", "'points' is missing"),
    ("stages: {a: 0, b: 0}", "above that of 'a'"),
    ("stages: {a: 5, b: 1}", "above that of 'a'"),
    ("stages: {a: 0, b: {from: 3, leave_below: 4}}", "leave_below at most from"),
    ("stages: {a: {from: 3, leave_below: 1}, b: 4}", "never left downwards"),
    ("stages: {a: 0, b: {leave_below: 4}}", "'from' is missing"),
    ("stages: {a: 0, b: ten}", "stages: b: wanted the number that the stage begins at"),
    ("stages: [a, b]", "stages: wanted a mapping"),
    ("{max: 10, stages: {a: 0, b: 11}}", "can never be reached"),
    ("{min: 10, stages: {a: 0, b: 10}}", "'a' can never hold"),
    ("stages: {a b: 0}", "wanted a name"),
]


@pytest.mark.parametrize(("words", "complaint"), BAD_SCORES, ids=[words for words, _ in BAD_SCORES])
def test_a_score_that_can_not_be_is_refused_with_its_line(words: str, complaint: str) -> None:
    words = words[1:-1] if words.startswith("{") else words
    problems = problems_of(f"scores:\n  s: {{rules: [{{id: r, on: e, points: 1}}],\n    {words}}}")
    assert all(problem.startswith(("m.yaml:2: ", "m.yaml:3: ")) for problem in problems), problems
    assert any(complaint in problem for problem in problems), problems


BAD_COMBINATIONS = [
    ("combine: {sum: [a, x]}", "combine: sum: unknown score; wanted one of a, b, endless, plain; got 'x'"),
    (
        "combine: {sum: [a, s]}",
        "not combined in a circle, nor in more layers; wanted one of a, b, endless, plain; got 's', which",
    ),
    ("combine: {sum: [a, total]}", "not combined in a circle, nor in more layers"),
    ("combine: {sum: [a, grade]}", "got 'grade', which is combined too"),
    ("combine: {sum: [a, interest]}", "got 'interest', which has one for each value"),
    ("combine: {sum: [a, a]}", "combine: sum: wanted each score once"),
    ("combine: {sum: []}", "a list of scores"),
    ("combine: {sum: [a], weighted: {a: 1}}", "wanted exactly one of sum, weighted, matrix; got sum and weighted"),
    ("combine: {}", "wanted exactly one of sum, weighted, matrix; got nothing"),
    ("combine: {summ: [a]}", "did you mean 'sum'?"),
    ("combine: {weighted: {a: 0}}", "weighted: a: wanted a number that is not 0, below 1_000 in size; got 0"),
    ("combine: {weighted: {a: 70%}}", "weighted: a: wanted a number; got '70%'"),
    ("combine: {weighted: {}}", "at least one score with its weight"),
    ("combine: {weighted: {x: 1}}", "weighted: x: unknown score"),
    ("combine: {matrix: {rows: a}}", "'columns' is missing"),
    (
        "combine: {matrix: {rows: a, columns: plain}}",
        "columns: a matrix is made of stages; wanted one of a, b, total; got",
    ),
    ("combine: {matrix: {rows: grade, columns: a}}", "rows: scores are not combined in a circle"),
    ("combine: {matrix: {rows: interest, columns: a}}", "rows: a score has one number"),
    ("combine: {matrix: {rows: a, columns: a}}", "columns: wanted another score than the rows'; got 'a' for both"),
    (
        "combine: {matrix: {rows: a, columns: b, labels: {3: {x: t}}}}",
        "unknown stage; wanted one of 1, 2, the stages of 'a'",
    ),
    (
        "combine: {matrix: {rows: a, columns: b, labels: {1: {z: t}}}}",
        "unknown stage; wanted one of x, y, the stages of 'b'",
    ),
    ("combine: {matrix: {rows: a, columns: b, labels: {1: {x: 't u'}}}}", "wanted a name"),
    ("combine: {matrix: {rows: a, columns: b}}, stages: {a: 0}", "unknown word 'stages'"),
    ("combine: {sum: [a]}, by: properties.a", "unknown word 'by'"),
    ("combine: {sum: [a]}, max: 0.5", "max: wanted a multiple of the score's precision"),
    (
        "combine: {weighted: {endless: -1}}, min: 0",
        "rule 'quiet' of 'endless' never ends; wanted its 'max_times', or 'max'",
    ),
]


@pytest.mark.parametrize(("words", "complaint"), BAD_COMBINATIONS, ids=[words for words, _ in BAD_COMBINATIONS])
def test_a_score_that_can_not_be_combined_is_refused_with_its_line(words: str, complaint: str) -> None:
    problems = problems_of(combined(words))
    assert all(problem.startswith("m.yaml:9: ") for problem in problems), problems
    assert any(complaint in problem for problem in problems), problems


def combined(words: str) -> str:
    """A model of scores of every kind, and of `s`, which is made of them, on line 9."""
    rules = "rules: [{id: r, on: e, points: 1}]"
    endless = "{min: -5, rules: [{id: quiet, inactivity: {of: any, after: 1d, points: -1, every: 1d}}]}"
    others = {"interest": f"{{by: properties.p, {rules}}}", "plain": f"{{{rules}}}", "endless": endless}
    others |= {"a": f"{{{rules}, stages: {{1: 0, 2: 5}}}}", "b": f"{{{rules}, stages: {{x: 0, y: 5}}}}"}
    others |= {"total": "{combine: {sum: [a, b]}, stages: {u: 0, v: 9}}"}
    others |= {"grade": "{combine: {matrix: {rows: a, columns: total}}}"}
    return "scores:\n" + "".join(f"  {name}: {text}\n" for name, text in others.items()) + f"  s: {{{words}}}\n"


@pytest.mark.parametrize(
    ("words", "combine"),
    [
        ("combine: {sum: [a, b]}, precision: 0.1, min: 0, stages: {l: 0, h: 1}", Weighted((("a", NANO), ("b", NANO)))),
        ("combine: {weighted: {a: 0.7, b: -0.3}}", Weighted((("a", 7 * NANO // 10), ("b", -3 * NANO // 10)))),
        ("combine: {matrix: {rows: a, columns: total}}", Matrix("a", "total")),
        (
            "combine: {matrix: {rows: a, columns: b, labels: {1: {x: t, y: u}, 2: {x: t}}}}",
            Matrix("a", "b", (("1", "x", "t"), ("1", "y", "u"), ("2", "x", "t"))),
        ),
    ],
)
def test_every_way_to_combine_is_read(words: str, combine: Weighted | Matrix) -> None:
    words += ", applies_when: {attributes.stage: {not: customer}}"
    score = parse_model(combined(words), "m").scores[-1]
    assert (score.combine, score.rules) == (combine, ())
    assert score.applies_when == Comparison("stage", "not", "customer")


def test_a_score_by_value_is_read() -> None:
    words = "by: properties.product, max_values: 5, applies_when: {attributes.a: 1}"
    score = parse_model(f"scores: {{s: {{{words}, rules: [{{id: r, on: e, points: 1}}]}}}}", "m").scores[0]
    assert (score.by, score.max_values, score.applies_when) == ("properties.product", 5, Comparison("a", "equals", 1))
    default = parse_model("scores: {s: {by: context.app, rules: [{id: r, on: e, points: 1}]}}", "m").scores[0]
    assert (default.by, default.max_values, default.applies_when) == ("context.app", 20, None)


@pytest.mark.parametrize(
    ("hot_lead", "complaint"),
    [
        ("{score: interest, stage: u}", "score: a hot lead is of a contact; wanted one of"),
        ("{score: grade, stage: 1w}", "stage: unknown label; wanted one of 1u, 1v, 2u, 2v; got '1w'"),
        ("{score: total, stage: u}", "can't be entered from below"),
    ],
)
def test_a_hot_lead_that_can_not_be_is_refused(hot_lead: str, complaint: str) -> None:
    (problem,) = problems_of(combined("combine: {sum: [a]}") + f"hot_lead: {hot_lead}")
    assert problem.startswith("m.yaml:10: ")
    assert complaint in problem


def test_a_hot_lead_can_be_a_label_of_a_matrix() -> None:
    text = combined("combine: {matrix: {rows: a, columns: b, labels: {2: {y: top}}}}")
    assert parse_model(text + "hot_lead: {score: s, stage: top}", "m").hot_leads == (HotLead("s", "top"),)


@pytest.mark.parametrize(
    ("top", "complaint"),
    [
        ("hot_lead: {score: x, stage: b}", "unknown score; wanted one of s; got 'x'"),
        ("hot_lead: {score: s, stage: c}", "unknown stage; wanted one of b; got 'c'"),
        ("hot_lead: {score: s, stage: a}", "can't be entered from below"),
        ("hot_lead: {score: s}", "'stage' is missing"),
        ("hot_lead: [{score: s, stage: b}, {score: s, stage: b}]", "at most one hot lead a score"),
        ("hot_lead: {score: s, stage: b, rearm_after: 7}", "rearm_after: wanted a duration"),
        ("hot_leads: {score: s, stage: b}", "did you mean 'hot_lead'?"),
        ("proxy_opens: maybe", "count or ignore"),
        ("scanners: on", "scanners: wanted off, or a mapping of links, within, before_delivery, after_delivery"),
        ("scanners: {links: 1}", "scanners: links: wanted a whole number of at least 2; got 1"),
        ("scanners: {links: true}", "links: wanted a whole number of at least 1; got true"),
        ("scanners: {within: 10}", "scanners: within: wanted a duration"),
        ("scanners: {within: 61m}", "wanted a duration of at most an hour"),
        ("scanners: {before_delivery: 1}", "wanted true or false"),
        ("scanners: {after_delivery: 2}", "scanners: after_delivery: wanted a duration"),
        ("scanners: {clock_tolerance: 2h}", "clock_tolerance: wanted a duration of at most an hour"),
        ("scanners: {link: 3}", "did you mean 'links'?"),
        ("announce_first: 1", "announce_first: wanted true or false; got 1"),
        ("derive: {}", "derive: wanted at least one property"),
        ("derive: [properties.a]", "derive: wanted a mapping of properties, each to what it is made of; got a list"),
        ("derive: {product: {from: properties.path, lower: true}}", "begins with properties. as name; got 'product'"),
        ("derive: {context.a: {from: properties.b, lower: true}}", "begins with properties. as name; got 'context.a'"),
        ("derive: {properties.a: {lower: true}}", "'from' is missing"),
        ("derive: {properties.a: {from: path, lower: true}}", "from: wanted a path that begins with properties."),
        ("derive: {properties.a: {from: properties.b}}", "wanted one of host, matches, lower, table beside 'from'"),
        ("derive: {properties.a: {from: properties.b, match: a}}", "did you mean 'matches'?"),
        ("derive: {properties.a: {from: properties.b, lower: 1}}", "lower: wanted true or false; got 1"),
        ("derive: {properties.a: {from: properties.a, lower: true}}", "from: wanted a path that events come with"),
        (
            "derive: {properties.a: {from: properties.b, lower: true}, properties.b: {from: properties.c, host: true}}",
            "none is derived of another; got 'properties.b', which is derived",
        ),
        ("derive: {properties.a: {from: properties.b, matches: '(?=a)'}}", "wanted a regular expression of RE2"),
        ("derive: {properties.a: {from: properties.b, matches: '(a)(b)'}}", "wanted one group at most"),
        ("derive: {properties.a: {from: properties.b, matches: ''}}", "matches: wanted a text that is not empty"),
        ("derive: {properties.a: {from: properties.b, table: {}}}", "table: wanted at least one text"),
        ("derive: {properties.a: {from: properties.b, table: [a]}}", "table: wanted a mapping of texts"),
        ("derive: {properties.a: {from: properties.b, table: {x: [y]}}}", "table: x: wanted a text, a number"),
        (
            "hot_lead: {score: s, stage: b, include_attributes: email}",
            "wanted a list of attributes' names, or [] for none",
        ),
        ("hot_lead: {score: s, stage: b, include_attributes: [a, a]}", "wanted at most 50 names, each once"),
        ("display: [name]", "display: wanted a mapping of name, subtitle; got a list of 1"),
        ("display: {names: [a]}", "display: unknown word 'names' (did you mean 'name'?)"),
        ("display: {name: first_name}", "display: name: wanted a list of attributes, or [] for none"),
        ("display: {name: [a, b, a]}", "display: name: wanted at most 20 entries, each once"),
        ("display: {name: [first+last]}", "name: wanted an attribute, or several joined as in first_name + last_name"),
        ("display: {name: [first + ]}", "name: wanted an attribute, or several joined"),
        ("display: {subtitle: [[a, b]]}", "display: subtitle: wanted a text"),
        ("correction_window: month", "wanted a duration"),
        ("name: a b", "wanted a name"),
        ("scores: {}", "'scores' stands twice"),
    ],
)
def test_a_model_that_can_not_be_is_refused_with_its_line(top: str, complaint: str) -> None:
    problems = problems_of(model_with(score="stages: {a: 0, b: 5}", top=top))
    assert all(problem.startswith("m.yaml:6: ") for problem in problems), problems
    assert any(complaint in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "m.yaml:1: wanted one YAML document; got none"),
        ("# nothing", "wanted one YAML document; got none"),
        ("---\nscores: {}\n---\nscores: {}", "m.yaml:3: wanted one YAML document; got 2"),
        ("scores", "m.yaml:1: the model: wanted a colon behind 'scores', and what it is; got 'scores' alone"),
        ("name: x", "'scores' is missing"),
        ("scores: {}", "at least one score"),
        ("scores: [s]", "wanted a mapping of names to scores"),
        ("scores: {s: }", "score 's': wanted a mapping"),
        ("scores: {s: {}}", "'rules' is missing"),
        ("scores: {s: {rules: []}}", "at least one"),
        ("scores:\n\t- a", "m.yaml:2: wanted blanks before the first word; got a tab: indent by blanks alone"),
        ("scores: {s: {rules: [}", "wanted YAML; got an error"),
        ("scores: *x", "alias 'x'"),
        ("? [a]\n: b", "wanted a word before the colon"),
        ("a: " + "[" * 40 + "]" * 40, "at most 32 levels"),
        ("scores: \x00", "wanted YAML; got an error"),
        ("x" * 2_000_000, "at most 1048576 characters"),
    ],
    ids=lambda case: case[:30],
)
def test_a_text_that_is_no_model_is_refused_with_its_line(text: str, complaint: str) -> None:
    assert complaint in "\n".join(problems_of(text))


def test_two_rules_of_one_id_are_refused_in_a_score_and_taken_in_two() -> None:
    rule = "{id: r, on: e, points: 1}"
    (problem,) = problems_of(f"scores:\n  s:\n    rules:\n      - {rule}\n      - {rule}")
    assert problem.startswith("m.yaml:5: ")
    assert "id 'r' stands twice" in problem
    assert "line 4" in problem

    assert len(parse_model(f"scores: {{s: {{rules: [{rule}]}}, t: {{rules: [{rule}]}}}}", "m").scores) == 2


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "hot_lead: {score: s, stage: x}\n" + model_with(
        "{id: r, on: e, pints: 2, points: a}", "stages: {a: 1, b: 1}", "nam: x"
    )
    problems = problems_of(text)

    lines = [int(problem.split(":")[1]) for problem in problems]
    assert lines == sorted(lines)
    for complaint in ("pints", "'a'", "above that of", "stage: unknown stage", "nam"):
        assert any(complaint in problem for problem in problems), complaint
    assert len(problems) == 5


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no-such\.yaml"):
        read_model(tmp_path / "no-such.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("scores: ä".encode("latin-1"))
    with pytest.raises(ModelError, match=r"latin\.yaml.*UTF-8"):
        read_model(latin)


# ---- YAML 1.2 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("-012", -12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.50", Decimal("1.5")),
        ("1e3", Decimal(1000)),
        (".5", Decimal("0.5")),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("30d", "30d"),
        ("2%", "2%"),
        ("/", "/"),
    ],
)
def test_a_scalar_means_what_the_core_schema_says(text: str, value: Any) -> None:
    read = core_value(text)
    assert read == value
    assert type(read) is type(value)


def test_a_quoted_scalar_is_a_text() -> None:
    tree = read_tree("""a: '1'\nb: "true"\nc: ''""", Problems("x"))
    assert canonical_values(tree) == {"a": "1", "b": "true", "c": ""}


@given(st.text(alphabet="scoresrule:{}[],&*!|>'\"%@`-? \n\t#~0123456789.", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        model = parse_model(text, "m.yaml")
    except ModelError:
        return
    assert model.scores
