"""The scoring model at work on one record at a time: facts in, steps out; any instant can be asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from streamprocessor.scoring.evidence.compacted import migrate_compacted
from streamprocessor.scoring.evidence.compaction import compact_in_place, is_due, next_compaction_ms
from streamprocessor.scoring.evidence.derive import derive
from streamprocessor.scoring.evidence.ingest import count_cut, ingest_in_place
from streamprocessor.scoring.evidence.ingested import Ingested
from streamprocessor.scoring.evidence.per_value_limits import evict_weakest_in_place
from streamprocessor.scoring.evidence.retained import forget_retained_in_place
from streamprocessor.scoring.evidence.second_record import link_and_unite_in_place
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.identity.forwarding import evidence_transfer, next_version
from streamprocessor.scoring.identity.linking_outcome import LinkingOutcome
from streamprocessor.scoring.model.model import NO_NEWS, Model
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.facts import Fact
from streamprocessor.scoring.record.links import IdentityLinks
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LinkFact, OutgoingTransfer, RefusedFact, SecondRecord
from streamprocessor.scoring.steps.causes import causes_of_facts, causes_of_time
from streamprocessor.scoring.steps.evaluate import ShownState, evaluate
from streamprocessor.scoring.steps.explain import explain
from streamprocessor.scoring.steps.next_change import derived_at, next_change_of_record, next_change_of_score, score_at
from streamprocessor.scoring.steps.steps import ExplanationPart, ScoreAt, Step
from streamprocessor.scoring.steps.uncounted import Uncounted, uncounted_events
from streamprocessor.scoring.terms.per_match import drop_worthless_matches

ERASED, OBJECTED, VISITOR_OF_ANOTHER = "erased", "objected", "visitor-of-another"
"""Why facts are dropped: they are of before an erasure, or the person objects to profiling."""


class Outcome(NamedTuple):
    """What facts did to a record.

    steps: in order.
    duplicates: how many facts were known already.
    capped: how many events, verdicts and attributes went early, for there were too many.
    cut: how many matches were worth more than a match may be.
    forgotten: how many values of per-value scores went, for there were too many.
    sends: messages to the owners of other contacts.
    refused: links that could not be made.
    erased_ms: the contact was erased then, and nothing of before is left; None: it was not.
    dropped: ERASED, OBJECTED or VISITOR_OF_ANOTHER → how many facts were not taken for it.
    repeats: how many new events are stored, but count for nothing, as they repeat another one.
    conflicts: how many known contacts claim this address from now on that another one has.
    retained: what became of events that were read again, and of how many; None: there were none.
    """

    steps: list[Step]
    duplicates: int
    capped: int
    cut: int = 0
    forgotten: int = 0
    sends: Sequence[OutgoingTransfer] = ()
    refused: Sequence[RefusedFact] = ()
    erased_ms: int | None = None
    dropped: Mapping[str, int] = MappingProxyType({})
    repeats: int = 0
    conflicts: int = 0
    retained: Mapping[str, int] | None = None


class Scorer:
    """A model, compiled once, at work. It stores nothing of any contact.

    What is called `..._in_place` changes the record that it is given, for speed; all else only answers.
    """

    def __init__(self, model: Model, *, explains: bool = True) -> None:
        """Compile the model's conditions and laws. explains: whether steps say what caused them."""
        self.model = model
        self._plan = compile_model(model, explains=explains)
        self._shown_state = ShownState(self._plan)

    def blank(self) -> Record:
        """The record of a contact of whom nothing is known; what the model gives for it counts as shown."""
        return self._shown_state.blank()

    def apply_in_place(
        self, record: Record, facts: Sequence[Fact], *, cause: str | None = None, announce: bool = True
    ) -> Outcome:
        """Apply the facts, in arrival order and processed together: one step at most by them.

        Steps by time up to the oldest arrival among them come before it.
        cause: of the step; None: event if any event counted, else attributes, else correction.
        announce: False: what is shown moves on without steps and sequence numbers.
        """
        if not facts:
            return Outcome([], 0, 0)
        is_first = self.model.announce_first and announce and record.at_ms == 0
        arrivals, holds_until_ms = [fact.arrival_ms for fact in facts], record.holds_until_ms
        oldest_ms = min(arrivals)
        steps = (
            []
            if holds_until_ms is None or holds_until_ms > oldest_ms
            else self._advance_in_place(record, oldest_ms, announce)
        )
        record.at_ms = max(record.at_ms, *arrivals)
        ingested, capped, evicted_values = self._accept_in_place(record, facts, None)
        evaluation = evaluate(self._plan, record, record.at_ms)
        record.holds_until_ms = evaluation.holds_until_ms
        if evaluation.changed or is_first:
            if announce:
                because = causes_of_facts(self._plan, ingested, record.at_ms)
                step = self._shown_state.step_in_place(
                    record, evaluation, cause or ingested.cause, because, ingested.news_age_ms(self.model)
                )
                steps.append(step._replace(is_first=True) if is_first else step)
            else:
                self._shown_state.show_silently(record, evaluation)
        cut = 0 if not self._plan.open_ended else count_cut(self._plan, ingested.matches)
        outcome = Outcome(steps, ingested.duplicates, capped, cut, evicted_values)
        is_usual = not ingested.repeats and ingested.retained is None
        return outcome if is_usual else outcome._replace(repeats=len(ingested.repeats), retained=ingested.retained)

    def _accept_in_place(
        self, record: Record, facts: Sequence[Fact], joined_ids: Collection[str] | None
    ) -> tuple[Ingested, int, int]:
        """Take the facts in and bound the record; what came in, how many facts and how many values went early."""
        ingested = ingest_in_place(self._plan, record, facts, joined_ids)
        capped = ingested.capped
        is_compacted = is_due(record)
        if is_compacted:
            capped += compact_in_place(self._plan, record)
        if record.compact_at_ms is None:
            record.compact_at_ms = next_compaction_ms(self._plan, record.at_ms)
        evicted_values = (
            evict_weakest_in_place(self._plan, record, check_size=is_compacted) if self._plan.per_value_plans else 0
        )
        if record.derived.matches or record.derived.by_value:
            drop_worthless_matches(self._plan.per_match_terms, record.derived, record.at_ms)
        return ingested, capped, evicted_values

    def apply_with_links_in_place(
        self, contact: str, record: Record, link_facts: Sequence[LinkFact | SecondRecord], facts: Sequence[Fact]
    ) -> Outcome:
        """Apply facts on a contact that has links or gets them: links are followed first, then other facts taken in.

        contact: its id; one of the two sequences may be empty.
        """
        is_blank = record.at_ms == 0
        arrivals = [fact.arrival_ms for fact in link_facts] + [fact.arrival_ms for fact in facts]
        steps = [] if is_hidden(record) else self._advance_in_place(record, min(arrivals), announce=True)
        record.at_ms = max(record.at_ms, *arrivals)
        second_records = [fact.record for fact in link_facts if isinstance(fact, SecondRecord)]
        for second_record in second_records:
            self.migrate_in_place(second_record, second_record.at_ms)
        linking = link_and_unite_in_place(contact, record, link_facts)
        links = record.links
        assert links is not None
        if linking.erased_ms is not None:
            steps = []
            self._shown_state.hide_in_place(record)
        accepted = [fact for fact in facts if fact.occurred_at_ms > links.erased_at_ms]
        dropped = {ERASED: len(facts) - len(accepted), VISITOR_OF_ANOTHER: linking.waiting_claims}
        if links.objected[0]:
            dropped[OBJECTED], accepted = len(accepted), []
        has_other_evidence = linking.has_new_evidence or linking.erased_ms is not None
        joined_ids = linking.joined_ids if has_other_evidence else None
        ingested, capped, evicted_values = self._accept_in_place(record, accepted, joined_ids)
        is_first = self.model.announce_first and is_blank and not second_records and linking.erased_ms is None
        is_moved = any([second_record.sequence for second_record in second_records])
        by_facts = self._evaluate_visibility_in_place(record, linking, ingested, is_moved or is_first)
        steps += [step._replace(is_first=True) for step in by_facts] if is_first else by_facts
        sends = linking.sends
        is_news = linking.is_changed or ingested.duplicates < len(accepted)
        if links.parent is not None and is_news and not links.objected[0]:
            links.version = next_version(record)
            sends.append(evidence_transfer(contact, record))
        known = ingested.duplicates + linking.known
        cut = 0 if not self._plan.open_ended else count_cut(self._plan, ingested.matches)
        if second_records and links == IdentityLinks():
            record.links = None
        linked = Outcome(steps, known, capped, cut, evicted_values, sends, linking.refused, linking.erased_ms, dropped)
        return linked._replace(conflicts=linking.conflicts, repeats=len(ingested.repeats), retained=ingested.retained)

    def _evaluate_visibility_in_place(
        self, record: Record, linking: LinkingOutcome, ingested: Ingested, is_announced: bool
    ) -> list[Step]:
        """The step, if any, of a contact with links: of what it shows, or the last one before it shows nothing.

        is_announced: whether it is though nothing changed: it begins, or was announced from another partition.
        """
        links = record.links
        assert links is not None
        was_hidden, links.is_hidden = links.is_hidden, links.parent is not None or links.objected[0]
        if links.is_hidden:
            record.holds_until_ms = None
            former_scores = self._shown_state.hide_in_place(record)
            if was_hidden or not record.sequence:
                return []
            record.sequence += 1
            merged_into = None if links.parent is None else links.parent[0]
            cause = "merge" if merged_into is not None else "attributes"
            return [Step(record.at_ms, cause, record.sequence, (), (), (), (), former_scores, merged_into)]
        evaluation = evaluate(self._plan, record, record.at_ms)
        record.holds_until_ms = evaluation.holds_until_ms
        if not evaluation.changed and not is_announced:
            return []
        cause = linking.cause(ingested.cause, was_hidden=was_hidden)
        ages = [age for age in (ingested.news_age_ms(self.model), linking.news_age_ms) if age is not None]
        because = causes_of_facts(self._plan, ingested, record.at_ms)
        return [self._shown_state.step_in_place(record, evaluation, cause, because, min(ages, default=None))]

    def advance_in_place(self, record: Record, until_ms: int, at_most: int | None = None) -> list[Step]:
        """Every step that time makes after the record's clock, up to until_ms, stamped with its exact instant.

        at_most: no more than so many of them, for work in slices; record.holds_until_ms says whether more are due;
        None: all of them.
        """
        return self._advance_in_place(record, until_ms, announce=True, at_most=at_most)

    def migrate_in_place(self, record: Record, at_ms: int) -> list[Step]:
        """The step, if any, that this model makes of a record that was written under another revision.

        Its evidence is derived anew; nobody is announced as a hot lead by it, unless the model says so.
        """
        if record.revision == self.model.revision:
            return []
        record.revision = self.model.revision
        known_until_ms, record.at_ms = record.at_ms, max(record.at_ms, at_ms)
        migrate_compacted(self._plan, record, known_until_ms)
        forget_retained_in_place(self._plan, record)
        record.derived = derive(self._plan, record)
        drop_worthless_matches(self._plan.per_match_terms, record.derived, record.at_ms)
        self._shown_state.fit_to_model(record)
        if is_hidden(record):
            return []
        evaluation = evaluate(self._plan, record, record.at_ms)
        record.holds_until_ms = evaluation.holds_until_ms
        news_age_ms = None if self.model.announce_hot_leads else NO_NEWS
        return (
            [self._shown_state.step_in_place(record, evaluation, "model", (), news_age_ms)]
            if evaluation.changed
            else []
        )

    def scores_at(self, record: Record, t_ms: int) -> dict[str, ScoreAt]:
        """All scores at any instant; evidence later than it does not exist.

        The stage within a hysteresis band follows from the stage shown last; before the record's clock that is not
        known any more, and the stage is the one without hysteresis.
        """
        derived = derived_at(self._plan, record, t_ms)
        return {score.name: score_at(score, record, derived, t_ms) for score in self._plan.scores}

    def explain(self, record: Record, score_name: str, t_ms: int, value: str | None = None) -> list[ExplanationPart]:
        """The parts of one score at any instant; their points_nano add up exactly to its unrounded_nano.

        value: which value of a per-value score; None of any other. A score that is null and a matrix have no parts.
        Raises ValueError where a per-value score is asked for without a value, or another with one.
        """
        score = self._plan.by_name[score_name]
        if (value is None) is not (score.per_value is None):
            expected = "no value" if score.per_value is None else f"one of its values by {score.per_value.path}"
            message = f"explanation of score '{score_name}': wanted {expected}; got {value!r}"
            raise ValueError(message)
        return explain(self._plan, score, record, t_ms, value)

    def uncounted(self, record: Record) -> dict[str, list[Uncounted]]:
        """By id the stored events that give no score anything, and why."""
        return uncounted_events(self._plan, record)

    def next_step(self, record: Record, t_ms: int) -> int | None:
        """The first instant after t at which any presented score or stage changes by itself; None: none comes."""
        instants = [self.next_step_of(record, score.name, t_ms) for score in self._plan.scores]
        return min((instant for instant in instants if instant is not None), default=None)

    def next_step_of(self, record: Record, score_name: str, t_ms: int) -> int | None:
        """The first instant after t at which the presented score or stage of this score changes; None: none comes."""
        return next_change_of_score(self._plan.by_name[score_name], record, derived_at(self._plan, record, t_ms), t_ms)

    def _advance_in_place(
        self, record: Record, until_ms: int, announce: bool, at_most: int | None = None
    ) -> list[Step]:
        steps: list[Step] = []
        while len(steps) != at_most and record.holds_until_ms is not None and record.holds_until_ms <= until_ms:
            next_ms = next_change_of_record(self._plan, record, record.holds_until_ms)
            if next_ms is None or next_ms > until_ms:
                record.holds_until_ms = next_ms
                break
            record.at_ms = next_ms
            evaluation = evaluate(self._plan, record, next_ms)
            record.holds_until_ms = evaluation.holds_until_ms
            if not evaluation.changed:
                continue
            if not announce:
                self._shown_state.show_silently(record, evaluation)
                continue
            because = causes_of_time(self._plan, record.derived, evaluation.scores, next_ms)
            steps.append(self._shown_state.step_in_place(record, evaluation, "time", because))
        drop_worthless_matches(self._plan.per_match_terms, record.derived, record.at_ms)
        return steps
