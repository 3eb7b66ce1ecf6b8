"""What another model silences: who asks for a score, a stage, a segment or a value that it does not have any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.editing.renames import Renames
from streamprocessor.contract.subscriptions.model_names import stage_names
from streamprocessor.contract.subscriptions.subscriptions import SubscriptionFilter
from streamprocessor.scoring.model.contact_filter import ContactFilter
from streamprocessor.scoring.model.model import Model, Score

DependentKind: TypeAlias = Literal["subscription", "segment", "view"]


class NamedPart(NamedTuple):
    """What somebody asks for of a model. stage, by_value: of the score, of any where that is None."""

    score: str | None = None
    stage: str | None = None
    segment: str | None = None
    by_value: bool = False


class Dependent(NamedTuple):
    """Somebody who asks for parts of a model by their names."""

    kind: DependentKind
    name: str
    asks_for: tuple[NamedPart, ...]


class Silence(NamedTuple):
    """What an dependent asks for that the old model has and the new one has not.

    asks_for: in a sentence. score, stage: what is gone; None: it is a segment, or no score is named.
    renamed_to: what it is probably called now; None: that can't be told.
    """

    kind: DependentKind
    name: str
    asks_for: str
    score: str | None
    stage: str | None
    renamed_to: str | None


class ModelReplacement(NamedTuple):
    """A model, the one that comes in its place, and what that has under other names."""

    old: Model
    new: Model
    renames: Renames


def names_of_subscription(filter_: SubscriptionFilter) -> tuple[NamedPart, ...]:
    """What a subscription's filter names of a model."""
    names = [] if filter_.score is None else [NamedPart(filter_.score)]
    names += [NamedPart(filter_.score, stage) for stage in sorted(filter_.from_stages | filter_.to_stages)]
    if filter_.value is not None:
        names.append(NamedPart(filter_.score, by_value=True))
    return (*names, *(NamedPart(segment=segment) for segment in sorted(filter_.segments)))


def names_of_filter(filter_: ContactFilter) -> tuple[NamedPart, ...]:
    """What a segment's or a view's filter names of a model."""
    return tuple(name for each in filter_.scores for name in _names_of_score(each.score, each.stages, each.value))


def _names_of_score(score: str, stages: Iterable[str], value: str) -> Iterator[NamedPart]:
    yield NamedPart(score)
    yield from (NamedPart(score, stage) for stage in stages)
    if value:
        yield NamedPart(score, by_value=True)


def drops_names(replacement: ModelReplacement) -> bool:
    """Whether a score, a stage, a segment or what a score is by is gone, for whoever may ask for it."""
    old = replacement.old
    names = [NamedPart(segment=segment.name) for segment in old.segments]
    for score in old.scores:
        names += [NamedPart(score.name), *(NamedPart(score.name, stage) for stage in stage_names(old, score))]
        names += [NamedPart(score.name, by_value=True)] if score.by is not None else []
    return any(not _still_has(replacement, name) for name in names)


def silences(dependents: Iterable[Dependent], change: ModelReplacement) -> list[Silence]:
    """What the change silences, in the order of the dependents: of a score that is gone nothing more is told."""
    found: list[Silence] = []
    for dependent in dependents:
        gone = [name for name in dependent.asks_for if _has(change.old, name) and not _still_has(change, name)]
        lost_scores = {name.score for name in gone if name == NamedPart(name.score)}
        found += [
            _silence(dependent, name, change)
            for name in dict.fromkeys(gone)
            if name == NamedPart(name.score) or name.score is None or name.score not in lost_scores
        ]
    return found


def _silence(dependent: Dependent, name: NamedPart, change: ModelReplacement) -> Silence:
    if name.segment is not None:
        what, now = f"segment '{name.segment}'", change.renames.segments.get(name.segment)
    elif name.by_value:
        what, now = f"a value of '{name.score}', which is by {_by(change.new, name.score) or 'nothing'} now", None
    elif name.stage is not None:
        of = f" of '{name.score}'" if name.score is not None else ""
        what, now = f"stage '{name.stage}'{of}", _stage_now(change.renames, name)
    else:
        what, now = f"score '{name.score}'", change.renames.scores.get(name.score or "")
    if not name.by_value:
        old = name.segment or name.stage or name.score
        what += f": was {old}, is now {now}?" if now is not None else ", which is dropped"
    return Silence(dependent.kind, dependent.name, shown_text(what), name.score, name.stage, now)


def _stage_now(renames: Renames, name: NamedPart) -> str | None:
    if name.score is not None:
        return renames.stages.get((name.score, name.stage or ""))
    others = {new for (_, old), new in renames.stages.items() if old == name.stage}
    return others.pop() if len(others) == 1 else None


def _still_has(change: ModelReplacement, name: NamedPart) -> bool:
    if name.by_value:
        return _by(change.old, name.score) == _by(change.new, name.score)
    return _has(change.new, name)


def _has(model: Model, name: NamedPart) -> bool:
    if name.segment is not None:
        return any(segment.name == name.segment for segment in model.segments)
    scores = _scores(model, name.score)
    if name.by_value:
        return any(score.by is not None for score in scores)
    if name.stage is not None:
        return any(name.stage in stage_names(model, score) for score in scores)
    return bool(scores)


def _by(model: Model, score: str | None) -> str | None:
    return next((each.by for each in _scores(model, score) if each.by is not None), None)


def _scores(model: Model, name: str | None) -> list[Score]:
    return [score for score in model.scores if name in (None, score.name)]
