"""When time alone changes a score, found by halving whatever span of time could hold a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from streamprocessor.scoring.model.model import NANO, Matrix, Model, Score
from streamprocessor.scoring.model.rules import AttributeRule, Decay, EventRule, HalfLife, InactivityRule, Rule
from streamprocessor.scoring.record.facts import InputFact
from streamprocessor.scoring.terms.decay_laws import Linear
from tests.scoring.oracle.evidence import Known, plain, until
from tests.scoring.oracle.kinds import KINDS
from tests.scoring.oracle.laws import ZERO, dead_after_ms, factor, law_rhythm
from tests.scoring.oracle.rules import (
    Match,
    event_matches,
    in_fifty_digits,
    last_active_ms,
    points,
    rule_events,
    worth,
)
from tests.scoring.oracle.scores import applies, number_of, presented, score_named, score_nano, values_of, weighted
from tests.scoring.oracle.stages import Seen, Shown, strongest_values

Bounds = tuple[Decimal, Decimal]


class TooManySpansError(Exception):
    """The search for the next step came to no end: the score stays on a rounding boundary."""


# ---- the next step ---------------------------------------------------------------------------------------------


def next_step(
    model: Model, facts: Sequence[InputFact], t_ms: int, shown: Mapping[str, Shown] | None = None
) -> int | None:
    """The first instant after t_ms at which a presented score changes by itself; None: never. shown: at t_ms."""
    names = [score.name for score in model.scores if not isinstance(score.combine, Matrix)]  # those have no time alone
    instants = [next_step_of(model, facts, name, t_ms, (shown or {}).get(name)) for name in names]
    return min((instant for instant in instants if instant is not None), default=None)


@in_fifty_digits
def next_step_of(
    model: Model, facts: Iterable[InputFact], score_name: str, t_ms: int, shown: Shown = None
) -> int | None:
    """The first instant after t_ms at which this presented score changes by itself; None: never.

    A stage changes only with its presented score, so looking at that is enough. shown: of a `by` score, at t_ms.
    """
    score, known = score_named(model, score_name), until(plain(model, facts), t_ms)
    if not applies(model, score, known):
        return None
    if score.by is None:
        return Future(model, score, known).next_change(t_ms)
    return next_change_of_values(model, score, known, t_ms, shown if isinstance(shown, dict) else {})


def next_change_of_values(model: Model, score: Score, known: Known, t_ms: int, shown: dict[str, Seen]) -> int | None:
    """The first instant after t_ms at which other values are shown, or one of them differently."""
    known_of = values_of(model, score, known)
    futures = {name: Future(model, score, of_value) for name, of_value in known_of.items()}

    def seen(at_ms: int, before: dict[str, Seen]) -> dict[str, Seen]:
        numbers = {name: number_of(model, score, of_value, at_ms) for name, of_value in known_of.items()}
        return strongest_values(model, score, numbers, before)

    shown_now = seen(t_ms, shown)
    now: int | None = t_ms
    while now is not None:
        changes = [future.next_change(now) for future in futures.values()]
        now = min((instant for instant in changes if instant is not None), default=None)
        if now is not None and seen(now, shown_now) != shown_now:
            return now
    return None


class Future:
    """What a score with one number can be between two instants, when nothing more is learned of the contact."""

    def __init__(self, model: Model, score: Score, known: Known) -> None:
        self.model, self.score, self.known = model, score, known
        self.parts = weighted(model, score, known)
        self.matches = {
            (part.name, rule.id): event_matches(model, rule, known)
            for part, _ in self.parts
            for rule in part.rules
            if isinstance(rule, EventRule)
        }

    def next_change(self, t_ms: int) -> int | None:
        """The first instant after t_ms at which another number is presented; None: never.

        A span of time in which the score can't leave what is shown now is skipped, any other is halved, down to 1 ms.
        """
        shown_now = self.shown(t_ms, t_ms)
        spans, looked_at = [(t_ms, self.settled_at_ms(t_ms))], 0
        while spans:
            a_ms, b_ms = spans.pop()
            looked_at += 1
            if looked_at > 20_000:
                raise TooManySpansError(self.score.name)
            if self.shown(a_ms, b_ms) == shown_now:
                continue
            if b_ms - a_ms > 1:
                middle_ms = (a_ms + b_ms) // 2
                spans += [(middle_ms, b_ms), (a_ms, middle_ms)]
            elif self.shown(b_ms, b_ms) != shown_now:
                return b_ms
        return None

    def shown(self, a_ms: int, b_ms: int) -> tuple[int, int]:
        """The least and the greatest presented score that [a, b] could hold; at a == b it is the one it holds."""
        low = high = ZERO
        free: dict[Decay, list[Match]] = {}
        for part, weight in self.parts:
            bounds = [self.bound(part, None, weight, free, (a_ms, b_ms))]
            for group in part.groups:
                inside: dict[Decay, list[Match]] = {}
                group_low, group_high = self.bound(part, group.name, Decimal(1), inside, (a_ms, b_ms))
                free_low, free_high = decayed_together(inside, a_ms, b_ms)
                ends = (
                    bounded(group_low + free_low, group.limit_nano),
                    bounded(group_high + free_high, group.limit_nano),
                )
                bounds.append(times(ends, weight))
            low += sum((bound[0] for bound in bounds), ZERO)
            high += sum((bound[1] for bound in bounds), ZERO)
        free_low, free_high = decayed_together(free, a_ms, b_ms)
        low, high = low + free_low, high + free_high
        return presented(self.score, score_nano(low)), presented(self.score, score_nano(high))

    def bound(
        self, part: Score, group: str | None, weight: Decimal, free: dict[Decay, list[Match]], span: tuple[int, int]
    ) -> Bounds:
        """Bounds of the sum of a group's rules (None: of those in no group), times the weight.

        Matches of rules without a limit are not among it: they go to `free`, by their law.
        """
        low = high = ZERO
        for rule in (rule for rule in part.rules if rule.group == group):
            if isinstance(rule, EventRule) and rule.limit.points_nano is None:
                own = [match._replace(points=match.points * weight) for match in self.matches[part.name, rule.id]]
                free.setdefault(rule.decay, []).extend(own)
                continue
            rule_low, rule_high = self.of_rule(part, rule, *span)
            ends = times(
                (bounded(rule_low, rule.limit.points_nano), bounded(rule_high, rule.limit.points_nano)), weight
            )
            low, high = low + ends[0], high + ends[1]
        return low, high

    def of_rule(self, part: Score, rule: Rule, a_ms: int, b_ms: int) -> Bounds:
        if isinstance(rule, EventRule):
            return decayed_between(rule.decay, self.matches[part.name, rule.id], a_ms, b_ms)
        if isinstance(rule, AttributeRule | InactivityRule):
            instants = []  # an attribute stands still, inactivity only grows
        else:
            # What is inside a window leaves it one by one: look at what is left after each.
            events, ages_ms = rule_events(self.model, rule, self.known), list(KINDS[type(rule)].ages_ms(rule))
            instants = [event.occurred_at_ms + age_ms for event in events for age_ms in ages_ms]
        probes = [a_ms, *(instant for instant in instants if a_ms < instant < b_ms), b_ms]
        values = [sum((p for _, _, p in worth(self.model, rule, self.known, t_ms)), ZERO) for t_ms in probes]
        return min(values), max(values)

    def settled_at_ms(self, t_ms: int) -> int:
        """An instant after which nothing moves any more that nine decimals could tell."""
        instants = [t_ms + 1]
        for name, rule in ((part.name, rule) for part, _ in self.parts for rule in part.rules):
            if isinstance(rule, EventRule):
                instants += [
                    m.event.occurred_at_ms + dead_after_ms(rule.decay, m.points) for m in self.matches[name, rule.id]
                ]
            elif isinstance(rule, InactivityRule):
                if not self.known.events or not rule.points_e15:
                    continue
                times = rule.max_times or (
                    1 if rule.every_ms is None else int(9_000_000 / abs(points(rule.points_e15)))
                )
                last_ms = last_active_ms(rule, self.known) or 0
                instants.append(last_ms + rule.after_ms + times * (rule.every_ms or 0))
            elif not isinstance(rule, AttributeRule):
                longest_ms = max(KINDS[type(rule)].ages_ms(rule))
                instants += [e.occurred_at_ms + longest_ms for e in rule_events(self.model, rule, self.known)]
        return max(instants) + 1


def times(bounds: Bounds, weight: Decimal) -> Bounds:
    ends = bounds[0] * weight, bounds[1] * weight
    return min(ends), max(ends)


def decayed_together(by_law: Mapping[Decay, Sequence[Match]], a_ms: int, b_ms: int) -> Bounds:
    bounds = [decayed_between(law, matches, a_ms, b_ms) for law, matches in by_law.items()]
    return sum((low for low, _ in bounds), ZERO), sum((high for _, high in bounds), ZERO)


def bounded(points_sum: Decimal, limit_nano: int | None) -> Decimal:
    if limit_nano is None:
        return points_sum
    limit = Decimal(limit_nano) / NANO
    return min(points_sum, limit) if limit_nano >= 0 else max(points_sum, limit)


def decayed_between(law: Decay, matches: Sequence[Match], a_ms: int, b_ms: int) -> Bounds:
    """Bounds of a sum under one law. Each match only shrinks; together they are as good as one where the law allows:

    exponentials of one half-life are one exponential, and straight lines are one line until one of them ends.
    """
    together: list[Match] = []
    alone: list[Match] = []
    for match in matches:
        ends_inside = isinstance(law, Linear) and not ended(law, match, a_ms) and ended(law, match, b_ms)
        (together if isinstance(law, HalfLife | Linear) and not ends_inside else alone).append(match)
    low = high = ZERO
    for one in [together, *([match] for match in alone)]:
        at_a, at_b = decayed(law, one, a_ms), decayed(law, one, b_ms)
        low, high = low + min(at_a, at_b), high + max(at_a, at_b)
    return low, high


def ended(law: Decay, match: Match, t_ms: int) -> bool:
    return factor(law, t_ms - match.event.occurred_at_ms) == 0


def decayed(law: Decay, matches: Sequence[Match], t_ms: int) -> Decimal:
    return sum((m.points * factor(law, t_ms - m.event.occurred_at_ms) for m in matches), ZERO)


# ---- instants worth probing ------------------------------------------------------------------------------------


def jump_instants(model: Model, facts: Iterable[InputFact], t_ms: int, most: int = 50) -> list[int]:
    """Up to `most` instants after t_ms at which something may jump or end, the nearest first."""
    known = until(plain(model, facts), t_ms)
    durations: set[int] = set()
    for rule in (rule for score in model.scores for rule in score.rules):
        durations |= {k * period + first for first, period in rule_rhythm(rule) for k in range(6)}
    instants = {event.occurred_at_ms + duration for event in known.events for duration in durations}
    return sorted(instant for instant in instants if instant > t_ms)[:most]


def rule_rhythm(rule: Rule) -> list[tuple[int, int]]:
    """(first, period): the ages at which something jumps."""
    match rule:
        case EventRule():
            return law_rhythm(rule.decay)
        case InactivityRule():
            return [(rule.after_ms, rule.every_ms or 0)]
        case AttributeRule():
            return []
    return [(age_ms, 0) for age_ms in KINDS[type(rule)].ages_ms(rule)]
