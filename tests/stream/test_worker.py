"""The whole worker as a process, on real Kafka: from events to scores and announcements."""

from __future__ import annotations

import signal
import time

import orjson
import pytest

from tests.harness.fixtures import missed_soon
from tests.harness.system import Sent, System, by_contact, header, until
from tests.harness.traffic import traffic
from tests.harness.verdict import (
    assert_no_episode_is_announced_twice,
    run_as_the_oracle_says,
)
from tests.stream.conftest import MakeWorker

pytestmark = pytest.mark.kafka


def _now_ms() -> int:
    return int(time.time() * 1000)


def _click(number: int, url: str = "https://example.com/a") -> dict[str, object]:
    return {"id": f"click-{number}", "occurred_at": _now_ms(), "properties": {"url": url}}


async def test_a_contact_that_earns_it_becomes_a_hot_lead(system: System, worker: MakeWorker) -> None:
    await system.create()
    await worker().ready()

    await system.send(
        [
            Sent("email-clicks", b"jane", _click(1)),
            Sent("page-visits", b"jane", {"id": "v", "properties": {"path": "/pricing"}}),
            Sent("form-submissions", b"jane", {"id": "f", "properties": {"form": "contact"}}),
            Sent("email-opens", b"jane", {"id": "o", "properties": {"message": "m"}}),
        ]
    )
    await system.until_applied()

    updates = by_contact(await system.values("score-updated"))["jane"]
    assert updates[-1]["scores"]["engagement"]["score"] == 41
    assert updates[-1]["scores"]["engagement"]["stage"] == "hot"
    [hot] = await system.read("became-hot-lead")
    lead = orjson.loads(hot.value)
    assert (lead["contact_id"], lead["score_name"], lead["episode"], lead["score"]) == ("jane", "engagement", 1, 41)
    assert [part["rule"] for part in lead["because"]] == ["contact-us", "pricing", "click"]
    assert header(hot, "ce_type") == "lead.became-hot.v1"


async def test_traffic_on_all_topics_gives_what_the_oracle_says(system: System, worker: MakeWorker) -> None:
    model = await system.create()
    await worker().ready()

    await system.send(traffic(seed=1, contacts=200, events=4_000, now_ms=_now_ms()))
    await system.until_applied()

    run = await run_as_the_oracle_says(system, model)
    assert len(run.records) == 200
    assert_no_episode_is_announced_twice(run)


async def test_a_stopped_worker_ends_with_zero_and_the_next_goes_on_where_it_was(
    system: System, worker: MakeWorker
) -> None:
    model = await system.create()
    first = await worker().ready()
    await system.send(traffic(seed=2, contacts=50, events=1_000, now_ms=_now_ms()))
    await system.until_applied()
    before = len(await system.read("score-updated"))

    assert first.stop() == 0
    second = await worker().ready()
    await system.send(traffic(seed=3, contacts=50, events=1_000, now_ms=_now_ms()))
    await system.until_applied()

    run = await run_as_the_oracle_says(system, model)
    assert len(run.score_updated) > before
    ids = [header(record, "ce_id") for record in run.score_updated + run.hot_leads]
    assert len(set(ids)) == len(ids)  # a clean stop leaves nothing to send again
    assert second.metric("leadscore_events_skipped_total") <= 200  # duplicates of the traffic, nothing replayed


async def test_bad_records_go_to_dead_letters_and_the_rest_is_scored(system: System, worker: MakeWorker) -> None:
    await system.create()
    running = await worker().ready()
    good = {"id": "good", "properties": {"form": "contact"}}
    bad: list[tuple[str, Sent]] = [
        ("not-json", Sent("page-visits", b"a", b"{nonsense")),
        ("not-json", Sent("page-visits", b"a", b"\xff\xfe\x00")),
        ("not-an-object", Sent("page-visits", b"a", b"[1, 2]")),
        ("no-contact", Sent("page-visits", None, {"id": "x"})),
        ("contact-mismatch", Sent("page-visits", b"a", {"id": "x", "contact_id": "b"})),
        ("bad-time", Sent("page-visits", b"a", {"id": "x", "occurred_at": "yesterday"})),
        ("from-the-future", Sent("page-visits", b"a", {"id": "x", "occurred_at": _now_ms() + 3_600_000})),
        ("too-large", Sent("page-visits", b"a", {"id": "x", "properties": {"path": "x" * 300_000}})),
        ("unknown-type", Sent("page-visits", b"a", {"id": "x", "type": "purchase"})),
        ("bad-properties", Sent("page-visits", b"a", {"id": "x", "properties": 7})),
        ("bad-key", Sent("page-visits", b"\x00marker", {"id": "x"})),
        ("empty", Sent("page-visits", b"a", None)),
    ]

    await system.send([record for _, record in bad] + [Sent("form-submissions", b"a", good)])
    await system.until_applied()

    letters = await system.read("dead-letters")
    assert sorted(header(letter, "dl_reason") for letter in letters) == sorted(reason for reason, _ in bad)
    assert {header(letter, "dl_topic") for letter in letters} == {system.full["page-visits"]}
    assert {(letter.key, letter.value) for letter in letters if letter.value and len(letter.value) < 20} >= {
        (b"a", b"{nonsense"),
        (b"a", b"[1, 2]"),
    }
    assert by_contact(await system.values("score-updated"))["a"][-1]["scores"]["engagement"]["score"] == 25
    assert running.metric("leadscore_events_dead_lettered_total") == len(bad)


@missed_soon
async def test_two_workers_share_the_partitions_and_one_takes_over_when_the_other_leaves(
    system: System, worker: MakeWorker
) -> None:
    model = await system.create()
    blue = await worker("blue").ready()
    green = await worker("green").ready()
    await until(
        lambda: [each.partitions() for each in (blue, green)],
        lambda counts: counts == [2, 2],
        60,
        "two partitions each",
    )
    await system.send(traffic(seed=4, contacts=100, events=2_000, now_ms=_now_ms()))
    await system.until_applied()

    blue.kill()
    await until(green.partitions, lambda count: count == 4, 60, "all partitions taken over")
    await system.send(traffic(seed=5, contacts=100, events=1_000, now_ms=_now_ms()))
    await system.until_applied()

    await run_as_the_oracle_says(system, model)


async def test_two_topics_full_of_the_same_contacts_lose_no_update(system: System, worker: MakeWorker) -> None:
    """A backlog of both is fetched side by side: with a task for each topic, one would overwrite the other's work."""
    model = await system.create()
    now_ms = _now_ms()
    contacts = [b"c-%d" % number for number in range(40)]
    await system.send(
        Sent(topic, contacts[number % 40], {"id": f"{topic}-{number}", "occurred_at": now_ms, "properties": properties})
        for number in range(3_000)
        for topic, properties in (
            ("page-visits", {"path": "/"}),
            ("form-submissions", {"form": "contact" if number % 3 == 0 else "other", "fields": {"number": number}}),
        )
    )

    await worker().ready()
    await system.until_applied()

    await run_as_the_oracle_says(system, model)


async def test_a_worker_is_live_before_it_is_ready_and_ends_on_a_signal_while_it_waits(
    system: System, worker: MakeWorker
) -> None:
    await system.create()
    running = worker()
    await running.ready()

    assert running.read("/livez") == b"live\n"
    running.send(signal.SIGINT)

    assert running.process.wait(30) == 0
