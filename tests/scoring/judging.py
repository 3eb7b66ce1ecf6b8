"""How the scorer's answers are held against the oracle's, and the ways a record is made of facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from streamprocessor.contract.records import decode_record, encode_record
from streamprocessor.scoring.facts import Event, Fact
from streamprocessor.scoring.model import NANO, Model
from streamprocessor.scoring.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps import Part, ScoreAt, Step
from tests.scoring.oracle import OraclePart, explain_parts, presented, score_at, score_named
from tests.scoring.oracle_replay import possible_stages

FLOAT_NANO = 1  # what floating point may be off by, in the unrounded score

Asked = tuple[dict[str, ScoreAt], dict[str, list[Part]], int | None]


def record_of(scorer: Scorer, facts: Sequence[Fact]) -> Record:
    """The record of facts that were processed together."""
    record = scorer.blank()
    scorer.apply(record, facts)
    return record


def record_of_batches(scorer: Scorer, batches: Iterable[Sequence[Fact]]) -> tuple[Record, list[Step]]:
    """The record of facts processed batch by batch, put away as bytes after each, and the steps on the way."""
    record, steps = scorer.blank(), []
    for batch in batches:
        steps += scorer.apply(record, batch).steps
        record = decode_record(encode_record(record))
    return record, steps


def all_answers(scorer: Scorer, record: Record, t_ms: int) -> Asked:
    explanations = {score.name: scorer.explain(record, score.name, t_ms) for score in scorer.model.scores}
    return scorer.scores_at(record, t_ms), explanations, scorer.next_step(record, t_ms)


def without_later_events(facts: Iterable[Fact], t_ms: int) -> list[Fact]:
    """Evidence later than t does not exist."""
    return [fact for fact in facts if not isinstance(fact, Event) or fact.occurred_at_ms <= t_ms]


def shown(scorer: Scorer, record: Record, t_ms: int) -> dict[str, tuple[int, str | None]]:
    return {name: (at.presented_nano, at.stage) for name, at in scorer.scores_at(record, t_ms).items()}


def assert_scores_are_the_oracles(model: Model, answer: dict[str, ScoreAt], facts: Sequence[Fact], t_ms: int) -> None:
    wanted = score_at(model, facts, t_ms)
    assert list(answer) == list(wanted)
    for name, (_, unrounded_nano) in wanted.items():
        score, got = score_named(model, name), answer[name]
        assert abs(got.unrounded_nano - unrounded_nano) <= FLOAT_NANO, (name, got, unrounded_nano)
        assert got.presented_nano == presented(score, got.unrounded_nano), (name, got)
        assert got.stage in possible_stages(score, got.presented_nano), (name, got)


def assert_parts_are_the_oracles(
    model: Model, name: str, answer: Sequence[Part], facts: Sequence[Fact], t_ms: int
) -> None:
    """Each part within a nano, but the largest, which takes what rounding the others left over."""
    wanted, got = _oracle_points(explain_parts(model, facts, name, t_ms)), _points(answer)
    left_over = len(wanted) + len(got)
    off = {key: got.get(key, 0) - wanted.get(key, 0) for key in wanted.keys() | got.keys()}
    beyond = {key: (got.get(key), wanted.get(key)) for key, nano in off.items() if abs(nano) > FLOAT_NANO}
    largest = max((abs(nano) for nano in got.values()), default=0)
    assert len(beyond) <= 1, beyond
    assert all(abs(got.get(key, 0)) >= largest - left_over and abs(off[key]) <= left_over for key in beyond), beyond


Key = tuple[str | None, str, str | None, str | None]


def _points(parts: Iterable[Part]) -> dict[Key, Decimal]:
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
