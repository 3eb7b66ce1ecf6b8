"""The fence: no micro-batch of a worker that may have been given up."""

import asyncio

from streamprocessor.kafka.admin.reconcile import STAMP_SHARE
from streamprocessor.stream.lease import LEASE_SHARE, Lease


def test_the_lease_and_the_brokers_patience_end_before_the_session() -> None:
    assert LEASE_SHARE + STAMP_SHARE < 1.0


async def test_a_microbatch_may_begin_only_within_the_lease_of_the_last_answered_request() -> None:
    lease = Lease(10_000, lambda: 0, asyncio.get_running_loop())
    lease.renew(100_000)
    await asyncio.sleep(0)

    assert lease.holds_at(100_000 + 3_000)
    assert not lease.holds_at(100_000 + 3_001)


async def test_a_worker_that_wakes_after_a_long_stop_waits_until_the_coordinator_has_answered_again() -> None:
    now_ms = 100_000
    lease = Lease(10_000, lambda: now_ms, asyncio.get_running_loop())
    lease.renew(100_000)
    assert await lease.stamp(0) == 100_000
    now_ms = 160_000

    waiting = asyncio.ensure_future(lease.stamp(100_000))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()

    lease.renew(159_900)
    assert await waiting == 160_000


async def test_stamps_rise_strictly_though_the_clock_stands_or_steps_back() -> None:
    clock = iter([5_000, 5_000, 4_990, 5_010])
    lease = Lease(10_000, lambda: next(clock), asyncio.get_running_loop())
    lease.renew(5_000)
    await asyncio.sleep(0)

    stamps = [0]
    for _ in range(4):
        stamps.append(await lease.stamp(stamps[-1]))

    assert stamps == [0, 5_000, 5_001, 5_002, 5_010]


async def test_an_old_answer_never_shortens_the_lease() -> None:
    lease = Lease(10_000, lambda: 0, asyncio.get_running_loop())
    lease.renew(9_000)
    lease.renew(1_000)
    await asyncio.sleep(0)

    assert lease.holds_at(12_000)


async def test_partitions_are_owned_for_a_session_after_the_last_answer_longer_than_may_be_written() -> None:
    lease = Lease(10_000, lambda: 0, asyncio.get_running_loop())
    lease.renew(100_000)
    await asyncio.sleep(0)

    assert lease.owns_at(110_000)
    assert not lease.owns_at(110_001)
