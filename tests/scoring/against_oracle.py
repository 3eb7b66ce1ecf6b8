"""Comparing the scorer's answers with the oracle's, and the ways a record is made of facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.model.model import NANO, Matrix, Model, Score
from streamprocessor.scoring.record.facts import Event, Fact, InputFact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import ExplanationPart, ScoreAt, ScoreStep, Step
from tests.scoring.oracle.evidence import plain
from tests.scoring.oracle.scores import Number, OraclePart, applies, explain_parts, presented, score_at, score_named
from tests.scoring.oracle.stages import Shown, label, possible_stages, strongest_values

FLOAT_NANO = 1  # what floating point may be off by, in the unrounded score

Key = tuple[str | None, str, str | None, str | None]
Asked = tuple[dict[str, ScoreAt], dict[tuple[str, str | None], list[ExplanationPart]], int | None]


def record_of(scorer: Scorer, facts: Sequence[Fact]) -> Record:
    """The record of facts that were processed together."""
    record = scorer.blank()
    scorer.apply_in_place(record, facts)
    return record


def record_of_batches(scorer: Scorer, batches: Iterable[Sequence[Fact]]) -> tuple[Record, list[Step]]:
    """The record of facts processed batch by batch, put away as bytes after each, and the steps on the way."""
    record, steps = scorer.blank(), []
    for batch in batches:
        steps += scorer.apply_in_place(record, batch).steps
        record = decode_record(encode_record(record))
    return record, steps


def all_answers(scorer: Scorer, record: Record, t_ms: int) -> Asked:
    scores = scorer.scores_at(record, t_ms)
    explanations = {(name, value): scorer.explain(record, name, t_ms, value) for name, value in shown_numbers(scores)}
    return scores, explanations, scorer.next_step(record, t_ms)


def shown_numbers(scores: Mapping[str, ScoreAt]) -> list[tuple[str, str | None]]:
    """(score, value) of each number that is shown; value None: of a score that is not by value."""
    numbers: list[tuple[str, str | None]] = []
    for name, score in scores.items():
        if score.values is not None:
            numbers += [(name, value.name) for value in score.values]
        elif score.unrounded_nano is not None:
            numbers.append((name, None))
    return numbers


def number_at(scores: Mapping[str, ScoreAt], name: str, value: str | None) -> int:
    """The unrounded number of a score, or of one of its values."""
    number = scores[name] if value is None else next(v for v in scores[name].values or () if v.name == value)
    assert number.unrounded_nano is not None
    return number.unrounded_nano


def presented_nano(score: ScoreAt | ScoreStep) -> int:
    """The presented number of a score that has one and is not null."""
    assert score.presented_nano is not None
    return score.presented_nano


def unrounded_nano(score: ScoreAt | ScoreStep) -> int:
    """The unrounded number of a score that has one and is not null."""
    assert score.unrounded_nano is not None
    return score.unrounded_nano


def without_later_events(facts: Iterable[Fact], t_ms: int) -> list[Fact]:
    """Evidence later than t does not exist."""
    return [fact for fact in facts if not isinstance(fact, Event) or fact.occurred_at_ms <= t_ms]


def shown(scorer: Scorer, record: Record, t_ms: int) -> dict[str, Shown]:
    return {name: as_shown(score) for name, score in scorer.scores_at(record, t_ms).items()}


def as_shown(score: ScoreAt | ScoreStep) -> Shown:
    """What is seen of a score, in the oracle's words."""
    if score.values is not None:
        return {value.name: (value.presented_nano, value.stage) for value in score.values}
    is_null = score.presented_nano is None and score.stage is None
    return None if is_null else (score.presented_nano, score.stage)


def assert_scores_are_the_oracles(
    model: Model, answer: dict[str, ScoreAt], facts: Sequence[InputFact], t_ms: int
) -> None:
    expected = score_at(model, facts, t_ms)
    assert list(answer) == list(expected)
    for name, number in expected.items():
        score, got = score_named(model, name), answer[name]
        if isinstance(score.combine, Matrix):
            assert (got.stage is not None) is applies(model, score, plain(model, facts)), (name, got)
            if got.stage is not None:
                shown_then = {name: as_shown(score) for name, score in answer.items()}
                assert got.stage == label(score.combine, shown_then), (name, got)
        elif isinstance(number, dict):
            assert_values_are_the_oracles(model, score, got, number)
        elif number is None:
            assert as_shown(got) is None
        else:
            assert_number_is_the_oracles(score, got, number[1])


def assert_number_is_the_oracles(score: Score, got: ScoreAt, unrounded_nano: int) -> None:
    assert got.unrounded_nano is not None
    assert abs(got.unrounded_nano - unrounded_nano) <= FLOAT_NANO, (got, unrounded_nano)
    assert got.presented_nano == presented(score, got.unrounded_nano), got
    assert got.stage in possible_stages(score, got.presented_nano), got


def assert_values_are_the_oracles(model: Model, score: Score, got: ScoreAt, numbers: Mapping[str, Number]) -> None:
    assert got.values is not None
    for value in got.values:
        assert_number_is_the_oracles(score, value, numbers[value.name][1])
    order = [(-(value.presented_nano or 0), value.name) for value in got.values]
    assert order == sorted(order)
    on_edge = any(presented(score, exact - 1) != presented(score, exact + 1) for _, exact in numbers.values())
    if not on_edge and not any(stage.leave_below_nano is not None for stage in score.stages):
        assert as_shown(got) == strongest_values(model, score, numbers, {})


def assert_parts_are_the_oracles(
    model: Model,
    name: str,
    answer: Sequence[ExplanationPart],
    facts: Sequence[Fact],
    t_ms: int,
    value: str | None = None,
) -> None:
    """Each part within a nano, but the largest, which takes what rounding the others left over."""
    expected, got = _oracle_points(explain_parts(model, facts, name, t_ms, value)), _points(answer)
    left_over = len(expected) + len(got)
    off: dict[Key, Decimal] = {
        key: got.get(key, Decimal(0)) - expected.get(key, Decimal(0)) for key in expected.keys() | got.keys()
    }
    beyond = {key: (got.get(key), expected.get(key)) for key, nano in off.items() if abs(nano) > FLOAT_NANO}
    largest = max((abs(nano) for nano in got.values()), default=Decimal(0))
    assert len(beyond) <= 1, beyond
    assert all(abs(got.get(key, Decimal(0))) >= largest - left_over and abs(off[key]) <= left_over for key in beyond), (
        beyond
    )


def _points(parts: Iterable[ExplanationPart]) -> dict[Key, Decimal]:
    summed: dict[Key, Decimal] = {}
    for part in parts:
        key = (part.rule, part.kind, part.event_id, part.group if part.rule is None else None)
        summed[key] = summed.get(key, Decimal(0)) + part.points_nano
    return summed


def _oracle_points(parts: Iterable[OraclePart]) -> dict[Key, Decimal]:
    return {
        (part.rule, part.kind, part.event_id, part.group if part.rule is None else None): part.points * NANO
        for part in parts
    }
