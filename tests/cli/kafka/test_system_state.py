"""The figures of a table: the same for the same contacts wherever they lie, others where anything is other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from streamprocessor.cli.kafka.system_state import differences, system_state, table_state
from streamprocessor.contract.changelog.entry import (
    ERASED_PREFIX,
    MARKER_KEY,
    encode_entry,
    encode_erasure,
    encode_marker,
)
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import encode_revision, revision_after
from streamprocessor.contract.topics.topics import read_topics
from streamprocessor.kafka.admin.consumer_group import Offsets
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.scoring.record.record import Record
from tests.harness.system import ROOT

LAYOUT = Layout(read_topics(ROOT / "topics"), "st-", "app", fence_ms=8_000)
CHANGELOG, MODELS = LAYOUT.full_name("contacts-changelog"), LAYOUT.full_name("models")
AT_MS = 1_767_225_600_000
TEXT = "scores: {fit: {rules: [{id: city, when: {attributes.city: Berlin}, points: 10}]}}"
REVISION = encode_revision(revision_after(None, parse_model(TEXT, "m"), TEXT, AT_MS))
OWED = [Message("score-updated", b"jane", b"{}", [])]
CONTACTS = [f"c-{number}".encode() for number in range(20)]

Values = dict[bytes, bytes | None]


def value(city: str = "Berlin", sequence: int = 3) -> bytes:
    record = Record(revision=0, sequence=sequence, at_ms=AT_MS, attributes={"city": [city, AT_MS, "e"]})
    return encode_entry(encode_record(record), 7, OWED)


class InMemory:
    """Topics as lists of records by topic and partition."""

    def __init__(self, topics: dict[tuple[str, int], list[tuple[bytes, bytes | None]]]) -> None:
        self._topics = topics

    async def ends(self, names: Iterable[str]) -> Offsets:
        wanted = set(names)
        return {place: len(records) for place, records in self._topics.items() if place[0] in wanted}

    async def committed(self, group: str) -> Offsets:
        return {(f"{group}-topic", 0): 5}

    async def records(self, topic: str, partition: int) -> AsyncIterator[Any]:
        for key, content in self._topics.get((topic, partition), []):
            yield SimpleNamespace(key=key, value=content)


def table(partitions: int, values: Values) -> InMemory:
    """A table of so many partitions, each value where it belongs."""
    topics: dict[tuple[str, int], list[tuple[bytes, bytes | None]]] = {(MODELS, 0): [(b"1/a", REVISION)]}
    for number in range(partitions):
        own = [(key, content) for key, content in values.items() if partition_of(key, partitions) == number]
        topics[CHANGELOG, number] = [*own, (MARKER_KEY, encode_marker(6))]
    return InMemory(topics)


def state_of(source: InMemory) -> dict[str, Any]:
    return asyncio.run(table_state(source, LAYOUT, AT_MS))


ALL: Values = dict.fromkeys(CONTACTS, value())


def test_contacts_sequences_and_what_they_owe_are_counted() -> None:
    state = state_of(table(4, ALL))

    assert {name: state[name] for name in ("contacts", "sequences", "owed")} == {
        "contacts": 20,
        "sequences": 60,
        "owed": 20,
    }


def test_the_figures_do_not_depend_on_the_partitions() -> None:
    assert state_of(table(4, ALL)) == state_of(table(7, ALL))


@pytest.mark.parametrize(
    ("change", "figures"),
    [
        ({b"c-3": value("Rome")}, {"scores"}),
        ({b"c-3": value(sequence=4)}, {"scores", "sequences"}),
        ({b"c-3": None}, {"scores", "sequences", "contacts", "owed"}),
        ({ERASED_PREFIX + b"x": encode_erasure(AT_MS)}, {"erased"}),
    ],
)
def test_whatever_is_other_makes_other_figures(change: Values, figures: set[str]) -> None:
    found = differences(state_of(table(4, ALL)), state_of(table(4, ALL | change)))

    assert {sentence.partition(":")[0] for sentence in found} == figures


def test_what_lies_where_it_does_not_belong_is_no_contact_of_its_own() -> None:
    source = table(2, ALL)
    wrong = 1 - partition_of(b"c-3", 2)
    source._topics[CHANGELOG, wrong].append((b"c-3", value("Rome")))

    assert state_of(source) == state_of(table(2, ALL))


def test_a_system_is_told_by_its_models_offsets_and_subscriptions_too() -> None:
    source = table(2, ALL)
    source._topics[LAYOUT.full_name("subscriptions"), 0] = [(b"crm", b"one"), (b"gone", b"two"), (b"gone", None)]
    state = asyncio.run(system_state(source, LAYOUT, AT_MS))

    assert list(state["models"]) == ["1"]
    assert state["committed"] == {"st-app-topic[0]": 5}
    assert [name.split()[0] for name in state["subscriptions"]] == ["crm"]
    assert f"{MODELS}[0]" not in state["ends"]
