"""What sources send, as far as this installation names it, for those who look at a model before it is in force."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.collector.formats.vocabulary import ANY_TYPE, Vocabulary, read_vocabulary
from streamprocessor.contract.model_file.checks.hints import KnownWords
from streamprocessor.settings import Settings

#: What the beacon and the inbox send beside what other sources name.
_OF_OUR_OWN = {
    *("outbound_click", "video_half", "time_on_page", ANY_TYPE),
    *("lead_assigned", "lead_seen", "lead_called", "lead_accepted", "lead_rejected"),
}
_PROPERTIES_OF_OUR_OWN = {"fields", "file", "seconds", "video", "product"}


def known_words(settings: Settings) -> KnownWords:
    """The words of the settings' vocabulary, and our own; raises OperatorError where its file can't be read."""
    vocabulary = read_vocabulary(Path(settings.vocabulary) if settings.vocabulary else None)
    return KnownWords(
        _OF_OUR_OWN | set(vocabulary.types.values()),
        _PROPERTIES_OF_OUR_OWN | _properties(vocabulary),
        vocabulary.type_of,
    )


def _properties(vocabulary: Vocabulary) -> set[str]:
    return {word for words in vocabulary.properties.values() for word in words} | set(vocabulary.numbers) | {"path"}
