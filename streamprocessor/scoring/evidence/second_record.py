"""A second record of one contact, kept where the contact does not belong, taken into the record where it does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from streamprocessor.scoring.evidence.compacted import amount_at
from streamprocessor.scoring.evidence.union import attributes_of, compacted_of, events_of, first_of, verdicts_of
from streamprocessor.scoring.identity.erasure import wipe
from streamprocessor.scoring.identity.forwarding import after_erasure, own_source
from streamprocessor.scoring.identity.linking import link_in_place
from streamprocessor.scoring.identity.linking_outcome import LinkingOutcome
from streamprocessor.scoring.record.evidence import Compacted, CompactedRule, StoredEvent
from streamprocessor.scoring.record.links import ChildEvidence, IdentityLinks, MergeClaim
from streamprocessor.scoring.record.record import Record, is_number_retained, number_elsewhere
from streamprocessor.scoring.record.suppression import last_word
from streamprocessor.scoring.record.transfers import LinkFact, ObjectionTransfer, SecondRecord

_NEVER_HOT: tuple[int, int | None] = (0, None)
_NULL: tuple[int | None, str | None] = (None, None)


def link_and_unite_in_place(contact: str, record: Record, facts: Sequence[LinkFact | SecondRecord]) -> LinkingOutcome:
    """Take in what other partitions kept of the contact, then follow the other facts on its links.

    Second records are of the same revision of the model as the record.
    """
    link_facts: list[LinkFact] = []
    second_records: list[SecondRecord] = []
    for fact in facts:
        if isinstance(fact, SecondRecord):
            second_records.append(fact)
        else:
            link_facts.append(fact)
    if not second_records:
        return link_in_place(contact, record, link_facts)
    erased_before_ms = 0 if record.links is None else record.links.erased_at_ms
    news: list[StoredEvent] = []
    for second in second_records:
        news += _unite_in_place(contact, record, second)
        second_links = second.record.links
        if second_links is not None and second_links.objected[1]:
            link_facts.append(ObjectionTransfer(second.arrival_ms, second_links.objected))
    linking = link_in_place(contact, record, link_facts)
    links = record.links
    assert links is not None
    if links.objected[0]:
        wipe(record)
    if linking.erased_ms is None and links.erased_at_ms > erased_before_ms:
        linking.erased_ms, record.sequence = links.erased_at_ms, 0
    linking.is_changed = linking.has_new_evidence = True
    linking.joined_ids.update([event.id for event in news])
    ages_ms = [event.arrival_ms - event.occurred_at_ms for event in news]
    if linking.news_age_ms is not None:
        ages_ms.append(linking.news_age_ms)
    linking.news_age_ms = min(ages_ms, default=None)
    return linking


def _unite_in_place(contact: str, record: Record, fact: SecondRecord) -> list[StoredEvent]:
    """Take what the second record has into the first one; the events that are new there. `derived` is to be made anew.

    The same evidence comes out, whichever record had which part of it.
    """
    second = fact.record
    links = record.links = record.links or IdentityLinks()
    second_links = second.links = second.links or IdentityLinks()
    links.erased_at_ms = max(links.erased_at_ms, second_links.erased_at_ms)
    known_ids = {event.id for event in record.evidence.events()}
    _unite_evidence(contact, record, second)
    _unite_links(links, second_links)
    links.first_ms = record.derived.first_ms if links.children else None
    _unite_shown(record, second)
    record.at_ms = max(record.at_ms, second.at_ms)
    for number, offset in second.offsets.items():
        elsewhere = number if is_number_retained(number) else number_elsewhere(number, fact.partition)
        record.offsets[elsewhere] = max(offset, record.offsets.get(elsewhere, -1))
    return [event for event in record.evidence.events() if event.id not in known_ids]


def _unite_evidence(contact: str, record: Record, second: Record) -> None:
    """Let the record have the evidence of both that is later than the erasure, as if one of them were a child of it."""
    links = record.links
    assert links is not None
    sources = [after_erasure(links.erased_at_ms, own_source(contact, each)) for each in (record, second)]
    both = Record(links=IdentityLinks(children={contact: ChildEvidence(0, sources)}))
    record.attributes, record.verdicts = dict(attributes_of(both)), dict(verdicts_of(both))
    record.suppressed = reduce(last_word, [source.suppressed for source in sources])
    record.evidence.replace(events_of(both))
    compactions = compacted_of(both)
    record.compacted = _sum(*compactions) if len(compactions) > 1 else next(iter(compactions), None)
    compact_at_ms = [at for at in (record.compact_at_ms, second.compact_at_ms) if at is not None]
    record.compact_at_ms = min(compact_at_ms, default=None)
    record.derived.first_ms = first_of(both)


def _unite_links(links: IdentityLinks, second: IdentityLinks) -> None:
    """Let the links have the claims of both, and of each child the evidence that it sent last."""
    for claims, more in (
        (links.claims_on_self, second.claims_on_self),
        (links.claims_on_children, second.claims_on_children),
    ):
        for other, claim in more.items():
            claims[other] = claims.get(other, MergeClaim()).united(claim)
    for child, evidence in second.children.items():
        known = links.children.get(child)
        if known is None or known.version < evidence.version:
            links.children[child] = evidence
    links.children = {
        child: ChildEvidence(version, [after_erasure(links.erased_at_ms, source) for source in sources])
        for child, (version, sources) in links.children.items()
    }
    links.version = max(links.version, second.version)
    strongest = links.strongest_claim()
    if second.parent is not None and (links.parent is None or links.parent == strongest):
        links.parent = second.parent  # the one that loses is told so, when links are followed next


def _unite_shown(record: Record, second: Record) -> None:
    """Go on from what was announced last: of each score by the record whose hot leads, else whose points, are more."""
    for name in second.shown.keys() | second.values.keys():
        if record.sequence and _reached(record, name) >= _reached(second, name):
            continue
        if name in second.episodes:
            record.episodes[name] = second.episodes[name]
        if name in second.shown:
            record.shown[name] = second.shown[name]
        else:
            record.values[name] = second.values[name]
    record.sequence = max(record.sequence, second.sequence)


def _reached(record: Record, name: str) -> tuple[int, int]:
    """How many hot leads there were of the score, and what was shown of it last."""
    presented_nano = record.shown.get(name, _NULL)[0]
    return record.episodes.get(name, _NEVER_HOT)[0], -(2**62) if presented_nano is None else presented_nano


def _sum(one: Compacted, other: Compacted) -> Compacted:
    """What was compacted in both; no event is in two of them."""
    rules = dict(one.rules)
    for key, rule in other.rules.items():
        rules[key] = _sum_of_rules(rules[key], rule) if key in rules else rule
    last_ms = dict(one.last_ms)
    for type_, at_ms in other.last_ms.items():
        last_ms[type_] = max(at_ms, last_ms.get(type_, at_ms))
    by_value = {key: dict(values) for key, values in one.by_value.items()}
    for key, values in other.by_value.items():
        known = by_value.setdefault(key, {})
        for name, value in values.items():
            known[name] = _sum(known[name], value) if name in known else value
    return Compacted(max(one.newest_ms, other.newest_ms), rules, last_ms, by_value)


def _sum_of_rules(one: CompactedRule, other: CompactedRule) -> CompactedRule:
    """What one rule made of both; weights are for the later of two landmarks."""
    at_ms = max(one.at_ms, other.at_ms)
    return CompactedRule(
        one.count + other.count,
        _amount_at(one, at_ms) + _amount_at(other, at_ms),
        one.half_life_ms,
        at_ms,
        sorted(one.matches + other.matches),
        one.slots + other.slots,
    )


def _amount_at(rule: CompactedRule, landmark_ms: float) -> int:
    return amount_at(rule, landmark_ms, rule.half_life_ms) if rule.half_life_ms else rule.amount
