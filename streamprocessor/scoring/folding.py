"""Folding: single pieces go into sums when they are old, or too many, so that a record stays small for ever."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from streamprocessor.scoring.canonical import LONGEST
from streamprocessor.scoring.deriving import Match, derive
from streamprocessor.scoring.facts import HUMAN
from streamprocessor.scoring.folded import folded_sum
from streamprocessor.scoring.keeping import value_name
from streamprocessor.scoring.live import RecencyTerm
from streamprocessor.scoring.matching import Matcher
from streamprocessor.scoring.plan import Plan
from streamprocessor.scoring.record import Evidence, Folded, FoldedRule, Piece, Record
from streamprocessor.scoring.terms import ExponentialTerm, landmark, weight
from streamprocessor.scoring.values_plan import ValuesPlan

MOST_PIECES, PIECES_LEFT = 1_000, 900
MOST_BYTES, BYTES_LEFT = 48 * 1024, 40 * 1024
MOST_FRESH_UNWEIGHED = 16
MOST_SLOTS = 256
MOST_LIVE = 256
MOST_TYPES = 64
MOST_VERDICTS = 1_000
SLOT_BYTES = 8
ANY_TYPE = ""


class Counted(NamedTuple):
    """A match that counts: what a piece gave by one rule."""

    matcher: Matcher
    amount: int


def is_due(record: Record) -> bool:
    """Whether folding should look at the record: something is old enough, or there is too much."""
    if record.fold_at_ms is not None and record.fold_at_ms <= record.at_ms:
        return True
    evidence = record.evidence
    if len(evidence.fresh) <= MOST_FRESH_UNWEIGHED:
        return len(evidence.packed) > MOST_BYTES or evidence.packed_count >= MOST_PIECES
    return len(evidence) > MOST_PIECES or _weight_of(evidence) > MOST_BYTES


def look_again_ms(plan: Plan, at_ms: int) -> int:
    """When what is new at at_ms can be folded; an eighth of the window later, so that it is done in bulk."""
    window_ms = plan.model.correction_window_ms
    return at_ms + window_ms + window_ms // 8 + 1


def fold(plan: Plan, record: Record) -> int:
    """Fold what is old, and early what is too much; how many events went early.

    A piece is old when both its occurred_at and its arrival are more than the correction window behind the record's
    clock. Old pieces of laws that can't be summed up stay until they are worth nothing; early ones join their rule's
    folded matches, where two of the oldest become one when there are too many.
    """
    by_piece: dict[str, list[Counted]] = {}

    def on_match(match: Match) -> None:
        matcher, piece, amount = match
        by_piece.setdefault(piece.id, []).append(Counted(matcher, amount))

    record.derived = derive(plan, record, on_match=on_match)
    old_ms = record.at_ms - plan.model.correction_window_ms
    pieces = sorted(record.evidence.pieces(), key=lambda piece: (piece.occurred_at_ms, piece.id))
    going: list[Piece] = []
    staying: list[Piece] = []
    for piece in pieces:
        is_old = piece.occurred_at_ms < old_ms and piece.arrival_ms < old_ms
        goes = is_old and not _needs_itself(plan, piece, by_piece.get(piece.id, ()), record.at_ms)
        (going if goes else staying).append(piece)
    too_many = _how_many_too_many(staying)
    going += staying[:too_many]
    staying = staying[too_many:]
    if going:
        folded = record.folded = record.folded or Folded()
        _move_landmarks(plan, folded, record.derived.newest_ms)
        for piece in going:
            _fold_piece(plan, record, piece, by_piece.get(piece.id, ()))
        _keep_small(plan, folded, record.at_ms)
        record.evidence.replace(staying)
        record.derived = derive(plan, record)
    _forget_waiting(record, old_ms, {piece.id for piece in staying})
    oldest_ms = min((piece.arrival_ms for piece in staying), default=None)
    waits = oldest_ms is not None or bool(record.verdicts)
    record.fold_at_ms = look_again_ms(plan, max(oldest_ms or old_ms, old_ms)) if waits else None
    return too_many


def carry_over(plan: Plan, record: Record) -> None:
    """Fit what was folded under another model to this one: rules that are gone go, changed laws begin at the clock."""
    if record.folded is None:
        return
    folded = record.folded
    by_key = {matcher.key: matcher for number, matcher in plan.matchers.items() if number not in plan.values_of}
    _fit(folded.rules, by_key, record.at_ms)
    folded.by = {values.key: folded.by[values.key] for values in plan.values if values.key in folded.by}
    for values in plan.values:
        by_key = {matcher.key: matcher for number, matcher in plan.matchers.items() if number in values.numbers}
        for of_value in folded.by.get(values.key, {}).values():
            _fit(of_value.rules, by_key, record.at_ms)


def _fit(rules: dict[str, FoldedRule], by_key: Mapping[str, Matcher], at_ms: int) -> None:
    for key in [key for key in rules if key not in by_key]:
        del rules[key]
    for key, held in rules.items():
        if held.half_life_ms != by_key[key].half_life_ms:
            rules[key] = _under_another_law(by_key[key], held, at_ms)


def _needs_itself(plan: Plan, piece: Piece, matches: Iterable[Counted], at_ms: int) -> bool:
    """Whether a law that can't be summed up still needs the piece."""
    return any(
        plan.live[match.matcher.number].still_worth((piece.occurred_at_ms, match.amount), at_ms)
        for match in matches
        if match.matcher.half_life_ms is None
    )


