"""The pictures of the guides are what the scoring core draws now, and small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.pictures.graphs import GUIDE, PICTURES, Drawing, pictures, samples
from streamprocessor.scoring.kinds.registry import RULE_KINDS
from streamprocessor.scoring.terms.decay_laws import DECAY_KINDS

MOST_BYTES = 200_000
DONE_AT_ONCE = [{"day": 0, "type": "download"}]
OF_THE_DEMO = {"terminal.svg"}

_WORKED_OUT = re.compile(r"^\| `(\{.*\})` \| ([\d.]+) \| ([\d d,]+) \| ([\d., ]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return pictures()


def test_each_picture_is_what_make_pictures_draws(drawn: dict[str, str]) -> None:
    files = {file.name: file.read_text() for file in PICTURES.glob("*.svg") if file.name not in OF_THE_DEMO}

    assert files.keys() == drawn.keys()
    assert [name for name, text in drawn.items() if files[name] != text] == []


def test_each_law_of_decay_and_each_kind_of_rule_has_a_picture(drawn: dict[str, str]) -> None:
    names = " ".join(drawn)
    laws = {f"decay-{kind.word.replace('_', '-')}" for kind in DECAY_KINDS}
    kinds = {
        f"rule-{word}" for word in ("on", "points-from", "when", "inactivity", *(kind.word for kind in RULE_KINDS))
    }

    assert {name for name in laws | kinds if name not in names} == set()


@pytest.mark.parametrize("file", sorted([*PICTURES.glob("*.svg"), *PICTURES.glob("*.png")]), ids=lambda file: file.name)
def test_a_picture_is_small_and_asks_nobody_else(file: Path) -> None:
    content = file.read_bytes()

    assert len(content) < MOST_BYTES
    assert b"url(http" not in content
    assert b"<script" not in content


@pytest.mark.parametrize(
    ("law", "points", "days", "left"), _WORKED_OUT.findall(GUIDE.read_text()), ids=lambda cell: cell.strip("{} ")
)
def test_what_the_guide_works_out_is_what_the_core_makes_of_it(law: str, points: str, days: str, left: str) -> None:
    ages = [float(day.removesuffix(" d")) for day in days.split(", ")]
    rule = f"- {{id: r, on: download, points: {points}, decay: {law}}}\n"
    by_day = {sample.day: sample.points for sample in samples(rule, Drawing(round(ages[-1]), DONE_AT_ONCE, {}))}

    assert [by_day[age] for age in ages] == pytest.approx([float(number) for number in left.split(", ")], abs=0.0005)


def test_the_guide_works_out_every_law_but_none() -> None:
    laws = " ".join(law for law, *_ in _WORKED_OUT.findall(GUIDE.read_text()))

    assert [kind.word for kind in DECAY_KINDS if kind.word not in laws] == []


def test_what_is_drawn_is_the_score() -> None:
    rule = "- {id: form, on: form_submission, points: 10, decay: {linear: {lose: 100%, per: 10d}}}\n"
    curve = samples(rule, Drawing(20, [{"day": 5, "type": "form_submission"}], {}))

    by_day = {sample.day: sample.points for sample in curve}
    assert [by_day[day] for day in (4.0, 5.0, 10.0, 15.0, 20.0)] == [0, 10, 5, 0, 0]
