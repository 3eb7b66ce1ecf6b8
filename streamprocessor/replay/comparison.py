"""Two models over the same contacts: each one's history decoded once, replayed by both, and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappush, heapreplace
from typing import Any

from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.display import display_name
from streamprocessor.contract.events.address_identities import identities_in
from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.contract.events.events import ValueDecoder
from streamprocessor.errors import RecordError
from streamprocessor.kafka.partitioner import murmur2
from streamprocessor.replay.arrivals import Arrival, unpacked
from streamprocessor.replay.contact_replay import ReplayedContact, replayed_alone, replayed_together, together
from streamprocessor.replay.model_change import ScoreChanges, hot_scores
from streamprocessor.replay.shown_scores import shown_scores
from streamprocessor.replay.tally import MOST_DRAWN, MOST_NAMED, NamedContact, ReplayTally, RuleEffect, week_of
from streamprocessor.replay.unmet_rules import UnmetRules
from streamprocessor.scoring.evidence.union import attributes_of, sources_of
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.attribute_writes import present_values
from streamprocessor.scoring.record.facts import AttributesWritten, Event, InputFact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LINK_FACTS
from streamprocessor.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class ReplaySource:
    """How records of an input are read.

    decoders: of a value, by the number of its topic.
    names: of the topics, as dead letters are counted by.
    contact_ids: makes the contacts of mail addresses.
    """

    decoders: Mapping[int, ValueDecoder]
    names: Mapping[int, str]
    contact_ids: ContactIds


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact under both models, for lists.

    scores: name → what each model shows; None: it has no such score, or does not show the contact.
    """

    contact_id: str
    display_name: str | None
    scores: Mapping[str, tuple[dict[str, Any] | None, dict[str, Any] | None]]
    hot_leads: tuple[int, int]


class ReplayedModel:
    """One of the two models at work."""

    def __init__(self, model: Model, *, is_candidate: bool) -> None:
        self.model, self.is_candidate = model, is_candidate
        self.scorer = Scorer(model, explains=False)
        self.hot_stages = model.hot_stages()
        self.unmet = UnmetRules(model)
        self.plan = compile_model(model)

    def shows(self, replayed: ReplayedContact | None) -> bool:
        """Whether anything is shown of the contact."""
        if replayed is None:
            return False
        record = replayed.record
        is_known = record.at_ms > 0 or bool(sources_of(record))
        return is_known and not is_hidden(record) and not nothing_left(record)

    def count_rules(self, record: Record, at_ms: int, tally: ReplayTally) -> None:
        """Add what each rule gives the contact at at_ms."""
        for score in self.plan.scores:
            if score.is_null(record.derived):
                continue
            parts = [record.derived]
            if score.per_value is not None:
                parts = list(score.derived_by_value(record.derived).values())
            for rule in score.rules:
                points_e15 = sum(rule.within_limit.value(derived, at_ms) for derived in parts)
                if points_e15:
                    effect = tally.rules.setdefault((rule.key, self.is_candidate), RuleEffect())
                    effect.contacts += 1
                    effect.points_e15 += points_e15


