"""A scoring model, compiled once: its rules numbered, its conditions made functions, its scores made sums of terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from streamprocessor.scoring.events.acts import FORM_SUBMISSION
from streamprocessor.scoring.events.derived_properties import DerivedProperties, derivations_read, stored_paths
from streamprocessor.scoring.events.projection import coverage_start_ms, field_paths
from streamprocessor.scoring.events.scanners import TRACED_PATHS
from streamprocessor.scoring.kinds.registry import KIND_OF
from streamprocessor.scoring.model.conditions import paths_of, predicate
from streamprocessor.scoring.model.model import Matrix, Model, Score, Weighted
from streamprocessor.scoring.model.rules import (
    AttributeRule,
    Condition,
    EventRule,
    HalfLife,
    InactivityRule,
    NoDecay,
    PointsFrom,
    Rule,
)
from streamprocessor.scoring.plan.matching import Matcher, Matchers, MatchingRule, matcher, paths_read
from streamprocessor.scoring.plan.per_value_plan import PerValuePlan, compile_per_value_plan, rules_reset_by
from streamprocessor.scoring.plan.plan import (
    ANY,
    OPEN,
    AttributePlan,
    LandmarkCache,
    NarrowedPlans,
    Plan,
    RulePlan,
    ScorePlan,
    TypePlan,
)
from streamprocessor.scoring.plan.suppression_plan import KIND, suppression_plans
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.combined import ComponentTerm
from streamprocessor.scoring.terms.inactivity import InactivityTerm
from streamprocessor.scoring.terms.per_match import DecayLawTerm, PerMatchTerm
from streamprocessor.scoring.terms.presentation import Presentation
from streamprocessor.scoring.terms.terms import LANDMARK_HALF_LIVES, CappedTerm, ConstantTerm, ExponentialTerm, Term


@dataclass(frozen=True, slots=True)
class _Rules:
    """All rules of a model, made into what every part of the plan refers to by their numbers."""

    numbered: tuple[tuple[int, Score, Rule], ...]
    terms: dict[int, Term]
    matchers: dict[int, Matcher]
    attributes: tuple[AttributePlan, ...]


@dataclass(frozen=True, slots=True)
class _PerValue:
    """Which rules belong to per-value scores, and the inactivity rules that do not."""

    plans: tuple[PerValuePlan, ...]
    of_rule: dict[int, PerValuePlan]
    inactivity_rules: tuple[tuple[int, InactivityRule], ...]


def compile_model(model: Model, *, explains: bool = True) -> Plan:
    """The plan of the model; rules are numbered through all scores, then each `applies_when` has a number.

    explains: as in Plan.
    """
    numbered = tuple(_numbered(model))
    applies = {
        score.name: number
        for number, score in enumerate((s for s in model.scores if s.applies_when is not None), len(numbered))
    }
    conditions = _attribute_conditions(model, numbered, applies)
    rules = _Rules(
        numbered,
        terms={number: _term(model, number, rule) for number, _, rule in numbered},
        matchers={
            number: matcher(number, f"{score.name}/{rule.id}", rule, _summed_half_life_ms(rule))
            for number, score, rule in numbered
            if not isinstance(rule, AttributeRule | InactivityRule)
        },
        attributes=tuple(AttributePlan(number, predicate(when), points) for number, when, points in conditions),
    )
    by_name = _score_plans(model, rules, applies)
    scores = tuple(by_name[score.name] for score in model.scores)
    per_value = _per_value(scores, numbered)
    any_type_matters = any(isinstance(rule, InactivityRule) and rule.types is None for _, _, rule in numbered)
    types = _types(model, numbered) | ({FORM_SUBMISSION} if any_type_matters else set())
    by_type = {type_: _type_plan(model, rules, per_value, type_) for type_ in sorted(types)}
    half_lives = {m.half_life_ms for m in rules.matchers.values() if m.half_life_ms}
    return Plan(
        model=model,
        scores=scores,
        by_name=by_name,
        by_type=by_type,
        any_type=_type_plan(model, rules, per_value, None) if any_type_matters else None,
        matchers=rules.matchers,
        attributes=rules.attributes,
        attribute_paths=tuple(sorted({path for _, when, _ in conditions for path in paths_of(when)})),
        per_match_terms={number: term for number, term in rules.terms.items() if isinstance(term, PerMatchTerm)},
        inactivity_rules=per_value.inactivity_rules,
        per_value_plans=per_value.plans,
        per_value_plan_of_rule=per_value.of_rule,
        open_ended=frozenset(
            number
            for number, _, rule in numbered
            if isinstance(rule, EventRule) and isinstance(rule.points, PointsFrom)
        ),
        landmarks=LandmarkCache(LANDMARK_HALF_LIVES * half_life for half_life in half_lives),
        narrowed=NarrowedPlans(by_type),
        explains=explains,
    )


def _attribute_conditions(
    model: Model, numbered: Sequence[tuple[int, Score, Rule]], applies: Mapping[str, int]
) -> list[tuple[int, Condition, int]]:
    """(number, condition, points e15) of each attribute rule, then of each `applies_when`."""
    of_scores = {score.name: score.applies_when for score in model.scores}
    conditions = [(n, rule.when, rule.points_e15) for n, _, rule in numbered if isinstance(rule, AttributeRule)]
    return conditions + [(n, when, 1) for name, n in applies.items() if (when := of_scores[name]) is not None]


def _score_plans(model: Model, rules: _Rules, applies: Mapping[str, int]) -> dict[str, ScorePlan]:
    """The plans of all scores by name; those that are combined come after their components."""
    hot_leads = {lead.score: lead for lead in model.hot_leads}
    plans: dict[str, ScorePlan] = {}
    for score in sorted(model.scores, key=_depth):
        plan = _plan_of_rules(score, rules) if score.combine is None else _plan_of_components(score, plans)
        number = applies.get(score.name)
        is_simple = plan.is_simple and number is None
        plans[score.name] = replace(plan, hot_lead=hot_leads.get(score.name), is_simple=is_simple, applies=number)
    return plans


def _per_value(scores: Sequence[ScorePlan], numbered: Sequence[tuple[int, Score, Rule]]) -> _PerValue:
    plans = tuple(score.per_value for score in scores if score.per_value is not None)
    of_rule = {number: plan for plan in plans for number in plan.numbers}
    inactivity_rules = [(number, rule) for number, _, rule in numbered if isinstance(rule, InactivityRule)]
    return _PerValue(
        plans, of_rule, tuple((number, rule) for number, rule in inactivity_rules if number not in of_rule)
    )


def _types(model: Model, numbered: Sequence[tuple[int, Score, Rule]]) -> set[str]:
    """Every event type that a rule names, that shows scanners, or that says who is suppressed."""
    types = {type_ for _, _, rule in numbered if not isinstance(rule, AttributeRule) for type_ in rule.types or ()}
    types |= suppression_plans(model.suppression).keys()
    return types if model.scanners is None else types | TRACED_PATHS.keys()


def _depth(score: Score) -> int:
    """Components come before what is combined of them: a matrix may be of sums, and of a matrix is nothing."""
    return 0 if score.combine is None else 1 if isinstance(score.combine, Weighted) else 2


def _numbered(model: Model) -> Iterator[tuple[int, Score, Rule]]:
    number = 0
    for score in model.scores:
        for rule in score.rules:
            yield number, score, rule
            number += 1


def _term(model: Model, number: int, rule: Rule) -> Term:
    """The rule's term, before any limit on its points."""
    if isinstance(rule, AttributeRule):
        return ConstantTerm((number,))
    if isinstance(rule, InactivityRule):
        since_ms = max(coverage_start_ms(model.covered_since_ms, type_, ()) for type_ in rule.types or (ANY,))
        return InactivityTerm(number, rule, since_ms)
    half_life_ms = _summed_half_life_ms(rule)
    if half_life_ms is None:
        return _per_match_term(number, rule)
    return ExponentialTerm((number,), half_life_ms) if half_life_ms else ConstantTerm((number,))


