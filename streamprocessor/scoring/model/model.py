"""What a scoring model says, as frozen values. The words are those of SCORING.md and of the model file.

Points are integers of 10⁻¹⁵ (`points_e15`), bounds and presented scores integers of 10⁻⁹ (`_nano`), durations
and instants integer milliseconds (`_ms`). So `0.1` is exact and sums do not depend on their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streamprocessor.scoring.model.contact_filter import Segment
from streamprocessor.scoring.model.derivation import Derivation
from streamprocessor.scoring.model.display import Display
from streamprocessor.scoring.model.rules import Condition, Rule

E15 = 10**15
NANO = 10**9
DAY_MS = 86_400_000
END_OF_TIME_MS = 253_402_300_799_999
"""The last millisecond of the year 9999: nothing is looked for later, and calendars end there."""
NO_NEWS = END_OF_TIME_MS
"""The age of what is no news: nobody is announced as a hot lead by it."""
USUAL_ADDRESSES = ("email",)
"""The attributes that hold a contact's mail address where a model says nothing of them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A band of the presented score, from its lower bound on.

    leave_below_nano: whoever is in the stage stays in it down to this; None: down to its lower bound, no hysteresis.
    """

    name: str
    from_nano: int
    leave_below_nano: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rules whose points are bounded together.

    limit_nano: of their current, decayed sum: a bound from above where it is ≥ 0, from below where it is < 0.
    """

    name: str
    limit_nano: int


@dataclass(frozen=True, slots=True)
class Score:
    """One named number per contact, made by rules, or combined of other scores.

    stages: with rising bounds; empty: the score has no stage.
    precision_nano: what the presented score is a multiple of.
    min_nano, max_nano: what the presented score is clamped to; None: no such bound.
    applies_when: where it is false the score is null; None: it applies to all.
    by: the property of which each value has a number of its own (a per-value score); None: one number.
    max_values: how many of a per-value score's values are shown, the strongest.
    combine: how it is made of other scores, without rules; None: it is made by its rules.
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
    """Which score and stage make a hot lead, and when one is announced.

    announce_within_ms: an entry by events none of which occurred so shortly before its arrival is not announced.
    rearm_after_ms: at least so long after the last announced episode; None: every episode is announced.
    include_attributes: names of the attributes that the announcement tells; None: it says nothing of them.
    """

    score: str
    stage: str
    announce_within_ms: int = DAY_MS
    rearm_after_ms: int | None = None
    include_attributes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scanners:
    """What shows a scanner that looks like a browser.

    links: clicks on so many distinct links of one message (at least 2) in a window (t - within, t].
    within_ms: the length of that window; what is nearer than this to the click on a honeypot is a scanner's, too, and
    a page that is visited less than this after a scanner's act.
    before_delivery: whether a click before the message's first delivery is a scanner's.
    after_delivery_ms: a click less than this after the message's first delivery is a scanner's; 0: none is for that.
    clock_tolerance_ms: a click is before the delivery where it is earlier by more than this: providers' clocks differ.
    """

    links: int = 5
    within_ms: int = 10_000
    before_delivery: bool = True
    after_delivery_ms: int = 2_000
    clock_tolerance_ms: int = 5_000


@dataclass(frozen=True, slots=True)
class Suppression:
    """Which events say that nobody may write to the contact any more, and which that one may again.

    by, lifted_by: event types; `hard_bounce` is a hard `email_bounce`, too. Explicit updates always say it.
    """

    by: tuple[str, ...] = ("unsubscribe", "spam_complaint", "hard_bounce")
    lifted_by: tuple[str, ...] = ("resubscribe",)


@dataclass(frozen=True, slots=True)
class Model:
    """A whole scoring model.

    version: the hash of the canonical content.
    revision: rises with each apply; 0 where none was (offline).
    proxy_opens_count: whether mails opened by a proxy give points.
    correction_window_ms: how long events, verdicts and corrections are waited for before events are compacted.
    scanners: how scanners are recognised; None: by what events and verdicts say alone.
    segments: filters under names; no score depends on them.
    covered_since_ms: event type (or `any`) → path (or "" for the event itself) → arrival from which on evidence has
    stored it; what is not in it was always stored.
    announce_hot_leads: whether hot leads that the change to this revision makes are announced, too.
    addresses: the attributes that hold a mail address of the contact, by which it is known.
    suppression: which events say whether the contact is suppressed.
    announce_first: whether a contact's beginning is a step, too, although nothing is shown differently by it.
    derivations: the properties that are made of others of the same event.
    display: which attributes people call contacts by.
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
    addresses: tuple[str, ...] = USUAL_ADDRESSES
    suppression: Suppression = Suppression()
    announce_first: bool = False
    derivations: tuple[Derivation, ...] = ()
    display: Display = field(default_factory=Display)

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
    """A score without a number: its stage is a label, made of the stages of two other scores.

    rows, columns: names of the two scores.
    labels: (stage of rows, stage of columns, label); where there is none, the label is one stage after the other.
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
