"""Whether a segment holds a contact, judged without a database and just as the read model's SQL judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from streamprocessor.scoring.model.contact_filter import (
    MAX_TEXT,
    AttributeCondition,
    ContactFilter,
    Operand,
    ScoreCondition,
)
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.steps.steps import ScoreAt


class ShownScores(NamedTuple):
    """A score as it is shown.

    presented_nano: rounded and clamped, in 10⁻⁹; None: of a label.
    stage: None: it has none.
    """

    presented_nano: int | None
    stage: str | None


class StoredAttribute(NamedTuple):
    """An attribute as it is compared.

    text: as a person reads it, cut to MAX_TEXT characters.
    number: None: it is none.
    """

    text: str
    number: float | None


def holds(
    contact_filter: ContactFilter,
    scores: Mapping[tuple[str, str], ShownScores],
    attributes: Mapping[str, Any],
    suppressed: bool,
) -> bool:
    """Whether the filter holds the contact.

    scores: by name and value ("" where it is no `by` score), those alone that the contact has and that are shown:
    `shown_of` makes it. attributes: JSON values by name, None where one was deleted.
    """
    return (
        all(_score_is(condition, scores.get((condition.score, condition.value))) for condition in contact_filter.scores)
        and all(_attribute_is(condition, attributes) for condition in contact_filter.attributes)
        and (contact_filter.suppressed is None or contact_filter.suppressed is suppressed)
    )


def shown_of(scores: Iterable[ScoreAt]) -> dict[tuple[str, str], ShownScores]:
    """The scores as `holds` takes them: `shown_of(scorer.scores_at(record, t_ms).values())`. Null scores are none."""
    return {place: ShownScores(score.presented_nano, score.stage) for place, score in each_shown(scores)}


def each_shown(scores: Iterable[ScoreAt]) -> Iterator[tuple[tuple[str, str], ScoreAt]]:
    """Each score that is shown under its name and value; a `by` score's values one by one, the strongest first."""
    for score in scores:
        if score.values is not None:
            for value in score.values:
                if "\0" not in value.name:  # PostgreSQL has no such texts
                    yield (score.name, value.name), value
        elif score.presented_nano is not None or score.stage is not None:
            yield (score.name, ""), score


def stored(value: Any) -> StoredAttribute:
    """The attribute's value as it is compared; it is not None."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return StoredAttribute(text.replace("\0", "\ufffd")[:MAX_TEXT], float(value) if is_number else None)


def bounds_nano(condition: ScoreCondition) -> tuple[int | None, int | None]:
    """The lowest and the highest presented score of the condition, as integers of 10⁻⁹; None: no such bound."""
    low, high = condition.at_least, condition.at_most
    return None if low is None else round(low * NANO), None if high is None else round(high * NANO)


def _score_is(condition: ScoreCondition, shown: ShownScores | None) -> bool:
    if shown is None or (condition.stages and shown.stage not in condition.stages):
        return False
    low, high = bounds_nano(condition)
    if shown.presented_nano is None:
        return low is None and high is None
    return (low is None or shown.presented_nano >= low) and (high is None or shown.presented_nano <= high)


def _attribute_is(condition: AttributeCondition, attributes: Mapping[str, Any]) -> bool:
    value = attributes.get(condition.attribute)
    if value is None or condition.exists is not None:
        return condition.exists is (value is not None)
    text, number = stored(value)
    if condition.equals is not None:
        return _equals(text, number, condition.equals)
    if condition.one_of is not None:
        return any(_equals(text, number, operand) for operand in condition.one_of)
    if condition.contains is not None:
        return condition.contains in text
    if condition.starts_with is not None:
        return text.startswith(condition.starts_with)
    low, high = condition.at_least, condition.at_most
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


def _equals(text: str, number: float | None, operand: Operand) -> bool:
    if isinstance(operand, str):
        return text == operand
    if isinstance(operand, bool):
        return text == str(operand).lower()
    return number == operand
