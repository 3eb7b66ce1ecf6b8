"""What can be said of a text that is to be a model, before it is one."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.contract.model_file.checks.hints import KnownWords, hints
from streamprocessor.contract.model_file.checks.misfits import misfits
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.errors import ModelError
from streamprocessor.scoring.model.model import Model


class TextCheck(NamedTuple):
    """What is wrong with a text.

    problems: line, from 1, and sentence of each: while there is one the text is no model.
    hints: what can be read and does nothing; line None: the whole.
    """

    problems: tuple[tuple[int, str], ...]
    hints: tuple[tuple[int | None, str], ...]


def checked(text: str, known: KnownWords) -> TextCheck:
    """What is wrong with the text. known: what sources send."""
    try:
        model = parse_model(text, "the model")
    except ModelError as error:
        return TextCheck(error.notes or ((1, str(error)),), ())
    return TextCheck((), tuple(all_hints(text, model, known)))


def all_hints(text: str, model: Model, known: KnownWords) -> list[tuple[int | None, str]]:
    """Line, None for the whole, and sentence of what can be read in the model's text and does nothing."""
    found: list[tuple[int | None, str]] = [(each.line, each.sentence) for each in hints(text, known)]
    return [*found, *((None, sentence) for sentence in misfits(model))]
