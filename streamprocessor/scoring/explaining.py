"""Explanations: the parts that a score is made of, down to the last decimal, and what caused a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamprocessor.scoring.deriving import Match, derive, kept_matches
from streamprocessor.scoring.intake import Intake
from streamprocessor.scoring.joining import folded_count, verdicts_of
from streamprocessor.scoring.laws import LinearLaw
from streamprocessor.scoring.live import LawTerm, RecencyTerm, WindowTerm
from streamprocessor.scoring.matching import KINDS, Matcher
from streamprocessor.scoring.model import EventRule
from streamprocessor.scoring.plan import Plan, RulePlan, ScorePlan
from streamprocessor.scoring.presented import E15_A_NANO, HALF_NANO_E15, unrounded
from streamprocessor.scoring.record import Derived, Piece, Record
from streamprocessor.scoring.silence import SilenceTerm
from streamprocessor.scoring.steps import Part, ScoreStep
from streamprocessor.scoring.terms import CappedTerm, ExponentialTerm

MOST_CAUSES = 16
"""Parts that `because` holds at most, the strongest: a step of a thousand merged events stays a small message."""

MOST_DECAYING = 3


def explain(plan: Plan, score: ScorePlan, record: Record, t_ms: int) -> list[Part]:
    """The parts of one score at t: their points_nano add up to unrounded_nano; the largest takes the remainder."""
    matches: dict[int, list[Match]] = {}
    numbers = {rule.number for rule in score.rules}

    def on_match(match: Match) -> None:
        if match[0].number in numbers:
            matches.setdefault(match[0].number, []).append(match)

    derived = derive(plan, record, until_ms=t_ms, on_match=on_match)
    parts: list[tuple[Part, int]] = []
    shares: dict[str | None, int] = {}
    for rule in score.rules:
        of_rule = list(_rule_parts(plan, rule, record, derived, matches.get(rule.number, ()), t_ms))
        share = rule.term.value(derived, t_ms)
        limit = rule.rule.limit.points_nano
        if limit is not None:
            capped = CappedTerm([rule.term], limit).cap(share)
            of_rule += _cut(Part(rule.rule.id, 0, "cut"), capped - share)
            share = capped
        parts += of_rule
        shares[rule.rule.group] = shares.get(rule.rule.group, 0) + share
    total = shares.get(None, 0)
    for group in score.score.groups:
        share = shares.get(group.name, 0)
        capped = CappedTerm([], group.limit_nano).cap(share)
        parts += _cut(Part(None, 0, "cut", group=group.name), capped - share)
        total += capped
    exact = unrounded(total)
    parts += _cut(
        Part(None, 0, "cut"), exact * E15_A_NANO - total if abs(exact * E15_A_NANO - total) > E15_A_NANO else 0
    )
    return _rounded(parts, exact)


def because_of_facts(plan: Plan, intake: Intake, at_ms: int) -> tuple[Part, ...]:
    """What the step's own facts contribute at its instant: each match, each attribute rule that changed."""
    parts = [_match_part(plan, matcher, piece, amount, at_ms)[0] for matcher, piece, amount in intake.matches]
    if intake.rules_changed:
        ids = {rule.number: rule.rule.id for score in plan.scores for rule in score.rules}
        parts += [Part(ids[n], _nano(points), "attribute") for n, points in intake.rules_changed.items()]
    if len(parts) > MOST_CAUSES:
        strongest = sorted(range(len(parts)), key=lambda i: (-abs(parts[i].points_nano), i))[:MOST_CAUSES]
        parts = [parts[i] for i in sorted(strongest)]
    return tuple(parts)


def because_of_time(plan: Plan, derived: Derived, scores: Sequence[ScoreStep], at_ms: int) -> tuple[Part, ...]:
    """The rules that jumped at this instant, else the strongest that decay, with the points they have now."""
    changed = {step.name for step in scores if step.changed}
    rules = [rule for score in plan.scores if score.name in changed for rule in score.rules]
    jumped = []
    decaying = []
    for rule in rules:
        now = rule.term.value(derived, at_ms)
        part = Part(rule.rule.id, _nano(now), KINDS[type(rule.rule)])
        if isinstance(rule.term, ExponentialTerm) or (
            isinstance(rule.term, LawTerm) and isinstance(rule.term.law, LinearLaw)
        ):
            if now:
                decaying.append(part)
        elif now != rule.term.value(derived, at_ms - 1):
            jumped.append(part)
    if jumped:
        return tuple(jumped[:MOST_CAUSES])
    return tuple(sorted(decaying, key=lambda part: -abs(part.points_nano))[:MOST_DECAYING])


