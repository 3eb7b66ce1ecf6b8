"""Whatever is sent to the servers: no answer of theirs is a fault of ours, none ends, none is blocked for long.

FUZZ_REQUESTS says how many requests in all, and leaves build/fuzz.txt; FUZZ_SEED says which ones, and a failure names
it. What blocks is measured by the servers themselves (`leadscore_event_loop_blocked_seconds`): by their own work and
not by the clock, as on a crowded machine none of them runs for longer than that.
"""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random

import httpx
import pytest

from streamprocessor.process.http.connection import HEADERS_SECONDS
from streamprocessor.process.http.serving import MOST_CONNECTIONS
from tests.fuzz import marked
from tests.fuzz.collected import BROWSER_KEY
from tests.fuzz.conftest import REQUESTS, SEED, SHARES, Server
from tests.fuzz.connections import Lane
from tests.fuzz.tally import Tally
from tests.harness.apis import ALL, NO_ERASE, READ_ONLY, bearer
from tests.harness.collectors import KEY
from tests.harness.deliveries import SECRET as SIGNING_SECRET
from tests.harness.deliveries import TOKEN as DELIVERY_TOKEN
from tests.harness.processes import SALT, CommandProcess
from tests.harness.system import ROOT, System, until

pytestmark = pytest.mark.kafka

LANES = 12
BLOCKED = "leadscore_event_loop_blocked_seconds"
MOST_BLOCKED_SECONDS = "0.5"
SECRETS = (KEY, BROWSER_KEY, ALL, READ_ONLY, NO_ERASE, DELIVERY_TOKEN, SIGNING_SECRET, SALT)
OPEN_PATHS = {
    "collector": ("/metrics", "/openapi.json"),
    "api": ("/metrics", "/openapi.json"),
    "delivery": ("/metrics",),
    "worker": ("/metrics", "/status"),
}


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
        told = server.process.log.read_text() + "".join(server.process.read(path).decode() for path in OPEN_PATHS[name])
        assert [secret for secret in SECRETS if secret in told] == [], f"FUZZ_SEED={SEED} {name}"


async def test_a_person_who_comes_through_every_door_is_in_no_log(servers: Mapping[str, Server]) -> None:
    random, system = Random(SEED), System(servers["worker"].process.settings)
    await system.send(marked.to_kafka())
    await system.until_applied()
    asked = f"{servers['api'].process.address}/api/contacts/{marked.ID}"
    await until(
        lambda: httpx.get(asked, headers=bearer(ALL)).status_code, lambda code: code == 200, 60, "the person in the api"
    )
    for name, requests in {"api": marked.to_api(random), "collector": marked.to_collector(random, 300)}.items():
        lane = Lane(servers[name].process.port, deque())
        answers = [await lane.ask(request) for request in requests]
        lane.close()
        statuses = Counter(answer.status for answer in answers)
        assert statuses[200] + statuses[202] > 5, (SEED, name, statuses)
    await system.until_applied()

    for topic in ("page-visits", "score-updated", "dead-letters"):
        kept = [(record.key or b"") + (record.value or b"") for record in await system.read(topic)]
        assert any(b"q7x4z" in each for each in kept), (SEED, topic)
    logs = {name: server.process.log.read_text() for name, server in servers.items()}
    assert all(logs.values())
    told = [line for log in logs.values() for line in log.splitlines() if any(word in line for word in marked.WORDS)]
    assert told == [], f"FUZZ_SEED={SEED}"


@pytest.mark.parametrize("name", SHARES)
async def test_a_thousand_silent_connections_keep_nobody_out(servers: Mapping[str, Server], name: str) -> None:
    process = servers[name].process
    with files_for(2 * MOST_CONNECTIONS):
        silent = [await asyncio.open_connection("127.0.0.1", process.port) for _ in range(MOST_CONNECTIONS + 10)]
        began = time.monotonic()
        answer = await asyncio.to_thread(process.read, "/livez")
        for _, writer in silent:
            writer.transport.abort()

    assert answer == b"live\n"
    assert time.monotonic() - began < HEADERS_SECONDS  # nobody waited until the silent ones were closed


@contextmanager
def files_for(connections: int) -> Iterator[None]:
    """Let this process open so many more files."""
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(allowed, connections + 256), highest), highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, highest))


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
