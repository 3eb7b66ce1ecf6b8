"""A scoring model, compiled once: its rules numbered, its conditions made functions, its scores made sums of terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from streamprocessor.scoring.events.projection import coverage_start_ms, field_paths
from streamprocessor.scoring.events.scanners import TRACED_PATHS
from streamprocessor.scoring.model.conditions import paths_of, predicate
from streamprocessor.scoring.model.model import Matrix, Model, Score, Weighted
from streamprocessor.scoring.model.rules import (
    AttributeRule,
    EventRule,
    FrequencyRule,
    HalfLife,
    InactivityRule,
    MonetaryRule,
    NoDecay,
    PointsFrom,
    RecencyRule,
    Rule,
)
from streamprocessor.scoring.plan.matching import Matchers, matcher, paths_read
from streamprocessor.scoring.plan.per_value_plan import compile_per_value_plan, rules_reset_by
from streamprocessor.scoring.plan.plan import ANY, OPEN, AttributePlan, Plan, RulePlan, ScorePlan, TypePlan
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.combined import ComponentTerm
from streamprocessor.scoring.terms.decay_laws import law_of
from streamprocessor.scoring.terms.inactivity import InactivityTerm
from streamprocessor.scoring.terms.per_match import DecayLawTerm, PerMatchTerm, RecencyTerm, WindowTerm
from streamprocessor.scoring.terms.presentation import Presentation
from streamprocessor.scoring.terms.terms import LANDMARK_HALF_LIVES, CappedTerm, ConstantTerm, ExponentialTerm, Term


def compile_model(model: Model) -> Plan:
    """The plan of the model; rules are numbered through all scores, then what says for whom scores exist."""
    plan = Plan(model)
    numbered = list(_numbered(model))
    terms = {number: _term(plan, number, f"{score.name}/{rule.id}", rule) for number, score, rule in numbered}
    rules = [(number, rule) for number, _, rule in numbered]
    applies = {
        score.name: number
        for number, score in enumerate((s for s in model.scores if s.applies_when is not None), len(numbered))
    }
    _plan_attributes(plan, rules, applies)
    plan.open_ended = frozenset(
        number for number, rule in rules if isinstance(rule, EventRule) and isinstance(rule.points, PointsFrom)
    )
    hot = {lead.score: lead for lead in model.hot_leads}
    made: dict[str, ScorePlan] = {}
    for score in sorted(model.scores, key=_depth):
        rules_of_score = [(number, rule) for number, of, rule in numbered if of is score]
        bare = (
            _plan_of_components(score, made)
            if score.combine is not None
            else _plan_of_rules(plan, score, rules_of_score, terms)
        )
        number = applies.get(score.name)
        simple = bare.is_simple and number is None
        made[score.name] = replace(bare, hot_lead=hot.get(score.name), is_simple=simple, applies=number)
    plan.scores, plan.by_name = tuple(made[score.name] for score in model.scores), made
    plan.per_value_plans = tuple(score.per_value for score in plan.scores if score.per_value is not None)
    plan.per_value_plan_of_rule = {number: values for values in plan.per_value_plans for number in values.numbers}
    all_silences = [(number, rule) for number, rule in rules if isinstance(rule, InactivityRule)]
    plan.inactivity_rules = tuple(
        (number, rule) for number, rule in all_silences if number not in plan.per_value_plan_of_rule
    )
    types = {type_ for m in plan.matchers.values() for type_ in m.rule.types}
    types |= {type_ for _, rule in all_silences for type_ in rule.types or ()}
    if model.scanners is not None:
        types |= TRACED_PATHS.keys()
    plan.by_type = {type_: _type_plan(plan, type_) for type_ in sorted(types)}
    if any(rule.types is None for _, rule in all_silences):
        plan.any_type = _type_plan(plan, None)
    half_lives = {m.half_life_ms for m in plan.matchers.values() if m.half_life_ms}
    plan.grids_ms = tuple(sorted(LANDMARK_HALF_LIVES * half_life for half_life in half_lives))
    return plan


def _plan_attributes(plan: Plan, rules: Sequence[tuple[int, Rule]], applies: Mapping[str, int]) -> None:
    conditions = {score.name: score.applies_when for score in plan.model.scores}
    held = [(n, rule.when, rule.points_e15) for n, rule in rules if isinstance(rule, AttributeRule)]
    held += [(n, when, 1) for name, n in applies.items() if (when := conditions[name]) is not None]
    plan.attributes = tuple(AttributePlan(number, predicate(when), points) for number, when, points in held)
    plan.attribute_paths = tuple(sorted({path for _, when, _ in held for path in paths_of(when)}))


def _depth(score: Score) -> int:
    """Components come before what is combined of them: a matrix may be of sums, and of a matrix is nothing."""
    return 0 if score.combine is None else 1 if isinstance(score.combine, Weighted) else 2


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
        since_ms = max(coverage_start_ms(plan.model.covered_since_ms, type_, ()) for type_ in rule.types or (ANY,))
        return InactivityTerm(number, rule, since_ms)
    if isinstance(rule, EventRule) and isinstance(rule.decay, NoDecay):
        plan.matchers[number] = matcher(number, key, rule, 0.0)
        return ConstantTerm((number,))
    if isinstance(rule, EventRule) and isinstance(rule.decay, HalfLife):
        plan.matchers[number] = matcher(number, key, rule, rule.decay.half_life_ms)
        return ExponentialTerm((number,), rule.decay.half_life_ms)
    plan.matchers[number] = matcher(number, key, rule, None)
    plan.per_match_terms[number] = _per_match_term(number, rule)
    return plan.per_match_terms[number]


def _per_match_term(number: int, rule: EventRule | FrequencyRule | RecencyRule | MonetaryRule) -> PerMatchTerm:
    if isinstance(rule, RecencyRule):
        return RecencyTerm(number, rule.bands)
    if isinstance(rule, FrequencyRule | MonetaryRule):
        return WindowTerm(number, rule.within_ms, rule.bands)
    assert not isinstance(rule.decay, NoDecay | HalfLife)
    return DecayLawTerm(number, law_of(rule.decay))


def _plan_of_components(score: Score, made: Mapping[str, ScorePlan]) -> ScorePlan:
    """The score of others, which are made already."""
    combine = score.combine
    if isinstance(combine, Matrix):
        sides = (made[combine.rows], 0), (made[combine.columns], 0)
        return ScorePlan(
            score, score.name, Presentation(score), (), (), is_simple=False, components=sides, matrix=combine
        )
    assert isinstance(combine, Weighted)
    parts = tuple((made[name], weight_nano) for name, weight_nano in combine.weights_nano)
    shares = tuple(ComponentTerm(part.terms, weight_nano, part.applies) for part, weight_nano in parts)
    return ScorePlan(score, score.name, Presentation(score), shares, (), is_simple=False, components=parts)


def _plan_of_rules(plan: Plan, score: Score, rules: Sequence[tuple[int, Rule]], terms: Mapping[int, Term]) -> ScorePlan:
    """The score that rules make."""
    plans = tuple(_rule_plan(score, number, rule, terms[number]) for number, rule in rules)
    made, display = _sum_of(score, plans), Presentation(score)
    if score.by is None:
        return ScorePlan(score, score.name, display, made, plans)
    nothing = Derived(sums={rule.number: rule.points_e15 for rule in plan.attributes if rule.holds({})})
    values = compile_per_value_plan(score, rules, sum(term.value(nothing, 0) for term in made), display)
    return ScorePlan(score, score.name, display, made, plans, is_simple=False, per_value=values)


def _sum_of(score: Score, plans: Sequence[RulePlan]) -> tuple[Term, ...]:
    free = [plan for plan in plans if plan.rule.limit.points_nano is None and plan.rule.group is None]
    bound = [plan for plan in plans if plan not in free and plan.rule.group is None]
    made: list[Term] = _merged(free) + [plan.within_limit for plan in bound]
    for group in score.groups:
        members = [plan.within_limit for plan in plans if plan.rule.group == group.name]
        made.append(CappedTerm(members, group.limit_nano))
    return tuple(made)


def _rule_plan(score: Score, number: int, rule: Rule, term: Term) -> RulePlan:
    limit = rule.limit.points_nano
    return RulePlan(number, f"{score.name}/{rule.id}", rule, term, term if limit is None else CappedTerm([term], limit))


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


def _type_plan(plan: Plan, type_: str | None) -> TypePlan:
    """What events of the type can do; None: of any type that no rule names."""
    matchers = [m for m in plan.matchers.values() if type_ in m.rule.types]
    needs = {m.number: paths_read(m.rule) for m in matchers}
    needs |= {n: needs[n] | {values.path} for values in plan.per_value_plans for n in values.numbers if n in needs}
    since_ms = {n: coverage_start_ms(plan.model.covered_since_ms, type_ or ANY, paths) for n, paths in needs.items()}
    late = {number: since for number, since in since_ms.items() if since}
    traced = TRACED_PATHS.get(type_, ()) if type_ is not None and plan.model.scanners is not None else ()
    by_value = []
    for values in plan.per_value_plans:
        own = tuple(m for m in matchers if m.number in values.numbers)
        watches = rules_reset_by(values.inactivity_rules, type_)
        if own or watches:
            by_value.append(
                (values, TypePlan((), Matchers(own), watches, type_ == OPEN, is_traced=False, since_ms=late))
            )
    paths = {path for read in needs.values() for path in read} | {values.path for values, _ in by_value}
    return TypePlan(
        paths=field_paths([*traced, *paths]),
        matchers=Matchers(m for m in matchers if m.number not in plan.per_value_plan_of_rule),
        resets=rules_reset_by(plan.inactivity_rules, type_),
        is_open=type_ == OPEN,
        is_traced=bool(traced),
        since_ms=late,
        by_value=tuple(by_value),
    )
