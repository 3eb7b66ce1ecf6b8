"""What another model silences: told of what the old one had alone, with what it is probably called now."""

from __future__ import annotations

import pytest

from streamprocessor.contract.model_file.editing.renames import renames
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.subscriptions.silences import (
    Dependent,
    ModelReplacement,
    NamedPart,
    drops_names,
    names_of_filter,
    names_of_subscription,
    silences,
)
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.scoring.model.contact_filter import ContactFilter, ScoreCondition

OLD = """
scores:
  engagement:
    rules: [{id: open, on: email_open, points: 1}, {id: click, on: email_click, points: 5}]
    stages: {cold: 0, warm: 16, hot: 41}
  interest:
    by: properties.product
    rules: [{id: visit, on: page_visit, points: 1}]
  fit:
    rules: [{id: size, when: {attributes.size: 3}, points: 3}]
    stages: {b: 0, a: 3}
  grade: {combine: {matrix: {rows: fit, columns: engagement}}}
segments:
  quiet: {suppressed: true}
"""


def found(when: str, *changes: tuple[str, str]) -> list[str]:
    """What a subscription with this `when` asks for that is gone by the changes of the text."""
    return [each.asks_for for each in silences([dependent(when)], replacement(*changes))]


def dependent(when: str) -> Dependent:
    text = f"{{url: 'https://a.example/', events: [score-updated], signed: false, when: {when}}}"
    return Dependent("subscription", "crm", names_of_subscription(parse_subscription("crm", text, "s").filter))


def replacement(*changes: tuple[str, str]) -> ModelReplacement:
    new = OLD
    for was, now in changes:
        assert was in new
        new = new.replace(was, now)
    return ModelReplacement(parse_model(OLD, "old"), parse_model(new, "new"), renames(OLD, new))


ENGAGEMENT_RENAMED = (("  engagement:", "  activity:"), ("columns: engagement", "columns: activity"))


@pytest.mark.parametrize(
    ("when", "changes", "asks_for"),
    [
        pytest.param("{score: engagement, to: hot}", (), [], id="nothing changed"),
        pytest.param("{score: engagement, to: hot}", (("points: 5", "points: 6"),), [], id="points alone"),
        pytest.param(
            "{score: engagement, to: hot}",
            ENGAGEMENT_RENAMED,
            ["score 'engagement': was engagement, is now activity?"],
            id="a renamed score, and of its stages nothing more",
        ),
        pytest.param(
            "{score: engagement, to: hot}",
            (*ENGAGEMENT_RENAMED, ("points: 5", "points: 7")),
            ["score 'engagement': was engagement, is now activity?"],
            id="a score that was renamed and changed a little",
        ),
        pytest.param(
            "{score: engagement, to: hot}",
            (("hot: 41", "ready: 41"),),
            ["stage 'hot' of 'engagement': was hot, is now ready?"],
            id="a renamed stage",
        ),
        pytest.param(
            "{to: hot}", (("hot: 41", "ready: 45"),), ["stage 'hot': was hot, is now ready?"], id="of any score"
        ),
        pytest.param(
            "{score: engagement, from: hot}",
            ((", hot: 41", ""),),
            ["stage 'hot' of 'engagement', which is dropped"],
            id="a dropped stage",
        ),
        pytest.param(
            "{score: grade, to: ahot}",
            (("hot: 41", "ready: 41"),),
            ["stage 'ahot' of 'grade', which is dropped"],
            id="a label",
        ),
        pytest.param("{score: grade, to: none}", (("hot: 41", "ready: 41"),), [], id="what never was there"),
        pytest.param(
            "{score: interest, value: shoes}",
            (("by: properties.product", "by: properties.category"),),
            ["a value of 'interest', which is by properties.category now"],
            id="by another property",
        ),
        pytest.param(
            "{score: interest, value: shoes}",
            (("    by: properties.product\n", ""),),
            ["a value of 'interest', which is by nothing now"],
            id="by none any more",
        ),
        pytest.param(
            "{segment: {entered: quiet}}",
            (("quiet:", "silent:"),),
            ["segment 'quiet': was quiet, is now silent?"],
            id="a segment",
        ),
    ],
)
def test_who_asks_for_what_is_gone_is_told_and_what_it_is_called_now(
    when: str, changes: tuple[tuple[str, str], ...], asks_for: list[str]
) -> None:
    assert found(when, *changes) == asks_for


def test_a_filter_names_its_scores_stages_and_values() -> None:
    conditions = (ScoreCondition("engagement", stages=("hot",)), ScoreCondition("interest", "shoes", at_least=3))
    assert names_of_filter(ContactFilter(conditions)) == (
        NamedPart("engagement"),
        NamedPart("engagement", "hot"),
        NamedPart("interest"),
        NamedPart("interest", by_value=True),
    )


@pytest.mark.parametrize(
    ("change", "drops"), [(("points: 5", "points: 6"), False), (("warm: 16, ", ""), True), (("quiet:", "calm:"), True)]
)
def test_names_are_dropped_where_somebody_could_have_asked_for_them(change: tuple[str, str], drops: bool) -> None:
    assert drops_names(replacement(change)) is drops
