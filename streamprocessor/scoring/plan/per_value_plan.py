"""What a per-value score is made of: where its values come from, their rules, what is shown without evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streamprocessor.scoring.events.projection import EXCLUDED_FROM
from streamprocessor.scoring.model.model import Score
from streamprocessor.scoring.model.rules import AttributeRule, InactivityRule, Rule
from streamprocessor.scoring.terms.presentation import Presentation, unrounded


@dataclass(frozen=True, slots=True)
class PerValuePlan:
    """The values of one per-value score (`by` in the model file).

    key: under which records hold them; another path, another key.
    path: of the value in an event.
    excluded_key: what a stored event that does not count for the score any more has among its properties.
    most_shown: how many values are shown.
    numbers: of the score's rules; attributes: of those of them that are on attributes.
    inactivity_rules: (number, rule) of those of them that are on inactivity.
    blank: (presented_nano, stage) of what is shown without evidence; blank_nano: the same unrounded.
    """

    key: str
    path: str
    excluded_key: str
    most_shown: int
    numbers: frozenset[int]
    attributes: tuple[int, ...]
    inactivity_rules: tuple[tuple[int, InactivityRule], ...]
    blank: tuple[int, str | None]
    blank_nano: int

    def counts(self, properties: Mapping[str, object]) -> bool:
        """Whether an event with these properties counts for one of the score's values."""
        return self.path in properties and self.excluded_key not in properties


def compile_per_value_plan(
    score: Score, rules: Sequence[tuple[int, Rule]], blank_e15: int, presentation: Presentation
) -> PerValuePlan:
    """The plan of the score's values.

    rules: the score's, with their numbers.
    blank_e15: the score's sum without evidence.
    """
    assert score.by is not None
    key, blank_nano = f"{score.name}@{score.by}", unrounded(blank_e15)
    cell = presentation.cell(blank_nano)
    return PerValuePlan(
        key=key,
        path=score.by,
        excluded_key=EXCLUDED_FROM + key,
        most_shown=score.max_values,
        numbers=frozenset(number for number, _ in rules),
        attributes=tuple(number for number, rule in rules if isinstance(rule, AttributeRule)),
        inactivity_rules=tuple((number, rule) for number, rule in rules if isinstance(rule, InactivityRule)),
        blank=(cell.presented_nano, presentation.stage(cell, None)),
        blank_nano=blank_nano,
    )


def rules_reset_by(rules: Sequence[tuple[int, InactivityRule]], type_: str | None) -> tuple[int, ...]:
    """The numbers of those rules that an event of the type resets; None: of a type that no rule names."""
    return tuple(number for number, rule in rules if rule.types is None or type_ in rule.types)
