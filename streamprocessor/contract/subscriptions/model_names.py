"""What subscriptions and segments name of a scoring model, and which of it the model in force does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from streamprocessor.contract.foreign_text import listed, shown_text
from streamprocessor.contract.strict_yaml.located import unknown
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.scoring.model.contact_filter import ContactFilter, ScoreCondition
from streamprocessor.scoring.model.model import Matrix, Model, Score


def stage_names(model: Model, score: Score) -> list[str]:
    """The stages of a score of the model, the lowest first; of a matrix its labels."""
    if isinstance(score.combine, Matrix):
        return score.combine.all_labels(model.scores)
    return [stage.name for stage in score.stages]


def missing_of_subscription(subscription: Subscription, model: Model) -> list[str]:
    """What the subscription names that the model does not have, a sentence each; nothing where all of it is there."""
    condition = subscription.filter
    missing: list[str] = []
    scores = list(model.scores)
    if condition.score is not None:
        missing += _not_among("when: score", [condition.score], [score.name for score in scores])
        scores = [score for score in scores if score.name == condition.score]
    if condition.value is not None and scores and all(score.by is None for score in scores):
        names = listed(score.name for score in scores)
        missing.append(f"when: value: wanted it for a score with `by`, and {names} has none; got one")
    if scores:
        stages = _stages_of(model, scores)
        missing += _not_among("when: from", sorted(condition.from_stages), stages)
        missing += _not_among("when: to", sorted(condition.to_stages), stages)
    segments = [segment.name for segment in model.segments]
    missing += _not_among("when: segment", sorted(condition.segments), segments)
    return missing


def missing_of_filter(filter_: ContactFilter, model: Model) -> list[str]:
    """What the filter names that the model does not have, a sentence each; nothing where all of it is there."""
    return [sentence for condition in filter_.scores for sentence in _missing_of_score(condition, model)]


def _missing_of_score(condition: ScoreCondition, model: Model) -> Iterator[str]:
    scores = {score.name: score for score in model.scores}
    score = scores.get(condition.score)
    if score is None:
        yield from _not_among("scores", [condition.score], list(scores))
        return
    where = f"scores: {score.name}"
    if condition.value and score.by is None:
        yield f"{where}: value: wanted none, for it is one number; got one"
    if not condition.value and score.by is not None:
        yield f"{where}: value: wanted one of {score.by}, for it has many; got none"
    yield from _not_among(f"{where}: stages", condition.stages, stage_names(model, score))


def _stages_of(model: Model, scores: Iterable[Score]) -> list[str]:
    return list(dict.fromkeys(stage for score in scores for stage in stage_names(model, score)))


def _not_among(where: str, names: Iterable[str], known: Sequence[str]) -> list[str]:
    """A sentence for each name that is not known."""
    return [f"{where}: {_unknown(name, known)}" for name in names if name not in known]


def _unknown(name: str, known: Sequence[str]) -> str:
    if known:
        return unknown(name, tuple(known))
    return f"wanted none, as there are none; got '{shown_text(name)}'"
