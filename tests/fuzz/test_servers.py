"""Whatever is sent to the servers: no answer of theirs is a fault of ours, none ends, none is blocked for long.

FUZZ_REQUESTS says how many requests in all, and leaves build/fuzz.txt; FUZZ_SEED says which ones, and a failure names
it. What blocks is measured by the servers themselves (`leadscore_event_loop_blocked_seconds`): by their own work and
not by the clock, as on a crowded machine none of them runs for longer than that.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from random import Random

import pytest

from tests.fuzz.conftest import REQUESTS, SEED, Server
from tests.fuzz.connections import Lane
from tests.fuzz.tally import Tally
from tests.harness.processes import CommandProcess
from tests.harness.system import ROOT

pytestmark = pytest.mark.kafka

LANES = 12
BLOCKED = "leadscore_event_loop_blocked_seconds"
MOST_BLOCKED_SECONDS = "0.5"


@pytest.mark.timeout(4 * 3_600)
async def test_whatever_is_sent_to_the_servers_is_answered_and_blocks_none(servers: Mapping[str, Server]) -> None:
    tallies = {name: Tally(name) for name in servers}
    pids = {name: server.process.process.pid for name, server in servers.items()}
    blocked_before = {name: blocked(server.process) for name, server in servers.items()}
    await asyncio.gather(*(ask_all(server, tallies[name]) for name, server in servers.items()))
    for name, server in servers.items():
        assert server.process.is_running(), f"FUZZ_SEED={SEED} {server.process.tail()}"
        # A worker that asks to be started again is, by the harness.
        assert server.process.process.pid == pids[name], f"FUZZ_SEED={SEED} {server.process.tail()}"
    above = {name: since(blocked_before[name], blocked(server.process)) for name, server in servers.items()}
    leave_report(tallies, above)

    faults = [fault for tally in tallies.values() for fault in tally.faults]
    assert not faults, f"FUZZ_SEED={SEED}: {len(faults)} faults, the first\n" + "\n".join(faults[:10])
    for name, server in servers.items():
        assert above[name][MOST_BLOCKED_SECONDS] == 0, (SEED, name, above[name], tallies[name].slowest)
        assert "Traceback" not in server.process.log.read_text(), f"FUZZ_SEED={SEED} {server.process.tail()}"


async def ask_all(server: Server, tally: Tally) -> None:
    """Make all requests to one server, some at a time."""
    held: deque[asyncio.StreamWriter] = deque()

    async def ask(number: int) -> None:
        random, lane = Random(f"{SEED} {server.process.name} {number}"), Lane(server.process.port, held)
        for _ in range(-(-server.requests // LANES)):
            request = random.choice(server.sources)(random)
            tally.note(request, await lane.ask(request))
        lane.close()

    await asyncio.gather(*map(ask, range(LANES)))
    for writer in held:
        writer.transport.abort()


def blocked(process: CommandProcess) -> dict[str, float]:
    """How often the process worked for longer than so many seconds between two looks at its loop, by these seconds."""
    lines = process.read("/metrics").decode().splitlines()
    below = {line.split('"')[1]: float(line.split()[-1]) for line in lines if line.startswith(f"{BLOCKED}_bucket")}
    return {bound: below["+Inf"] - count for bound, count in below.items() if bound != "+Inf"}


def since(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What came to each count."""
    return {bound: count - before[bound] for bound, count in after.items()}


def leave_report(tallies: Mapping[str, Tally], above: Mapping[str, Mapping[str, float]]) -> None:
    """Write the figures of a run whose number of requests was chosen into build/fuzz.txt."""
    if "FUZZ_REQUESTS" not in os.environ:
        return
    lines = [
        f"FUZZ_SEED={SEED} FUZZ_REQUESTS={REQUESTS}",
        *(line for tally in tallies.values() for line in tally.lines()),
    ]
    lines += [
        f"{name:10} looks at the loop after more work than that many seconds: {each}" for name, each in above.items()
    ]
    file = ROOT / "build" / "fuzz.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
