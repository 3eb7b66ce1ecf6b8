"""SCORING.md read a second time, slowly: each score from the whole history, in 50 digits, nothing stored in between.

What rules are worth is in oracle_rules, the next step in oracle_steps, the replay of a history in oracle_replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from streamprocessor.scoring.model.model import NANO, Matrix, Model, Score, Weighted
from streamprocessor.scoring.model.rules import AttributeRule, InactivityRule
from streamprocessor.scoring.record.facts import HUMAN, Event, InputFact
from tests.scoring.oracle.derived import with_derived
from tests.scoring.oracle.evidence import ABSENT, Known, canonical_json, holds, plain, until, value_in_event
from tests.scoring.oracle.laws import ZERO
from tests.scoring.oracle.rules import LARGEST_SCORE, in_fifty_digits, is_match, rule_events, to_nano, worth

Number: TypeAlias = tuple[int, int]
"""(presented_nano, unrounded_nano)"""

Answer: TypeAlias = "Number | dict[str, Number] | None"
"""Of a `by` score the number of each value that it knows; None: null, or a matrix."""


def one_number(answer: Answer) -> Number:
    """The answer of a score that has one number and is not null."""
    assert isinstance(answer, tuple)
    return answer


class OraclePart(NamedTuple):
    """One line of an explanation, unrounded; rule None: the cut of `group`."""

    rule: str | None
    kind: str
    event_id: str | None
    points: Decimal
    group: str | None


# ---- what is asked ---------------------------------------------------------------------------------------------


@in_fifty_digits
def score_at(model: Model, facts: Iterable[InputFact], t_ms: int) -> dict[str, Answer]:
    """What each score is at t_ms, by its name."""
    known = until(plain(model, facts), t_ms)
    return {score.name: answer_of(model, score, known, t_ms) for score in model.scores}


def answer_of(model: Model, score: Score, known: Known, t_ms: int) -> Answer:
    if not applies(model, score, known) or isinstance(score.combine, Matrix):
        return None
    if score.by is None:
        return number_of(model, score, known, t_ms)
    return {name: number_of(model, score, of_value, t_ms) for name, of_value in values_of(model, score, known).items()}


def number_of(model: Model, score: Score, known: Known, t_ms: int) -> Number:
    unrounded_nano = score_nano(total(explain_score(model, score, known, t_ms)))
    return presented(score, unrounded_nano), unrounded_nano


def oracle_scores(
    model: Model, facts_by_contact: Mapping[str, Iterable[InputFact]], t_ms: int
) -> dict[str, dict[str, Answer]]:
    """{contact: {score name: what it is}} at t_ms."""
    return {contact: score_at(model, facts, t_ms) for contact, facts in facts_by_contact.items()}


@in_fifty_digits
def explain_parts(
    model: Model, facts: Iterable[InputFact], score_name: str, t_ms: int, value: str | None = None
) -> list[OraclePart]:
    """All parts of a score at t_ms, those worth nothing included; their points add up to the unrounded score.

    value: of which value of a `by` score.
    """
    score, known = score_named(model, score_name), until(plain(model, facts), t_ms)
    if not applies(model, score, known) or isinstance(score.combine, Matrix):
        return []
    return explain_score(model, score, known if value is None else values_of(model, score, known)[value], t_ms)


# ---- numbers ---------------------------------------------------------------------------------------------------


def score_nano(points_sum: Decimal) -> int:
    return to_nano(score_points(points_sum))


def score_points(points_sum: Decimal) -> Decimal:
    return max(-LARGEST_SCORE, min(LARGEST_SCORE, points_sum))


def presented(score: Score, unrounded_nano: int) -> int:
    q = score.precision_nano
    rounded = (2 * unrounded_nano + q) // (2 * q) * q
    if score.max_nano is not None:
        rounded = min(rounded, score.max_nano)
    if score.min_nano is not None:
        rounded = max(rounded, score.min_nano)
    return rounded


def score_named(model: Model, name: str) -> Score:
    return next(score for score in model.scores if score.name == name)


# ---- for whom, of what, by which value -------------------------------------------------------------------------


def applies(model: Model, score: Score, known: Known) -> bool:
    """Whether the score is a number, or a label: a sum needs a component that is one, a matrix both."""
    if not holds(score.applies_when, lambda name: known.attributes.get(name, ABSENT)):
        return False
    if score.combine is None:
        return True
    sides = [applies(model, side, known) for side in components(model, score)]
    return all(sides) if isinstance(score.combine, Matrix) else any(sides)


def components(model: Model, score: Score) -> list[Score]:
    match score.combine:
        case Matrix(rows=rows, columns=columns):
            return [score_named(model, rows), score_named(model, columns)]
        case Weighted(weights_nano=weights):
            return [score_named(model, name) for name, _ in weights]
    return []


def weighted(model: Model, score: Score, known: Known) -> list[tuple[Score, Decimal]]:
    """The scores with rules that a score is the sum of, with their weights; itself where it has rules."""
    if not isinstance(score.combine, Weighted):
        return [(score, Decimal(1))]
    weights = [(score_named(model, name), Decimal(nano) / NANO) for name, nano in score.combine.weights_nano]
    return [(component, weight) for component, weight in weights if applies(model, component, known)]


def values_of(model: Model, score: Score, known: Known) -> dict[str, Known]:
    """What is known of each value: its events, and since when the contact is known. It needs an event that counts."""
    by_name: dict[str, list[Event]] = {}
    for event in known.events:
        value = value_in_event(with_derived(model, event), str(score.by))
        if value is not ABSENT:
            by_name.setdefault(value if isinstance(value, str) else canonical_json(value), []).append(event)
    by_value = {name: known._replace(events=tuple(events)) for name, events in by_name.items()}
    return {name: of_value for name, of_value in by_value.items() if is_known(model, score, of_value)}


def is_known(model: Model, score: Score, of_value: Known) -> bool:
    for rule in score.rules:
        if isinstance(rule, InactivityRule):
            if any(e.actor == HUMAN and (rule.types is None or e.type in rule.types) for e in of_value.events):
                return True
        elif not isinstance(rule, AttributeRule) and any(
            is_match(rule, event) for event in rule_events(model, rule, of_value)
        ):
            return True
    return False


# ---- what scores are made of -----------------------------------------------------------------------------------


def explain_score(model: Model, score: Score, known: Known, t_ms: int) -> list[OraclePart]:
    if score.combine is None:
        return explain_rules(model, score, known, t_ms)
    parts = []
    for component, weight in weighted(model, score, known):
        own = explain_rules(model, component, known, t_ms)
        own.append(OraclePart(None, "cut", None, score_points(total(own)) - total(own), None))
        parts += [as_component(component.name, part, weight) for part in own]
    return parts


def as_component(name: str, part: OraclePart, weight: Decimal) -> OraclePart:
    if part.rule is not None:
        return part._replace(rule=f"{name}/{part.rule}", points=part.points * weight)
    return part._replace(group=name if part.group is None else f"{name}/{part.group}", points=part.points * weight)


def explain_rules(model: Model, score: Score, known: Known, t_ms: int) -> list[OraclePart]:
    parts: list[OraclePart] = []
    for rule in score.rules:
        own = [
            OraclePart(rule.id, kind, event_id, p, rule.group) for kind, event_id, p in worth(model, rule, known, t_ms)
        ]
        parts += own
        if rule.limit.points_nano is not None:
            parts.append(OraclePart(rule.id, "cut", None, cut(total(own), rule.limit.points_nano), rule.group))
    for group in score.groups:
        inside = total(part for part in parts if part.group == group.name)
        parts.append(OraclePart(None, "cut", None, cut(inside, group.limit_nano), group.name))
    return parts


def total(parts: Iterable[OraclePart]) -> Decimal:
    return sum((part.points for part in parts), ZERO)


def cut(points_sum: Decimal, limit_nano: int) -> Decimal:
    """What a bound takes away: ≥ 0 bounds from above, < 0 from below."""
    limit = Decimal(limit_nano) / NANO
    return (min(points_sum, limit) if limit_nano >= 0 else max(points_sum, limit)) - points_sum
