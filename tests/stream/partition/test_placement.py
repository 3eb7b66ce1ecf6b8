"""Records and contacts in partitions where they do not belong: they end where they do, once, as if sent there."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.entry import MARKER_KEY, encode_entry, encode_marker
from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.messages.dead_letters import dead_letter_of
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, EVIDENCE_TRANSFERS, SCORE_UPDATED
from streamprocessor.contract.topics.topics import inputs, read_topics
from streamprocessor.kafka.partitioner import PARTITIONER, partition_of
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch import MicrobatchContext, score_batches
from streamprocessor.stream.partition.microbatch_metrics import MicrobatchMetrics
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from streamprocessor.stream.partition.partition import HANDED_OVER, Partition
from streamprocessor.stream.partition.stored_contacts import hand_over_misplaced
from tests.harness.system import ROOT
from tests.stream.partition.raw_records import Raw

AT_MS = 1_790_000_000_000
MODEL = parse_model(
    "scores: {s: {rules: [{id: form, on: form_submission, points: 10}], stages: {cold: 0, hot: 20}}}\n"
    "hot_lead: {score: s, stage: hot}",
    "m",
)
SCORER = Scorer(MODEL)
TOPICS = {topic.number: topic for topic in inputs(read_topics(ROOT / "topics")) if topic.number is not None}
NUMBERS = {topic.name: number for number, topic in TOPICS.items()}
FORMS, UPDATES, TRANSFERS = (NUMBERS[name] for name in ("form-submissions", "contact-updates", EVIDENCE_TRANSFERS))
PARTITIONS = 3
JANE = b"jane"
KEYS = [b"ada", b"bob", JANE]
HOME = partition_of(JANE, PARTITIONS)
ELSEWHERE = (HOME + 1) % PARTITIONS


def form(event_id: str | None = None, **fields: Any) -> bytes:
    return orjson.dumps({**({} if event_id is None else {"id": event_id, "properties": {"form": event_id}}), **fields})


class Table:
    """The partitions of a table, and what they send: transfers arrive, all else is kept."""

    def __init__(self) -> None:
        self.partitions = [Partition(number, lambda key: key, self.partition_of) for number in range(PARTITIONS)]
        self.sent: list[tuple[int, Message]] = []
        self.results: list[MicrobatchResult] = []
        self._offsets = itertools.count(1_000)

    @staticmethod
    def partition_of(key: bytes) -> int:
        return partition_of(key, PARTITIONS)

    def context(self, partition: Partition) -> MicrobatchContext:
        return MicrobatchContext(
            scorer=SCORER,
            hot_stages=HotStages(MODEL),
            announcer=Announcer(AnnouncerIdentity("s", "incarnation", MODEL.name, MODEL.version)),
            decoders={number: value_decoder_for(topic) for number, topic in TOPICS.items()},
            full_names={number: topic.name for number, topic in TOPICS.items()},
            partition=partition.number,
            partition_of=self.partition_of,
            misplaced=partition.misplaced,
            erased_at_ms_of=partition.erased_at_ms_of,
            contact_ids=ContactIds("salt"),
        )

    def take(self, number: int, topic_number: int, raws: Sequence[Raw], *, repeats: int = 1) -> MicrobatchResult:
        """Score records of one partition, and what follows from it; repeats: how often what it sends arrives."""
        partition = self.partitions[number]
        result = score_batches(self.context(partition), partition.records, [Batch(topic_number, list(raws))])
        self._carry_out(partition, result, repeats)
        return result

    def load(self, number: int, rows: Sequence[tuple[bytes, bytes | None]]) -> Partition:
        """Recover a partition from these rows of the changelog."""
        partition = self.partitions[number] = Partition(number, lambda key: key, self.partition_of)
        partition.read_changelog(Raw(offset, AT_MS, key, value, []) for offset, (key, value) in enumerate(rows))
        partition.finish_recovery(HotStages(MODEL))
        return partition

    def hand_over(self, number: int, *, repeats: int = 1) -> None:
        partition = self.partitions[number]
        result = hand_over_misplaced(partition, 1_000)
        self._carry_out(partition, result, repeats)
        partition.note_tombstones_written(list(partition.awaiting_tombstone), partition.changelog_offset)

    def _carry_out(self, partition: Partition, result: MicrobatchResult, repeats: int) -> None:
        self.results.append(result)
        partition.apply(result.changes, 0)
        messages = result.dead_letters + result.handed_over + [m for change in result.changes for m in change.owed]
        for message in messages * repeats:
            if message.topic != EVIDENCE_TRANSFERS:
                self.sent.append((partition.number, message))
                continue
            assert message.key is not None
            arrived = Raw(next(self._offsets), AT_MS + 60_000, message.key, message.value, message.headers)
            self.take(self.partition_of(message.key), TRANSFERS, [arrived])

    def record(self, key: bytes = JANE) -> Record:
        """The contact's record, which is where it belongs and nowhere else."""
        assert [p.number for p in self.partitions if key in p.records] == [self.partition_of(key)]
        return decode_record(self.partitions[self.partition_of(key)].records[key])

    def messages(self, topic: str) -> list[tuple[int, Message]]:
        return [(number, message) for number, message in self.sent if message.topic == topic]


