"""What is to be replayed, as the processes that do it are told; all of it can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.events import (
    CONTACT_UPDATE,
    RecordHeaders,
    ValueDecoder,
    decode_line,
    value_decoder_for,
)
from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.replay.comparison import ReplaySource
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import InputFact
from streamprocessor.settings import Settings

FILE_NUMBER = 0
"""Stands among the topics' numbers for the lines of a file."""

NO_SALT = "none but this replay's"
"""Any will do where no contact was named by the collectors', for addresses alone are compared then."""


@dataclass(frozen=True, slots=True)
class InputSpan:
    """A partition of an input topic, as far as it is replayed.

    first, end: offsets; the end is that after its last record.
    gone: how many records it held before its first one, which retention took.
    """

    topic: str
    partition: int
    first: int
    end: int
    gone: int = 0


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """A replay.

    before, after: the model in force, and the candidate.
    at_ms: both are compared as of this instant.
    since_ms: what arrived earlier is not replayed; None: all that is there is.
    contacts: ids of those of whom it is told one by one, and of nobody else; empty: all are replayed.
    rows_folder: where each process writes a file of all its contacts; None: none does.
    """

    settings: Settings
    before: ModelRevision
    after: ModelRevision
    at_ms: int
    address_salt: str = ""
    since_ms: int | None = None
    contacts: frozenset[str] = frozenset()
    rows_folder: Path | None = None

    def models(self) -> tuple[Model, Model]:
        """Both, compiled of nothing but their texts: all evidence that a rule needs is read again."""
        return _as_always(self.before), _as_always(self.after)

    def topic_source(self) -> ReplaySource:
        """How records of the input topics are read."""
        topics = layout_of(self.settings).input_names()
        numbered = {topic.number: (name, topic) for name, topic in topics.items() if topic.number is not None}
        return ReplaySource(
            {number: value_decoder_for(topic) for number, (_, topic) in numbered.items()},
            {number: name for number, (name, _) in numbered.items()},
            ContactIds(self.address_salt or NO_SALT),
        )

    def file_source(self) -> ReplaySource:
        """How lines of a file are read."""
        decoders: Mapping[int, ValueDecoder] = {FILE_NUMBER: _decode_line_value}
        return ReplaySource(decoders, {FILE_NUMBER: "file"}, ContactIds(self.address_salt or NO_SALT))

    def update_topics(self) -> list[str]:
        """The input topics that say who is whom."""
        names = layout_of(self.settings).input_names()
        return [name for name, topic in names.items() if topic.schema == CONTACT_UPDATE]

    def refuse_without_salt(self, contact: str) -> None:
        """Raise OperatorError where a contact is known by an address, which nothing here can be compared with."""
        if not self.address_salt:
            message = (
                f"STREAMPROCESSOR_ADDRESS_SALT: wanted the collectors' secret, as there are both contacts known by an "
                f"address ({contact}) and addresses as attributes, which are the same by it; got none"
            )
            raise OperatorError(message)


def encode_order(order: ReplayOrder) -> bytes:
    """The order of a whole replay as JSON, in one line; it has secrets in it, and goes to nobody but the process."""
    return msgspec.json.encode(
        {
            "settings": order.settings.model_dump(mode="json"),
            "before": order.before,
            "after": order.after,
            "at_ms": order.at_ms,
            "address_salt": order.address_salt,
            "since_ms": order.since_ms,
        }
    )


def decode_order(line: bytes) -> ReplayOrder:
    """The order that encode_order wrote."""
    told = msgspec.json.decode(line)
    before, after = (msgspec.convert(told.pop(word), ModelRevision) for word in ("before", "after"))
    return ReplayOrder(Settings.model_validate(told.pop("settings")), before, after, **told)


def candidate_after(before: ModelRevision, candidate: ModelRevision) -> ModelRevision:
    """The candidate under the number after the other's, which tells its records from those of the model in force."""
    return msgspec.structs.replace(candidate, revision=before.revision + 1)


def _as_always(revision: ModelRevision) -> Model:
    return model_of(msgspec.structs.replace(revision, kept_since={}))


def _decode_line_value(
    contact: str,  # noqa: ARG001 - a ValueDecoder's signature
    value: bytes | None,
    headers: RecordHeaders,  # noqa: ARG001
    arrival_ms: int,  # noqa: ARG001
) -> InputFact:
    return decode_line(value or b"")[1]
