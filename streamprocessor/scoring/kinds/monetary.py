"""Monetary: points for how much money there was lately."""

from __future__ import annotations

from dataclasses import dataclass

from streamprocessor.scoring.kinds.rule_kind import ONCE_PER, RuleKind
from streamprocessor.scoring.model.field_specs import BandSpec, FieldSpec, ValueType
from streamprocessor.scoring.model.rules import UNLIMITED, Band, Condition, Limit
from streamprocessor.scoring.terms.per_match import WindowTerm


@dataclass(frozen=True, slots=True)
class MonetaryRule:
    """The points of the highest band whose mark the sum of `path` over (t - within, t] reaches.

    bands: with rising marks, which are amounts in nano.
    where: None: each event of the types matches.
    per: as in PointsFrom.
    """

    id: str
    types: tuple[str, ...]
    path: str
    within_ms: int
    bands: tuple[Band, ...]  # rising marks: amounts in nano
    where: Condition | None = None
    group: str | None = None
    limit: Limit = UNLIMITED
    per: str | None = None


KIND = RuleKind(
    "monetary",
    "Points for how much money.",
    MonetaryRule,
    lambda number, rule: WindowTerm(number, rule.within_ms, rule.bands),
    words=(
        FieldSpec("sum", "path", ValueType.EVENT_PATH),
        ONCE_PER,
        FieldSpec("within", "within_ms", ValueType.DURATION_MS),
    ),
    bands=BandSpec("at_least", ValueType.AMOUNT_NANO),
    amount_path=lambda rule: rule.path,
    once_per=lambda rule: rule.per,
)
