"""What a system is, in figures by which two of them are told apart: whoever reads them and wherever they lie."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from streamprocessor.cli.kafka.stored_partition import StoredPartition
from streamprocessor.cli.kafka.topic_source import TopicSource
from streamprocessor.contract.model_file.revisions import history_of, model_of
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, MODELS, SUBSCRIPTIONS
from streamprocessor.kafka.admin.consumer_group import Offsets
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.partitioner import is_misplaced
from streamprocessor.scoring.scorer import Scorer

SystemState = dict[str, Any]
"""Names of figures and the figures: numbers, texts, and of some a number for each topic and partition."""


async def system_state(source: TopicSource, layout: Layout, at_ms: int) -> SystemState:
    """The figures of the application's topics. at_ms: the instant of the scores.

    `scores` is one number over each contact, its sequence and its scores at the instant, in whatever partition it lies:
    one that differs in anything makes it another. A partition of the table is held in memory at a time.
    """
    models = await _values(source, layout.full_name(MODELS))
    history = history_of(models)
    subscriptions = {record.key: record.value for record in await _values(source, layout.full_name(SUBSCRIPTIONS))}
    names = [name for name in layout.names() if name != layout.full_name(MODELS)]
    ends = await source.ends(names)  # of the models the end says nothing: each start of a worker writes there
    committed = await source.committed(layout.group)
    return {
        **await table_state(source, layout, at_ms),
        "models": {entry.label: entry.revision.version for entry in history},
        "subscriptions": sorted(
            f"{(key or b'').decode('utf-8', 'replace')} {hashlib.sha256(value).hexdigest()[:12]}"
            for key, value in subscriptions.items()
            if value is not None
        ),
        "committed": _by_place(committed),
        "ends": _by_place(ends),
    }


def differences(wanted: SystemState, got: SystemState) -> list[str]:
    """In words, what is not as it was."""
    return [
        f"{name}: wanted {_shown(wanted[name], got.get(name))}; got {_shown(got.get(name), wanted[name])}"
        for name in wanted
        if wanted[name] != got.get(name)
    ]


def _shown(one: Any, other: Any) -> str:
    """The value; of one with many parts those that the other has not."""
    if isinstance(one, dict) and isinstance(other, dict):
        one = {name: value for name, value in one.items() if other.get(name) != value}
    return str(orjson.dumps(one).decode())


async def _values(source: TopicSource, topic: str) -> list[Any]:
    return [record async for record in source.records(topic, 0)]


def _by_place(offsets: Offsets) -> dict[str, int]:
    return {f"{topic}[{number}]": offset for (topic, number), offset in sorted(offsets.items())}


async def table_state(source: TopicSource, layout: Layout, at_ms: int) -> SystemState:
    """The figures of the table alone, as in system_state."""
    history = history_of(await _values(source, layout.full_name(MODELS)))
    scorer = Scorer(model_of(history[-1].revision)) if history else None
    changelog = layout.full_name(CONTACTS_CHANGELOG)
    contacts = erased = sequences = owed = 0
    scores = 0
    places = sorted(await source.ends([changelog]))
    for topic, number in places:
        partition = await StoredPartition.read(source, topic, number)
        erased += len(partition.erased)
        for key, record, owed_by_it, _ in partition.contacts():
            if is_misplaced(key, number, len(places)):
                continue  # it is on its way to where the rest of the contact is
            contacts += 1
            sequences += record.sequence
            owed += len(owed_by_it)
            if scorer is not None:
                if record.revision != scorer.model.revision:
                    scorer.migrate_in_place(record, max(at_ms, record.at_ms))
                shown = repr((key, record.sequence, scorer.scores_at(record, at_ms)))
                scores ^= int.from_bytes(hashlib.sha256(shown.encode()).digest(), "big")
    figures = {"contacts": contacts, "erased": erased, "sequences": sequences, "owed": owed}
    return {**figures, "scores": f"{scores:064x}"}
