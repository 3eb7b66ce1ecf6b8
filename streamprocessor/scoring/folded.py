"""What evidence that was folded into sums still gives."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence

from streamprocessor.scoring.matching import Matcher
from streamprocessor.scoring.plan import Plan
from streamprocessor.scoring.record import Derived, Folded, FoldedRule
from streamprocessor.scoring.rules import InactivityRule
from streamprocessor.scoring.terms import landmark


def add_folded(plan: Plan, folded: Folded, derived: Derived) -> None:
    """Enter what was folded, before the first piece; derived.newest_ms is final by now."""
    _add_rules(plan.matchers.values(), plan.silences, folded, derived)
    for values in plan.values:
        matchers = [plan.matchers[number] for number in values.numbers if number in plan.matchers]
        for name, of_value in folded.by.get(values.key, {}).items():
            made = derived.by.setdefault(values.key, {}).setdefault(name, Derived(newest_ms=derived.newest_ms))
            _add_rules(matchers, values.silences, of_value, made)


def _add_rules(
    matchers: Iterable[Matcher], silences: Sequence[tuple[int, InactivityRule]], folded: Folded, derived: Derived
) -> None:
    for matcher in matchers:
        held = folded.rules.get(matcher.key)
        if held is not None:
            _add_rule(matcher, held, derived)
    for number, rule in silences:
        types = folded.lasts if rule.types is None else [type_ for type_ in rule.types if type_ in folded.lasts]
        if types:
            last = max(folded.lasts[type_] for type_ in types)
            derived.lasts[number] = max(last, derived.lasts.get(number, last))


def folded_sum(matcher: Matcher, held: FoldedRule, newest_ms: int) -> int:
    """What the folded matches add to `sums`: their points, or their weights for the landmark in force."""
    if not matcher.half_life_ms:
        return held.amount
    later_ms = landmark(newest_ms, matcher.half_life_ms) - held.at_ms
    return held.amount if later_ms == 0 else round(held.amount * 2.0 ** (-later_ms / matcher.half_life_ms))


def _add_rule(matcher: Matcher, held: FoldedRule, derived: Derived) -> None:
    if matcher.half_life_ms is None:
        for match in held.live:
            insort(derived.live.setdefault(matcher.number, []), match)
    elif held.amount:
        amount = folded_sum(matcher, held, derived.newest_ms)
        derived.sums[matcher.number] = derived.sums.get(matcher.number, 0) + amount
