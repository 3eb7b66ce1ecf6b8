"""Stages of a score and what makes a hot lead, in a model file."""

from __future__ import annotations

from functools import partial

from streamprocessor.contract.foreign_text import listed
from streamprocessor.contract.model_file.attribute_names import attribute_names
from streamprocessor.contract.strict_yaml.described import Shape, Word, read_later
from streamprocessor.contract.strict_yaml.located import LocatedNode, ScalarNode, SequenceNode, did_you_mean
from streamprocessor.contract.strict_yaml.scalars import SCORE_BOUND, duration_ms, name, named_entries, nano
from streamprocessor.scoring.model.model import DAY_MS, NANO, HotLead, Matrix, Score, Stage

_MOST_INCLUDED = 50
_BELOW_ALL = SCORE_BOUND * NANO

# ---- stages --------------------------------------------------------------------------------------------------------

_FROM, _LEAVE_BELOW = Word("from", nano, required=True), Word("leave_below", nano)
_STAGE = Shape(_FROM, _LEAVE_BELOW)

STAGES = read_later(
    {
        "description": "Lower bounds on the presented score, rising.",
        "type": "object",
        "propertyNames": name,
        "additionalProperties": {"anyOf": [nano, _STAGE]},
    },
    "stages",
)
"""The stages of a score in JSON Schema; read_stages reads them."""


def read_stages(located: LocatedNode, min_nano: int | None, max_nano: int | None) -> tuple[Stage, ...]:
    """The stages in rising order; notes an order that can't be and a stage that can't be reached or left."""
    stages: list[Stage] = []
    for stage_name, inner in named_entries(located, "a mapping of stages to their lower bounds").items():
        stage = located.problems.attempt(partial(_stage, stage_name, inner), None)
        if stage is None:  # noted; its name is one that a hot lead may be of
            stages.append(Stage(stage_name, stages[-1].from_nano + 1 if stages else -_BELOW_ALL))
            continue
        if stages and stage.from_nano <= stages[-1].from_nano:
            before = stages[-1]
            inner.note(
                f"wanted a bound above that of '{before.name}', {_shown(before.from_nano)} (stages stand in rising "
                f"order); got {_shown(stage.from_nano)}"
            )
        if max_nano is not None and stage.from_nano > max_nano:
            expected = f"at most the score's max, {_shown(max_nano)}"
            inner.note(f"can never be reached; wanted {expected}; got {_shown(stage.from_nano)}")
        if not stages and stage.leave_below_nano is not None:
            inner.note("the lowest stage is never left downwards; wanted no leave_below; got one")
        stages.append(stage)
    _check_lowest_is_left(located, stages, min_nano)
    return tuple(stages)


def _stage(stage_name: str, located: LocatedNode) -> Stage:
    if isinstance(located.node, ScalarNode):
        if isinstance(located.value, str):
            located.refuse("the number that the stage begins at, such as 16 (it ends where the next one begins)")
        return Stage(stage_name, nano(located))
    fields = _STAGE.fields(located)
    bound, leave_below = _FROM.of(fields, 0), _LEAVE_BELOW.of(fields, None)
    if leave_below is not None and leave_below > bound:
        located.note(f"wanted leave_below at most from, {_shown(bound)}; got {_shown(leave_below)}")
    return Stage(stage_name, bound, leave_below)


def _check_lowest_is_left(located: LocatedNode, stages: list[Stage], min_nano: int | None) -> None:
    if len(stages) > 1 and min_nano is not None and stages[1].from_nano <= min_nano:
        lowest, second = stages[0].name, stages[1]
        located.note(
            f"'{lowest}' can never hold; wanted '{second.name}' above the score's min, {_shown(min_nano)}; "
            f"got {_shown(second.from_nano)}"
        )


# ---- hot leads -----------------------------------------------------------------------------------------------------

_SCORE, _STAGE_NAME = Word("score", name, required=True), Word("stage", name, required=True)
_ANNOUNCE_WITHIN, _REARM_AFTER = Word("announce_within", duration_ms), Word("rearm_after", duration_ms)
_INCLUDE_ATTRIBUTES = Word(
    "include_attributes",
    attribute_names(_MOST_INCLUDED),
    description="The attributes that became-hot-lead tells, as far as the contact has them, with the name that they "
    "give it. They stay in the topic as long as it keeps its records. Without this word it tells none.",
)
_HOT_LEAD = Shape(_SCORE, _STAGE_NAME, _ANNOUNCE_WITHIN, _REARM_AFTER, _INCLUDE_ATTRIBUTES, definition="hot_lead")

HOT_LEADS = read_later({"anyOf": [_HOT_LEAD, {"type": "array", "minItems": 1, "items": _HOT_LEAD}]})
"""One hot lead or a list of them in JSON Schema; read_hot_leads reads them."""


def read_hot_leads(located: LocatedNode, scores: tuple[Score, ...]) -> tuple[HotLead, ...]:
    """One hot lead or a list of them, at most one a score."""
    nodes = located.items("a hot lead or a list of them") if isinstance(located.node, SequenceNode) else [located]
    hot_leads: list[HotLead] = []
    for inner in nodes:
        hot_lead = _hot_lead(inner, scores)
        if any(other.score == hot_lead.score for other in hot_leads):
            inner.note(f"wanted at most one hot lead a score; got a second one of '{hot_lead.score}'")
        hot_leads.append(hot_lead)
    return tuple(hot_leads)


def _hot_lead(located: LocatedNode, scores: tuple[Score, ...]) -> HotLead:
    fields = _HOT_LEAD.fields(located)
    score_name, stage_name = _SCORE.of(fields, ""), _STAGE_NAME.of(fields, "")
    score = next((score for score in scores if score.name == score_name), None)
    if score is None and score_name and scores:  # without scores something worse is wrong
        names = [score.name for score in scores]
        hint = did_you_mean(score_name, names)
        fields.entries[_SCORE].note(f"unknown score{hint}; wanted one of {listed(names)}; got '{score_name}'")
    if score is not None and score.by is not None:
        expected = listed(other.name for other in scores if other.by is None) or "a score with one number"
        got = f"'{score_name}', which has one for each value"
        fields.entries[_SCORE].note(f"a hot lead is of a contact; wanted one of {expected}; got {got}")
    elif score is not None and isinstance(score.combine, Matrix):
        labels = score.combine.all_labels(scores)
        if stage_name and labels and stage_name not in labels:
            fields.entries[_STAGE_NAME].note(f"unknown label; wanted one of {listed(labels)}; got '{stage_name}'")
    elif score is not None and stage_name and (score.stages or not located.problems.count):
        above_lowest = [stage.name for stage in score.stages[1:]]
        if stage_name not in above_lowest:
            expected = f"one of {listed(above_lowest)}" if above_lowest else "a score with stages to rise to"
            is_lowest = any(stage.name == stage_name for stage in score.stages)
            what = (
                "can't be entered from below" if is_lowest else f"unknown stage{did_you_mean(stage_name, above_lowest)}"
            )
            fields.entries[_STAGE_NAME].note(f"{what}; wanted {expected}; got '{stage_name}'")
    return HotLead(
        score_name,
        stage_name,
        _ANNOUNCE_WITHIN.of(fields, DAY_MS),
        _REARM_AFTER.of(fields, None),
        _INCLUDE_ATTRIBUTES.of(fields, None),
    )


def _shown(value_nano: int) -> str:
    return f"{value_nano / NANO:g}"
