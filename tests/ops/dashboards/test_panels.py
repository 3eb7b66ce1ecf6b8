"""Each query of each panel finds its series in a real Prometheus that scrapes a system under load."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deploy.grafana.definitions.__main__ import BOARDS, texts
from streamprocessor.process.ports import any_free
from streamprocessor.settings import Settings
from tests.delivery.receivers import Receiver, status
from tests.harness.apis import ALL, ApiProcess
from tests.harness.collectors import CollectorProcess
from tests.harness.deliveries import TOKEN, DeliveryProcess
from tests.harness.processes import CommandProcess
from tests.harness.system import ROOT, System, until
from tests.harness.workers import WorkerProcess
from tests.ops.dashboards.load import BROWSER_KEY, TOKEN_SECRET, Load
from tests.ops.prometheus import PROGRAM, Prometheus, Series, settings_text

RULES = ROOT / "deploy" / "prometheus" / "streamprocessor.rules.yml"

pytestmark = [
    pytest.mark.ops,
    pytest.mark.kafka,
    pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="needs Prometheus: apt-get install prometheus"),
]

SHOWN = ROOT / "build" / "dashboards"
ENOUGH_SECONDS = 180.0

WITHOUT_SERIES_HERE = {
    "How near is each to its memory limit?": "a process without a limit has no share of it",
}
"""Panels that rightly show nothing on this machine."""


@pytest.fixture
def settings(bootstrap: str, topic_prefix: str) -> Settings:
    return Settings(
        bootstrap=bootstrap, topic_prefix=topic_prefix, app_id="app", partitions=4, commit_interval_seconds=0.2
    )


@asynccontextmanager
async def receiver(answer: int) -> AsyncIterator[Receiver]:
    """One that always answers so."""
    found = Receiver()
    found.answer = found.take if answer == 200 else status(answer)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


def subscriptions(well: Receiver, failing: Receiver, gone: Receiver) -> str:
    urls = {"crm": well.url, "flaky": failing.url, "left": gone.url}
    when = {"crm": "when: {attributes: [{attribute: city, equals: Berlin}]}"}
    lines = [
        f'  {name}: {{url: "{url}", events: [score-updated], signed: false, {when.get(name, "")}}}'
        for name, url in urls.items()
    ]
    return "\n".join(["subscriptions:", *lines, ""])


@asynccontextmanager
async def loaded(settings: Settings, folder: Path) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes two workers, a collector, delivery and an api, under load."""
    system = System(settings)
    await system.create(ROOT / "deploy" / "demo.yaml")
    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiver(answer)) for answer in (200, 500, 410)]
        secrets = {"browser_keys": f"site={BROWSER_KEY}", "token_keys": f"k1={TOKEN_SECRET}"}
        hooks = {"hook_postmark_secret": "unverified"}
        delivery = DeliveryProcess(settings, folder, subscriptions(*receivers))
        processes: dict[str, list[CommandProcess]] = {
            "streamprocessor-worker": [
                WorkerProcess(settings.model_copy(update={"metrics_port": any_free()}), name, folder)
                for name in ("blue", "green")
            ],
            "streamprocessor-collector": [CollectorProcess(settings, folder, **secrets, **hooks)],
            "streamprocessor-delivery": [delivery],
        }
        for process in [process for group in processes.values() for process in group]:
            stack.callback(process.discard)
            await process.start().ready(60)
        known = {"delivery_url": delivery.address, "delivery_secret": TOKEN, "delivery_allowed_hosts": "127.0.0.1"}
        api = ApiProcess(settings, folder, **known)
        stack.callback(api.discard)
        await api.start().ready(60)
        processes["streamprocessor-api"] = [api]
        targets = {job: [each.address.removeprefix("http://") for each in group] for job, group in processes.items()}
        prometheus = Prometheus(folder / "prometheus", settings_text(targets, [RULES]))
        stack.callback(prometheus.stop)
        await prometheus.start().ready()
        (collector,) = processes["streamprocessor-collector"]
        load = Load(system, collector.address, api.address, ALL)
        async with asyncio.TaskGroup() as sending:
            sending.create_task(load.run())
            green = processes["streamprocessor-worker"][1]
            await asyncio.to_thread(green.stop)  # for a rebalance that is seen, and a process that is down for a while
            await green.start().ready(60)
            yield prometheus
            load.stop()


def asked(expression: str) -> str:
    """The expression as Grafana asks it, for all processes; longer windows than there is load would do as well."""
    variables = {
        "$__rate_interval": "10s",
        "$job": "streamprocessor-.*",
        "$instance": ".*",
        "$baseline:1m": "1h:1s",
        "$baseline": "1h",
        "$silence": "30s",
        "$capacity": "50",
    }
    for name, value in variables.items():
        expression = expression.replace(name, value)
    return expression


def series_of(prometheus: Prometheus, target: dict[str, Any], begin_seconds: float) -> list[Series]:
    """What a query of a panel finds: now, or from the beginning until now."""
    expression = asked(target["expr"])
    if target.get("instant"):
        return prometheus.at(expression)
    return prometheus.over(expression, begin_seconds, time.time(), 1.0)


class PanelQuery(NamedTuple):
    """A query of a panel. uid: the dashboard's. target: the query as Grafana has it."""

    uid: str
    title: str
    target: dict[str, Any]


def every_query() -> list[PanelQuery]:
    """Those of all panels, in their order."""
    panels = [(board.uid, json.loads(texts()[f"{board.uid}.json"])["panels"]) for board in BOARDS]
    return [
        PanelQuery(uid, panel["title"], target)
        for uid, shown in panels
        for panel in shown
        for target in panel.get("targets", ())
    ]


async def test_each_query_of_each_panel_finds_its_series(settings: Settings, tmp_path: Path) -> None:
    async with loaded(settings, tmp_path) as prometheus:
        begin_seconds = time.time()
        missing = [query for query in every_query() if query.title not in WITHOUT_SERIES_HERE]

        def still_missing() -> list[PanelQuery]:
            missing[:] = [
                query
                for query in missing
                if not any(series.points for series in series_of(prometheus, query.target, begin_seconds))
            ]
            return missing

        async def ask() -> list[PanelQuery]:
            return await asyncio.to_thread(still_missing)

        await until(ask, lambda queries: not queries, ENOUGH_SECONDS, "series for each query", every_seconds=1)
        marks = json.loads(texts()["leadscore-well.json"])["annotations"]["list"]
        marked = {mark["name"]: prometheus.over(asked(mark["expr"]), begin_seconds, time.time(), 1.0) for mark in marks}
        assert marked["Rebalances"]  # the others may have had no reason
        await draw_later(prometheus, begin_seconds)


async def draw_later(prometheus: Prometheus, begin_seconds: float) -> None:
    """Keep what the panels would show, for pictures of them; DASHBOARDS_SECONDS: after so many of load."""
    wanted = begin_seconds + float(os.environ.get("DASHBOARDS_SECONDS", "0"))
    await until(time.time, lambda now: now >= wanted, 600, "as long a load as is wanted", every_seconds=1)
    shown: dict[str, dict[str, list[Any]]] = {}
    for uid, title, target in every_query():
        found = await asyncio.to_thread(series_of, prometheus, target, begin_seconds)
        shown.setdefault(uid, {}).setdefault(title, []).append([series._asdict() for series in found])
    SHOWN.mkdir(parents=True, exist_ok=True)
    kept = {"from_seconds": begin_seconds, "to_seconds": time.time(), "series": shown}
    (SHOWN / "series.json").write_text(json.dumps(kept))