def test_a_misplaced_record_is_scored_where_its_contact_belongs_with_the_arrival_that_it_had() -> None:
    table = Table()
    raw = Raw(5, AT_MS, JANE, form(properties={"form": "contact"}), [])

    result = table.take(ELSEWHERE, FORMS, [raw])

    assert (result.changes, result.misplaced) == ([], Counter({FORMS: 1}))
    [event] = table.record().evidence.events()
    assert (event.occurred_at_ms, event.arrival_ms) == (AT_MS, AT_MS)
    straight = Table()
    straight.take(HOME, FORMS, [raw])
    assert straight.record().evidence.events() == [event]
    assert straight.record().at_ms == table.record().at_ms
    assert straight.messages(SCORE_UPDATED) == table.messages(SCORE_UPDATED)


def test_what_is_handed_over_again_after_a_crash_counts_once_though_it_names_no_id() -> None:
    table = Table()
    table.take(HOME, FORMS, [Raw(0, AT_MS, JANE, form("straight"), [])])
    raws = [Raw(offset, AT_MS + offset, JANE, form(), []) for offset in (5, 6)]
    table.take(ELSEWHERE, FORMS, raws, repeats=2)
    table.take(ELSEWHERE, FORMS, raws)

    assert len(table.record().evidence) == 3
    assert sum(result.skipped["replay"] for result in table.results) == 4


def test_a_bad_record_in_a_wrong_partition_is_a_dead_letter_that_says_where_it_lay() -> None:
    table = Table()
    table.take(ELSEWHERE, FORMS, [Raw(7, AT_MS, JANE, b"{nonsense", [("h", b"v")])])

    [letter] = [message for _, message in table.sent]
    assert (letter.key, letter.value) == (JANE, b"{nonsense")
    origin = dead_letter_of(letter.headers)
    assert (origin.reason, origin.origin) == ("not-json", ("form-submissions", ELSEWHERE, 7, AT_MS))
    assert ("h", b"v") in origin.headers


def test_an_event_that_travels_while_its_contact_is_erased_does_not_come_back() -> None:
    table = Table()
    table.take(HOME, FORMS, [Raw(0, AT_MS, JANE, form("e0"), [])])
    table.take(HOME, UPDATES, [Raw(0, AT_MS + 10, JANE, orjson.dumps({"update": "erase"}), [])])
    table.take(ELSEWHERE, FORMS, [Raw(0, AT_MS + 5, JANE, form("e1"), []), Raw(1, AT_MS + 15, JANE, form("e2"), [])])

    assert [event.id for event in table.record().evidence.events()] == ["e2"]


def test_an_erasure_in_a_wrong_partition_erases() -> None:
    table = Table()
    table.take(HOME, FORMS, [Raw(0, AT_MS, JANE, form("e0"), [])])
    table.take(ELSEWHERE, UPDATES, [Raw(0, AT_MS + 10, JANE, orjson.dumps({"update": "erase"}), [])])

    assert HOME in [number for number, message in table.messages(SCORE_UPDATED) if message.value is None]
    assert table.partitions[HOME].awaiting_tombstone == {JANE}


def kept(*event_ids: str, offset: int = 9) -> bytes:
    """The changelog's value of a record with these forms, of which the last was applied from this offset."""
    record = SCORER.blank()
    facts = [Event(id_, "form_submission", AT_MS, AT_MS, {"form": id_}, {}) for id_ in event_ids]
    SCORER.apply_in_place(record, facts)
    record.offsets = {FORMS: offset}
    return encode_entry(encode_record(record), 1, [])


