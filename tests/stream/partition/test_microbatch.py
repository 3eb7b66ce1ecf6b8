"""What a micro-batch counts beside what it writes."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import orjson

from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topics.topics import read_topics, topic_named
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch import MicrobatchContext, score_batches
from tests.harness.system import ROOT

AT_MS = 1_790_000_000_000
MODEL = "scores: {s: {rules: [{id: buy, on: purchase, points_from: {property: properties.amount}}]}}"
NAMES = {1: "activities", 2: "contact-updates"}
TOPICS = read_topics(ROOT / "topics")


def test_matches_and_scores_that_are_cut_and_attributes_that_are_dropped_are_counted() -> None:
    model = parse_model(MODEL, "m")
    context = MicrobatchContext(
        scorer=Scorer(model),
        hot_stages=HotStages(model),
        announcer=Announcer(AnnouncerIdentity("s", "incarnation", model.name, model.version)),
        decoders={number: value_decoder_for(topic_named(TOPICS, name)) for number, name in NAMES.items()},
        full_names=NAMES,
        partition=0,
        partition_of=lambda _: 0,
        misplaced=(),
        erased_at_ms_of=lambda _: 0,
    )
    purchases = [{"id": f"e{n}", "type": "purchase", "properties": {"amount": 10**9}} for n in range(5)]
    attributes = {"id": "u", "update": "attributes", "attributes": {f"n{n}": n for n in range(300)}}
    batches = [
        Batch(number, [Raw(offset, AT_MS, b"jane", orjson.dumps(value), []) for offset, value in enumerate(values)])
        for number, values in ((1, purchases), (2, [attributes]))
    ]

    result = score_batches(context, {}, batches)

    assert result.cut == Counter(match=5, score=1)
    assert result.capped == 300 - 256


class Raw(NamedTuple):
    """A record as the client's parser makes it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
