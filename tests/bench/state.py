"""How large a contact's record grows, and what an event of a contact that does not stop costs; no Kafka in it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.harness.long_histories import FORTY_RULES, long_history
from tests.harness.system import DEFAULT_MODEL

MODELS = {"default model": DEFAULT_MODEL, "forty rules": FORTY_RULES}
LIVES = (10, 100, 10_000)
LIFE_MS = 20 * DAY_MS
MERGED = 400
ALONE = 1_000


class Lived(NamedTuple):
    """A contact after some events: its largest record on the way, CPU per event with its bytes read and written."""

    record: Record
    largest_bytes: int
    us_an_event: float


def state(rig: Rig) -> list[Figure]:
    """Bytes of a contact after few and many events, and one that goes on for a million."""
    figures = []
    for name, model in MODELS.items():
        scorer = Scorer(read_model(model))
        for events in LIVES:
            lived = _live(scorer, scorer.blank(), long_history(events, LIFE_MS // events), 10)
            figures.append(Figure(f"{name}: contact of {events} events", len(encode_record(lived.record)), "B"))
        figures += _endless(name, scorer, rig.scale.endless_events)
    return figures


def _endless(name: str, scorer: Scorer, events: int) -> list[Figure]:
    life = long_history(events + ALONE)
    merged = _live(scorer, scorer.blank(), islice(life, events), MERGED)
    alone = _live(scorer, merged.record, life, 1)
    largest = max(merged.largest_bytes, alone.largest_bytes)
    return [
        Figure(f"{name}: {events} events, largest record", largest, "B"),
        Figure(f"{name}: an event of it, {MERGED} a step", merged.us_an_event, "us"),
        Figure(f"{name}: an event of it, one a step", alone.us_an_event, "us"),
    ]


def _live(scorer: Scorer, record: Record, life: Iterable[Event], at_once: int) -> Lived:
    """So many events a step, the record's bytes written and read between them."""
    events, largest, seconds, count = iter(life), 0, 0.0, 0
    while facts := list(islice(events, at_once)):
        count += len(facts)
        began = time.process_time()
        scorer.apply_in_place(record, facts)
        written = encode_record(record)
        record = decode_record(written)
        seconds += time.process_time() - began
        largest = max(largest, len(written))
    return Lived(record, largest, seconds / count * 1e6)
