"""What a group's status comes to: which things are not well, and what programs get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from streamprocessor.cli.status.group_status import GroupStatus
from streamprocessor.cli.status.print_status import print_status
from streamprocessor.kafka.admin.consumer_group import ConsumerGroup, GroupMember

OWNED = [frozenset({("page-visits", 0), ("page-visits", 1)}), frozenset({("page-visits", 2)})]
MEMBERS = [GroupMember("blue", "10.0.0.1", OWNED[0]), GroupMember("green", "10.0.0.2", OWNED[1])]
GROUP = ConsumerGroup("Stable", MEMBERS, [], 3)
LAG = {("page-visits", 0): 5, ("page-visits", 1): 0, ("page-visits", 2): 7, ("email-clicks", 0): 1}
MODEL = {"name": "default", "version": "1", "revision": 4}


def process(kind: str, **more: Any) -> dict[str, Any]:
    own: dict[str, dict[str, Any]] = {
        "worker": {
            "name": "blue",
            "recovery_remaining_records": 0,
            "clock_skew_seconds": 0.004,
            "lag_seconds": 0.0,
            "model": MODEL,
            "partitions": [partition(0), partition(1)],
            "types_without_rule": {"fax": 3},
        },
        "collector": {"spooling": 0, "spool_bytes": 0, "spool_age_seconds": 0},
        "delivery": {"waiting": 2, "oldest_waiting_seconds": 1.5, "disabled_subscriptions": 0},
        "api": {"behind_records": 0, "streams": 1},
        "shadow": {"lag_seconds": 90.0, "lag_records": 7},
    }
    address = {"address": f"http://{kind}:1", "process": kind, "version": "0.1.0", "ready": True, "not_ready": []}
    found: dict[str, Any] = {**address, **own[kind], **more}
    return {**found, "ready": not found["not_ready"]}


def partition(number: int) -> dict[str, Any]:
    return {
        "partition": number,
        "contacts": 10,
        "bytes": 1_000,
        "timers": 4,
        "next_timer_at_ms": 1_767_225_600_000,
        "lag_records": 2,
        "lag_seconds": 0.25,
        "recovered": True,
    }


def status(*processes: dict[str, Any], **more: Any) -> GroupStatus:
    return replace(GroupStatus("app", 2.0, "", GROUP, LAG, processes), **more)


ALL = [process(kind) for kind in ("worker", "collector", "delivery", "api", "shadow")]


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (status(), []),
        (status(*ALL), []),
        (
            status(*ALL, group=GROUP._replace(unowned=[1, 2])),
            ["2 of 3 partitions have no worker (1, 2), 7 records behind"],
        ),
        (
            status(*ALL, group=GROUP._replace(state="Empty", members=[], unowned=[0, 1, 2])),
            ["3 of 3 partitions have no worker (0, 1, 2), 13 records behind; the group is in state Empty"],
        ),
        (
            status(*ALL, kafka="Kafka at k:1 did not answer within 10 s", group=None, lag={}),
            ["Kafka at k:1 did not answer within 10 s"],
        ),
        (
            status(process("worker", not_ready=["recovering"])),
            ["worker at http://worker:1: recovering"],
        ),
        (
            status(process("worker", clock_skew_seconds=-2.5)),
            ["worker at http://worker:1: its clock is -2.5 s off Kafka's; wanted at most 2 s"],
        ),
        (status(process("collector", spooling=1, spool_bytes=99, spool_age_seconds=59.0)), []),
        (
            status(process("collector", spooling=1, spool_bytes=99, spool_age_seconds=61.0)),
            ["collector at http://collector:1: 99 bytes wait on its disk, the oldest for 61 s"],
        ),
        (
            status(process("delivery", disabled_subscriptions=1)),
            ["delivery at http://delivery:1: 1 endpoints are gone (410) and get nothing; `delivery list` names them"],
        ),
        (
            status(process("api", not_ready=["the database is away"]), process("worker", not_ready=["stopping"])),
            ["api at http://api:1: the database is away", "worker at http://worker:1: stopping"],
        ),
    ],
)
def test_what_is_not_well_is_said_in_a_sentence_each(
    found: GroupStatus, reasons: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert found.reasons() == reasons
    assert (found.as_json()["well"], found.as_json()["reasons"]) == (not reasons, reasons)
    print_status(found)
    printed = capsys.readouterr().out
    assert all(reason in printed for reason in reasons)
    assert printed.startswith("not well: " if reasons else "well\n")


def test_programs_get_every_partition_with_its_owner_its_lag_and_what_its_worker_says() -> None:
    answer = status(*ALL).as_json()

    assert set(answer) == {
        *("well", "reasons", "kafka_answers", "group", "state", "lag_records", "topics"),
        *("partitions_without_worker", "members", "partitions", "workers", "collectors", "deliveries", "apis"),
        "shadows",
    }
    assert answer["lag_records"] == 13
    assert answer["topics"] == {"page-visits": 12, "email-clicks": 1}
    assert [(each["owner"], each["host"], each["lag_records"]) for each in answer["partitions"]] == [
        ("blue", "10.0.0.1", 6),
        ("blue", "10.0.0.1", 0),
        ("green", "10.0.0.2", 7),
    ]
    assert answer["partitions"][0] == {
        "partition": 0,
        "owner": "blue",
        "host": "10.0.0.1",
        "lag_records": 6,
        "lag_seconds": 0.25,
        "recovered": True,
        "contacts": 10,
        "timers": 4,
        "next_timer_at_ms": 1_767_225_600_000,
    }
    assert answer["partitions"][2]["recovered"] is None
    kinds = ("workers", "collectors", "deliveries", "apis", "shadows")
    assert [len(answer[kind]) for kind in kinds] == [1, 1, 1, 1, 1]


def test_of_a_group_that_is_not_stable_nobody_owns_what_kafka_says_somebody_had() -> None:
    found = status(group=GROUP._replace(state="PreparingRebalance", unowned=[0, 1, 2]))

    assert {each["owner"] for each in found.partitions()} == {None}


def test_where_kafka_does_not_answer_what_it_would_know_is_none_and_processes_are_told() -> None:
    answer = status(*ALL, kafka="away", group=None, lag={}).as_json()

    assert not answer["kafka_answers"]
    assert (answer["state"], answer["lag_records"], answer["partitions_without_worker"]) == (None, None, None)
    assert [worker["name"] for worker in answer["workers"]] == ["blue"]


def test_people_see_all_of_it_on_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    print_status(status(*ALL, {"address": "http://x:1", "process": "process", "ready": False, "not_ready": ["silent"]}))

    printed = capsys.readouterr().out
    assert len(printed.splitlines()) < 24
    for words in (
        "group app: Stable, 2 members, 13 records behind (page-visits 12, email-clicks 1)",
        "blue, 2 partitions, 20 contacts, 8 timers, model default revision 4, clock +0.004 s",
        "nothing waits on disk",
        "2 wait, the oldest for 2 s; 0 endpoints gone",
        "0 records behind, 1 streams",
        "no rule asks for fax: 3 came to http://worker:1; `catalogue` tells more",
        "2026-01-01T00:00:00",
        "no: silent",
    ):
        assert words in printed, printed
