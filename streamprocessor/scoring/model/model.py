"""What a scoring model says, as frozen values. The words are those of SCORING.md and of the model file.

Points are integers of 10⁻¹⁵ (`points_e15`), bounds and presented scores integers of 10⁻⁹ (`_nano`), durations
and instants integer milliseconds (`_ms`). So `0.1` is exact and sums do not depend on their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streamprocessor.scoring.model.contact_filter import Segment
from streamprocessor.scoring.model.rules import Condition, Rule

E15 = 10**15
NANO = 10**9
DAY_MS = 86_400_000
END_OF_TIME_MS = 253_402_300_799_999
"""The last millisecond of the year 9999: nothing is looked for later, and calendars end there."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A band of the presented score: from its lower bound on; left again only below `leave_below_nano`.

    leave_below_nano None: no hysteresis.
    """

    name: str
    from_nano: int
    leave_below_nano: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rules whose points are bounded together: limit_nano ≥ 0 from above, < 0 from below."""

    name: str
    limit_nano: int


@dataclass(frozen=True, slots=True)
class Score:
    """One named number per contact, made by rules, or combined of other scores.

    applies_when: where it is false the score is null; None: it applies to all. by: the property of which each value has
    a number of its own, the strongest max_values are shown; None: one number. combine: then there are no rules.
    """

    name: str
    rules: tuple[Rule, ...]
    stages: tuple[Stage, ...] = ()  # rising bounds; empty: the score has no stage
    groups: tuple[Group, ...] = ()
    precision_nano: int = NANO
    min_nano: int | None = None
    max_nano: int | None = None
    applies_when: Condition | None = None
    by: str | None = None
    max_values: int = 20
    combine: Weighted | Matrix | None = None


@dataclass(frozen=True, slots=True)
class HotLead:
    """Which score and stage make a hot lead, and when one is announced. rearm_after_ms None: every episode."""

    score: str
    stage: str
    announce_within_ms: int = DAY_MS
    rearm_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Scanners:
    """What tells a scanner that looks like a browser.

    Clicks on so many distinct links of one message (at least 2) in a window (t - within, t], a honeypot clicked nearer
    than within_ms, or, where before_delivery is true, a click before the message's first delivery.
    """

    links: int = 5
    within_ms: int = 10_000
    before_delivery: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """A whole scoring model.

    revision: rises with each apply, 0 where none was (offline). version: the hash of the canonical content. No score
    depends on segments, so neither knows of them.
    scanners None: who did it is told by events and verdicts alone.
    kept_since_ms: event type (or `any`) → path (or "" for the event itself) → arrival from which on evidence has kept
    it; what is not in it was always kept. announce_hot_leads: those that the change to this revision makes, too.
    """

    name: str
    version: str
    scores: tuple[Score, ...]
    hot_leads: tuple[HotLead, ...] = ()
    revision: int = 0
    proxy_opens_count: bool = False
    correction_window_ms: int = 30 * DAY_MS
    scanners: Scanners | None = Scanners()
    segments: tuple[Segment, ...] = ()
    covered_since_ms: Mapping[str, Mapping[str, int]] = field(default_factory=dict, compare=False)
    announce_hot_leads: bool = field(default=False, compare=False)

    def hot_stages(self) -> dict[str, tuple[str, ...]]:
        """For each score that makes hot leads its stages from the hot one up; a matrix has that label alone."""
        stages = {score.name: [stage.name for stage in score.stages] for score in self.scores}
        return {
            lead.score: tuple(of_score[of_score.index(lead.stage) :])
            if lead.stage in (of_score := stages[lead.score])
            else (lead.stage,)
            for lead in self.hot_leads
        }


@dataclass(frozen=True, slots=True)
class Weighted:
    """The sum of other scores, unrounded and unclamped, each times its weight; `sum` is read as weights of 1."""

    weights_nano: tuple[tuple[str, int], ...]  # (score, weight)


@dataclass(frozen=True, slots=True)
class Matrix:
    """No number, only a stage: a label of the stages of two other scores; where `labels` has none, one after the other.

    labels: (stage of rows, stage of columns, label).
    """

    rows: str
    columns: str
    labels: tuple[tuple[str, str, str], ...] = ()

    def label(self, row: str, column: str) -> str:
        """The label of a contact whose rows' stage is `row` and whose columns' stage is `column`."""
        return next((label for r, c, label in self.labels if (r, c) == (row, column)), row + column)

    def all_labels(self, scores: Iterable[Score]) -> list[str]:
        """Every label that it can show, in order of rows; none where its rows or columns are not among the scores."""
        stages = {score.name: [stage.name for stage in score.stages] for score in scores}
        rows, columns = stages.get(self.rows, []), stages.get(self.columns, [])
        return list(dict.fromkeys(self.label(row, column) for row in rows for column in columns))
