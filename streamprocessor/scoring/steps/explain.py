"""Explanations: the parts that a score is made of, down to the last decimal, and the strongest of its rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streamprocessor.scoring.canonical import unchecked
from streamprocessor.scoring.events.projection import value_name
from streamprocessor.scoring.evidence.derive import RuleMatch, derive, stored_matches
from streamprocessor.scoring.evidence.union import compacted_of, verdicts_of
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.model.rules import EventRule
from streamprocessor.scoring.plan.matching import KINDS
from streamprocessor.scoring.plan.plan import Plan, RulePlan, ScorePlan
from streamprocessor.scoring.record.evidence import Compacted
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.steps.steps import ExplanationPart
from streamprocessor.scoring.terms.combined import cut_score, scaled
from streamprocessor.scoring.terms.inactivity import InactivityTerm
from streamprocessor.scoring.terms.per_match import DecayLawTerm, PerMatchTerm
from streamprocessor.scoring.terms.presentation import E15_A_NANO, HALF_NANO_E15, unrounded
from streamprocessor.scoring.terms.terms import CappedTerm

MatchesByRule = dict[int, list[RuleMatch]]
PartsWithPoints = list[tuple[ExplanationPart, int]]
"""Parts without points, each with its points in e15."""


def explain(plan: Plan, score: ScorePlan, record: Record, t_ms: int, value: str | None = None) -> list[ExplanationPart]:
    """The parts of one score at t: their points_nano add up to unrounded_nano; the largest takes the remainder.

    value: of which value of a per-value score; None of any other. What is null, or not there, or a matrix has no parts.
    """
    numbers = {rule.number for part, _ in ((score, 0), *score.components) for rule in part.rules}
    matches: MatchesByRule = {}

    def on_match(match: RuleMatch) -> None:
        matcher, event, _ = match
        if matcher.number in numbers and (per_value is None or value_name(event.properties[per_value.path]) == value):
            matches.setdefault(matcher.number, []).append(match)

    per_value, compacted = score.per_value, compacted_of(record)
    derived = derive(plan, record, until_ms=t_ms, on_match=on_match)
    if score.is_null(derived) or score.matrix is not None:
        return []
    if per_value is not None:
        of_value = derived.by_value.get(per_value.key, {}).get(value or "")
        if of_value is None:
            return []
        derived = of_value
        by_value = [by_name.by_value.get(per_value.key, {}) for by_name in compacted]
        compacted = [by_name[value or ""] for by_name in by_value if (value or "") in by_name]
    source = _Snapshot(plan, record, compacted, derived, matches, t_ms)
    parts, total = _combined_parts(score, source) if score.components else _score_parts(score, source)
    exact = unrounded(total)
    if abs(exact * E15_A_NANO - total) > E15_A_NANO:
        parts += _cut(ExplanationPart(None, 0, "cut"), exact * E15_A_NANO - total)
    return _rounded(parts, exact)


class _Snapshot(NamedTuple):
    """The evidence as of t that parts are made of."""

    plan: Plan
    record: Record
    compacted: list[Compacted]
    derived: Derived
    matches: MatchesByRule
    t_ms: int


def _score_parts(score: ScorePlan, source: _Snapshot) -> tuple[PartsWithPoints, int]:
    """The parts of a score that rules make, and its sum."""
    parts: PartsWithPoints = []
    shares: dict[str | None, int] = {}
    for rule in score.rules:
        of_rule = list(_rule_parts(rule, source))
        share = rule.term.value(source.derived, source.t_ms)
        limit = rule.rule.limit.points_nano
        if limit is not None:
            capped = CappedTerm([rule.term], limit).cap(share)
            of_rule += _cut(ExplanationPart(rule.rule.id, 0, "cut"), capped - share)
            share = capped
        parts += of_rule
        shares[rule.rule.group] = shares.get(rule.rule.group, 0) + share
    total = shares.get(None, 0)
    for group in score.score.groups:
        share = shares.get(group.name, 0)
        capped = CappedTerm([], group.limit_nano).cap(share)
        parts += _cut(ExplanationPart(None, 0, "cut", group=group.name), capped - share)
        total += capped
    return parts, total


def _combined_parts(score: ScorePlan, source: _Snapshot) -> tuple[PartsWithPoints, int]:
    """The parts of the components, times their weights, called "component/rule"; and the sum."""
    parts: PartsWithPoints = []
    total = 0
    for component, weight_nano in score.components:
        if component.is_null(source.derived):
            continue
        own, whole = _score_parts(component, source)
        own += _cut(ExplanationPart(None, 0, "cut"), cut_score(whole) - whole)
        parts += [_as_component(component.name, part, points, weight_nano) for part, points in own]
        total += scaled(cut_score(whole), weight_nano)
    return parts, total


def _as_component(name: str, part: ExplanationPart, points_e15: int, weight_nano: int) -> tuple[ExplanationPart, int]:
    """The part and its points as those of a component of this name and weight."""
    group = part.group
    if part.rule is None:
        group = name if group is None else f"{name}/{group}"
    return part._replace(
        rule=None if part.rule is None else f"{name}/{part.rule}",
        group=group,
        of_nano=None if part.of_nano is None else scaled(part.of_nano, weight_nano),
    ), scaled(points_e15, weight_nano)


def strongest(
    plan: Plan, score: ScorePlan, record: Record, t_ms: int, how_many: int = 3
) -> tuple[ExplanationPart, ...]:
    """The rules that give the most at t, one part each: their points within their limits, their newest event, how many.

    Of a combined score they are called "component/rule" and times the weight; of a matrix they are as they are.
    Only the matches of these rules are looked for.
    t_ms: not before the record's clock.
    """
    giving = []
    for prefix, rule, weight_nano in _weighted_rules(score, record.derived):
        share = rule.within_limit.value(record.derived, t_ms)
        if nano(scaled(share, weight_nano)) > 0:
            giving.append((scaled(share, weight_nano), rule, prefix))
    best = sorted(giving, key=lambda each: -each[0])[:how_many]
    matches = stored_matches(plan, record, frozenset(rule.number for _, rule, _ in best))
    parts = []
    for share, rule, prefix in best:
        part = _part_of_rule(plan, rule, record, (share, matches.get(rule.number, [])), t_ms)
        parts.append(part._replace(rule=f"{prefix}{part.rule}"))
    return tuple(parts)


def _weighted_rules(score: ScorePlan, derived: Derived) -> Iterator[tuple[str, RulePlan, int]]:
    """(prefix of its id, rule, weight) of every rule that the score is made of, directly or not."""
    yield from (("", rule, NANO) for rule in score.rules)
    for component, weight_nano in score.components:
        if not component.is_null(derived):
            weight = NANO if score.matrix is not None else weight_nano
            for prefix, rule, inner in _weighted_rules(component, derived):
                yield f"{component.name}/{prefix}", rule, scaled(inner, weight)


def _part_of_rule(
    plan: Plan, rule: RulePlan, record: Record, share_and_matches: tuple[int, list[RuleMatch]], t_ms: int
) -> ExplanationPart:
    """One part for all that a rule gives."""
    share, matches = share_and_matches
    count = len(matches) + _compacted_count(compacted_of(record), rule)
    if isinstance(rule.rule, EventRule) and matches:
        newest = matches[-1][1]
        return ExplanationPart(rule.rule.id, nano(share), "event", newest.id, newest.occurred_at_ms, count=count)
    if isinstance(rule.rule, EventRule):
        return ExplanationPart(rule.rule.id, nano(share), "earlier", count=count)
    source = _Snapshot(plan, record, compacted_of(record), record.derived, {rule.number: matches}, t_ms)
    part = next(_rule_parts(rule, source))[0]
    return part._replace(points_nano=nano(share), count=part.count or 1)


def _compacted_count(compacted: Sequence[Compacted], rule: RulePlan) -> int:
    """How many matches of the rule were compacted."""
    return sum(each.rules[rule.key].count for each in compacted if rule.key in each.rules)


def _rule_parts(rule: RulePlan, source: _Snapshot) -> Iterator[tuple[ExplanationPart, int]]:
    """(part without points, points e15) of one rule, before its limit."""
    plan, record, compacted, derived, matches, t_ms = source
    value = rule.term.value(derived, t_ms)
    kind, id_ = KINDS[type(rule.rule)], rule.rule.id
    if isinstance(rule.term, InactivityTerm):
        if value:
            last = rule.term.last_ms(derived)
            times = rule.term.times(t_ms - (last or 0))
            yield ExplanationPart(id_, 0, kind, occurred_at_ms=last, count=times), value
    elif isinstance(rule.term, PerMatchTerm) and not isinstance(rule.term, DecayLawTerm):
        if value:
            count = rule.term.count(derived, t_ms)
            live = derived.matches.get(rule.number)
            yield ExplanationPart(id_, 0, kind, occurred_at_ms=live[-1][0] if live else None, count=count), value
    elif kind == "attribute":
        if value:
            yield ExplanationPart(id_, 0, kind), value
    else:
        remaining, verdicts = value, verdicts_of(record)
        for match in matches.get(rule.number, ()):
            event, (points, factor) = match[1], worth(plan, match, t_ms)
            remaining -= points
            if points:
                actor = verdicts[event.id][2] if event.id in verdicts else event.actor
                yield match_part(match, points, factor)._replace(actor=actor), points
        earlier = _compacted_count(compacted, rule)
        if earlier and remaining:
            yield ExplanationPart(id_, 0, "earlier", count=earlier), remaining


def _cut(part: ExplanationPart, points_e15: int) -> PartsWithPoints:
    """The part of what a limit takes away; none where it takes nothing."""
    return [(part, points_e15)] if points_e15 else []


def _rounded(parts: Sequence[tuple[ExplanationPart, int]], exact_nano: int) -> list[ExplanationPart]:
    """The parts with their points rounded to nano, the remainder at the largest."""
    rounded = [part._replace(points_nano=nano(points)) for part, points in parts]
    remainder = exact_nano - sum(part.points_nano for part in rounded)
    if remainder and rounded:
        largest = max(range(len(rounded)), key=lambda i: abs(rounded[i].points_nano))
        rounded[largest] = rounded[largest]._replace(points_nano=rounded[largest].points_nano + remainder)
    return rounded


def worth(plan: Plan, match: RuleMatch, t_ms: int) -> tuple[int, float | None]:
    """(points e15, what is left of 1) of the match at t; 0 and None: of a rule that is not the sum of its matches."""
    matcher, event, amount = match
    half_life_ms = matcher.half_life_ms
    if half_life_ms is None:
        term = plan.per_match_terms[matcher.number]
        if not isinstance(term, DecayLawTerm):
            return 0, None
        factor = term.law.factor(t_ms - event.occurred_at_ms)
    elif half_life_ms:
        factor = 2.0 ** ((event.occurred_at_ms - t_ms) / half_life_ms)
    else:
        factor = 1.0
    return amount if factor == 1.0 else int(amount * factor), factor


def match_part(match: RuleMatch, points_e15: int, factor: float | None) -> ExplanationPart:
    """The part of a match that is worth so much."""
    matcher, (id_, at, _, actor, _, _), amount = match
    of_nano = None if factor is None else (amount + HALF_NANO_E15) // E15_A_NANO
    points_nano = (points_e15 + HALF_NANO_E15) // E15_A_NANO
    return unchecked(
        ExplanationPart, (matcher.rule.id, points_nano, matcher.kind, id_, at, of_nano, factor, actor, None, None)
    )


def nano(points_e15: int) -> int:
    """The points as an integer of 10⁻⁹, rounded half up."""
    return (points_e15 + HALF_NANO_E15) // E15_A_NANO