def test_what_an_older_program_kept_in_a_wrong_partition_joins_the_rest_and_leaves_nothing_there() -> None:
    table = Table()
    table.take(HOME, FORMS, [Raw(0, AT_MS, JANE, form("e0"), [])])
    old = table.load(ELSEWHERE, [(MARKER_KEY, encode_marker(0)), (JANE, kept("e1", "e2"))])
    assert old.misplaced == {JANE}

    table.hand_over(ELSEWHERE, repeats=2)

    assert {event.id for event in table.record().evidence.events()} == {"e0", "e1", "e2"}
    assert (old.records, old.misplaced, +old.hot_contacts) == ({}, set(), Counter())
    assert [number for number, message in table.messages(SCORE_UPDATED) if message.value is None] == [ELSEWHERE] * 2
    assert table.messages(BECAME_HOT_LEAD) == []  # the older program has announced it
    table.take(ELSEWHERE, FORMS, [Raw(8, AT_MS, JANE, form(), []), Raw(10, AT_MS, JANE, form("e3"), [])])
    assert {event.id for event in table.record().evidence.events()} == {"e0", "e1", "e2", "e3"}


def test_records_that_come_before_it_was_handed_over_go_after_it() -> None:
    table = Table()
    table.load(ELSEWHERE, [(JANE, kept("e1"))])

    table.take(ELSEWHERE, FORMS, [Raw(9, AT_MS, JANE, form("known"), []), Raw(10, AT_MS, JANE, form("e2"), [])])
    table.partitions[ELSEWHERE].note_tombstones_written([JANE], 0)

    assert {event.id for event in table.record().evidence.events()} == {"e1", "e2"}


def test_a_crash_between_handing_over_and_the_tombstone_leaves_only_the_tombstone_to_write() -> None:
    table = Table()
    partition = table.load(ELSEWHERE, [(JANE, encode_entry(HANDED_OVER, 3, []))])
    assert partition.awaiting_tombstone == {JANE}

    table.take(ELSEWHERE, FORMS, [Raw(10, AT_MS, JANE, form("e2"), [])])
    table.partitions[ELSEWHERE].note_tombstones_written([JANE], 0)

    assert {event.id for event in table.record().evidence.events()} == {"e2"}
    assert table.record().links is None


def test_a_partition_is_looked_through_unless_its_last_marker_says_that_it_was() -> None:
    table = Table()
    stray = (JANE, kept("e1"))
    placed, unplaced = ((MARKER_KEY, encode_marker(1, is_placed=is_placed)) for is_placed in (True, False))

    assert table.load(ELSEWHERE, [stray, placed]).misplaced == set()
    assert table.load(ELSEWHERE, [placed, unplaced, stray]).misplaced == {JANE}
    assert table.load(ELSEWHERE, [stray]).misplaced == {JANE}


@given(
    st.lists(
        st.tuples(st.integers(0, PARTITIONS - 1), st.sampled_from(KEYS), st.integers(0, 6), st.integers(1, 3)),
        min_size=1,
        max_size=25,
    )
)
def test_whichever_partitions_records_come_to_each_contact_has_one_record_with_all_of_them(
    sent: list[tuple[int, bytes, int, int]],
) -> None:
    table = Table()
    for offset, (number, key, event, repeats) in enumerate(sent):
        table.take(number, FORMS, [Raw(offset, AT_MS, key, form(f"e{event}"), [])], repeats=repeats)

    for key in {key for _, key, _, _ in sent}:
        ids = {f"e{event}" for _, name, event, _ in sent if name == key}
        assert {event.id for event in table.record(key).evidence.events()} == ids
        leads = {dict(m.headers)["ce_id"] for _, m in table.messages(BECAME_HOT_LEAD) if m.key == key}
        assert len(leads) == (1 if len(ids) > 1 else 0)


def test_misplaced_records_are_counted_and_what_to_set_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    counting = MicrobatchMetrics(metrics, {number: topic.name for number, topic in TOPICS.items()}, MODEL)
    table = Table()
    for offset in (0, 1):
        raws = [Raw(offset, AT_MS, JANE, form(), [])]
        counting.count_input([Batch(FORMS, list(raws))], table.take(ELSEWHERE, FORMS, raws))

    assert metrics.registry.get_sample_value("leadscore_events_misplaced_total", {"topic": "form-submissions"}) == 2
    assert caplog.text.count(PARTITIONER) == 1


def test_a_misplaced_record_brings_its_trace_along() -> None:
    table = Table()
    trace = ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    for offset, name in enumerate(("e1", "e2")):
        table.take(ELSEWHERE, FORMS, [Raw(offset, AT_MS, JANE, form(name), [trace])])

    [(_, lead)] = table.messages(BECAME_HOT_LEAD)
    assert lead.headers[-1] == trace
