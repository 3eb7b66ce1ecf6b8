"""Which events say whether a contact may still be written to, by the model's words for them."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.scoring.model.model import Suppression
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.suppression import SuppressionWord, last_word

KIND, HARD = "properties.kind", "hard"
BOUNCE, HARD_BOUNCE = "email_bounce", "hard_bounce"
"""A model's word HARD_BOUNCE is the events of that type, and those of the type BOUNCE whose KIND is HARD."""


class SuppressionPlan(NamedTuple):
    """What an event of one type says.

    suppresses: False: it takes suppression back.
    of_hard_alone: whether only hard bounces say it.
    """

    suppresses: bool
    of_hard_alone: bool

    def after(self, word: SuppressionWord, event: StoredEvent) -> SuppressionWord:
        """The last word, when this event of its type counts beside it."""
        if self.of_hard_alone and str(event.properties.get(KIND)).casefold() != HARD:
            return word
        return last_word(word, SuppressionWord(self.suppresses, event.occurred_at_ms, event.id, event.type))


def suppression_plans(suppression: Suppression) -> dict[str, SuppressionPlan]:
    """What events say, by their types."""
    plans = {type_: SuppressionPlan(suppresses=False, of_hard_alone=False) for type_ in suppression.lifted_by}
    plans |= {type_: SuppressionPlan(suppresses=True, of_hard_alone=False) for type_ in suppression.by}
    if HARD_BOUNCE in plans and BOUNCE not in plans:
        plans[BOUNCE] = plans[HARD_BOUNCE]._replace(of_hard_alone=True)
    return plans
