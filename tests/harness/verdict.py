"""Judging a run from what is on the broker alone: raw inputs through the oracle against table and announcements."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from streamprocessor.contract.changelog.entry import RESERVED, record_of
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.topics.topics import IN, inputs
from streamprocessor.errors import RecordError
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import InputFact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.decoding import decoder_for
from tests.harness.system import System, header
from tests.scoring.oracle.scores import one_number, oracle_scores


@dataclass
class Run:
    """Everything a run left on the broker."""

    facts: dict[str, list[InputFact]]
    bad: int
    records: dict[str, Record]
    score_updated: list[ConsumerRecord]
    hot_leads: list[ConsumerRecord]


async def read_run(system: System) -> Run:
    """Read inputs, table and announcements whole."""
    facts: dict[str, list[InputFact]] = defaultdict(list)
    bad = 0
    for topic in (topic for topic in inputs(system.layout.topics) if topic.direction == IN):
        decode = decoder_for(topic)
        for record in await system.read(topic.name):
            try:
                fact = decode(record.key, record.value, record.headers, record.timestamp)
            except RecordError:
                bad += 1
            else:
                facts[record.key.decode()].append(fact)
    table: dict[str, Record] = {}
    for record in await system.read("contacts-changelog"):
        if record.value is None:
            table.pop(record.key.decode(), None)
        elif not record.key.startswith(RESERVED):
            table[record.key.decode()] = decode_record(record_of(record.value))
    announced = await system.read("score-updated"), await system.read("became-hot-lead")
    return Run(dict(facts), bad, table, *announced)


async def run_as_the_oracle_says(system: System, model: Model) -> Run:
    """Read the run, whose records equal the oracle's and whose announcements are whole."""
    run = await read_run(system)
    assert_records_equal_the_oracle(run, model)
    assert_announcements_are_whole(run)
    return run


def assert_records_equal_the_oracle(run: Run, model: Model) -> None:
    """Every contact's scores, from its record, are those of its whole history."""
    scorer = Scorer(model)
    assert run.records.keys() == run.facts.keys()
    at_ms = max(record.at_ms for record in run.records.values())
    expected = oracle_scores(model, run.facts, at_ms)
    for contact, record in run.records.items():
        for name, score in scorer.scores_at(record, at_ms).items():
            presented, unrounded = one_number(expected[contact][name])
            assert score.unrounded_nano is not None, (contact, name)
            assert abs(score.unrounded_nano - unrounded) <= 1, (contact, name, score, expected[contact])
            if score.unrounded_nano == unrounded:
                assert score.presented_nano == presented


def assert_announcements_are_whole(run: Run) -> None:
    """Equal ids have equal bytes, no contact's sequence has a gap, the last one is what the record shows."""
    assert_equal_ids_have_equal_bytes(run.score_updated)
    assert_equal_ids_have_equal_bytes(run.hot_leads)
    sequences: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for record in run.score_updated:
        value = orjson.loads(record.value)
        sequences[value["contact_id"]][value["sequence"]] = value
    for contact, record in run.records.items():
        seen = sequences.get(contact, {})
        wanted = set(range(1, record.sequence + 1))
        lost, beyond = sorted(wanted - seen.keys()), sorted(seen.keys() - wanted)
        assert (lost, beyond) == ([], []), f"{contact}: {lost} were not announced, {beyond} are beyond its record"
        if seen:
            last = seen[record.sequence]["scores"]
            for name, (presented_nano, stage) in record.shown.items():
                assert presented_nano is not None, (contact, name)
                assert last[name]["score"] == presented_nano / 1e9, (contact, name)
                assert last[name]["stage"] == stage, (contact, name)


def assert_no_episode_is_announced_twice(run: Run) -> None:
    """Each (contact, score, episode) has one id and one content; none is beyond the record's count."""
    episodes: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for record in run.hot_leads:
        value = orjson.loads(record.value)
        episodes[value["contact_id"], value["score_name"], value["episode"]].add(header(record, "ce_id"))
    for (contact, score, episode), ids in episodes.items():
        assert len(ids) == 1, (contact, score, episode, ids)
        assert episode <= run.records[contact].episodes[score][0]


def assert_equal_ids_have_equal_bytes(records: list[ConsumerRecord]) -> None:
    """A repeated announcement is the same, byte for byte, headers included."""
    seen: dict[str, tuple[Any, ...]] = {}
    for record in records:
        content = (record.key, record.value, tuple(record.headers))
        assert seen.setdefault(header(record, "ce_id"), content) == content
