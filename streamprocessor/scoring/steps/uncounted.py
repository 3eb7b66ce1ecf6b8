"""Why stored events give no score anything."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.scoring.events.scanners import find_scanner_events
from streamprocessor.scoring.evidence.derive import derive
from streamprocessor.scoring.evidence.union import events_of, verdicts_of
from streamprocessor.scoring.plan.matching import Matcher
from streamprocessor.scoring.plan.plan import Plan, TypePlan
from streamprocessor.scoring.plan.unmet import Unmet, unmet_finder
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import PROXY, SCANNER
from streamprocessor.scoring.record.record import Record

NO_RULE, NOT_MET, LIMIT, BY_SCANNER, BY_PROXY = "no-rule", "condition", "limit", "scanner", "proxy"
REPEAT = "repeat"


class Uncounted(NamedTuple):
    """Why one event gives nothing.

    reason: NO_RULE: no rule asks for its type; NOT_MET, LIMIT: of `rule`; BY_SCANNER, BY_PROXY: of who did it; REPEAT:
    it repeats another one.
    rule: as "score/rule"; None: it is no rule's doing.
    unmet: what of the rule's conditions failed; None: for another reason.
    repeats: the id of the event that it repeats; None: it repeats none.
    """

    reason: str
    rule: str | None = None
    unmet: Unmet | None = None
    repeats: str | None = None


def uncounted_events(plan: Plan, record: Record) -> dict[str, list[Uncounted]]:
    """By id the stored events that no rule counts a match of, each with every rule's reason."""
    counted: set[str] = set()
    repeats: dict[str, str] = {}
    derive(plan, record, on_match=lambda match: counted.add(match[1].id), on_repeat=repeats.__setitem__)
    events = events_of(record)
    by_scanner, _ = find_scanner_events(plan.model.scanners, events)
    verdicts = verdicts_of(record)
    reasons: dict[str, list[Uncounted]] = {}
    for event in events:
        if event.id in counted:
            continue
        if event.id in repeats:
            reasons[event.id] = [Uncounted(REPEAT, repeats=repeats[event.id])]
            continue
        actor = verdicts[event.id][2] if event.id in verdicts else SCANNER if event.id in by_scanner else event.actor
        reasons[event.id] = _reasons(plan, event, actor)
    return reasons


def _reasons(plan: Plan, event: StoredEvent, actor: str) -> list[Uncounted]:
    type_plan = plan.by_type.get(event.type)
    matchers = [] if type_plan is None else _all_matchers(type_plan)
    if not matchers:
        return [Uncounted(NO_RULE)]
    if actor == SCANNER:
        return [Uncounted(BY_SCANNER)]
    if actor == PROXY and type_plan is not None and not plan.counts(actor, type_plan.is_open):
        return [Uncounted(BY_PROXY)]
    seen = plan.seen(event)
    return [_reason(matcher, seen) for matcher in matchers]


def _all_matchers(type_plan: TypePlan) -> list[Matcher]:
    """The rules that ask for events of the type, those of per-value scores among them."""
    inner = [matcher for _, own in type_plan.by_value for matcher in own.matchers.all]
    return [*type_plan.matchers.all, *inner]


def _reason(matcher: Matcher, event: StoredEvent) -> Uncounted:
    unmet = unmet_finder(matcher.rule)(event.properties)
    return Uncounted(LIMIT, matcher.key) if unmet is None else Uncounted(NOT_MET, matcher.key, unmet)
