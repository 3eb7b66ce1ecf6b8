"""Simulated traffic is reproducible, in order of time, and has the troubles of real traffic."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from streamprocessor.contract.display import Display, display_name, subtitle
from streamprocessor.contract.events.address_identities import one_address
from streamprocessor.contract.topics.topics import read_topics, topic_named
from streamprocessor.errors import RecordError
from streamprocessor.simulation.bad_records import KINDS, bad_value
from streamprocessor.simulation.pace import at_rate, at_speed
from streamprocessor.simulation.people import attributes_of_person
from streamprocessor.simulation.player import play
from streamprocessor.simulation.simulation import SimulatedRecord, simulate
from tests.harness.decoding import decoder_for
from tests.harness.input_topics import INPUT_TOPICS

START_MS = 1_795_000_000_000
TOPICS = read_topics(Path(__file__).parents[2] / "topics")


def first(number: int, *, seed: int = 1, start_ms: int = START_MS, bad_records: bool = False) -> list[SimulatedRecord]:
    return list(islice(simulate(seed, 500, start_ms, bad_records=bad_records), number))


def events(records: list[SimulatedRecord]) -> list[dict[str, Any]]:
    return [record.value for record in records if isinstance(record.value, dict)]


def event_in(record: SimulatedRecord) -> dict[str, Any]:
    assert isinstance(record.value, dict)
    return record.value


def test_equal_seeds_give_equal_records_and_other_seeds_others() -> None:
    assert first(3000, bad_records=True) == first(3000, bad_records=True)
    assert first(3000, seed=2) != first(3000)


def test_people_are_invented_and_no_two_of_any_seed_share_an_address() -> None:
    people = {(seed, number): attributes_of_person(seed, number) for seed in (1, 2) for number in range(1, 2_001)}
    assert people[1, 7] == attributes_of_person(1, 7) != people[2, 7]
    owners: dict[str, set[int]] = {}
    for (_, number), person in people.items():
        assert display_name(Display(), person) == f"{person['first_name']} {person['last_name']}"
        assert subtitle(Display(), person) == f"{person['job_title']}, {person['company']}"
        assert re.fullmatch(r"[a-z]+\.[a-z]+\.\d+@example\.com", one_address(person["email"]) or "")
        owners.setdefault(person["email"], set()).add(number)
    assert all(len(numbers) == 1 for numbers in owners.values())  # or one contact would be taken for the other


def test_who_asks_by_the_contact_form_says_who_they_are() -> None:
    records = first(20_000)
    known = {record.contact_id for record in records if event_in(record).get("update") == "attributes"}
    asking = {record.contact_id for record in records[:10_000] if event_in(record).get("type") == "form_submission"}
    assert asking
    assert asking <= known  # which may come late


def test_two_starts_share_no_id() -> None:
    ids, later_ids = (
        {event["id"] for event in events(first(1000, start_ms=start))} for start in (START_MS, START_MS + 1)
    )

    assert not ids & later_ids


def test_records_are_in_order_of_time_and_nothing_is_sent_before_it_occurred() -> None:
    records = first(5000)

    assert all(earlier.at_ms <= later.at_ms for earlier, later in pairwise(records))
    assert all(event_in(record)["occurred_at"] <= record.at_ms for record in records)


def test_there_are_repeats_late_events_and_all_kinds_of_input() -> None:
    records = first(20_000)
    times_sent = Counter(event["id"] for event in events(records))
    late = [record for record in records if record.at_ms - event_in(record)["occurred_at"] > 10 * 60_000]

    assert 0.01 < sum(times > 1 for times in times_sent.values()) / len(times_sent) < 0.04
    assert 0.005 < len(late) / len(records) < 0.04
    assert {topic_of(record) for record in records} == {topic.name for topic in TOPICS if topic.direction == "in"}
    assert {event["context"]["actor"] for event in events(records) if "type" in event} == {"human", "proxy", "scanner"}


def test_every_simulated_record_is_one_that_the_worker_takes() -> None:
    for record in first(5000):
        decode = decoder_for(topic_named(TOPICS, topic_of(record)))
        assert record.contact_id is not None
        decode(record.contact_id.encode(), encoded(record), [], record.at_ms)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_bad_record_is_refused(kind: str) -> None:
    decode = decoder_for(topic_named(TOPICS, "page-visits"))
    key = None if kind == "no-contact" else b"c-1"

    with pytest.raises(RecordError):
        decode(key, bad_value(kind, "c-1", START_MS), [], START_MS)


def test_speed_brings_records_and_what_they_tell_of_closer_together() -> None:
    records = first(2000)

    for slow, fast in zip(records, at_speed(records, START_MS, 100), strict=True):
        assert fast.at_ms == START_MS + int((slow.at_ms - START_MS) / 100)
        assert event_in(fast)["occurred_at"] == START_MS + int((event_in(slow)["occurred_at"] - START_MS) / 100)


def test_a_rate_is_kept_whatever_the_simulation_does() -> None:
    played = list(at_rate(first(2000), START_MS, 250))

    assert [record.at_ms for record in played] == [START_MS + 4 * number for number in range(2000)]


def test_at_a_rate_nothing_is_sent_before_it_occurred_and_repeats_stay_equal() -> None:
    played = list(at_rate(first(20_000), START_MS, 250))
    contents: dict[str, set[str]] = {}
    for event in events(played):
        contents.setdefault(event["id"], set()).add(repr(event))

    assert all(START_MS <= event_in(record)["occurred_at"] <= record.at_ms for record in played)
    assert all(len(different) == 1 for different in contents.values())


async def test_the_player_sends_each_record_at_its_time() -> None:
    records = first(50, bad_records=True)
    log: list[tuple[object, ...]] = []

    class Recording:
        async def send(self, topic: str, key: bytes | None, value: bytes) -> None:
            log.append((topic, key, value))

    async def wait_until(at_ms: int) -> None:
        log.append((at_ms,))

    assert await play(records, Recording(), INPUT_TOPICS, wait_until, log.append) == 50
    for number, record in enumerate(records):
        key = None if record.contact_id is None else record.contact_id.encode()
        assert log[3 * number : 3 * number + 3] == [(record.at_ms,), (topic_of(record), key, encoded(record)), record]


def topic_of(record: SimulatedRecord) -> str:
    return "page-visits" if isinstance(record.value, bytes) else INPUT_TOPICS.topic_of(record.value).name


def encoded(record: SimulatedRecord) -> bytes:
    return record.value if isinstance(record.value, bytes) else orjson.dumps(record.value)
