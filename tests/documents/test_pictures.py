"""The pictures of the guides are what the scoring core draws now, and small."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.pictures.graphs import PICTURES, Drawing, pictures, samples

MOST_BYTES = 200_000
OF_THE_DEMO = {"terminal.svg"}


def test_each_picture_is_what_make_pictures_draws() -> None:
    drawn = pictures()
    files = {file.name: file.read_text() for file in PICTURES.glob("*.svg") if file.name not in OF_THE_DEMO}

    assert files.keys() == drawn.keys()
    assert [name for name, text in drawn.items() if files[name] != text] == []


@pytest.mark.parametrize("file", sorted([*PICTURES.glob("*.svg"), *PICTURES.glob("*.png")]), ids=lambda file: file.name)
def test_a_picture_is_small_and_asks_nobody_else(file: Path) -> None:
    content = file.read_bytes()

    assert len(content) < MOST_BYTES
    assert b"url(http" not in content
    assert b"<script" not in content


def test_what_is_drawn_is_the_score() -> None:
    rule = "- {id: form, on: form_submission, points: 10, decay: {linear: {lose: 100%, per: 10d}}}\n"
    curve = samples(rule, Drawing(20, [{"day": 5, "type": "form_submission"}], {}))

    by_day = {sample.day: sample.points for sample in curve}
    assert [by_day[day] for day in (4.0, 5.0, 10.0, 15.0, 20.0)] == [0, 10, 5, 0, 0]
