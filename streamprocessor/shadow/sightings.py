"""What the comparison has to know of a contact, from its value in a changelog."""

from __future__ import annotations

from collections.abc import Iterable

from streamprocessor.contract.changelog.entry import record_of
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.display import display_name
from streamprocessor.scoring.evidence.union import attributes_of
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.model.model import Matrix, Model
from streamprocessor.scoring.record.attribute_writes import present_values
from streamprocessor.shadow.comparison import Sighting, Standing


def compared_scores(live: Model, candidate: Model) -> tuple[str, ...]:
    """The names of the scores that have stages in both models, in the order of the one in force."""
    there = set(_with_stages(candidate))
    return tuple(name for name in _with_stages(live) if name in there)


class Sightings:
    """Tells sightings of the contacts of one table."""

    def __init__(self, model: Model, scores: Iterable[str]) -> None:
        """model: that of the table. scores: those whose stages are compared."""
        self._scores = tuple(scores)
        self._hot = {score: frozenset(stages) for score, stages in model.hot_stages().items()}
        self._display = model.display

    def of(self, value: bytes | None) -> Sighting | None:
        """The sighting that a value of the changelog tells; None: there is nobody, or only what is merged elsewhere.

        Raises OperatorError where a newer program wrote the value.
        """
        if value is None:
            return None
        record = decode_record(record_of(value))
        if is_hidden(record) or nothing_left(record):
            return None
        shown = record.shown
        stages = tuple([shown[score][1] if score in shown else None for score in self._scores])
        is_hot = any(score in shown and shown[score][1] in hot for score, hot in self._hot.items())
        name = display_name(self._display, present_values(attributes_of(record))) if is_hot else None
        return Sighting(Standing(stages, is_hot), record.at_ms, name)


def _with_stages(model: Model) -> list[str]:
    return [
        score.name for score in model.scores if score.by is None and (score.stages or isinstance(score.combine, Matrix))
    ]
