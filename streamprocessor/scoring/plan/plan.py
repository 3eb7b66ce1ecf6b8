"""What a compiled model is: what to do with an event of each type, and of what terms each score is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf

from streamprocessor.scoring.events.projection import FieldPath
from streamprocessor.scoring.model.conditions import Predicate
from streamprocessor.scoring.model.model import HotLead, Matrix, Model, Score
from streamprocessor.scoring.model.rules import InactivityRule, Rule
from streamprocessor.scoring.plan.matching import Matcher, Matchers
from streamprocessor.scoring.plan.per_value_plan import PerValuePlan
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import PROXY, SCANNER
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.per_match import PerMatchTerm
from streamprocessor.scoring.terms.presentation import Presentation, unrounded
from streamprocessor.scoring.terms.terms import Term

OPEN = "email_open"
ANY = "any"
"""Stands among event types for all of them."""

MOST_NARROWED = 256


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule of a score: its number in the model, "score/rule", its term before any limit, and within its own."""

    number: int
    key: str
    rule: Rule
    term: Term
    within_limit: Term


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """One score: `terms` add up to it; `rules` are the same, rule by rule, for explanations.

    applies: the number that is among a record's sums while the score applies; None: to all. components: the scores that
    it is combined of, with their weights; of a matrix its rows and its columns, weighing nothing. is_simple: it is a
    number that is never null.
    """

    score: Score
    name: str
    presentation: Presentation
    terms: tuple[Term, ...]
    rules: tuple[RulePlan, ...]
    hot_lead: HotLead | None = None
    is_simple: bool = True
    applies: int | None = None
    components: tuple[tuple[ScorePlan, int], ...] = ()
    matrix: Matrix | None = None
    per_value: PerValuePlan | None = None

    def is_null(self, derived: Derived) -> bool:
        """Whether the score does not apply: a sum needs one component that does, a matrix both."""
        if self.applies is not None and self.applies not in derived.sums:
            return True
        if not self.components:
            return False
        nulls = [component.is_null(derived) for component, _ in self.components]
        return any(nulls) if self.matrix is not None else all(nulls)

    def reaches(self, stage: str, goal: str) -> bool:
        """Whether `stage` is `wanted` or above; a matrix knows no above."""
        return stage == goal if self.matrix is not None else self.presentation.reaches(stage, goal)


@dataclass(frozen=True, slots=True)
class TypePlan:
    """What an event of one type can do.

    watches: inactivity rules that it resets. is_open: a proxy's may not count. is_traced: it can show who did others.
    since_ms: rule number → arrival from which on evidence has kept what the rule needs; empty: always, for all rules.
    by_value: the same for the value that the event has of each `by` score. few: the rules, where asking each by itself
    is cheapest; None: met_by knows.
    """

    paths: tuple[FieldPath, ...]
    matchers: Matchers
    resets: tuple[int, ...]
    is_open: bool
    is_traced: bool
    since_ms: Mapping[int, int] = field(default_factory=dict)
    by_value: tuple[tuple[PerValuePlan, TypePlan], ...] = ()
    few: tuple[Matcher, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        """Choose how rules are asked."""
        few = None if self.since_ms or self.matchers.remembers else self.matchers.all
        object.__setattr__(self, "few", few)

    def met_by(self, event: StoredEvent) -> list[Matcher]:
        """The rules that can count this event."""
        met = self.matchers.met_by(event.properties)
        if not self.since_ms:
            return met
        return [matcher for matcher in met if event.arrival_ms >= self.since_ms.get(matcher.number, 0)]


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """One attribute rule: where its condition holds, its points; of a score's `applies_when` the least there is."""

    number: int
    holds: Predicate
    points_e15: int


@dataclass(slots=True)
class Plan:
    """The compiled model. any_type: for events of types that no rule names; None: no rule cares for them.

    open_ended: numbers of the rules whose matches may be worth more than a match may be, and are cut then.
    silences: inactivity rules, but those of `by` scores. values: the `by` scores; values_of: by the numbers of their
    rules. narrowed: of_rules' answers. calm_ms: between these two instants, which lie around the event that
    moves_landmark was asked about last, no landmark moves.
    """

    model: Model
    scores: tuple[ScorePlan, ...] = ()
    by_name: dict[str, ScorePlan] = field(default_factory=dict)
    by_type: dict[str, TypePlan] = field(default_factory=dict)
    any_type: TypePlan | None = None
    matchers: dict[int, Matcher] = field(default_factory=dict)
    attributes: tuple[AttributePlan, ...] = ()
    attribute_paths: tuple[str, ...] = ()
    per_match_terms: dict[int, PerMatchTerm] = field(default_factory=dict)
    inactivity_rules: tuple[tuple[int, InactivityRule], ...] = ()
    per_value_plans: tuple[PerValuePlan, ...] = ()
    per_value_plan_of_rule: dict[int, PerValuePlan] = field(default_factory=dict)
    grids_ms: tuple[float, ...] = ()
    calm_ms: tuple[float, float] = (0.0, 0.0)
    narrowed: dict[frozenset[int], dict[str, TypePlan]] = field(default_factory=dict)
    open_ended: frozenset[int] = frozenset()

    def counts(self, actor: str, is_open: bool) -> bool:
        """Whether what this actor did gives points."""
        if actor == SCANNER:
            return False
        return actor != PROXY or not is_open or self.model.proxy_opens_count

    def of_rules(self, numbers: frozenset[int]) -> dict[str, TypePlan]:
        """What events can do to the rules of these numbers alone, by type; remembered, as contacts share few."""
        found = self.narrowed.get(numbers)
        if found is None:
            if len(self.narrowed) >= MOST_NARROWED:
                self.narrowed.clear()
            found = self.narrowed[numbers] = {
                type_: replace(wanted, matchers=matchers, resets=(), by_value=())
                for type_, wanted in self.by_type.items()
                if (matchers := Matchers(matcher for matcher in wanted.matchers.all if matcher.number in numbers)).all
            }
        return found

    def moves_landmark(self, newest_ms: int, occurred_at_ms: int) -> bool:
        """Whether weights must be made anew when an event becomes the newest one."""
        starts = [occurred_at_ms // grid * grid for grid in self.grids_ms]
        ends = [start + grid for start, grid in zip(starts, self.grids_ms, strict=True)]
        # A millisecond less at both ends, for what floating point may hide.
        self.calm_ms = max(starts, default=-inf) + 1.0, min(ends, default=inf) - 1.0
        return any(occurred_at_ms // grid != newest_ms // grid for grid in self.grids_ms)


def total_at(plan: ScorePlan, derived: Derived, t_ms: int) -> int:
    """The score at t, e15, before rounding."""
    return sum(term.value(derived, t_ms) for term in plan.terms)


def unrounded_at(plan: ScorePlan, derived: Derived, t_ms: int) -> int:
    """The score at t as an integer of 10⁻⁹."""
    return unrounded(total_at(plan, derived, t_ms))


def known_values(score: ScorePlan, derived: Derived) -> Mapping[str, Derived]:
    """What is derived of each value that the score has."""
    return derived.by_value.get(_values(score).key, {})


def _values(score: ScorePlan) -> PerValuePlan:
    assert score.per_value is not None
    return score.per_value
