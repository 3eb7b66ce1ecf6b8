"""A scoring model, compiled once: what to do with an event of each type, and of what terms each score is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from streamprocessor.scoring.bursts import TRACED_PATHS
from streamprocessor.scoring.conditions import Predicate, paths_of, predicate
from streamprocessor.scoring.facts import PROXY, SCANNER
from streamprocessor.scoring.keeping import WantedPath, since_of, wanted_paths
from streamprocessor.scoring.laws import law_of
from streamprocessor.scoring.live import LawTerm, LiveTerm, RecencyTerm, WindowTerm
from streamprocessor.scoring.matching import Matcher, matcher, paths_read
from streamprocessor.scoring.model import (
    AttributeRule,
    EventRule,
    FrequencyRule,
    HalfLife,
    HotLead,
    InactivityRule,
    Model,
    MonetaryRule,
    NoDecay,
    PointsFrom,
    RecencyRule,
    Rule,
    Score,
)
from streamprocessor.scoring.presented import Display
from streamprocessor.scoring.silence import SilenceTerm
from streamprocessor.scoring.terms import LANDMARK_HALF_LIVES, CappedTerm, ConstantTerm, ExponentialTerm, Term

OPEN = "email_open"
ANY = "any"
"""Stands among event types for all of them."""


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule of a score: its number in the model, "score/rule", and its term before any limit."""

    number: int
    key: str
    rule: Rule
    term: Term


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """One score: `terms` add up to it; `rules` are the same, rule by rule, for explanations."""

    score: Score
    name: str
    display: Display
    terms: tuple[Term, ...]
    rules: tuple[RulePlan, ...]
    hot_lead: HotLead | None


@dataclass(frozen=True, slots=True)
class TypePlan:
    """What an event of one type can do.

    watches: inactivity rules that it resets. is_open: a proxy's may not count. is_traced: it can show who did others.
    since_ms: rule number → arrival from which on evidence has kept what the rule needs; empty: always, for all rules.
    """

    paths: tuple[WantedPath, ...]
    matchers: tuple[Matcher, ...]
    watches: tuple[int, ...]
    is_open: bool
    is_traced: bool
    since_ms: Mapping[int, int] = field(default_factory=dict)

    def matchers_since(self, arrival_ms: int) -> tuple[Matcher, ...]:
        """The rules that can count an event of that arrival."""
        return tuple(matcher for matcher in self.matchers if arrival_ms >= self.since_ms.get(matcher.number, 0))


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """One attribute rule: where its condition holds, its points."""

    number: int
    holds: Predicate
    points_e15: int


@dataclass(slots=True)
class Plan:
    """The compiled model. any_type: for events of types that no rule names; None: no rule cares for them.

    open_ended: numbers of the rules whose matches may be worth more than a match may be, and are cut then.
    """

    model: Model
    scores: tuple[ScorePlan, ...] = ()
    by_type: dict[str, TypePlan] = field(default_factory=dict)
    any_type: TypePlan | None = None
    matchers: dict[int, Matcher] = field(default_factory=dict)
    attributes: tuple[AttributePlan, ...] = ()
    attribute_paths: tuple[str, ...] = ()
    live: dict[int, LiveTerm] = field(default_factory=dict)
    silences: tuple[tuple[int, InactivityRule], ...] = ()
    grids_ms: tuple[float, ...] = ()
    open_ended: frozenset[int] = frozenset()

    def counts(self, actor: str, is_open: bool) -> bool:
        """Whether what this actor did gives points."""
        if actor == SCANNER:
            return False
        return actor != PROXY or not is_open or self.model.proxy_opens_count

    def moves_landmark(self, newest_ms: int, occurred_at_ms: int) -> bool:
        """Whether weights must be made anew when an event becomes the newest one."""
        for grid in self.grids_ms:  # noqa: SIM110, every event passes here
            if occurred_at_ms // grid != newest_ms // grid:
                return True
        return False


def compile_model(model: Model) -> Plan:
    """The plan of the model; rules are numbered through all scores."""
    plan = Plan(model)
    numbered = list(_numbered(model))
    terms = {number: _term(plan, number, f"{score.name}/{rule.id}", rule) for number, score, rule in numbered}
    hot = {lead.score: lead for lead in model.hot_leads}
    plan.scores = tuple(
        _score_plan(score, [(n, rule) for n, of, rule in numbered if of is score], terms, hot.get(score.name))
        for score in model.scores
    )
    rules = [(number, rule) for number, _, rule in numbered]
    plan.open_ended = frozenset(
        number for number, rule in rules if isinstance(rule, EventRule) and isinstance(rule.points, PointsFrom)
    )
    silences = [(number, rule) for number, rule in rules if isinstance(rule, InactivityRule)]
    types = {type_ for m in plan.matchers.values() for type_ in m.rule.types}
    plan.silences = tuple(silences)
    types |= {type_ for _, rule in silences for type_ in rule.types or ()}
    if model.scanners is not None:
        types |= TRACED_PATHS.keys()
    plan.by_type = {type_: _type_plan(plan, type_, silences) for type_ in sorted(types)}
    any_watches = tuple(number for number, rule in silences if rule.types is None)
    plan.any_type = TypePlan((), (), any_watches, is_open=False, is_traced=False) if any_watches else None
    attribute_rules = [(number, rule) for number, rule in rules if isinstance(rule, AttributeRule)]
    plan.attributes = tuple(AttributePlan(n, predicate(rule.when), rule.points_e15) for n, rule in attribute_rules)
    plan.attribute_paths = tuple(sorted({path for _, rule in attribute_rules for path in paths_of(rule.when)}))
    half_lives = {m.half_life_ms for m in plan.matchers.values() if m.half_life_ms}
    plan.grids_ms = tuple(sorted(LANDMARK_HALF_LIVES * half_life for half_life in half_lives))
    return plan


