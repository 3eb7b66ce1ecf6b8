"""Random scoring models of every rule kind, over the few types, paths and amounts that random histories are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from hypothesis import strategies as st

from streamprocessor.contract.model_file.checks.announcement_rate import announcements_a_day
from streamprocessor.scoring.model.derivation import Derivation, Extract
from streamprocessor.scoring.model.model import (
    DAY_MS,
    E15,
    NANO,
    Group,
    HotLead,
    Matrix,
    Model,
    Scanners,
    Score,
    Stage,
    Suppression,
    Weighted,
)
from streamprocessor.scoring.model.rules import (
    AllOf,
    AnyOf,
    AttributeRule,
    Band,
    Comparison,
    Condition,
    Decay,
    EventRule,
    ExpiresAfter,
    FrequencyRule,
    HalfLife,
    InactivityRule,
    Limit,
    Linear,
    MonetaryRule,
    NoDecay,
    PercentPerDayEvery,
    PointsFrom,
    RecencyRule,
    Rule,
    StepDecay,
)

START_MS = 1_790_000_000_000 // (630 * DAY_MS) * 630 * DAY_MS  # where windows of 7, 14, 30 and 90 days begin
TYPES = ("email_open", "email_click", "page_visit", "purchase", "unsubscribe", "email_delivered", "form_submission")
SUPPRESSING_TYPES = ("unsubscribe", "spam_complaint", "email_bounce", "hard_bounce", "resubscribe")
MESSAGES: tuple[Any, ...] = ("m1", "m2", 1, None)
PATHS = ("/", "/pricing", "/Pricing/Team", "/docs", "/Caf\u00e9", "/cafe\u0301")
URLS: tuple[Any, ...] = ("u1", "u2", "1", 1, True, None)
PRODUCTS: tuple[Any, ...] = ("crm", "mail", "1", 1, None)
ORDERS: tuple[Any, ...] = ("o1", "1", 1, None)
ATTRIBUTES = ("title", "country", "size", "firm", "firm.size")
CENTURY_MS = 36_500 * DAY_MS
MOST_STEPS_A_DAY = 1_000  # of one match; histories last for months, and each step is a message


def found(pattern: str) -> Extract:
    """What the pattern's group matches, or all of it, as readers of models make it with RE2."""
    search = re.compile(pattern).search

    def extract(text: str) -> str | None:
        match = search(text)
        return None if match is None else match.group(match.re.groups)

    return extract


# ---- models ----------------------------------------------------------------------------------------------------

