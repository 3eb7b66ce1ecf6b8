"""Whether a segment holds a contact, judged without a database and just as the read model's SQL judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from streamprocessor.scoring.canonical import folded, number_in
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

    text: as a person reads it, folded as `compared_text` does it.
    number: what numeric conditions take for its number; None: there is none.
    is_text: whether it is a text, so that neither a number nor true or false equals it.
    """

    text: str
    number: float | None
    is_text: bool


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
    number = number_in(value)
    return StoredAttribute(compared_text(text), None if number is None else float(number), isinstance(value, str))


def compared_text(text: str) -> str:
    """The text as texts are compared: without case and composition, its first MAX_TEXT characters."""
    return folded(text.replace("\0", "\ufffd"))[:MAX_TEXT]


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
    attribute = stored(value)
    if condition.equals is not None:
        return _equals(attribute, condition.equals)
    if condition.one_of is not None:
        return any(_equals(attribute, operand) for operand in condition.one_of)
    if condition.contains is not None:
        return compared_text(condition.contains) in attribute.text
    if condition.starts_with is not None:
        return attribute.text.startswith(compared_text(condition.starts_with))
    low, high, number = condition.at_least, condition.at_most, attribute.number
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


def _equals(attribute: StoredAttribute, operand: Operand) -> bool:
    if isinstance(operand, str):
        return attribute.text == compared_text(operand)
    if attribute.is_text:
        return False
    return attribute.text == str(operand).lower() if isinstance(operand, bool) else attribute.number == operand
