"""The text of a model file, made of answers: commented, so that whoever opens it knows what to change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import NamedTuple

from streamprocessor.cli.init.businesses import Business

MODEL_FRAME = Path(__file__).with_name("scoring.frame")
SETTINGS_FRAME = Path(__file__).with_name("settings.frame")

HOT_FROM, LEAST_HOT, MOST_HOT = 41, 10, 100_000
HALF_LIFE_DAYS = 30

FORM_POINTS, PAGE_POINTS, CLICK_POINTS, OPEN_POINTS = 25, 10, 5, 1
_WARM_SHARE, _LEAVE_SHARE = 0.4, 0.85
_PLAIN = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9/_.-]*", re.ASCII)
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off"}
_NO_NAME = re.compile("[^a-z0-9]+")


class BusinessAnswers(NamedTuple):
    """What somebody said of the model they want.

    pages: beginnings of paths that matter, `/` for the start page alone. forms: names of forms that matter.
    half_life_days: after so many days half of the points is left; None: they do not fade.
    hot_from: the points from which a contact is a hot lead.
    """

    business: Business
    pages: tuple[str, ...]
    forms: tuple[str, ...]
    half_life_days: int | None = HALF_LIFE_DAYS
    hot_from: int = HOT_FROM


def usual_answers(business: Business) -> BusinessAnswers:
    """What is proposed to whoever sells that."""
    return BusinessAnswers(business, business.pages, business.forms)


def model_text(answers: BusinessAnswers) -> str:
    """The text of the model file."""
    days = answers.half_life_days
    names = _Names({"open", "click", "homepage", "unsubscribed", "no-opens", "quiet"})
    acts = [f"      # {each.comment}\n" + _lines(each.rules) for each in answers.business.acts]
    return Template(MODEL_FRAME.read_text(encoding="utf-8")).substitute(
        title=answers.business.title,
        decay_comment=(
            "Points do not fade; `decay: {half_life: 30d}` would halve them every 30 days. A rule may have its own."
            if days is None
            else f"Points fade: after {days} days half of them is left, after {2 * days} days a quarter. A rule may "
            "have its own."
        ),
        decay="none" if days is None else f"{{half_life: {days}d}}",
        pages=_pages(answers.pages, names),
        forms=_forms(answers.forms, names),
        acts="\n".join(acts),
        warm=max(1, round(answers.hot_from * _WARM_SHARE)),
        hot=answers.hot_from,
        leave_below=round(answers.hot_from * _LEAVE_SHARE),
    )


def settings_text() -> str:
    """The text of the settings' file beside the model."""
    return SETTINGS_FRAME.read_text(encoding="utf-8")


class _Names:
    """Ids of rules, none of them twice."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken

    def of(self, value: str, otherwise: str) -> str:
        wanted = _NO_NAME.sub("-", value.lower()).strip("-")[:40] or otherwise
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name)
        return _spelled(name)


def _pages(pages: Iterable[str], names: _Names) -> str:
    rules = ["{id: homepage, on: page_visit, points: 2, where: {properties.path: /}}"]
    for page in pages:
        if page != "/":
            where = f"{{properties.path: {{starts_with: {_spelled(page)}}}}}"
            limit = f"{{points: {3 * PAGE_POINTS}}}"
            head = f"id: {names.of(page, 'page')}, on: page_visit, points: {PAGE_POINTS}"
            rules.append(f"{{{head}, where: {where}, limit: {limit}}}")
    comment = f"Pages. Those named here interest who may buy; all visits to one give at most {3 * PAGE_POINTS} points."
    return f"      # {comment}\n{_lines(rules)}"


def _forms(forms: Iterable[str], names: _Names) -> str:
    rules = [
        f"{{id: {names.of(f'{form} form', 'form')}, on: form_submission, points: {FORM_POINTS}, "
        f"where: {{properties.form: {_spelled(form)}}}}}"
        for form in forms
    ]
    if not rules:
        rules = [f"{{id: form, on: form_submission, points: {FORM_POINTS}}}"]
        return f"      # Forms: any of them.\n{_lines(rules)}"
    return f"      # Forms, by what `data-form`, id or name of the form says.\n{_lines(rules)}"


def _spelled(value: str) -> str:
    """The text as YAML spells it, in quotes where it needs some."""
    return (
        value
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS_OF_YAML and not value[0].isdigit()
        else (json.dumps(value, ensure_ascii=False))
    )


def _lines(rules: Iterable[str]) -> str:
    return "".join(f"      - {rule}\n" for rule in rules)