def _fold_piece(plan: Plan, record: Record, piece: Piece, matches: Iterable[Counted]) -> None:
    at, folded = piece.occurred_at_ms, record.folded
    assert folded is not None
    verdict = record.verdicts.pop(piece.id, None)
    if (piece.actor if verdict is None else verdict[2]) == HUMAN:
        folded.lasts[piece.type] = max(at, folded.lasts.get(piece.type, at))
        _fold_activity(plan, folded, piece)
    folded.newest_ms = max(folded.newest_ms, at)
    for matcher, amount in matches:
        values = plan.values_of.get(matcher.number)
        rules = folded.rules if values is None else _of_value(folded, values, piece).rules
        held = rules.get(matcher.key)
        if held is None:
            half_life_ms = matcher.half_life_ms
            at_ms = landmark(record.derived.newest_ms, half_life_ms) if half_life_ms else 0.0
            held = rules[matcher.key] = FoldedRule(half_life_ms=half_life_ms, at_ms=at_ms)
        held.count += 1
        if matcher.half_life_ms is None:
            insort(held.live, (at, amount))
        elif matcher.half_life_ms:
            held.amount += weight(amount, at, held.at_ms, matcher.half_life_ms)
        else:
            held.amount += amount
        if matcher.slot_count is not None:
            held.slots += matcher.slot(piece.kept, at)


def _fold_activity(plan: Plan, folded: Folded, piece: Piece) -> None:
    """Note a human event for the inactivity rules of the value that it has."""
    for values in plan.values:
        types = {type_ for _, rule in values.silences for type_ in rule.types or (ANY_TYPE,)}
        said = types & {piece.type, ANY_TYPE}
        if said and values.may_take(piece.kept):
            lasts = _of_value(folded, values, piece).lasts
            for type_ in said:
                lasts[type_] = max(piece.occurred_at_ms, lasts.get(type_, piece.occurred_at_ms))


def _of_value(folded: Folded, values: ValuesPlan, piece: Piece) -> Folded:
    return folded.by.setdefault(values.key, {}).setdefault(value_name(piece.kept[values.path]), Folded())


def _rules_held(folded: Folded) -> Iterator[tuple[dict[str, FoldedRule], int]]:
    """What is folded of the contact and of each value, with the number of those that share the bounds of a rule."""
    yield folded.rules, 1
    for of_score in folded.by.values():
        for of_value in of_score.values():
            yield of_value.rules, len(of_score)


def _move_landmarks(plan: Plan, folded: Folded, newest_ms: int) -> None:
    for rules, _ in _rules_held(folded):
        for matcher in plan.matchers.values():
            held = rules.get(matcher.key)
            if held is not None and matcher.half_life_ms:
                held.amount = folded_sum(matcher, held, newest_ms)
                held.at_ms = landmark(newest_ms, matcher.half_life_ms)