class ModelComparison:
    """Replays contacts by the model in force and by a candidate, as of one instant.

    tally: what was added up so far.
    """

    def __init__(
        self,
        models: tuple[Model, Model],
        source: ReplaySource,
        at_ms: int,
        on_contact: Callable[[ContactRow], object] | None = None,
    ) -> None:
        """models: in force, and the candidate. on_contact: hears of each contact."""
        self._before, self._after = (ReplayedModel(model, is_candidate=n == 1) for n, model in enumerate(models))
        self._source, self._at_ms, self._on_contact = source, at_ms, on_contact
        self._names = list(dict.fromkeys(score.name for model in models for score in model.scores))
        self.tally = ReplayTally(scores={name: ScoreChanges() for name in self._names})

    def add_alone(self, key: bytes | None, records: bytes | bytearray) -> None:
        """One contact whom no other one is linked to. records: packed."""
        decoded = self._decoded(key, unpacked(records))
        if decoded is None:
            return
        contact, facts = decoded
        if any(isinstance(fact, LINK_FACTS) or self._implied(contact, fact) for fact in facts):
            self._add({contact: facts})
            return
        slices = together([fact.arrival_ms for fact in facts])
        batches = [facts[part] for part in slices]
        self._count(
            contact,
            replayed_alone(self._before.scorer, batches, self._at_ms),  # type: ignore[arg-type]  # no links among them
            replayed_alone(self._after.scorer, batches, self._at_ms),  # type: ignore[arg-type]
        )

    def add_group(self, records_by_key: Mapping[bytes, bytes | bytearray]) -> None:
        """Contacts that are linked, all of them."""
        decoded = [self._decoded(key, unpacked(records)) for key, records in records_by_key.items()]
        self._add(dict(each for each in decoded if each is not None))

    def finished(self) -> ReplayTally:
        """The tally, with which rules were met."""
        for side in (self._before, self._after):
            all_rules = UnmetRules(side.model).left
            self.tally.met |= {(name, side.is_candidate) for name in all_rules - side.unmet.left}
        return self.tally

    def _add(self, facts: Mapping[str, Sequence[InputFact]]) -> None:
        before, refused = replayed_together(self._before.scorer, self._with_implied(self._before, facts), self._at_ms)
        after, _ = replayed_together(self._after.scorer, self._with_implied(self._after, facts), self._at_ms)
        for reason in refused:
            self.tally.dead_letters["links", reason] += 1
        for contact in sorted(before.keys() | after.keys()):
            self._count(contact, before.get(contact), after.get(contact))

    def _with_implied(
        self, side: ReplayedModel, facts: Mapping[str, Sequence[InputFact]]
    ) -> dict[str, list[InputFact]]:
        """The facts, and what address attributes among them say of who is whom."""
        identified: dict[str, list[InputFact]] = {}
        for contact, of_contact in facts.items():
            told = identified[contact] = []
            for fact in of_contact:
                told.append(fact)
                if isinstance(fact, AttributesWritten):
                    told += identities_in(contact, fact, side.model.addresses, self._source.contact_ids)
        return identified

    def _implied(self, contact: str, fact: InputFact) -> bool:
        if not isinstance(fact, AttributesWritten):
            return False
        addresses = (*self._before.model.addresses, *self._after.model.addresses)
        return any(True for _ in identities_in(contact, fact, addresses, self._source.contact_ids))

    def _decoded(self, key: bytes | None, arrivals: Sequence[Arrival]) -> tuple[str, list[InputFact]] | None:
        """The contact and its facts; what can't be read is counted as a dead letter."""
        tally, decoders = self.tally, self._source.decoders
        tally.note_arrivals(len(arrivals), arrivals[0].arrival_ms, arrivals[-1].arrival_ms)
        try:
            contact = contact_of(key)
        except RecordError as error:
            for arrival in arrivals:
                tally.dead_letters[self._source.names[arrival.topic_number], error.reason] += 1
            return None
        facts: list[InputFact] = []
        notes = [side.unmet for side in (self._before, self._after) if side.unmet.left]
        for arrival_ms, number, value, headers in arrivals:
            try:
                fact: Any = decoders[number](contact, value, headers, arrival_ms)
            except RecordError as error:
                tally.dead_letters[self._source.names[number], error.reason] += 1
                continue
            facts.append(fact)
            if notes and type(fact) is Event:
                for unmet in notes:
                    unmet.note(fact)
        return (contact, facts) if facts else None

    def _count(self, contact: str, before: ReplayedContact | None, after: ReplayedContact | None) -> None:
        tally = self.tally
        for side, replayed in ((self._before, before), (self._after, after)):
            for lead in () if replayed is None else replayed.hot_leads:
                tally.hot_leads[week_of(lead.at_ms), lead.score, side.is_candidate] += 1
        tally.duplicates += 0 if before is None else before.duplicates
        was = before.record if before is not None and self._before.shows(before) else None
        now = after.record if after is not None and self._after.shows(after) else None
        if was is None and now is None:
            return
        tally.contacts += 1
        if was is not None:
            self._before.count_rules(was, self._at_ms, tally)
        if now is not None:
            self._after.count_rules(now, self._at_ms, tally)
            self._draw(contact, now)
        tally.changed += self._count_scores(was, now)
        hot_before = frozenset() if was is None else hot_scores(self._before.hot_stages, was.shown)
        hot_after = frozenset() if now is None else hot_scores(self._after.hot_stages, now.shown)
        becomes_hot, cools = bool(hot_after) and not hot_before, bool(hot_before) and not hot_after
        if not becomes_hot and not cools and self._on_contact is None:
            return
        record = now if now is not None else was
        assert record is not None
        named = NamedContact(contact, display_name(self._after.model.display, present_values(attributes_of(record))))
        if becomes_hot:
            _keep_first(tally.becomes_hot, named)
        if cools:
            _keep_first(tally.cools, named)
        if self._on_contact is not None:
            self._on_contact(self._row(named, (was, now), (before, after)))

    def _draw(self, contact: str, record: Record) -> None:
        """Keep the record among the drawn ones where its contact's hash is among the least."""
        drawn, key_hash = self.tally.drawn, murmur2(contact.encode())
        if len(drawn) < MOST_DRAWN:
            heappush(drawn, (-key_hash, encode_record(record)))
        elif -key_hash > drawn[0][0]:
            heapreplace(drawn, (-key_hash, encode_record(record)))

    def _count_scores(self, was: Record | None, now: Record | None) -> bool:
        """Count what is otherwise, score by score; whether anything is."""
        tally, is_changed = self.tally, False
        for name in self._names:
            moved = tally.scores[name]
            values_before, values_after = (None if each is None else each.values.get(name) for each in (was, now))
            score_before, stage_before = (None, None) if was is None else was.shown.get(name, (None, None))
            score_after, stage_after = (None, None) if now is None else now.shown.get(name, (None, None))
            is_other = score_before != score_after or (values_before or {}) != (values_after or {})
            moved.scores += is_other
            moved.stages += stage_before != stage_after
            is_changed = is_changed or is_other or stage_before != stage_after
            if score_before is not None and score_after is not None:
                moved.higher += score_after > score_before
                moved.lower += score_after < score_before
            was_hot = stage_before in self._before.hot_stages.get(name, ())
            is_hot = stage_after in self._after.hot_stages.get(name, ())
            moved.become_hot += is_hot and not was_hot
            moved.cool += was_hot and not is_hot
            tally.moves[name, stage_before, stage_after] += 1
        return is_changed

    def _row(
        self,
        named: NamedContact,
        records: tuple[Record | None, Record | None],
        replayed: tuple[ReplayedContact | None, ReplayedContact | None],
    ) -> ContactRow:
        before, after = (
            {} if record is None else shown_scores(side.model, record)
            for side, record in zip((self._before, self._after), records, strict=True)
        )
        leads_before, leads_after = (0 if each is None else len(each.hot_leads) for each in replayed)
        return ContactRow(
            *named,
            {name: (before.get(name), after.get(name)) for name in self._names},
            (leads_before, leads_after),
        )


def _keep_first(kept: list[NamedContact], named: NamedContact) -> None:
    """Add the contact, of whom as many are kept as are named; the first by their ids."""
    kept.append(named)
    if len(kept) > 2 * MOST_NAMED:
        kept.sort()
        del kept[MOST_NAMED:]
