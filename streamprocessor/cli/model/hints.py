"""What `model check` and `model apply` say of a model that can be read and still does not do what was meant."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.collector.formats.vocabulary import ANY_TYPE, Vocabulary, read_vocabulary
from streamprocessor.contract.model_file.checks.hints import KnownWords, hints
from streamprocessor.contract.model_file.checks.misfits import misfits
from streamprocessor.contract.model_file.read_model import parse_model, read_model_text
from streamprocessor.settings import Settings

#: What the beacon and the inbox send beside what other sources name.
_OF_OUR_OWN = {
    *("outbound_click", "video_half", "time_on_page", ANY_TYPE),
    *("lead_assigned", "lead_seen", "lead_called", "lead_accepted", "lead_rejected"),
}
_PROPERTIES_OF_OUR_OWN = {"fields", "file", "seconds", "video", "product"}


def hints_of_file(path: Path, settings: Settings) -> list[tuple[int | None, str]]:
    """Line, where it is known, and sentence of each; raises ModelError where the file is no model."""
    text = read_model_text(path)
    model = parse_model(text, str(path))
    vocabulary = read_vocabulary(Path(settings.vocabulary) if settings.vocabulary else None)
    known = KnownWords(
        _OF_OUR_OWN | set(vocabulary.types.values()),
        _PROPERTIES_OF_OUR_OWN | _properties(vocabulary),
        vocabulary.type_of,
    )
    return [*((each.line, each.sentence) for each in hints(text, known)), *((None, each) for each in misfits(model))]


def hint_line(path: Path, line: int | None, sentence: str) -> str:
    """The hint with its place, for people."""
    return f"{path}: {sentence}" if line is None else f"{path}:{line}: {sentence}"


def _properties(vocabulary: Vocabulary) -> set[str]:
    return {word for words in vocabulary.properties.values() for word in words} | set(vocabulary.numbers) | {"path"}
