"""The scoring model at work on one record at a time: facts in, steps out; any instant can be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from streamprocessor.scoring.announcing import NO_NEWS, Look, blank_shown, enter_hot, look
from streamprocessor.scoring.deriving import derive, derive_attributes
from streamprocessor.scoring.explaining import because_of_facts, because_of_time, explain, strongest
from streamprocessor.scoring.facts import Fact
from streamprocessor.scoring.folding import carry_over, fold, is_due, look_again_ms
from streamprocessor.scoring.intake import Intake, count_cut, take_in
from streamprocessor.scoring.linking import Linking, is_silent, link, send_evidence
from streamprocessor.scoring.live import keep_what_is_worth
from streamprocessor.scoring.model import Model
from streamprocessor.scoring.plan import ScorePlan, compile_model
from streamprocessor.scoring.record import Derived, Record
from streamprocessor.scoring.steps import Part, ScoreAt, Step
from streamprocessor.scoring.timing import Exit, unrounded_at
from streamprocessor.scoring.transfers import LinkFact, Refused, Sending

ERASED, OBJECTED = "erased", "objected"
"""Why facts are not wanted: they are of before an erasure, or the person objects to profiling."""


class Outcome(NamedTuple):
    """What facts did: the steps in order, how many facts were known already.

    capped: how many events, verdicts and attributes went early, for there were too many; cut: how many matches were
    worth more than a match may be. sends: messages to the owners of other contacts. refused: links that could not be
    made. erased_ms: the contact was erased then, and what it had is gone. dropped: reason → how many facts were not
    wanted.
    """

    steps: list[Step]
    duplicates: int
    capped: int
    cut: int = 0
    sends: Sequence[Sending] = ()
    refused: Sequence[Refused] = ()
    erased_ms: int | None = None
    dropped: Mapping[str, int] = MappingProxyType({})


class Scorer:
    """A model, compiled once. It keeps nothing of any contact."""

    def __init__(self, model: Model) -> None:
        """For this model; conditions and laws are compiled here."""
        self.model = model
        self._plan = compile_model(model)
        nothing = Derived()
        derive_attributes(self._plan, {}, nothing)
        self._blank_sums = nothing.sums
        self._blank_shown = {score.name: blank_shown(score, nothing) for score in self._plan.scores}
        self._by_name = {score.name: score for score in self._plan.scores}

    def blank(self) -> Record:
        """The record of a contact of whom nothing is known; what the model gives for it counts as shown."""
        derived = Derived(sums=dict(self._blank_sums))
        return Record(revision=self.model.revision, shown=dict(self._blank_shown), derived=derived)

    def apply(
        self, record: Record, facts: Sequence[Fact], *, cause: str | None = None, announce: bool = True
    ) -> Outcome:
        """What the facts do to the record, in arrival order and processed together: one step at most.

        Steps by time up to the oldest arrival among them come before it. cause None: event if any event counted, else
        attributes, else correction. announce False: what is shown moves on in silence; no steps, no sequence numbers.
        """
        if not facts:
            return Outcome([], 0, 0)
        oldest_ms = newest_ms = facts[0].arrival_ms
        for fact in facts:
            oldest_ms = min(oldest_ms, fact.arrival_ms)
            newest_ms = max(newest_ms, fact.arrival_ms)
        until_ms = record.holds_until_ms
        steps = [] if until_ms is None or until_ms > oldest_ms else self._advance(record, oldest_ms, announce)
        record.at_ms = max(record.at_ms, newest_ms)
        intake = take_in(self._plan, record, facts)
        capped = intake.capped
        if is_due(record):
            capped += fold(self._plan, record)
        if record.fold_at_ms is None:
            record.fold_at_ms = look_again_ms(self._plan, record.at_ms)
        if record.derived.live:
            keep_what_is_worth(self._plan.live, record.derived, record.at_ms)
        seen = look(self._plan, record, record.at_ms)
        record.holds_until_ms = seen.holds_until_ms
        if seen.changed:
            if announce:
                because = because_of_facts(self._plan, intake, record.at_ms)
                steps.append(self._step(record, seen, cause or intake.cause, because, _news_age_ms(intake)))
            else:
                self._pass_over(record, seen)
        cut = 0 if not self._plan.open_ended else count_cut(self._plan, intake.matches)
        return Outcome(steps, intake.duplicates, capped, cut)

    def settle(self, contact: str, record: Record, links: Sequence[LinkFact], facts: Sequence[Fact]) -> Outcome:
        """The same for a contact that has bonds or gets them: links are followed first, then facts are taken in."""
        arrivals = [fact.arrival_ms for fact in links] + [fact.arrival_ms for fact in facts]
        steps = [] if is_silent(record) else self._advance(record, min(arrivals), announce=True)
        record.at_ms = max(record.at_ms, *arrivals)
        linking = link(contact, record, links)
        bonds = record.bonds
        assert bonds is not None
        if linking.erased_ms is not None:
            steps, record.shown = [], dict(self._blank_shown)
        wanted = [fact for fact in facts if fact.occurred_at_ms > bonds.life_ms]
        dropped = {ERASED: len(facts) - len(wanted)}
        if bonds.objected[0]:
            dropped[OBJECTED], wanted = len(wanted), []
        has_other_evidence = linking.has_new_evidence or linking.erased_ms is not None
        intake = take_in(self._plan, record, wanted, linking.joined_ids if has_other_evidence else None)
        capped = fold(self._plan, record) if is_due(record) else 0
        if record.fold_at_ms is None:
            record.fold_at_ms = look_again_ms(self._plan, record.at_ms)
        keep_what_is_worth(self._plan.live, record.derived, record.at_ms)
        steps += self._shown_or_hidden(record, linking, intake)
        sends = linking.sends
        is_news = linking.is_changed or intake.duplicates < len(wanted)
        if bonds.linked is not None and is_news and not bonds.objected[0]:
            sends.append(send_evidence(contact, record))
        known = intake.duplicates + linking.known
        cut = 0 if not self._plan.open_ended else count_cut(self._plan, intake.matches)
        return Outcome(steps, known, capped, cut, sends, linking.refused, linking.erased_ms, dropped)

    def _shown_or_hidden(self, record: Record, linking: Linking, intake: Intake) -> list[Step]:
        """The step, if any, of a contact with bonds: of what it shows, or the last one before it shows nothing."""
        bonds = record.bonds
        assert bonds is not None
        was_silent, bonds.is_silent = bonds.is_silent, bonds.linked is not None or bonds.objected[0]
        if bonds.is_silent:
            record.holds_until_ms = None
            gone = tuple(name for name, blank in self._blank_shown.items() if record.shown[name] != blank)
            record.shown = dict(self._blank_shown)
            if was_silent or not record.sequence:
                return []
            record.sequence += 1
            into = None if bonds.linked is None else bonds.linked[0]
            cause = "merge" if into is not None else "attributes"
            return [Step(record.at_ms, cause, record.sequence, (), (), (), (), gone, into)]
        seen = look(self._plan, record, record.at_ms)
        record.holds_until_ms = seen.holds_until_ms
        if not seen.changed:
            return []
        cause = "merge" if linking.has_new_evidence or was_silent else intake.cause
        ages = [age for age in (_news_age_ms(intake), linking.news_age_ms) if age is not None]
        because = because_of_facts(self._plan, intake, record.at_ms)
        return [self._step(record, seen, cause, because, min(ages, default=None))]

    def advance(self, record: Record, until_ms: int, at_most: int | None = None) -> list[Step]:
        """Every step that time makes after the record's clock, up to until_ms, stamped with its exact instant.

        at_most: no more than so many of them, for work in slices; record.holds_until_ms says whether more are due.
        """
        return self._advance(record, until_ms, announce=True, at_most=at_most)

    def adopt(self, record: Record, at_ms: int) -> list[Step]:
        """The step, if any, that this model makes of a record that was written under another revision.

        Its evidence is derived anew; nobody is announced as a hot lead by it, unless the model says so.
        """
        if record.revision == self.model.revision:
            return []
        record.revision = self.model.revision
        known_until_ms, record.at_ms = record.at_ms, max(record.at_ms, at_ms)
        carry_over(self._plan, record, known_until_ms)
        record.derived = derive(self._plan, record)
        keep_what_is_worth(self._plan.live, record.derived, record.at_ms)
        record.shown = {name: record.shown.get(name, blank) for name, blank in self._blank_shown.items()}
        if is_silent(record):
            return []
        seen = look(self._plan, record, record.at_ms)
        record.holds_until_ms = seen.holds_until_ms
        news_age_ms = None if self.model.announce_hot_leads else NO_NEWS
        return [self._step(record, seen, "model", (), news_age_ms)] if seen.changed else []

    def scores_at(self, record: Record, t_ms: int) -> dict[str, ScoreAt]:
        """All scores at any instant; evidence later than it does not exist.

        The stage within a hysteresis band follows from the stage shown last; before the record's clock that is not
        known any more, and the stage is the one without hysteresis.
        """
        derived = self._derived_at(record, t_ms)
        found = {}
        for score in self._plan.scores:
            exact = unrounded_at(score, derived, t_ms)
            cell = score.display.cell(exact)
            held = None
            if score.display.has_hysteresis and t_ms >= record.at_ms:
                held = self._stage_before(score, record, t_ms)
            found[score.name] = ScoreAt(score.name, cell.presented_nano, exact, score.display.stage(cell, held))
        return found

    def explain(self, record: Record, score_name: str, t_ms: int) -> list[Part]:
        """The parts of one score at any instant; their points_nano add up exactly to its unrounded_nano."""
        return explain(self._plan, self._by_name[score_name], record, t_ms)

    def next_step(self, record: Record, t_ms: int) -> int | None:
        """The first instant after t at which any presented score or stage changes by itself; None: none comes."""
        instants = [self.next_step_of(record, score.name, t_ms) for score in self._plan.scores]
        return min((instant for instant in instants if instant is not None), default=None)

    def next_step_of(self, record: Record, score_name: str, t_ms: int) -> int | None:
        """The same for one score."""
        score = self._by_name[score_name]
        derived = self._derived_at(record, t_ms)
        cell = score.display.cell(unrounded_at(score, derived, t_ms))
        return Exit(score, derived, (cell.low, cell.high)).first(t_ms + 1)

    def _derived_at(self, record: Record, t_ms: int) -> Derived:
        if t_ms >= record.at_ms and record.revision == self.model.revision:
            return record.derived
        return derive(self._plan, record, until_ms=t_ms)

    def _stage_before(self, score: ScorePlan, record: Record, t_ms: int) -> str | None:
        """The stage that the contact is in when t comes, walked from what is shown."""
        stage, now = record.shown[score.name][1], record.at_ms
        while stage is not None and now < t_ms:
            leaves = Exit(score, record.derived, score.display.stage_range(stage)).first(now + 1, t_ms)
            if leaves is None:
                break
            now = leaves
            stage = score.display.stage(score.display.cell(unrounded_at(score, record.derived, now)), stage)
        return stage

    def _advance(self, record: Record, until_ms: int, announce: bool, at_most: int | None = None) -> list[Step]:
        steps: list[Step] = []
        while len(steps) != at_most and record.holds_until_ms is not None and record.holds_until_ms <= until_ms:
            next_ms = self._next_exit(record, record.holds_until_ms)
            if next_ms is None or next_ms > until_ms:
                record.holds_until_ms = next_ms
                break
            record.at_ms = next_ms
            seen = look(self._plan, record, next_ms)
            record.holds_until_ms = seen.holds_until_ms
            if not seen.changed:
                continue
            if not announce:
                self._pass_over(record, seen)
                continue
            because = because_of_time(self._plan, record.derived, seen.scores, next_ms)
            steps.append(self._step(record, seen, "time", because))
        keep_what_is_worth(self._plan.live, record.derived, record.at_ms)
        return steps

    def _next_exit(self, record: Record, holds_until_ms: int) -> int | None:
        """The first instant at which any score is shown differently; none is before holds_until_ms."""
        seen = look(self._plan, record, max(record.at_ms, holds_until_ms - 1))
        nearest: int | None = None
        bounds = [(step.holds_until_ms, i) for i, step in enumerate(seen.scores) if step.holds_until_ms is not None]
        for bound, i in sorted(bounds):
            score = self._plan.scores[i]
            cell = score.display.cell(seen.scores[i].unrounded_nano)
            search = Exit(score, record.derived, (cell.low, cell.high))
            found = search.first(bound) if nearest is None else search.first(bound, nearest - 1)
            nearest = nearest if found is None else found
        return nearest

    def _step(
        self, record: Record, seen: Look, cause: str, because: tuple[Part, ...], news_age_ms: int | None = None
    ) -> Step:
        """The step from what is shown to what is seen; the record shows it from now on."""
        leads = enter_hot(self._plan, record, seen, news_age_ms)
        reasons = strongest(self._plan, self._by_name[leads[0].score], record, seen.at_ms) if leads else ()
        self._show(record, seen)
        record.sequence += 1
        return Step(seen.at_ms, cause, record.sequence, seen.scores, because, tuple(leads), reasons)

    def _pass_over(self, record: Record, seen: Look) -> None:
        """The record shows what is seen, and nobody is told."""
        enter_hot(self._plan, record, seen, NO_NEWS)
        self._show(record, seen)

    def _show(self, record: Record, seen: Look) -> None:
        for step in seen.scores:
            if step.changed:
                record.shown[step.name] = (step.presented_nano, step.stage)


def _news_age_ms(intake: Intake) -> int | None:
    """How long after it had occurred the freshest event arrived; None where the step is not by events."""
    if not intake.news:
        return None
    return min([piece.arrival_ms - piece.occurred_at_ms for piece in intake.news])
