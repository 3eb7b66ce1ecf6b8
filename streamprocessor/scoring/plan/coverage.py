"""Since when evidence stores what rules look at: a rule of a new model can't count what was not stored before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from streamprocessor.scoring.events.acts import FORM_SUBMISSION
from streamprocessor.scoring.events.derived_properties import stored_paths
from streamprocessor.scoring.events.projection import WHOLE
from streamprocessor.scoring.model.model import Model, Suppression
from streamprocessor.scoring.model.rules import AttributeRule, InactivityRule
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.plan.matching import paths_read
from streamprocessor.scoring.plan.plan import ANY, Plan, RulePlan


class CoverageGap(NamedTuple):
    """What a rule needs of one event type and evidence stores only since since_ms.

    type: the event type, or `any`.
    paths: empty where the events themselves were not stored before.
    since_ms: an arrival.
    """

    score: str
    rule: str
    type: str
    paths: tuple[str, ...]
    since_ms: int


def covered_since(model: Model, before: Model | None, from_ms: int) -> dict[str, dict[str, int]]:
    """The model's covered_since_ms when it follows `before`, and evidence of what is new in it begins at from_ms.

    What the model before stored goes on; what it did not begins at from_ms. All that was always stored is left out.
    before: None: it is the first model.
    """
    if before is None:
        return {}
    paths_before = _paths_by_type(_rules_alone(before))
    since: dict[str, dict[str, int]] = {}
    for type_, paths in _paths_by_type(_rules_alone(model)).items():
        for path in paths:
            since_ms = min(
                (
                    before.covered_since_ms.get(source, {}).get(path, 0)
                    for source in (type_, ANY)
                    if path in paths_before.get(source, ())
                ),
                default=from_ms,
            )
            if since_ms:
                since.setdefault(type_, {})[path] = since_ms
    return since


def coverage_gaps(model: Model, from_ms: int) -> Iterator[CoverageGap]:
    """What rules of the model need and evidence stores only since from_ms or later, rule by rule."""
    plan = compile_model(model)
    for score in plan.scores:
        for rule in score.rules:
            for type_, paths in _needs(plan, rule).items():
                since = model.covered_since_ms.get(type_, {})
                late = {path: since[path] for path in (WHOLE, *paths) if since.get(path, -1) >= from_ms}
                if late:
                    named = () if WHOLE in late else tuple(late)
                    yield CoverageGap(score.name, rule.rule.id, type_, named, max(late.values()))


def stored_since_ms(plan: Plan, type_: str) -> Mapping[str, int]:
    """Path (or "" for the event itself) → arrival from which on evidence of the type stores it, where not always."""
    covered = plan.model.covered_since_ms
    if type_ in covered:
        return covered[type_]
    is_of_any = type_ not in plan.by_type or (type_ == FORM_SUBMISSION and not _is_named(plan, type_))
    return covered.get(ANY, {}) if is_of_any else {}


def _needs(plan: Plan, rule: RulePlan) -> Mapping[str, tuple[str, ...]]:
    """The paths that the rule reads in events of each of its types; of derived properties what they are made of."""
    per_value = plan.per_value_plan_of_rule.get(rule.number)
    read = set() if per_value is None else {per_value.path}
    if isinstance(rule.rule, InactivityRule):
        types: tuple[str, ...] = rule.rule.types or (ANY,)
    else:
        matcher = plan.matchers.get(rule.number)
        if matcher is None:
            return {}
        types, read = matcher.rule.types, read | paths_read(matcher.rule)
    return dict.fromkeys(types, tuple(sorted(stored_paths(plan.model.derivations, read))))


def _is_named(plan: Plan, type_: str) -> bool:
    """Whether a rule asks for the type by its name."""
    rules = [rule.rule for score in plan.scores for rule in score.rules]
    return any(type_ in (rule.types or ()) for rule in rules if not isinstance(rule, AttributeRule))


def _rules_alone(model: Model) -> Plan:
    """The plan of what rules and scanners need: evidence of suppression has not been stored by every release."""
    return compile_model(replace(model, suppression=Suppression((), ())))


def _paths_by_type(plan: Plan) -> dict[str, tuple[str, ...]]:
    """What evidence of each type stores, the event itself included."""
    any_form = plan.any_type is not None and not _is_named(plan, FORM_SUBMISSION)
    type_plans = {
        type_: type_plan
        for type_, type_plan in plan.by_type.items()
        if not (any_form and type_ == FORM_SUBMISSION)  # it is one of any type
    }
    if plan.any_type is not None:
        type_plans[ANY] = plan.any_type
    return {
        type_: (WHOLE, *(field_path.path for field_path in type_plan.paths)) for type_, type_plan in type_plans.items()
    }
