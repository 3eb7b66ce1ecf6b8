"""Frequency: points for how many events there were lately."""

from __future__ import annotations

from dataclasses import dataclass

from streamprocessor.scoring.kinds.rule_kind import RuleKind
from streamprocessor.scoring.model.field_specs import BandSpec, FieldSpec, ValueType
from streamprocessor.scoring.model.rules import UNLIMITED, Band, Condition, Limit
from streamprocessor.scoring.terms.per_match import WindowTerm


@dataclass(frozen=True, slots=True)
class FrequencyRule:
    """The points of the highest band whose mark the number of matches in (t - within, t] reaches.

    bands: with rising marks, which are counts.
    where: None: each event of the types matches.
    """

    id: str
    types: tuple[str, ...]
    within_ms: int
    bands: tuple[Band, ...]  # rising marks: counts
    where: Condition | None = None
    group: str | None = None
    limit: Limit = UNLIMITED


KIND = RuleKind(
    "frequency",
    "Points for how often.",
    FrequencyRule,
    lambda number, rule: WindowTerm(number, rule.within_ms, rule.bands),
    words=(FieldSpec("within", "within_ms", ValueType.DURATION_MS),),
    bands=BandSpec("at_least", ValueType.COUNT),
)