def strongest(plan: Plan, score: ScorePlan, record: Record, t_ms: int, how_many: int = 3) -> tuple[Part, ...]:
    """The rules that give the most at t, one part each: their points within their limits, their newest event, how many.

    t_ms: not before the record's clock. Only the matches of these rules are looked for.
    """
    worth = []
    for rule in score.rules:
        share = rule.term.value(record.derived, t_ms)
        limit = rule.rule.limit.points_nano
        if limit is not None:
            share = CappedTerm([rule.term], limit).cap(share)
        if _nano(share) > 0:
            worth.append((share, rule))
    best = sorted(worth, key=lambda each: -each[0])[:how_many]
    matches = kept_matches(plan, record, {rule.number for _, rule in best})
    return tuple(_summed(plan, rule, record, (share, matches.get(rule.number, [])), t_ms) for share, rule in best)


def _summed(plan: Plan, rule: RulePlan, record: Record, found: tuple[int, list[Match]], t_ms: int) -> Part:
    """One part for all that a rule gives."""
    share, matches = found
    count = len(matches) + folded_count(record, rule.key)
    if isinstance(rule.rule, EventRule) and matches:
        newest = matches[-1][1]
        return Part(rule.rule.id, _nano(share), "event", newest.id, newest.occurred_at_ms, count=count)
    if isinstance(rule.rule, EventRule):
        return Part(rule.rule.id, _nano(share), "earlier", count=count)
    part = next(_rule_parts(plan, rule, record, record.derived, matches, t_ms))[0]
    return part._replace(points_nano=_nano(share), count=part.count or 1)


def _rule_parts(
    plan: Plan, rule: RulePlan, record: Record, derived: Derived, matches: Sequence[Match], t_ms: int
) -> Iterator[tuple[Part, int]]:
    """(part without points, points e15) of one rule, before its limit."""
    value = rule.term.value(derived, t_ms)
    kind, id_ = KINDS[type(rule.rule)], rule.rule.id
    if isinstance(rule.term, SilenceTerm):
        if value:
            last = rule.term.last_ms(derived)
            times = rule.term.times(t_ms - (last or 0))
            yield Part(id_, 0, kind, occurred_at_ms=last, count=times), value
    elif isinstance(rule.term, WindowTerm | RecencyTerm):
        if value:
            count = rule.term.count(derived, t_ms) if isinstance(rule.term, WindowTerm) else None
            live = derived.live.get(rule.number)
            yield Part(id_, 0, kind, occurred_at_ms=live[-1][0] if live else None, count=count), value
    elif kind == "attribute":
        if value:
            yield Part(id_, 0, kind), value
    else:
        left, verdicts = value, verdicts_of(record)
        for matcher, piece, amount in matches:
            part, points = _match_part(plan, matcher, piece, amount, t_ms)
            left -= points
            if points:
                actor = verdicts[piece.id][2] if piece.id in verdicts else piece.actor
                yield part._replace(actor=actor), points
        earlier = folded_count(record, rule.key)
        if earlier and left:
            yield Part(id_, 0, "earlier", count=earlier), left


def _match_part(plan: Plan, matcher: Matcher, piece: Piece, amount: int, t_ms: int) -> tuple[Part, int]:
    """(the part with its points, the same points in e15) of one match at t."""
    age = t_ms - piece.occurred_at_ms
    factor = None
    of_nano: int | None = _nano(amount)
    if matcher.half_life_ms is None:
        term = plan.live[matcher.number]
        factor = term.law.factor(age) if isinstance(term, LawTerm) else None
    else:
        factor = 2.0 ** (-age / matcher.half_life_ms) if matcher.half_life_ms else 1.0
    if factor is None:
        points, of_nano = 0, None
    else:
        points = amount if factor == 1.0 else int(amount * factor)
    part = Part(
        matcher.rule.id, _nano(points), matcher.kind, piece.id, piece.occurred_at_ms, of_nano, factor, piece.actor
    )
    return part, points


def _cut(part: Part, points_e15: int) -> list[tuple[Part, int]]:
    return [(part, points_e15)] if points_e15 else []


def _rounded(parts: Sequence[tuple[Part, int]], exact_nano: int) -> list[Part]:
    rounded = [part._replace(points_nano=_nano(points)) for part, points in parts]
    remainder = exact_nano - sum(part.points_nano for part in rounded)
    if remainder and rounded:
        largest = max(range(len(rounded)), key=lambda i: abs(rounded[i].points_nano))
        rounded[largest] = rounded[largest]._replace(points_nano=rounded[largest].points_nano + remainder)
    return rounded


def _nano(points_e15: int) -> int:
    return (points_e15 + HALF_NANO_E15) // E15_A_NANO
