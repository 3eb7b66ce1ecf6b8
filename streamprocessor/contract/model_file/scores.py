"""`scores` of a model file: numbers made by rules, and scores that are combined of others."""

from __future__ import annotations

from functools import partial

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.checks.announcement_rate import why_too_fine
from streamprocessor.contract.model_file.combine import COMBINED, COMBINED_STAGES, check_components, read_combine
from streamprocessor.contract.model_file.conditions import attribute_condition
from streamprocessor.contract.model_file.rule_words.decay import read_decay
from streamprocessor.contract.model_file.rule_words.limits import limit_on_points
from streamprocessor.contract.model_file.rule_words.rules import RULE, RuleContext, read_rule
from streamprocessor.contract.model_file.stages import STAGES, read_stages
from streamprocessor.contract.strict_yaml.described import Shape, Word, described, read_later
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import SCORE_BOUND, count, event_path, name, named_entries, nano
from streamprocessor.scoring.model.model import NANO, Group, Matrix, Score
from streamprocessor.scoring.model.rules import Decay, NoDecay, Rule

DEFAULT_VALUES, MOST_VALUES = 20, 100

_NO_DECAY: Decay = NoDecay()

# ---- the words of a score ------------------------------------------------------------------------------------------


@described({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": SCORE_BOUND})
def _precision(located: LocatedNode) -> int:
    precision_nano = nano(located)
    if precision_nano <= 0:
        located.refuse("a number above 0, such as 1 or 0.1")
    return precision_nano


@described({**count.schema, "maximum": MOST_VALUES})
def _max_values(located: LocatedNode) -> int:
    values = count(located)
    if values > MOST_VALUES:
        located.refuse(f"at most {MOST_VALUES} values")
    return values


_LIMIT = Word("limit", limit_on_points, required=True)
_GROUP = Shape(_LIMIT)


@described({"type": "object", "propertyNames": name, "additionalProperties": _GROUP})
def _groups(located: LocatedNode) -> tuple[Group, ...]:
    groups = []
    for group_name, inner in named_entries(located, "a mapping of names to groups").items():
        limit = _LIMIT.of(_GROUP.fields(inner), None)
        groups.append(Group(group_name, 0 if limit is None or limit.points_nano is None else limit.points_nano))
    return tuple(groups)


_DECAY, _PRECISION, _MIN, _MAX = (
    Word("decay", read_decay),
    Word("precision", _precision),
    Word("min", nano),
    Word("max", nano),
)
_GROUPS, _STAGES = Word("groups", _groups), Word("stages", STAGES)
_APPLIES_WHEN = Word(
    "applies_when", attribute_condition, description="For whom the score exists; for others it is null."
)
_BY = Word("by", event_path, description="The property of which each value has a number of its own.")
_MAX_VALUES = Word("max_values", _max_values, description="How many values are shown, the strongest.")
_RULES = Word("rules", read_later({"type": "array", "minItems": 1, "items": RULE}), required=True)

_BY_RULES = Shape(
    *(_DECAY, _PRECISION, _MIN, _MAX, _GROUPS, _STAGES, _APPLIES_WHEN, _BY, _MAX_VALUES, _RULES),
    description="A number made by rules, or one for each value of a property.",
    definition="score_by_rules",
    also={"dependentRequired": {_MAX_VALUES: [_BY]}},
)
_COMBINED = Shape(
    *(COMBINED, _PRECISION, _MIN, _MAX, _STAGES, _APPLIES_WHEN),
    description="A number made of other scores, unrounded and unclamped.",
    definition="combined_score",
)
_MATRIX = Shape(
    *(COMBINED_STAGES, _APPLIES_WHEN),
    description="No number, but a label made of the stages of two other scores.",
    definition="matrix",
)
_SCORE = read_later({"anyOf": [_BY_RULES, _COMBINED, _MATRIX]}, "score")

# ---- scores --------------------------------------------------------------------------------------------------------


@described({"type": "object", "minProperties": 1, "propertyNames": name, "additionalProperties": _SCORE})
def read_scores(located: LocatedNode) -> tuple[Score, ...]:
    """The scores in the order of the file; notes what is wrong in each, and what they can't be combined of."""
    entries = named_entries(located, "a mapping of names to scores")
    if not entries:
        located.refuse("at least one score")
    nodes = {score_name: inner.called(f"score '{shown_text(score_name)}'") for score_name, inner in entries.items()}
    scores = []
    for score_name, inner in nodes.items():
        if (score := located.problems.attempt(partial(_score, score_name, inner), None)) is not None:
            scores.append(score)
    if not located.problems.count:  # what scores are combined of is judged when each of them can be read
        check_components(tuple(scores), nodes)
    return tuple(scores)


def _score(score_name: str, located: LocatedNode) -> Score:
    """The score; raises ReadError where it is no mapping, and notes what else is wrong in it."""
    if COMBINED in located.entries(f"a mapping of {', '.join(_BY_RULES.words)}"):
        return _combined(score_name, located)
    fields = located.fields(*_BY_RULES.words, COMBINED)
    precision_nano = _PRECISION.of(fields, NANO)
    low, high = _bounds(fields, precision_nano)
    groups = _GROUPS.of(fields, ())
    context = RuleContext(_DECAY.of(fields, _NO_DECAY), frozenset(group.name for group in groups), low, high)
    rules = fields.required(_RULES, partial(_rules, context=context), ())
    if too_fine := why_too_fine(precision_nano, rules):
        fields.entries.get(_PRECISION, located).note(too_fine)
    if _MAX_VALUES in fields and _BY not in fields:
        fields.entries[_MAX_VALUES].note("says how many values are shown; wanted 'by' beside it; got none")
    return Score(
        score_name,
        rules,
        fields.read(_STAGES, partial(read_stages, min_nano=low, max_nano=high), ()),
        groups,
        precision_nano,
        low,
        high,
        applies_when=_APPLIES_WHEN.of(fields, None),
        by=_BY.of(fields, None),
        max_values=_MAX_VALUES.of(fields, DEFAULT_VALUES),
    )


def _combined(score_name: str, located: LocatedNode) -> Score:
    """The score of others; that there are such is checked when all are read."""
    combine = read_combine(located.entries("combine")[COMBINED])
    fields = (_MATRIX if isinstance(combine, Matrix) else _COMBINED).fields(located)
    applies_when = _APPLIES_WHEN.of(fields, None)
    if isinstance(combine, Matrix):
        return Score(score_name, (), applies_when=applies_when, combine=combine)
    precision_nano = _PRECISION.of(fields, NANO)
    low, high = _bounds(fields, precision_nano)
    stages = fields.read(_STAGES, partial(read_stages, min_nano=low, max_nano=high), ())
    return Score(score_name, (), stages, (), precision_nano, low, high, applies_when=applies_when, combine=combine)


def _bounds(fields: Fields, precision_nano: int) -> tuple[int | None, int | None]:
    """The score's min and max; notes bounds that no presented score can have."""
    low, high = _MIN.of(fields, None), _MAX.of(fields, None)
    for word, bound in ((_MIN, low), (_MAX, high)):
        if bound is not None and bound % precision_nano:
            expected = f"a multiple of the score's precision, {precision_nano / NANO:g}"
            fields.located.note(f"{word}: wanted {expected}; got {bound / NANO:g}")
    if low is not None and high is not None and low >= high:
        fields.located.note(f"wanted min below max; got {low / NANO:g} and {high / NANO:g}")
    return low, high


def _rules(located: LocatedNode, context: RuleContext) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    first_line: dict[str, int] = {}
    for number, node in enumerate(located.items("a list of rules, at least one"), 1):
        inner = node.called(f"rule {number}")
        rule = located.problems.attempt(partial(read_rule, inner, context), None)
        if rule is None:
            continue
        if rule.id in first_line:
            got = f"it on line {first_line[rule.id]} too"
            inner.note(f"id '{rule.id}' stands twice; wanted it once in a score; got {got}")
        elif rule.id:
            first_line[rule.id] = inner.line
        rules.append(rule)
    return tuple(rules)
