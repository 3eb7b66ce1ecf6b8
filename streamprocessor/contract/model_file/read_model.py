"""The scoring model's file, read strictly into a Model: every problem in it is told at once, with its line."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from streamprocessor.contract.model_file.announcement_rate import why_too_fine
from streamprocessor.contract.model_file.combine import check_components, read_combine
from streamprocessor.contract.model_file.conditions import attribute_condition
from streamprocessor.contract.model_file.decay import read_decay
from streamprocessor.contract.model_file.rules import RuleContext, read_rule
from streamprocessor.contract.model_file.segments import read_segments
from streamprocessor.contract.model_file.stages import read_hot_leads, read_stages
from streamprocessor.contract.strict_yaml.located import LocatedNode, Node, Problems, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import count, duration_ms, event_path, flag, name, nano
from streamprocessor.contract.strict_yaml.yaml_tree import plain, read_tree, said
from streamprocessor.errors import ModelError
from streamprocessor.scoring.model.model import DAY_MS, NANO, Group, Matrix, Model, Scanners, Score
from streamprocessor.scoring.model.rules import Decay, NoDecay, Rule

DEFAULT_NAME = "default"
MAX_CHARS = 1024 * 1024
LONGEST_BURST_MS = 3_600_000

DEFAULT_VALUES, MOST_VALUES = 20, 100

_BY_RULES = ("decay", "precision", "min", "max", "groups", "stages", "applies_when", "by", "max_values", "rules")
_NO_DECAY: Decay = NoDecay()


def read_model(path: Path) -> Model:
    """The model of the file; raises ModelError with a line for each problem."""
    return parse_model(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of a model's file; raises ModelError where it can't be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: wanted a scoring model in UTF-8; got an error: {error}"
        raise ModelError(message) from error


def parse_model(text: str, source_name: str, *, revision: int = 0) -> Model:
    """The model that the text spells; raises ModelError with a line for each problem.

    source_name: what problems name as their place. The version is the hash of the content: neither comments nor the
    way things are written change it, nor do segments. revision: as applied, 0 where it was not.
    """
    if len(text) > MAX_CHARS:
        message = f"{source_name}: wanted at most {MAX_CHARS} characters; got {len(text)}"
        raise ModelError(message)
    problems = Problems(source_name)
    tree = problems.attempt(lambda: read_tree(text, problems), ScalarNode(None, 1))
    model = None
    if not problems.found or not isinstance(tree, ScalarNode):
        model = problems.attempt(lambda: _model(LocatedNode(tree, "the model", problems), revision), None)
    problems.refuse()
    assert model is not None
    return model


def said_by(text: str) -> dict[str, Any]:
    """What the text of a model that could be read says, in its own words, as JSON shows it."""
    words: dict[str, Any] = said(read_tree(text, Problems("the model")))
    return words


def _model(spot: LocatedNode, revision: int) -> Model:
    fields = spot.fields("name", "scores", "hot_lead", "correction_window", "proxy_opens", "scanners", "segments")
    scores = fields.required("scores", _scores, ())
    return Model(
        name=fields.read("name", name, DEFAULT_NAME),
        version=_version(spot.node),
        revision=revision,
        scores=scores,
        hot_leads=fields.read("hot_lead", lambda inner: read_hot_leads(inner, scores), ()),
        proxy_opens_count=fields.read("proxy_opens", _proxy_opens, False),
        correction_window_ms=fields.read("correction_window", duration_ms, 30 * DAY_MS),
        scanners=fields.read("scanners", _scanners, Scanners()),
        segments=fields.read("segments", lambda inner: read_segments(inner, scores), ()),
    )


def _scores(spot: LocatedNode) -> tuple[Score, ...]:
    entries = spot.entries("a mapping of names to scores")
    if not entries:
        spot.refuse("at least one score")
    scores = []
    spots = {}
    for score_name, inner in entries.items():
        inner = LocatedNode(inner.node, f"score '{score_name}'", spot.problems)
        name(LocatedNode(ScalarNode(score_name, inner.node.line), "scores", spot.problems))
        if (score := spot.problems.attempt(partial(_score, score_name, inner), None)) is not None:
            scores.append(score)
        spots[score_name] = inner
    if not spot.problems.found:  # what scores are combined of is judged when each of them can be read
        check_components(tuple(scores), spots)
    return tuple(scores)


def _score(score_name: str, spot: LocatedNode) -> Score:
    """The score; raises Wrong where it is no mapping, and notes what else is wrong in it."""
    entries = spot.entries(f"a mapping of {', '.join(_BY_RULES)}")
    if "combine" in entries:
        return _combined(score_name, spot)
    fields = spot.fields(*_BY_RULES, "combine")
    precision = fields.read("precision", _precision, NANO)
    low, high = fields.read("min", nano, None), fields.read("max", nano, None)
    _check_bounds(spot, precision, low, high)
    groups = fields.read("groups", _groups, ())
    decay = fields.read("decay", read_decay, _NO_DECAY)
    around = RuleContext(decay, frozenset(group.name for group in groups), low, high)
    rules = fields.required("rules", lambda inner: _rules(inner, around), ())
    if too_fine := why_too_fine(precision, rules):
        fields.entries.get("precision", spot).note(too_fine)
    stages = fields.read("stages", lambda inner: read_stages(inner, low, high), ())
    if "max_values" in fields and "by" not in fields:
        fields.entries["max_values"].note("says how many values are shown; wanted 'by' beside it; got none")
    return Score(
        score_name,
        rules,
        stages,
        groups,
        precision,
        low,
        high,
        applies_when=fields.read("applies_when", attribute_condition, None),
        by=fields.read("by", event_path, None),
        max_values=fields.read("max_values", _max_values, DEFAULT_VALUES),
    )


def _combined(score_name: str, spot: LocatedNode) -> Score:
    """The score of others; that there are such is checked when all are read."""
    combine = read_combine(spot.entries("combine")["combine"])
    if isinstance(combine, Matrix):
        fields = spot.fields("combine", "applies_when")
        return Score(
            score_name, (), applies_when=fields.read("applies_when", attribute_condition, None), combine=combine
        )
    fields = spot.fields("combine", "precision", "min", "max", "stages", "applies_when")
    precision = fields.read("precision", _precision, NANO)
    low, high = fields.read("min", nano, None), fields.read("max", nano, None)
    _check_bounds(spot, precision, low, high)
    stages = fields.read("stages", lambda inner: read_stages(inner, low, high), ())
    applies_when = fields.read("applies_when", attribute_condition, None)
    return Score(score_name, (), stages, (), precision, low, high, applies_when=applies_when, combine=combine)


def _check_bounds(spot: LocatedNode, precision: int, low: int | None, high: int | None) -> None:
    for word, bound in (("min", low), ("max", high)):
        if bound is not None and bound % precision:
            wanted = f"a multiple of the score's precision, {precision / NANO:g}"
            spot.note(f"{word}: wanted {wanted}; got {bound / NANO:g}")
    if low is not None and high is not None and low >= high:
        spot.note(f"wanted min below max; got {low / NANO:g} and {high / NANO:g}")


def _rules(spot: LocatedNode, around: RuleContext) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    first_line: dict[str, int] = {}
    for number, inner in enumerate(spot.items("a list of rules, at least one"), 1):
        inner = LocatedNode(inner.node, f"rule {number}", spot.problems)
        rule = spot.problems.attempt(partial(read_rule, inner, around), None)
        if rule is None:
            continue
        if rule.id in first_line:
            inner.note(
                f"id '{rule.id}' stands twice; wanted it once in a score; got it on line {first_line[rule.id]} too"
            )
        elif rule.id:
            first_line[rule.id] = inner.node.line
        rules.append(rule)
    return tuple(rules)


def _groups(spot: LocatedNode) -> tuple[Group, ...]:
    groups = []
    for group_name, inner in spot.entries("a mapping of names to groups").items():
        name(LocatedNode(ScalarNode(group_name, inner.node.line), "groups", spot.problems))
        limit = inner.fields("limit").required(
            "limit", lambda limit: limit.fields("points").required("points", nano, 0), 0
        )
        groups.append(Group(group_name, limit))
    return tuple(groups)


def _precision(spot: LocatedNode) -> int:
    precision = nano(spot)
    if precision <= 0:
        spot.refuse("a number above 0, such as 1 or 0.1")
    return precision


def _max_values(spot: LocatedNode) -> int:
    values = count(spot)
    if values > MOST_VALUES:
        spot.refuse(f"at most {MOST_VALUES} values")
    return values


def _proxy_opens(spot: LocatedNode) -> bool:
    if spot.value not in ("count", "ignore"):
        spot.refuse("count or ignore")
    return spot.value == "count"


def _scanners(spot: LocatedNode) -> Scanners | None:
    if isinstance(spot.node, ScalarNode):
        if spot.value != "off":
            spot.refuse("off, or a mapping of links, within, before_delivery")
        return None
    fields = spot.fields("links", "within", "before_delivery")
    usual = Scanners()
    return Scanners(
        fields.read("links", _links, usual.links),
        fields.read("within", _moment_ms, usual.within_ms),
        fields.read("before_delivery", flag, usual.before_delivery),
    )


def _links(spot: LocatedNode) -> int:
    links = count(spot)
    if links < 2:
        spot.refuse("a whole number of at least 2")
    return links


def _moment_ms(spot: LocatedNode) -> int:
    within_ms = duration_ms(spot)
    if within_ms > LONGEST_BURST_MS:
        spot.refuse("a duration of at most an hour, such as 10s (what takes longer people do too)")
    return within_ms


def _version(tree: Node) -> str:
    # Segments are left out: no score depends on them, so another segment must not make workers score anew.
    content = {word: said for word, said in plain(tree).items() if word != "segments"}
    # Only among scores does the order of words say something: announcements show scores in it.
    order = list(content["scores"]) if isinstance(content.get("scores"), dict) else []
    canonical = json.dumps([content, order], sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:12]
