"""What a compiled model is: what to do with an event of each type, and of what terms each score is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from streamprocessor.scoring.events.derived_properties import DerivedProperties
from streamprocessor.scoring.events.projection import FieldPath
from streamprocessor.scoring.model.conditions import Predicate
from streamprocessor.scoring.model.model import HotLead, Matrix, Model, Score
from streamprocessor.scoring.model.rules import InactivityRule, Rule
from streamprocessor.scoring.plan.matching import Matcher, Matchers
from streamprocessor.scoring.plan.per_value_plan import PerValuePlan
from streamprocessor.scoring.plan.suppression_plan import SuppressionPlan
from streamprocessor.scoring.record.evidence import StoredEvent, kept_as_of_ms
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
    """One rule of a score, compiled.

    number: the rule's, counted through all scores of the model.
    key: "score/rule".
    term: what the rule gives before any limit on its points.
    within_limit: what it gives within its own limit; the same term where it has none.
    """

    number: int
    key: str
    rule: Rule
    term: Term
    within_limit: Term


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """One score, compiled: a sum of terms, and how it is presented.

    terms: what adds up to the score, in as few terms as can be.
    rules: the same rule by rule, for explanations; empty where other scores are combined.
    hot_lead: which of its stages makes a hot lead; None: none does.
    is_simple: whether it is one number that is never null and made by its own rules.
    applies: the number that is among a record's sums while the score applies; None: it applies to all.
    components: the scores that it is combined of, with their weights in nano; of a matrix its rows and its columns,
    both with the weight 0.
    matrix: how its label is found; None: the score is a number.
    per_value: where its values come from; None: it has one number for each contact.
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
        """Whether `stage` is `goal` or above; a matrix knows no above."""
        return stage == goal if self.matrix is not None else self.presentation.reaches(stage, goal)

    def total_e15(self, derived: Derived, t_ms: int) -> int:
        """The score at t before rounding, as an integer of 10⁻¹⁵."""
        return sum(term.value(derived, t_ms) for term in self.terms)

    def unrounded_nano(self, derived: Derived, t_ms: int) -> int:
        """The score at t as an integer of 10⁻⁹, before it is rounded to its precision and clamped."""
        return unrounded(self.total_e15(derived, t_ms))

    def derived_by_value(self, derived: Derived) -> Mapping[str, Derived]:
        """What is derived of each value that a per-value score has."""
        return derived.by_value.get(self.of_values().key, {})

    def of_values(self) -> PerValuePlan:
        """The plan of a per-value score's values; to be asked of no other score."""
        assert self.per_value is not None
        return self.per_value


