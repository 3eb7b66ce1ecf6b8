"""The system's Chromium without a window; skipped with a word where there is none. A site, and what it talks to."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from streamprocessor.collector.tracking.beacon import beacon, beacon_script
from streamprocessor.collector.tracking.click import click
from streamprocessor.collector.tracking.forms import forms
from streamprocessor.collector.tracking.sites import read_sites
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.settings import Settings
from tests.browser.serving import BROWSER_KEY, Collector, Site, a_site, serving
from tests.collector.tracking.requests import KEYS, READING
from tests.harness.collectors import CollectorProcess
from tests.harness.system import System
from tests.harness.workers import WorkerProcess

# Without a window Chromium calls itself HeadlessChrome, and steered by a program it says so; people's doesn't.
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

FLAGS = ("--no-sandbox", "--disable-blink-features=AutomationControlled")

SECRET = "of the browser's tests"

Visitor = Callable[..., Awaitable[BrowserContext]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here: `apt install chromium` to run the browser's tests")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=program, args=[*FLAGS])
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """Makes people, each with cookies and storage of their own; says: what their browser tells every site."""
    made: list[BrowserContext] = []

    async def make(says: str = "") -> BrowserContext:
        context = await browser.new_context(user_agent=PERSON)
        made.append(context)
        if says:
            await context.add_init_script(f"Object.defineProperty(Navigator.prototype, {says})")
        return context

    yield make
    for context in made:
        await context.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with a_site() as running:
        yield running


@pytest.fixture
def collector(site: Site) -> Iterator[Collector]:
    """A running collector, whose beacon the site's pages hold."""
    sites = read_sites(site.url)
    formats = (click(KEYS, sites), beacon_script(), beacon(KEYS, READING), forms(KEYS, READING, sites))
    with serving(formats) as running:
        site.collector_url = running.url
        yield running


@pytest.fixture
def system(kafka: EmbeddedKafka) -> System:
    prefix = f"browser-{os.urandom(4).hex()}-"
    return System(Settings(bootstrap=kafka.bootstrap, topic_prefix=prefix, app_id="app", partitions=2))


@pytest_asyncio.fixture(loop_scope="module")
async def real_collector(system: System, site: Site, tmp_path: Path) -> AsyncIterator[CollectorProcess]:
    await system.create()
    process = CollectorProcess(
        system.settings,
        tmp_path,
        browser_keys=f"site={BROWSER_KEY}",
        token_keys=f"k1={SECRET}",
        allowed_sites=site.url,
    )
    try:
        site.collector_url = (await process.start().ready()).address
        yield process
    finally:
        process.discard()


@pytest.fixture
def real_worker(system: System, tmp_path: Path) -> Iterator[WorkerProcess]:
    process = WorkerProcess(system.settings, "blue", tmp_path)
    yield process
    process.discard()
