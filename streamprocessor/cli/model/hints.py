"""What `model check` and `model apply` say of a model that can be read and still does not do what was meant."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.collector.formats.known_words import known_words
from streamprocessor.contract.model_file.editing.text_check import all_hints
from streamprocessor.contract.model_file.read_model import parse_model, read_model_text
from streamprocessor.settings import Settings


def hints_of_file(path: Path, settings: Settings) -> list[tuple[int | None, str]]:
    """Line, where it is known, and sentence of each; raises ModelError where the file is no model."""
    text = read_model_text(path)
    return all_hints(text, parse_model(text, str(path)), known_words(settings))


def hint_line(path: Path, line: int | None, sentence: str) -> str:
    """The hint with its place, for people."""
    return f"{path}: {sentence}" if line is None else f"{path}:{line}: {sentence}"
