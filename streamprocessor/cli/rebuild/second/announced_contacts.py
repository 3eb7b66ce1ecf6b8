"""What subscribers were told last of each contact, as the records of a table whose changelog was lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

import orjson

from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.contract.changelog.entry import TableIdentity
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.record import Record


class AnnouncedContacts:
    """Contacts as score-updated and became-hot-lead have them, without evidence; erased ones are not among them."""

    def __init__(self, clients: ClientSettings, layout: Layout) -> None:
        """layout: of the topics that announcements are in."""
        self._clients, self._layout = clients, layout
        self._records: dict[bytes, Record] | None = None
        self._changed: set[bytes] = set()

    async def catch_up(self) -> None:
        """Read the announcements, once: without a table nobody makes more of them."""
        if self._records is not None:
            return
        contacts: dict[bytes, Record] = {}
        async for record in records_of(self._clients, self._layout.full_name(SCORE_UPDATED)):
            if record.value is None:
                contacts.pop(record.key, None)
            else:
                take_score_updated(contacts.setdefault(record.key, Record()), orjson.loads(record.value))
        async for record in records_of(self._clients, self._layout.full_name(BECAME_HOT_LEAD)):
            if record.value is not None and record.key in contacts:
                take_hot_lead(contacts[record.key], orjson.loads(record.value))
        self._records, self._changed = contacts, set(contacts)

    def take_changed(self) -> set[bytes]:
        """All of them at first, later none."""
        changed, self._changed = self._changed, set()
        return changed

    def record_of(self, key: bytes) -> Record | None:
        """What was announced of a contact; None: nothing."""
        record = (self._records or {}).get(key)
        return None if record is None else deepcopy(record)

    def is_applied(self, topic_number: int, record: Any) -> bool:  # noqa: ARG002 - as of a table
        """Whether the record had arrived when its contact was announced last."""
        known = (self._records or {}).get(record.key)
        return known is not None and bool(record.timestamp <= known.at_ms)

    def is_applied_message(self, record: Any) -> bool:  # noqa: ARG002 - as of a table
        """False: nobody can tell, and messages may come twice."""
        return False

    def owed(self) -> Iterator[tuple[int, Message]]:
        """None: what was owed is lost with the table, and its step is made anew."""
        return iter(())

    def identity(self) -> TableIdentity | None:
        """None: it is lost with the table."""
        return None

    def erased(self) -> dict[bytes, int]:
        """None are known but those whose erasure the topics hold."""
        return {}


def take_score_updated(record: Record, value: Mapping[str, Any]) -> None:
    """Let the record show what this score-updated says, where it is the last one."""
    if value["sequence"] <= record.sequence:
        return
    record.sequence = value["sequence"]
    record.at_ms = max(record.at_ms, _instant(value))
    for name, score in value["scores"].items():
        if score is not None and "values" in score:
            record.values[name] = {each: _shown_value(shown) for each, shown in score["values"].items()}
        else:
            record.shown[name] = _shown(score)


def take_hot_lead(record: Record, value: Mapping[str, Any]) -> None:
    """Let the record know of this hot lead, where it is the last one of its score."""
    name, number = value["score_name"], value["episode"]
    if number > record.episodes.get(name, (0, None))[0]:
        record.episodes[name] = (number, _instant(value))


def _instant(value: Mapping[str, Any]) -> int:
    at_ms = parse_rfc3339(value["at"])
    if at_ms is None:
        message = f"an announcement's `at`: wanted an instant as in {SCORE_UPDATED}; got {value['at']!r}"
        raise OperatorError(message)
    return at_ms


def _shown(score: Mapping[str, Any] | None) -> tuple[int | None, str | None]:
    if score is None:
        return None, None
    number = score["score"]
    return None if number is None else int(Decimal(repr(number)) * NANO), score.get("stage")


def _shown_value(score: Mapping[str, Any] | None) -> tuple[int, str | None]:
    presented_nano, stage = _shown(score)
    return presented_nano or 0, stage
