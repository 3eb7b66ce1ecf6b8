"""Whole records into facts, key and value together, as a step reads them."""

from __future__ import annotations

from collections.abc import Callable

from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.contract.events.events import RecordHeaders, value_decoder_for
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.scoring.record.facts import InputFact


def decoder_for(topic: Topic) -> Callable[[bytes | None, bytes | None, RecordHeaders, int], InputFact]:
    """A function of (key, value, headers, arrival_ms); it raises RecordError where there is no fact."""
    decode_value = value_decoder_for(topic)

    def decode(key: bytes | None, value: bytes | None, headers: RecordHeaders, arrival_ms: int) -> InputFact:
        fact = decode_value(contact_of(key), value, headers, arrival_ms)
        assert isinstance(fact, InputFact), f"{topic.name} is between contacts; wanted a topic that others write"
        return fact

    return decode
