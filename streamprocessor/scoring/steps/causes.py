"""What caused a step: the matches of its facts, or the rules that time moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamprocessor.scoring.evidence.ingested import Ingested
from streamprocessor.scoring.plan.matching import KINDS
from streamprocessor.scoring.plan.plan import Plan, RulePlan
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.steps.explain import match_part, nano, worth
from streamprocessor.scoring.steps.steps import ExplanationPart, ScoreStep
from streamprocessor.scoring.terms.per_match import DecayLawTerm
from streamprocessor.scoring.terms.terms import ExponentialTerm

MOST_CAUSES = 16
"""Parts that `because` holds at most, the strongest: a step of a thousand merged events stays a small message."""

MOST_DECAYING = 3


def causes_of_facts(plan: Plan, ingested: Ingested, at_ms: int) -> tuple[ExplanationPart, ...]:
    """What the step's own facts contribute at its instant: each match, each attribute rule that changed."""
    if not plan.explains:
        return ()
    matches = ingested.matches
    changed: list[tuple[str, int]] = []
    if ingested.rules_changed:
        ids = {rule.number: rule.rule.id for score in plan.scores for rule in score.rules}
        changed = [(ids[n], points) for n, points in ingested.rules_changed.items() if n in ids]
    if len(matches) + len(changed) > MOST_CAUSES:
        sizes = [-abs(nano(worth(plan, match, at_ms)[0])) for match in matches]
        sizes += [-abs(nano(points)) for _, points in changed]
        strongest = sorted(sorted(range(len(sizes)), key=sizes.__getitem__)[:MOST_CAUSES])
        changed = [changed[i - len(matches)] for i in strongest if i >= len(matches)]
        matches = [matches[i] for i in strongest if i < len(matches)]
    parts = [match_part(match, *worth(plan, match, at_ms)) for match in matches]
    return tuple(parts + [ExplanationPart(id_, nano(points), "attribute") for id_, points in changed])


def causes_of_time(
    plan: Plan, derived: Derived, scores: Sequence[ScoreStep], at_ms: int
) -> tuple[ExplanationPart, ...]:
    """The rules that jumped at this instant, else the strongest that decay, with the points they have now."""
    if not plan.explains:
        return ()
    jumped = []
    decaying = []
    for rule, rule_derived in _rules_behind(plan, derived, scores):
        now = rule.term.value(rule_derived, at_ms)
        part = ExplanationPart(rule.rule.id, nano(now), KINDS[type(rule.rule)])
        if isinstance(rule.term, ExponentialTerm) or (isinstance(rule.term, DecayLawTerm) and rule.term.law.slope):
            if now:
                decaying.append(part)
        elif now != rule.term.value(rule_derived, at_ms - 1):
            jumped.append(part)
    if jumped:
        return tuple(jumped[:MOST_CAUSES])
    return tuple(sorted(decaying, key=lambda part: -abs(part.points_nano))[:MOST_DECAYING])


def _rules_behind(plan: Plan, derived: Derived, scores: Sequence[ScoreStep]) -> Iterator[tuple[RulePlan, Derived]]:
    """Every rule that a changed score is made of, with what it is evaluated on; each once, or once a value."""
    changed = {step.name: step for step in scores if step.changed}
    behind = {
        part.name for score in plan.scores if score.name in changed for part, _ in ((score, 0), *score.components)
    }
    behind |= {part.name for score in plan.scores if score.name in behind for part, _ in score.components}
    for score in plan.scores:
        if score.name not in behind:
            continue
        if score.per_value is None:
            yield from ((rule, derived) for rule in score.rules)
            continue
        known = derived.by_value.get(score.per_value.key, {})
        for step in changed[score.name].values or ():
            if step.changed and step.name in known:
                yield from ((rule, known[step.name]) for rule in score.rules)
