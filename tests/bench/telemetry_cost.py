"""`python -m tests.bench.telemetry_cost`: what metrics and traces add to the work of a micro-batch, without Kafka.

The share is of the processor's time for decoding, scoring and encoding alone; a worker spends as much again on fetching
and sending, so of its throughput it is about half of that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.messages.message import Headers
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topics.topics import inputs, read_topics
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import Batch, RawRecord
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch import MicrobatchContext, score_batches
from streamprocessor.stream.partition.microbatch_metrics import MicrobatchMetrics
from tests.bench.events import backlog
from tests.harness.system import ROOT
from tests.stream.partition.raw_records import Raw

EVENTS, CONTACTS = 60_000, 5_000
SIZES = (1, 10, 100, 1_000)
MODEL = parse_model((ROOT / "deploy" / "scoring.yaml").read_text(), "scoring.yaml")
TOPICS = {topic.number: topic for topic in inputs(read_topics(ROOT / "topics")) if topic.number is not None}
NUMBERS = {topic.name: number for number, topic in TOPICS.items()}
TRACE: Headers = [("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]


class Cost(NamedTuple):
    """Seconds of the processor, for all events: for the work itself, and for telling of it."""

    work_seconds: float
    metrics_seconds: float


def cost_of(size: int, headers: Headers) -> Cost:
    """What micro-batches of so many records cost, whose records have these headers."""
    context = _context()
    counting = MicrobatchMetrics(Metrics(), {number: topic.name for number, topic in TOPICS.items()}, MODEL)
    stored: dict[bytes, bytes] = {}
    work_seconds = metrics_seconds = 0.0
    for batches in _batches(size, headers):
        began = time.process_time()
        result = score_batches(context, stored, batches)
        for change in result.changes:
            encode_entry(change.record, 1, change.owed)
            stored[change.key] = change.record
        worked = time.process_time()
        counting.observe_durations(0, result.traces, (0.01, 0.01, 0.01))
        counting.count_input(batches, result)
        work_seconds += worked - began
        metrics_seconds += time.process_time() - worked
    return Cost(work_seconds, metrics_seconds)


def _context() -> MicrobatchContext:
    return MicrobatchContext(
        scorer=Scorer(MODEL),
        hot_stages=HotStages(MODEL),
        announcer=Announcer(AnnouncerIdentity("s", "incarnation", MODEL.name, MODEL.version)),
        decoders={number: value_decoder_for(topic) for number, topic in TOPICS.items()},
        full_names={number: topic.name for number, topic in TOPICS.items()},
        partition=0,
        partition_of=lambda _: 0,
        misplaced=(),
        erased_at_ms_of=lambda _: 0,
        contact_ids=ContactIds("salt"),
    )


def _batches(size: int, headers: Headers) -> Iterator[Sequence[Batch]]:
    """Micro-batches of so many records each, by topic as fetches bring them."""
    now_ms = int(time.time() * 1000)
    arrived: dict[int, list[RawRecord]] = {}
    for offset, (topic, key, value) in enumerate(backlog(1, EVENTS, CONTACTS, now_ms)):
        arrived.setdefault(NUMBERS[topic], []).append(Raw(offset, now_ms, key, value, headers))
        if (offset + 1) % size == 0:
            yield [Batch(number, records) for number, records in arrived.items()]
            arrived = {}


def main() -> None:
    """Print a row for each size."""
    print("records  work us/event  metrics us/event  metrics %  in a trace, work us/event")  # noqa: T201
    for size in SIZES:
        plain, traced = cost_of(size, []), cost_of(size, TRACE)
        each = 1e6 / EVENTS
        share = 100 * plain.metrics_seconds / plain.work_seconds
        print(  # noqa: T201
            f"{size:7}  {plain.work_seconds * each:13.1f}  {plain.metrics_seconds * each:16.2f}  {share:9.2f}"
            f"  {traced.work_seconds * each:25.1f}"
        )


if __name__ == "__main__":
    main()
