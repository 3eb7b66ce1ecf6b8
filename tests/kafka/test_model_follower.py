"""The model in force, followed in a topic in which anything may lie."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition
from msgspec.structs import replace

from streamprocessor.contract.model_file import revisions
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision, digest_of, encode_revision, revision_after
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.model_follower import ModelFollower
from streamprocessor.scoring.model.model import Model

TEXT = "scores: {s: {rules: [{id: a, on: download, points: 1}]}}"
FIRST = revision_after(None, parse_model(TEXT, "m"), TEXT, 0)
SECOND = FIRST.__class__(2, FIRST.name, FIRST.version, TEXT, 1)
POISON = [
    b"",
    b"\xff\0",
    b"{}",
    b"[" * 5_000,
    encode_revision(ModelRevision(9, "m", "v", "scores: {s: {rules: [{id: a, word_of_another_release: 1}]}}", 0)),
    encode_revision(ModelRevision(9, "m", "v", "\0", 0)),
    encode_revision(ModelRevision(9, "m", "v", "segments: {a: &a [*a]}", 0)),
]


class Record(NamedTuple):
    """What Kafka would give."""

    value: bytes
    key: bytes = b"m"


class Consumer:
    """A topic of one partition that holds these values; those of `later` come afterwards."""

    def __init__(self, *values: bytes, later: tuple[bytes, ...] = ()) -> None:
        self._batches = [[Record(value) for value in values], [Record(value) for value in later]]
        self._at = 0

    async def start(self) -> None: ...

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    async def seek_to_beginning(self, partition: TopicPartition) -> None: ...

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 1)

    async def position(self, _: TopicPartition) -> int:
        return self._at

    async def getmany(self, *_: TopicPartition, **__: int) -> dict[TopicPartition, list[Record]]:
        await asyncio.sleep(0)
        self._at += 1
        return {TopicPartition("models", 0): self._batches.pop(0)} if self._batches else {}


@pytest.mark.parametrize("poison", POISON, ids=lambda value: repr(value[:50]))
async def test_who_shows_goes_on_with_the_model_before_what_can_not_be_read_and_says_so(
    poison: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    consumer = Consumer(poison, encode_revision(FIRST), poison, later=(poison, encode_revision(SECOND), poison))
    follower = ModelFollower("models", consumer, with_segments=True)
    await follower.start()
    assert follower.required() == FIRST

    newer: list[ModelRevision] = []
    is_newer = asyncio.Event()

    def use(revision: ModelRevision) -> None:
        newer.append(revision)
        is_newer.set()

    with caplog.at_level(logging.ERROR):
        following = asyncio.ensure_future(follower.follow(use))
        async with asyncio.timeout(10):
            await is_newer.wait()
    following.cancel()
    await asyncio.wait([following])

    assert newer == [SECOND]
    assert "a record is passed over" in caplog.text


async def test_of_a_long_history_one_revision_is_made_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[int]()
    make = revisions.model_of

    def counted(revision: ModelRevision) -> Model:
        made.append(revision.revision)
        return make(revision)

    monkeypatch.setattr(revisions, "model_of", counted)
    history = [FIRST.__class__(number, FIRST.name, FIRST.version, TEXT, number) for number in range(1, 51)]
    consumer: Any = Consumer(*map(encode_revision, history), *POISON[-3:])
    follower = ModelFollower("models", consumer, with_segments=True)

    await follower.start()

    assert follower.required() == history[-1]
    assert made == [50]


async def test_who_shows_takes_what_is_based_on_a_revision_that_it_can_not_use_and_nothing_older() -> None:
    unusable = ModelRevision(2, "m", "v", "scores: {s: {rules: [{id: a, word_of_another_release: 1}]}}", 0)
    late = replace(SECOND, revision=3, based_on=digest_of(FIRST))
    right = replace(SECOND, revision=4, based_on=digest_of(unusable))
    for records, newest in (((FIRST, unusable, late), FIRST), ((FIRST, unusable, late, right), right)):
        consumer: Any = Consumer(*map(encode_revision, records))
        follower = ModelFollower("models", consumer, with_segments=True)
        await follower.start()
        assert follower.required() == newest


@pytest.mark.parametrize("poison", POISON[:4], ids=lambda value: repr(value[:50]))
async def test_who_scores_ends_rather_than_to_score_by_another_model_than_others(poison: bytes) -> None:
    consumer: Any = Consumer(encode_revision(FIRST), poison)
    with pytest.raises(OperatorError):
        await ModelFollower("models", consumer, with_segments=False).start()