def _summed_half_life_ms(rule: MatchingRule) -> float | None:
    """The half-life by which the rule's matches are summed up, 0.0 where they stand for ever; None: they can't be."""
    if isinstance(rule, EventRule) and isinstance(rule.decay, NoDecay):
        return 0.0
    return rule.decay.half_life_ms if isinstance(rule, EventRule) and isinstance(rule.decay, HalfLife) else None


def _per_match_term(number: int, rule: MatchingRule) -> PerMatchTerm:
    """The term of a rule whose matches can't be summed up."""
    if not isinstance(rule, EventRule):
        return KIND_OF[type(rule)].term(number, rule)
    assert not isinstance(rule.decay, NoDecay | HalfLife)
    return DecayLawTerm(number, rule.decay.law())


def _plan_of_components(score: Score, plans: Mapping[str, ScorePlan]) -> ScorePlan:
    """The plan of a score that is combined of others, whose plans are there already."""
    combine = score.combine
    if isinstance(combine, Matrix):
        sides = (plans[combine.rows], 0), (plans[combine.columns], 0)
        return ScorePlan(
            score, score.name, Presentation(score), (), (), is_simple=False, components=sides, matrix=combine
        )
    assert isinstance(combine, Weighted)
    components = tuple((plans[name], weight_nano) for name, weight_nano in combine.weights_nano)
    terms = tuple(ComponentTerm(plan.terms, weight_nano, plan.applies) for plan, weight_nano in components)
    return ScorePlan(score, score.name, Presentation(score), terms, (), is_simple=False, components=components)