round_points = st.integers(-60, 60).map(lambda n: n * E15)
tenths = st.integers(-600, 600).map(lambda n: n * E15 // 10)
odd_points = st.integers(-(10**18), 10**18)
points_e15 = st.one_of(round_points, tenths, odd_points)
durations_ms = st.one_of(
    st.integers(1, 10),
    st.integers(1, 48).map(lambda hours: hours * 3_600_000),
    st.sampled_from([1, 7, 14, 30, 90, 365]).map(lambda days: days * DAY_MS),
)
fractions = st.one_of(st.sampled_from([0.02, 0.1, 0.15, 0.25, 0.5, 0.9]), st.floats(0.01, 0.99))
half_lives_ms = st.one_of(
    durations_ms.map(float), st.floats(1_000, 365 * DAY_MS), st.sampled_from([14.0 * DAY_MS, 30.0 * DAY_MS])
)
exponential = half_lives_ms.map(HalfLife)
decays: st.SearchStrategy[Decay] = st.one_of(
    st.just(NoDecay()),
    exponential,
    st.builds(PercentPerDayEvery, fractions, st.sampled_from([3_600_000, DAY_MS, 7 * DAY_MS])),
    st.builds(Linear, st.one_of(fractions, st.just(1.0)), durations_ms),
    st.builds(StepDecay, st.one_of(fractions, st.just(1.0)), durations_ms, st.booleans()),
    durations_ms.map(ExpiresAfter),
)
summable_decays: st.SearchStrategy[Decay] = st.one_of(st.just(NoDecay()), exponential)
points_bounds = st.integers(-80, 80).map(lambda n: n * NANO // 2)
count_limits = st.builds(
    Limit,
    count=st.integers(1, 3),
    per=st.sampled_from([None, "properties.url", "properties.path"]),
    within_ms=st.none() | durations_ms,
)
limits = st.one_of(
    st.just(Limit()),
    count_limits,
    st.builds(Limit, points_nano=points_bounds),
    st.builds(lambda limit, bound: Limit(limit.count, limit.per, limit.within_ms, bound), count_limits, points_bounds),
)
simple_conditions: st.SearchStrategy[Condition] = st.one_of(
    st.sampled_from(PATHS).map(lambda path: Comparison("properties.path", "equals", path)),
    st.just(Comparison("properties.path", "starts_with", "/pricing")),
    st.just(Comparison("properties.path", "contains", "CAF\u00c9")),
    st.just(Comparison("properties.path", "ends_with", "E\u0301")),
    st.just(Comparison("properties.path", "not", ["/", "/docs"])),
    st.just(Comparison("properties.missing", "exists", operand=False)),
    st.just(Comparison("properties.url", "in", ["U1", 1])),
    st.integers(0, 100).map(lambda amount: Comparison("properties.amount", "at_least", amount)),
    st.just(Comparison("properties.amount", "between", (1, 50))),
    st.just(Comparison("context.user_agent", "contains", "Mozilla")),
)
some_conditions = st.lists(simple_conditions, min_size=1, max_size=2).map(tuple)
conditions = st.one_of(simple_conditions, some_conditions.map(AllOf), some_conditions.map(AnyOf))
attribute_conditions: st.SearchStrategy[Condition] = st.one_of(
    st.just(Comparison("title", "contains", "CEO")),
    st.just(Comparison("title", "exists", operand=True)),
    st.just(Comparison("country", "not", "DE")),
    st.just(Comparison("country", "equals", "de")),
    st.just(Comparison("size", "greater_than", 100)),
    st.just(Comparison("size", "equals", True)),
    st.just(Comparison("firm.size", "greater_than", 100)),
    st.just(Comparison("firm", "exists", operand=True)),
)
type_tuples = st.lists(st.sampled_from(TYPES), min_size=2, max_size=4, unique=True).map(tuple)
groups = st.sampled_from([None, None, "g1", "g2"])
points_from = st.builds(
    PointsFrom,
    st.just("properties.amount"),
    st.sampled_from([0.1, -0.1, 1.0, 2.5]),
    st.none() | st.just(-5 * E15),
    st.none() | st.just(50 * E15),
    per=st.sampled_from([None, "properties.order_id"]),
)
perhaps_where = st.one_of(st.none(), st.none(), conditions)


def rising_bands(marks: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[Band, ...]]:
    some_marks = st.lists(marks, min_size=1, max_size=3, unique=True).map(sorted)
    return some_marks.flatmap(
        lambda rising: st.tuples(*(st.builds(Band, st.just(mark), points_e15) for mark in rising))
    )


@st.composite
def event_rules(draw: st.DrawFn, laws: st.SearchStrategy[Decay] = decays) -> EventRule:
    points = draw(st.one_of(points_e15, points_e15, points_from))
    return EventRule("r", draw(type_tuples), points, draw(perhaps_where), draw(laws), draw(limits), draw(groups))


@st.composite
def inactivity_rules(draw: st.DrawFn) -> InactivityRule:
    every_ms = draw(st.none() | st.sampled_from([3_600_000, DAY_MS, 30 * DAY_MS]))
    return InactivityRule(
        "r",
        draw(st.none() | type_tuples),
        draw(durations_ms),
        draw(points_e15),
        every_ms,
        None if every_ms is None else draw(st.integers(1, 5)),
        draw(groups),
        draw(st.builds(Limit, points_nano=st.none() | points_bounds)),
    )


attribute_rules = st.builds(AttributeRule, st.just("r"), attribute_conditions, points_e15, groups)
band_rules: st.SearchStrategy[Rule] = st.one_of(
    st.builds(
        FrequencyRule, st.just("r"), type_tuples, durations_ms, rising_bands(st.integers(1, 5)), perhaps_where, groups
    ),
    st.builds(RecencyRule, st.just("r"), type_tuples, rising_bands(durations_ms), perhaps_where, groups),
    st.builds(
        MonetaryRule,
        st.just("r"),
        type_tuples,
        st.just("properties.amount"),
        durations_ms,
        rising_bands(st.integers(1, 2_000).map(lambda tenth: tenth * NANO // 10)),
        perhaps_where,
        groups,
        per=st.sampled_from([None, "properties.order_id"]),
    ),
)
all_rules: st.SearchStrategy[Rule] = st.one_of(
    event_rules(), event_rules(), event_rules(), inactivity_rules(), attribute_rules, band_rules
)
summable_rules: st.SearchStrategy[Rule] = event_rules(summable_decays)
eager_rules: st.SearchStrategy[Rule] = st.one_of(
    st.builds(
        EventRule,
        st.just("r"),
        type_tuples,
        st.integers(1, 6).map(lambda n: n * 5 * E15),
        decay=st.one_of(st.sampled_from([1, 2, 7]).map(lambda days: ExpiresAfter(days * DAY_MS)), st.just(NoDecay())),
    ),
    st.builds(EventRule, st.just("r"), type_tuples, st.integers(-6, -1).map(lambda n: n * 5 * E15)),
)


@st.composite
def stage_ladders(draw: st.DrawFn, least: int, most: int, *, hysteresis: bool) -> tuple[Stage, ...]:
    bounds = sorted(draw(st.lists(st.integers(least, most), min_size=2, max_size=4, unique=True)))
    margins = [draw(st.integers(1, 10)) if hysteresis and draw(st.booleans()) else None for _ in bounds]
    return tuple(
        Stage(f"stage-{n}", bound * NANO, None if margin is None else (bound - margin) * NANO)
        for n, (bound, margin) in enumerate(zip(bounds, margins, strict=True))
    )


bursts_in_a_moment = st.builds(
    Scanners, st.integers(2, 4), st.integers(1, 9), st.just(value=False), st.just(value=0), st.just(value=0)
)
scanners = st.none() | st.builds(
    Scanners,
    st.integers(2, 4),
    st.one_of(st.integers(1, 9), durations_ms),
    st.booleans(),
    st.integers(0, 4),
    st.integers(0, 4),
)
perhaps_applies: st.SearchStrategy[Condition | None] = st.one_of(st.none(), st.none(), attribute_conditions)
weights_nano = st.one_of(
    st.just(NANO), st.sampled_from([7, 3, 5, -5, 20]).map(lambda n: n * NANO // 10), st.integers(-NANO, 2 * NANO)
).filter(bool)


some_derivations = st.sampled_from(
    [
        Derivation("properties.product", "properties.path", pattern="^/([a-z]+)", extract=found("^/([a-z]+)")),
        Derivation("properties.product", "properties.url", table=(("u1", "crm"), ("1", "mail"), ("true", 1))),
        Derivation("properties.amount", "properties.path", table=(("/pricing", 50), ("/docs", "12"), ("/", True))),
        Derivation("properties.amount", "properties.product", table=(("crm", 7.5), ("1", -20))),
        Derivation("properties.missing", "context.user_agent", lowers=True),
        Derivation("properties.path", "properties.url", pattern="u.", extract=found("u."), table=(("u1", "/pricing"),)),
        Derivation("properties.url", "properties.path", pattern="team$", extract=found("team$")),
        Derivation("properties.message", "properties.amount", lowers=True),
    ]
)


def is_without_chains(chosen: Sequence[Derivation]) -> bool:
    return {each.path for each in chosen}.isdisjoint(each.source for each in chosen)


derivations = st.one_of(
    st.just(()),
    st.lists(some_derivations, min_size=1, max_size=3, unique_by=lambda each: each.path)
    .filter(is_without_chains)
    .map(tuple),
)


class Taste(NamedTuple):
    """What kind of model is drawn."""

    rules: st.SearchStrategy[Rule] = all_rules
    precisions_nano: Sequence[int] = (NANO, NANO, NANO // 10, NANO // 2, 5 * NANO, 1_000)
    stages_at: tuple[int, int] = (-20, 60)
    hysteresis: bool = False
    window_ms: int = CENTURY_MS  # nothing is compacted
    scanners: st.SearchStrategy[Scanners | None] = scanners


@st.composite
def scores(draw: st.DrawFn, name: str, taste: Taste) -> Score:
    drawn = [draw(taste.rules) for _ in range(draw(st.integers(1, 4)))]
    numbered = tuple(_numbered(rule, n) for n, rule in enumerate(drawn))
    names = sorted({rule.group for rule in numbered if rule.group is not None})
    q = _bearable(draw(st.sampled_from(taste.precisions_nano)), numbered)
    low = draw(st.none() | st.integers(-40, 0))
    if low is not None:
        numbered = tuple(_unending(rule) if draw(st.booleans()) else rule for rule in numbered)
    high = draw(st.none() | st.integers(1, 60))
    return Score(
        name,
        numbered,
        draw(st.just(()) | stage_ladders(*taste.stages_at, hysteresis=taste.hysteresis)),
        tuple(Group(group, draw(points_bounds)) for group in names),
        q,
        None if low is None else low * NANO // q * q,
        None if high is None else high * NANO // q * q,
        applies_when=draw(perhaps_applies),
        by=draw(st.sampled_from([None, None, None, "properties.product"])),
        max_values=draw(st.sampled_from([1, 2, 20])),
    )


@st.composite
def sums(draw: st.DrawFn, components: Sequence[Score], taste: Taste) -> Score:
    chosen = draw(st.lists(st.sampled_from(components), min_size=1, max_size=2, unique_by=lambda score: score.name))
    q = _bearable(draw(st.sampled_from(taste.precisions_nano)), [rule for score in chosen for rule in score.rules])
    unending = any(isinstance(rule, InactivityRule) and rule.max_times is None for s in chosen for rule in s.rules)
    low, high = (-40, 60) if unending else (draw(st.sampled_from([-40, None])), draw(st.sampled_from([60, None])))
    return Score(
        "sum",
        (),
        draw(st.just(()) | stage_ladders(*taste.stages_at, hysteresis=taste.hysteresis)),
        precision_nano=q,
        min_nano=None if low is None else low * NANO // q * q,
        max_nano=None if high is None else high * NANO // q * q,
        applies_when=draw(perhaps_applies),
        combine=Weighted(tuple((score.name, draw(weights_nano)) for score in chosen)),
    )


@st.composite
def matrices(draw: st.DrawFn, components: Sequence[Score]) -> Score:
    rows, columns = components[:2]
    cells = [(row.name, column.name) for row in rows.stages for column in columns.stages]
    labelled = draw(st.lists(st.sampled_from(cells), max_size=3, unique=True))
    labels = tuple((row, column, draw(st.sampled_from(["good", "bad"]))) for row, column in labelled)
    when = draw(perhaps_applies)
    return Score("matrix", (), applies_when=when, combine=Matrix(rows.name, columns.name, labels))


def _bearable(precision_nano: int, rules: Sequence[Rule]) -> int:
    """The precision; whole points where decay would make millions of steps, which readers of models refuse as well."""
    for rule in rules:
        if isinstance(rule, EventRule):
            points_e15 = 100 * E15 if isinstance(rule.points, PointsFrom) else rule.points
            if announcements_a_day(rule.decay, points_e15, precision_nano) > MOST_STEPS_A_DAY:
                return NANO
    return precision_nano


def _numbered(rule: Rule, number: int) -> Rule:
    return replace(rule, id=f"r{number}")


def _unending(rule: Rule) -> Rule:
    """Inactivity that takes points for ever, which only a score with a `min` may have."""
    if isinstance(rule, InactivityRule) and rule.every_ms is not None and rule.points_e15 <= -E15:
        return replace(rule, max_times=None)
    return rule


@st.composite
def models(draw: st.DrawFn, taste: Taste = Taste()) -> Model:  # noqa: B008
    drawn = [draw(scores(f"s{n}", taste)) for n in range(draw(st.integers(1, 2)))]
    numbers = [score for score in drawn if score.by is None]
    if bool(numbers) and draw(st.booleans()):
        drawn.append(draw(sums(numbers, taste)))
    staged = [score for score in drawn if score.stages and score.by is None]
    if len(staged) > 1 and draw(st.booleans()):
        drawn.insert(0, draw(matrices(staged)))
    leading = [score for score in drawn if score.by is None and (score.stages or isinstance(score.combine, Matrix))]
    leads = [draw(hot_leads(score, drawn)) for score in leading]
    return Model(
        "random",
        "v",
        tuple(drawn),
        tuple(leads[-1:]),
        0,
        draw(st.booleans()),
        taste.window_ms,
        draw(taste.scanners),
        suppression=draw(suppressions),
        announce_first=draw(st.booleans()),
        derivations=draw(derivations),
    )


some_types = st.lists(st.sampled_from([*SUPPRESSING_TYPES, "purchase"]), max_size=2, unique=True)
suppressions = st.one_of(
    st.just(Suppression()),
    st.builds(
        lambda by, lifted_by: Suppression(tuple(by), tuple(type_ for type_ in lifted_by if type_ not in by)),
        some_types,
        some_types,
    ),
)
rearming_ms = st.sampled_from([None, DAY_MS, 7 * DAY_MS, 14 * DAY_MS])
included = st.sampled_from([None, (), ("title", "firm"), ("firm.size", "none")])


def hot_leads(score: Score, scores: Sequence[Score]) -> st.SearchStrategy[HotLead]:
    return st.builds(
        HotLead, st.just(score.name), st.sampled_from(stages_of(score, scores)), st.just(DAY_MS), rearming_ms, included
    )


def stages_of(score: Score, scores: Sequence[Score]) -> list[str]:
    """The stages that can be entered from below, or all labels of a matrix."""
    if not isinstance(score.combine, Matrix):
        return [stage.name for stage in score.stages[1:]]
    by_name = {each.name: each for each in scores}
    rows, columns = by_name[score.combine.rows].stages, by_name[score.combine.columns].stages
    return [score.combine.label(row.name, column.name) for row in rows for column in columns]
