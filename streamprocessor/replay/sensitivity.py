"""How much hangs on what in a model: found out on contacts as they are, by the law itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from streamprocessor.replay.deciding_rules import DecidingRule, DecidingRules
from streamprocessor.replay.half_lives import HalfLives, OtherHalfLife
from streamprocessor.replay.met_rules import AlikeRules, MetRules, NeverMetRule
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer


class Sensitivity(NamedTuple):
    """What a model's answers hang on.

    contacts: how many were looked at; hot: how many of them are hot.
    deciding: the rules without which some would be hot no more, or would be, those that decide the most first.
    unmet: the rules that nothing met.
    alike: rules that say the same.
    half_lives: how rankings move with other half-lives.
    """

    contacts: int
    hot: int
    deciding: list[DecidingRule]
    unmet: list[NeverMetRule]
    alike: list[AlikeRules]
    half_lives: list[OtherHalfLife]

    def as_json(self) -> dict[str, Any]:
        """The same as JSON shows it."""
        return {
            "contacts": self.contacts,
            "hot": self.hot,
            "deciding": [
                {"score": each.score, "rule": each.rule, "contacts": each.contacts}
                | {"falls": each.falls, "enters": each.enters}
                for each in self.deciding
            ],
            "never": [each._asdict() for each in self.unmet],
            "alike": [each._asdict() for each in self.alike],
            "half_lives": [each._asdict() for each in self.half_lives],
        }


def sensitivity_of(scorer: Scorer, records: Iterable[Record], at_ms: int) -> Sensitivity:
    """What the scorer's model hangs on, by these contacts at at_ms; those that show nothing are left out.

    records: of the scorer's model, brought up to at_ms or beyond; they stay as they are. The work is about six times
    that of scoring each anew.
    """
    deciding, met, half_lives = DecidingRules(scorer.model), MetRules(scorer.model), HalfLives(scorer)
    contacts = 0
    for record in records:
        if is_hidden(record):
            continue
        contacts += 1
        t_ms = max(at_ms, record.at_ms)
        deciding.add(record, t_ms)
        met.add(record, t_ms)
        half_lives.add(record, t_ms)
    decisive = [each for each in deciding.by_key.values() if each.falls or each.enters]
    return Sensitivity(
        contacts=contacts,
        hot=deciding.hot,
        deciding=sorted(decisive, key=lambda each: (-each.falls, -each.enters, each.score, each.rule)),
        unmet=met.unmet(),
        alike=met.alike(),
        half_lives=half_lives.rankings(),
    )