def _plan_of_rules(score: Score, rules: _Rules) -> ScorePlan:
    """The plan of a score that rules make."""
    own = [(number, rule) for number, of, rule in rules.numbered if of is score]
    plans = tuple(_rule_plan(score, number, rule, rules.terms[number]) for number, rule in own)
    terms, presentation = _sum_of(score, plans), Presentation(score)
    if score.by is None:
        return ScorePlan(score, score.name, presentation, terms, plans)
    without_evidence = Derived(sums={rule.number: rule.points_e15 for rule in rules.attributes if rule.holds({})})
    blank_e15 = sum(term.value(without_evidence, 0) for term in terms)
    per_value = compile_per_value_plan(score, own, blank_e15, presentation)
    return ScorePlan(score, score.name, presentation, terms, plans, is_simple=False, per_value=per_value)


def _sum_of(score: Score, plans: Sequence[RulePlan]) -> tuple[Term, ...]:
    """The terms that add up to the score: rules without a limit merged, the others within theirs, then groups."""
    free = [plan for plan in plans if plan.rule.limit.points_nano is None and plan.rule.group is None]
    limited = [plan for plan in plans if plan not in free and plan.rule.group is None]
    terms: list[Term] = _merged(free) + [plan.within_limit for plan in limited]
    for group in score.groups:
        members = [plan.within_limit for plan in plans if plan.rule.group == group.name]
        terms.append(CappedTerm(members, group.limit_nano))
    return tuple(terms)


def _rule_plan(score: Score, number: int, rule: Rule, term: Term) -> RulePlan:
    limit = rule.limit.points_nano
    return RulePlan(number, f"{score.name}/{rule.id}", rule, term, term if limit is None else CappedTerm([term], limit))


def _merged(plans: Sequence[RulePlan]) -> list[Term]:
    """The same sum in as few terms as can be: one of constants, one a half-life, and the others."""
    constants = [plan.number for plan in plans if isinstance(plan.term, ConstantTerm)]
    terms: list[Term] = [ConstantTerm(constants)] if constants else []
    by_half_life: dict[float, list[int]] = {}
    for plan in plans:
        if isinstance(plan.term, ExponentialTerm):
            by_half_life.setdefault(plan.term.half_life_ms, []).append(plan.number)
    terms += [ExponentialTerm(numbers, half_life) for half_life, numbers in by_half_life.items()]
    return terms + [plan.term for plan in plans if not isinstance(plan.term, ConstantTerm | ExponentialTerm)]


def _type_plan(model: Model, rules: _Rules, per_value: _PerValue, type_: str | None) -> TypePlan:
    """What events of the type can do; None: of any type that no rule names."""
    matchers = [m for m in rules.matchers.values() if type_ in m.rule.types]
    reads = {m.number: paths_read(m.rule) for m in matchers}
    reads |= {n: reads[n] | {plan.path} for plan in per_value.plans for n in plan.numbers if n in reads}
    since_ms = {
        n: coverage_start_ms(model.covered_since_ms, type_ or ANY, stored_paths(model.derivations, paths))
        for n, paths in reads.items()
    }
    late = {number: since for number, since in since_ms.items() if since}
    traced = TRACED_PATHS.get(type_, ()) if type_ is not None and model.scanners is not None else ()
    suppression = suppression_plans(model.suppression).get(type_) if type_ is not None else None
    by_value = []
    for plan in per_value.plans:
        own = tuple(m for m in matchers if m.number in plan.numbers)
        resets = rules_reset_by(plan.inactivity_rules, type_)
        if own or resets:
            by_value.append((plan, TypePlan((), Matchers(own), resets, type_ == OPEN, is_traced=False, since_ms=late)))
    paths = {path for of_rule in reads.values() for path in of_rule} | {plan.path for plan, _ in by_value}
    derivations = derivations_read(model.derivations, paths)
    if suppression is not None and suppression.of_hard_alone:
        paths.add(KIND)
    return TypePlan(
        paths=field_paths([*traced, *paths, *(derivation.source for derivation in derivations)]),
        matchers=Matchers(m for m in matchers if m.number not in per_value.of_rule),
        resets=rules_reset_by(per_value.inactivity_rules, type_),
        is_open=type_ == OPEN,
        is_traced=bool(traced),
        since_ms=late,
        by_value=tuple(by_value),
        is_form=type_ == FORM_SUBMISSION,
        suppression=suppression,
        derived=DerivedProperties(derivations) if derivations else None,
    )
