"""What a docstring shows is so: the calls in the product's docstrings answer what stands below them."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHOWING_CALLS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "streamprocessor").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", SHOWING_CALLS)
def test_the_calls_in_a_docstring_answer_what_it_says(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed, attempted = doctest.testmod(importlib.import_module(module))

    assert failed == 0, capsys.readouterr().out
    assert attempted > 0, f"{module}: wanted its calls in docstrings; got none that doctest finds"


def test_modules_that_show_calls_are_found() -> None:
    assert "streamprocessor.scoring.canonical" in SHOWING_CALLS
