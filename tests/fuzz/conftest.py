"""The four servers on topics of their own, and what is asked of each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson
import pytest

from streamprocessor.settings import MAIL_PROVIDERS, Settings
from tests.fuzz import asked, collected
from tests.fuzz.described import described
from tests.fuzz.requests import Source, malformed
from tests.harness.apis import ApiProcess
from tests.harness.collectors import CollectorProcess
from tests.harness.deliveries import TOKEN as DELIVERY_TOKEN
from tests.harness.deliveries import DeliveryProcess
from tests.harness.processes import CommandProcess
from tests.harness.system import System
from tests.harness.workers import WorkerProcess
from tests.readmodel.description import DESCRIPTION

#: The nightly run turns this up; 400 show that all kinds of requests are made and judged.
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "0")) or Random().randrange(1, 2**32)
SHARES = {"collector": 0.5, "api": 0.3, "delivery": 0.1, "worker": 0.1}
SUBSCRIPTIONS = "subscriptions: {of-the-file: {url: https://127.0.0.1:1/a, events: [score-updated], signed: false}}"


class Server(NamedTuple):
    """A process, what is asked of it, and where it writes what it thinks of that."""

    process: CommandProcess
    sources: tuple[Source, ...]
    requests: int


@pytest.fixture(scope="module")
def servers(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Server]]:
    """One process of each kind on topics of their own, ready."""
    folder = tmp_path_factory.mktemp("fuzz")
    prefix = f"fuzz-{os.urandom(4).hex()}-"
    settings = Settings(bootstrap=bootstrap, topic_prefix=prefix, app_id="app", partitions=2, log_level="DEBUG")
    asyncio.run(System(settings).create())
    processes = {"collector": collector(settings, folder), "worker": WorkerProcess(settings, "worker", folder)}
    with ExitStack() as started:
        for process in processes.values():
            started.callback(process.start().discard)
        delivery = DeliveryProcess(settings, folder, SUBSCRIPTIONS).start()
        started.callback(delivery.discard)
        asyncio.run(delivery.ready())
        known = {"delivery_url": delivery.address, "delivery_secret": DELIVERY_TOKEN}
        api = ApiProcess(settings, folder, **known, import_max_bytes=100_000, trusted_proxies="127.0.0.1").start()
        started.callback(api.discard)
        processes |= {"delivery": delivery, "api": api}
        for process in processes.values():
            asyncio.run(process.ready())
        yield {
            name: Server(process, sources_of(name, process), int(REQUESTS * SHARES[name]))
            for name, process in processes.items()
        }


def collector(settings: Settings, folder: Path) -> CollectorProcess:
    """One that looks at every hook's body, and bounds nobody's rate."""
    hooks: dict[str, Any] = {f"hook_{name}_secret": "unverified" for name in MAIL_PROVIDERS}
    return CollectorProcess(
        settings,
        folder,
        browser_keys=f"page={collected.BROWSER_KEY}",
        token_keys="k1=0123456789abcdef",
        allowed_sites="www.example.com",
        public_url="https://hooks.example.org",
        trusted_proxies="127.0.0.1",
        rate_limit_per_second=0,
        new_contacts_per_minute=0,
        identities_per_contact=0,
        **hooks,
    )


def sources_of(name: str, process: CommandProcess) -> tuple[Source, ...]:
    """What is asked of a server of that name."""
    random = Random(SEED)
    drawn = min(4_000, max(4, int(REQUESTS * SHARES[name]) // 20))
    if name == "collector":
        description = orjson.loads(process.read("/openapi.json"))
        well_formed: tuple[Source, ...] = (
            described(description, random, drawn, collected.credentials),
            collected.sent,
            collected.sent,
            collected.odd,
            asked.of_health,
        )
    elif name == "api":
        well_formed = (described(DESCRIPTION, random, drawn, asked.tokens), asked.of_api, asked.of_api, asked.of_health)
    else:
        well_formed = (asked.of_delivery, asked.of_health)
    return (*well_formed, malformed(lambda random: random.choice(well_formed)(random)))
