"""What can be read and still gives nobody points, or does nothing, is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamprocessor.cli.model.hints import hints_of_file
from streamprocessor.settings import Settings
from tests.harness.public_data import ROOT

ONE_RULE = "scores:\n  engagement:\n    rules:\n      - {rule}\n    stages: {{cold: 0, hot: 41}}\n"


def hints_of(rule: str, folder: Path) -> list[tuple[int | None, str]]:
    file = folder / "m.yaml"
    file.write_text(ONE_RULE.format(rule=rule))
    return hints_of_file(file, Settings())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{id: r, on: email_opened, points: 1}", "on: no event comes as 'email_opened': it is filed as email_open"),
        ("{id: r, on: PageVisit, points: 1}", "on: no event comes as 'PageVisit': it is filed as page_visit"),
        ("{id: r, on: Form Submitted, points: 1}", "(did you mean 'form_submission'?)"),
        ("{id: r, on: [download, downlod], points: 1}", "(did you mean 'download'?); wanted a type as it is filed"),
        ("{id: r, frequency: {of: page_visits, at_least: 3, within: 7d, points: 1}}", "of: no event comes as"),
        ("{id: r, on: page_visit, points: 1, where: {properties.pth: /}}", "(did you mean 'properties.path'?)"),
        (
            "{id: r, on: page_visit, points: 1, where: {any: [{properties.refferer: x}, {properties.path: /}]}}",
            "(did you mean 'properties.referrer'?)",
        ),
        (
            "{id: r, on: form_submission, points: 1, where: {properties.form: “contact”}}",
            "“contact” has its quotes as a part of it, so that it equals nothing without them; wanted 'contact'",
        ),
        ("{id: r, when: {attributes.title: {in: [‘CEO’, CTO]}}, points: 1}", "‘CEO’ has its quotes as a part of it"),
        (
            "{id: r, on: page_visit, points: 10, limit: {points: -30}}",
            "limit: has no effect: each match gives 10; wanted a limit of the same sign, such as 30; got -30",
        ),
        ("{id: r, on: unsubscribe, points: -5, limit: {points: 20}}", "limit: has no effect: each match gives -5"),
        ("{id: r, inactivity: {of: any, after: 1d, points: -5}, limit: {points: 20}}", "limit: has no effect"),
    ],
)
def test_what_does_nothing_is_named_with_its_line_and_what_was_probably_meant(
    rule: str, words: str, tmp_path: Path
) -> None:
    [(line, sentence)] = hints_of(rule, tmp_path)

    assert line == 4
    assert words in sentence


@pytest.mark.parametrize(
    "rule",
    [
        "{id: r, on: trial_started, points: 1}",
        "{id: r, on: [email_open, lead_called, outbound_click, email_reply], points: 1}",
        "{id: r, on: purchase, points: 1, where: {properties.colour: red, properties.amount: {at_least: 5}}}",
        "{id: r, on: page_visit, points: 10, limit: {points: 30}}",
        "{id: r, on: unsubscribe, points: -10, limit: {points: -30}}",
        "{id: r, inactivity: {of: any, after: 1d, points: -5}, limit: {points: -20}}",
        "{id: r, on: page_visit, points: 1, where: {properties.title: {contains: O’Brien}}}",
    ],
)
def test_words_of_ones_own_and_limits_that_limit_are_left_alone(rule: str, tmp_path: Path) -> None:
    assert hints_of(rule, tmp_path) == []


@pytest.mark.parametrize(
    "file", [*sorted((ROOT / "deploy").glob("*.yaml")), *sorted((ROOT / "deploy" / "models").glob("*.yaml"))]
)
def test_models_that_come_along_have_no_hints(file: Path) -> None:
    if "scores:" in file.read_text().splitlines():
        assert hints_of_file(file, Settings()) == []
