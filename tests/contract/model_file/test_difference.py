"""Differences of models are told in the words of their files."""

import pytest

from streamprocessor.contract.model_file.difference import ModelDifference, differences

OPEN = "{id: open, on: email_open, points: 1}"
CLICK = "{id: click, on: email_click, points: 5, where: {properties.url: {in: [/a, 7]}}}"


def model(*rules: str, score: str = "s", more: str = "", top: str = "") -> str:
    lines = "".join(f"\n      - {rule}" for rule in rules)
    return f"scores:\n  {score}:\n    rules:{lines}\n{more}{top}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (model(OPEN), "# said otherwise\n" + model('{points: 1.0, "id": open, on: email_open}'), []),
        (model(OPEN), model(OPEN.replace("1", "2")), [("s", "open", "points", "1", "2")]),
        (model(OPEN), model(OPEN, CLICK), [("s", "click", None, None, CLICK)]),
        (model(OPEN, CLICK), model(OPEN), [("s", "click", None, CLICK, None)]),
        (model(OPEN, CLICK), model(CLICK, OPEN), []),  # the order of rules says nothing
        (model(OPEN), model(OPEN, more="    min: 0\n"), [("s", None, "min", None, "0")]),
        (
            model(OPEN),
            model(OPEN, more="    stages: {cold: 0, hot: {from: 9, leave_below: 7}}\n"),
            [("s", None, "stages", None, "{cold: 0, hot: {from: 9, leave_below: 7}}")],
        ),
        (
            model(OPEN),
            model(OPEN, top="proxy_opens: count\n"),
            [(None, None, "proxy_opens", None, "count")],
        ),
        (
            model(OPEN, top="derive: {properties.a: {from: properties.c, lower: true}}\n"),
            model(OPEN, top="derive: {properties.b: {from: properties.c, lower: true}}\n"),
            [
                (None, None, "derive.properties.a", "{from: properties.c, lower: true}", None),
                (None, None, "derive.properties.b", None, "{from: properties.c, lower: true}"),
            ],
        ),
        (
            model(OPEN, top="display: {name: [nick]}\n"),
            model(OPEN, top="display: {name: [nick, email]}\n"),
            [(None, None, "display", "{name: [nick]}", "{name: [nick, email]}")],
        ),
        (
            model(OPEN),
            model(OPEN, CLICK, score="t"),
            [("s", None, None, "1 rules", None), ("t", None, None, None, "2 rules")],
        ),
    ],
)
def test_what_is_said_otherwise_is_told_with_the_words_of_both(
    old: str, new: str, expected: list[ModelDifference]
) -> None:
    assert set(differences(old, new)) == {ModelDifference(*each) for each in expected}