def _keep_small(plan: Plan, folded: Folded, at_ms: int) -> None:
    """Hold the folded evidence within its bounds: the oldest limit keys and types go, the oldest matches join."""
    for rules, sharing in _rules_held(folded):
        for matcher in plan.matchers.values():
            held = rules.get(matcher.key)
            if held is None:
                continue
            held.slots = held.slots[-max(1, MOST_SLOTS // sharing) * SLOT_BYTES :]
            term = plan.live.get(matcher.number)
            if term is not None:
                held.live = [match for match in held.live if term.still_worth(match, at_ms)]
                most = max(1, MOST_LIVE // sharing)
                held.live = held.live[-1:] if isinstance(term, RecencyTerm) else _joined(held.live, most)
    if len(folded.lasts) > MOST_TYPES:
        latest = sorted(folded.lasts.items(), key=lambda item: (item[1], item[0]))[-MOST_TYPES:]
        folded.lasts = dict(latest)


def _joined(matches: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most so many matches: the oldest ones become one at the latest of their instants."""
    surplus = len(matches) - most
    if surplus <= 0:
        return matches
    oldest = matches[: surplus + 1]
    return [(oldest[-1][0], sum(amount for _, amount in oldest)), *matches[surplus + 1 :]]


def _forget_waiting(record: Record, old_ms: int, held_ids: set[str]) -> None:
    """Verdicts wait for their event, deletions for late writes, as long as the correction window."""
    waiting = {id_: v for id_, v in record.verdicts.items() if id_ in held_ids or v[3] >= old_ms}
    if len(waiting) > MOST_VERDICTS:
        waiting = dict(sorted(waiting.items(), key=lambda item: (item[1][3], item[0]))[-MOST_VERDICTS:])
    record.verdicts = waiting
    deleted = [name for name, written in record.attributes.items() if written[0] is None and written[1] < old_ms]
    for name in deleted:
        del record.attributes[name]


def _under_another_law(matcher: Matcher, held: FoldedRule, at_ms: int) -> FoldedRule:
    if held.half_life_ms is None:
        points = sum(amount for _, amount in held.live)
    elif held.half_life_ms:
        points = int(held.amount * (2.0 ** ((held.at_ms - at_ms) / held.half_life_ms) * ExponentialTerm.SCALE))
    else:
        points = held.amount
    made = FoldedRule(count=held.count, half_life_ms=matcher.half_life_ms, slots=held.slots)
    if matcher.half_life_ms is None:
        made.live = [(at_ms, points)]
    elif matcher.half_life_ms:
        made.at_ms = landmark(at_ms, matcher.half_life_ms)
        made.amount = weight(points, at_ms, made.at_ms, matcher.half_life_ms)
    else:
        made.amount = points
    return made


def _how_many_too_many(pieces: list[Piece]) -> int:
    """How many of the oldest must go, so that what stays is well within the bounds; 0 where it is within them."""
    sizes = [_size(piece) for piece in pieces]
    size = sum(sizes)
    if len(pieces) <= MOST_PIECES and size <= MOST_BYTES:
        return 0
    going = 0
    while len(pieces) - going > PIECES_LEFT or size > BYTES_LEFT:
        size -= sizes[going]
        going += 1
    return going


def _weight_of(evidence: Evidence) -> int:
    """About how many bytes the evidence takes."""
    return len(evidence.packed) + sum(_size(piece) for piece in evidence.fresh.values())


def _size(piece: Piece) -> int:
    """About how many bytes the piece takes when packed, rather more."""
    return 24 + len(piece.id) + len(piece.type) + _size_of_values(piece.kept)


def _size_of_values(kept: Mapping[str, object]) -> int:
    return sum(len(path) + _size_of_value(value) for path, value in kept.items())


def _size_of_value(value: object) -> int:
    if isinstance(value, str):
        return 5 + (len(value) if value.isascii() else 3 * len(value))
    return LONGEST if isinstance(value, dict | list) else 9