@dataclass(frozen=True, slots=True)
class TypePlan:
    """What an event of one type can do.

    paths: what is stored of such an event.
    matchers: the rules that may count it, but those of per-value scores.
    resets: numbers of the inactivity rules for which it ends the inactivity.
    is_open: whether it is an opened mail, which may not count when a proxy does it.
    is_traced: whether it can show who did it or other events of its message.
    is_form: whether it is a form submission, which can repeat another one; False within `by_value`.
    since_ms: rule number → arrival from which on evidence has stored what the rule needs; empty: always, for all rules.
    by_value: for each per-value score what such an event can do to the score's value that it has.
    suppression: what it says on whether the contact is suppressed; None: nothing.
    derived: what the rules see beside what events come with; None: nothing, no derived property is read.
    few: the rules, where asking each of them by itself is cheapest; None: `met_by` knows which are met.
    """

    paths: tuple[FieldPath, ...]
    matchers: Matchers
    resets: tuple[int, ...]
    is_open: bool
    is_traced: bool
    since_ms: Mapping[int, int] = field(default_factory=dict)
    by_value: tuple[tuple[PerValuePlan, TypePlan], ...] = ()
    is_form: bool = False
    suppression: SuppressionPlan | None = None
    derived: DerivedProperties | None = None
    few: tuple[Matcher, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        """Choose how rules are asked."""
        few = None if self.since_ms or self.matchers.remembers else self.matchers.all
        object.__setattr__(self, "few", few)

    def seen(self, event: StoredEvent) -> StoredEvent:
        """The event as rules see it, with its derived properties."""
        if self.derived is None:
            return event
        properties = self.derived.added_to(event.properties)
        return event if properties is event.properties else event._replace(properties=properties)

    def met_by(self, event: StoredEvent) -> list[Matcher]:
        """The rules that can count this event."""
        met = self.matchers.met_by(event.properties)
        if not self.since_ms:
            return met
        kept_ms = kept_as_of_ms(event)
        return [matcher for matcher in met if kept_ms >= self.since_ms.get(matcher.number, 0)]


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """A condition on attributes that adds to a sum while it holds.

    number: of the attribute rule, or the one that stands for a score's `applies_when`.
    points_e15: of the rule; of an `applies_when` 1, the least there is.
    """

    number: int
    holds: Predicate
    points_e15: int


class LandmarkCache:
    """Whether a new newest event moves a landmark of forward-decayed weights, remembered for events near the last one.

    calm_ms: between these two instants, which lie around the event that was asked about last, no landmark moves.
    """

    __slots__ = ("_grids_ms", "calm_ms")

    def __init__(self, grids_ms: Iterable[float]) -> None:
        """For landmarks that lie these milliseconds apart."""
        self._grids_ms = tuple(sorted(grids_ms))
        self.calm_ms: tuple[float, float] = (0.0, 0.0)

    def is_moved(self, newest_ms: int, occurred_at_ms: int) -> bool:
        """Whether weights must be made anew when an event becomes the newest one."""
        starts = [occurred_at_ms // grid * grid for grid in self._grids_ms]
        ends = [start + grid for start, grid in zip(starts, self._grids_ms, strict=True)]
        # A millisecond less at both ends, for what floating point may hide.
        self.calm_ms = max(starts, default=-inf) + 1.0, min(ends, default=inf) - 1.0
        return any(occurred_at_ms // grid != newest_ms // grid for grid in self._grids_ms)


class NarrowedPlans:
    """What events can do to few rules alone, by type; remembered, as contacts share few such choices of rules."""

    __slots__ = ("_by_type", "_remembered")

    def __init__(self, by_type: Mapping[str, TypePlan]) -> None:
        """Narrowed from these."""
        self._by_type = by_type
        self._remembered: dict[frozenset[int], dict[str, TypePlan]] = {}

    def of_rules(self, numbers: frozenset[int]) -> dict[str, TypePlan]:
        """What events can do to the rules of these numbers, by type; types that can do nothing are left out."""
        narrowed = self._remembered.get(numbers)
        if narrowed is None:
            if len(self._remembered) >= MOST_NARROWED:
                self._remembered.clear()
            narrowed = self._remembered[numbers] = {
                type_: replace(plan, matchers=matchers, resets=(), by_value=(), suppression=None)
                for type_, plan in self._by_type.items()
                if (matchers := Matchers(matcher for matcher in plan.matchers.all if matcher.number in numbers)).all
            }
        return narrowed


@dataclass(frozen=True, slots=True)
class Plan:
    """The compiled model.

    scores: in the model's order; by_name: the same by their names.
    by_type: what events of each type that some rule names can do.
    any_type: what events of all other types can do; None: no rule cares for them.
    matchers: the rules on events, by their numbers.
    attributes: the attribute rules and each `applies_when`; attribute_paths: what they read.
    per_match_terms: terms over single matches, by the numbers of their rules.
    inactivity_rules: (number, rule) of each, but those of per-value scores.
    per_value_plans: of the per-value scores; per_value_plan_of_rule: the same by the numbers of their rules.
    open_ended: numbers of the rules whose matches may be worth more than a match may be, and are cut then.
    explains: whether steps say what caused them; where nobody reads it, that is not found out.
    landmarks, narrowed: what was found out on the way, remembered; all else never changes.
    """

    model: Model
    scores: tuple[ScorePlan, ...]
    by_name: dict[str, ScorePlan]
    by_type: dict[str, TypePlan]
    any_type: TypePlan | None
    matchers: dict[int, Matcher]
    attributes: tuple[AttributePlan, ...]
    attribute_paths: tuple[str, ...]
    per_match_terms: dict[int, PerMatchTerm]
    inactivity_rules: tuple[tuple[int, InactivityRule], ...]
    per_value_plans: tuple[PerValuePlan, ...]
    per_value_plan_of_rule: dict[int, PerValuePlan]
    open_ended: frozenset[int]
    landmarks: LandmarkCache
    narrowed: NarrowedPlans
    explains: bool = True

    def seen(self, event: StoredEvent) -> StoredEvent:
        """The event as rules see it, with its derived properties."""
        type_plan = self.by_type.get(event.type, self.any_type)
        return event if type_plan is None else type_plan.seen(event)

    def counts(self, actor: str, is_open: bool) -> bool:
        """Whether what this actor did gives points."""
        if actor == SCANNER:
            return False
        return actor != PROXY or not is_open or self.model.proxy_opens_count