def _numbered(model: Model) -> Iterator[tuple[int, Score, Rule]]:
    number = 0
    for score in model.scores:
        for rule in score.rules:
            yield number, score, rule
            number += 1


def _term(plan: Plan, number: int, key: str, rule: Rule) -> Term:
    """The rule's term; what matches events or lives by single matches is entered in the plan."""
    if isinstance(rule, AttributeRule):
        return ConstantTerm((number,))
    if isinstance(rule, InactivityRule):
        since_ms = max(since_of(plan.model.kept_since_ms, type_, ()) for type_ in rule.types or (ANY,))
        return SilenceTerm(number, rule, since_ms)
    if isinstance(rule, EventRule) and isinstance(rule.decay, NoDecay):
        plan.matchers[number] = matcher(number, key, rule, 0.0)
        return ConstantTerm((number,))
    if isinstance(rule, EventRule) and isinstance(rule.decay, HalfLife):
        plan.matchers[number] = matcher(number, key, rule, rule.decay.half_life_ms)
        return ExponentialTerm((number,), rule.decay.half_life_ms)
    plan.matchers[number] = matcher(number, key, rule, None)
    plan.live[number] = _live_term(number, rule)
    return plan.live[number]


def _live_term(number: int, rule: EventRule | FrequencyRule | RecencyRule | MonetaryRule) -> LiveTerm:
    if isinstance(rule, RecencyRule):
        return RecencyTerm(number, rule.bands)
    if isinstance(rule, FrequencyRule | MonetaryRule):
        return WindowTerm(number, rule.within_ms, rule.bands)
    assert not isinstance(rule.decay, NoDecay | HalfLife)
    return LawTerm(number, law_of(rule.decay))


def _score_plan(
    score: Score, rules: Sequence[tuple[int, Rule]], terms: dict[int, Term], hot_lead: HotLead | None
) -> ScorePlan:
    plans = tuple(RulePlan(number, f"{score.name}/{rule.id}", rule, terms[number]) for number, rule in rules)
    free = [plan for plan in plans if plan.rule.limit.points_nano is None and plan.rule.group is None]
    bound = [plan for plan in plans if plan not in free and plan.rule.group is None]
    made: list[Term] = _merged(free) + [capped_rule(plan) for plan in bound]
    for group in score.groups:
        members = [capped_rule(plan) for plan in plans if plan.rule.group == group.name]
        made.append(CappedTerm(members, group.limit_nano))
    return ScorePlan(score, score.name, Display(score), tuple(made), plans, hot_lead)


def capped_rule(plan: RulePlan) -> Term:
    """The rule's term within its own limit on points."""
    limit = plan.rule.limit.points_nano
    return plan.term if limit is None else CappedTerm([plan.term], limit)


def _merged(plans: Sequence[RulePlan]) -> list[Term]:
    """The same sum in as few terms as can be: one of constants, one a half-life, and the others."""
    constants = [plan.number for plan in plans if isinstance(plan.term, ConstantTerm)]
    made: list[Term] = [ConstantTerm(constants)] if constants else []
    by_half_life: dict[float, list[int]] = {}
    for plan in plans:
        if isinstance(plan.term, ExponentialTerm):
            by_half_life.setdefault(plan.term.half_life_ms, []).append(plan.number)
    made += [ExponentialTerm(numbers, half_life) for half_life, numbers in by_half_life.items()]
    return made + [plan.term for plan in plans if not isinstance(plan.term, ConstantTerm | ExponentialTerm)]


def _type_plan(plan: Plan, type_: str, silences: Sequence[tuple[int, InactivityRule]]) -> TypePlan:
    matchers = tuple(m for m in plan.matchers.values() if type_ in m.rule.types)
    traced = TRACED_PATHS.get(type_, ()) if plan.model.scanners is not None else ()
    since_ms = {m.number: since_of(plan.model.kept_since_ms, type_, paths_read(m.rule)) for m in matchers}
    return TypePlan(
        paths=wanted_paths([*traced, *(path for m in matchers for path in paths_read(m.rule))]),
        matchers=matchers,
        watches=tuple(number for number, rule in silences if rule.types is None or type_ in rule.types),
        is_open=type_ == OPEN,
        is_traced=bool(traced),
        since_ms={number: since for number, since in since_ms.items() if since},
    )
